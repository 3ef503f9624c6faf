"""Asking a code host over HTTP: one base address, bounded in time and size, through the host's breaker.

Nothing is retried here: the sweep comes again. Redirects (a renamed repository) and pages are followed on the same host only, so
that no answer can send our token elsewhere: every address is checked, and connections are made to the base's host only.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from compute.vcs import origin
from compute.vcs.budget import Breaker
from compute.vcs.port import Denied, NotFound, RateLimited, Unavailable

CONNECT_TIMEOUT, READ_TIMEOUT = 3.0, 10.0
"""Seconds, the second of them between any two pieces of an answer."""
WHOLE_TIMEOUT = 30.0
"""Seconds for an answer as a whole."""
MAX_BYTES = 16 * 1024 * 1024
MAX_REDIRECTS = 3
LIMITED_PAUSE = 60_000
"""How long a host that says "too many requests" without saying for how long is left alone (milliseconds)."""

_CHUNK = 64 * 1024
_GONE = (404, 410, 451)
_REDIRECTS = (301, 302, 307, 308)


@dataclass(frozen=True, slots=True)
class Answer:
    """A host's good answer. Header names are in lower case."""

    content: Any
    headers: Mapping[str, str]

    def count(self, name: str) -> int | None:
        """A header that is a whole number."""
        value = self.headers.get(name, "")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None


class Http:
    """One host's API. `base`: its address without a slash at the end, which `origin.parse` takes. `headers` gives what proves who
    asks, newly each time.

    `reserve`: the share of the host's rate limit to leave to others; beyond it RateLimited is raised without harm to them.
    """

    def __init__(
        self,
        base: str,
        headers: Callable[[], Mapping[str, str]],
        breaker: Breaker,
        now: Callable[[], int],
        *,
        reserve: float = 0.0,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self._base = base
        self._headers = headers
        self._breaker = breaker
        self._now = now
        self._reserve = reserve
        parsed = origin.parse(base)
        if parsed is None:
            raise ValueError("the base must be an address of HTTP or HTTPS")
        self._origin = parsed.origin
        timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT, read=read_timeout)
        # It connects to the base's host only, so an address that passed the check by mistake could not take the token elsewhere.
        self._pool = urllib3.connection_from_url(base, maxsize=4, timeout=timeout, retries=False)

    def get(self, path: str, query: Mapping[str, str | int] | None = None, *, accept: str | None = None) -> Answer:
        """The answer to GET. `path` begins with a slash and is encoded already. Raises VcsError."""
        address = self._base + path + (f"?{urlencode(query)}" if query else "")
        return self._ask("GET", address, None, {"Accept": accept or "application/json"})

    def get_next(self, address: str) -> Answer:
        """The answer to GET of a whole address that an answer of this host named. Raises VcsError."""
        return self._ask("GET", address, None, {"Accept": "application/json"})

    def get_text(self, path: str, *, accept: str) -> str:
        """The answer to GET as text. Raises VcsError."""
        return str(self._ask("GET", self._base + path, None, {"Accept": accept}, as_text=True).content)

    def post(self, address: str, content: Any) -> Answer:
        """The answer to POST of JSON, to a path or to another address of the same host. Raises VcsError."""
        target = address if "://" in address else self._base + address
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        return self._ask("POST", target, json.dumps(content).encode(), headers)

    def limited(self, answer: Answer) -> RateLimited:
        """What to raise where the content of a good answer says that the rate limit is used up."""
        return RateLimited(self._breaker.limited(_reset(answer.headers) or self._now() + LIMITED_PAUSE))

    def _ask(
        self, method: str, address: str, body: bytes | None, headers: dict[str, str], *, as_text: bool = False
    ) -> Answer:
        target = self._target(address)
        proof = dict(self._headers())  # may itself ask the host, so before leave is taken
        for _ in range(MAX_REDIRECTS + 1):
            status, answered, raw = self._once(method, target, body, {**headers, **proof})
            if status not in _REDIRECTS:
                return self._read(status, answered, raw, as_text)
            address = origin.join(address, answered.get("location", ""))
            target = self._target(address)
        raise NotFound("the code host sends us in a circle")

    def _target(self, address: str) -> str:
        """The path and query of an address of this host. Raises NotFound for any other address."""
        found = origin.parse(address)
        if found is None or found.origin != self._origin:
            raise NotFound("the address is not one of the code host's API, so nothing is sent to it")
        return found.target

    def _once(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        leave = self._breaker.enter()
        try:
            status, answered, raw = self._exchange(method, target, body, headers)
        except (HTTPError, OSError, ValueError) as error:
            self._breaker.failed(leave)
            raise Unavailable(f"the code host did not answer ({type(error).__name__})") from None
        except Unavailable:
            self._breaker.succeeded(leave)  # it answers, only not in a form that is of use
            raise
        if status >= 500:
            self._breaker.failed(leave)
            raise Unavailable(f"the code host answered {status}")
        until = self._limited_until(status, answered, raw)
        if until is not None:
            raise RateLimited(self._breaker.limited(until))
        if status == 401:
            self._breaker.failed(leave)
            raise Denied("the code host does not accept the token")
        self._breaker.succeeded(leave)
        return status, answered, raw

    def _exchange(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        started = time.monotonic()
        sent = {"User-Agent": "leadline", "Accept-Encoding": "gzip", **headers}
        response = self._pool.request(method, target, body=body, headers=sent, redirect=False, preload_content=False)
        try:
            raw = bytearray()
            for chunk in response.stream(_CHUNK, decode_content=True):
                raw += chunk
                if len(raw) > MAX_BYTES:
                    raise Unavailable("the code host's answer is too large", host_wide=False)
                if time.monotonic() - started > WHOLE_TIMEOUT:
                    raise TimeoutError
            response.release_conn()
        finally:
            response.close()
        return response.status, {name.lower(): value for name, value in response.headers.items()}, bytes(raw)

    def _limited_until(self, status: int, headers: Mapping[str, str], raw: bytes) -> int | None:
        """When requests may go on, where this answer says that there were too many; else None."""
        used_up = "0" in (headers.get("x-ratelimit-remaining"), headers.get("ratelimit-remaining"))
        refused = status == 403 and (used_up or "retry-after" in headers or b"rate limit" in raw[:2_000].lower())
        if status != 429 and not refused:
            return None
        now = self._now()
        wait = _retry_after(headers.get("retry-after", ""), now)
        if wait is not None:
            return wait
        return _reset(headers) or now + LIMITED_PAUSE

    def _read(self, status: int, headers: dict[str, str], raw: bytes, as_text: bool) -> Answer:
        if status in _GONE or status in (409, 422):
            raise NotFound(f"the code host answered {status}")
        if status == 403:
            raise Denied("the code host does not let this token read it")
        if not 200 <= status < 300:
            raise Unavailable(f"the code host answered {status}", host_wide=False)
        try:
            content = raw.decode() if as_text else json.loads(raw)
        except (ValueError, RecursionError):
            raise Unavailable("the code host answered something else than JSON", host_wide=False) from None
        answer = Answer(content, headers)
        self._leave_some(answer)
        return answer

    def _leave_some(self, answer: Answer) -> None:
        """Stops background work before others have nothing left. It repeats the answered request later."""
        for prefix in ("x-ratelimit", "ratelimit"):
            limit, remaining = answer.count(f"{prefix}-limit"), answer.count(f"{prefix}-remaining")
            if not limit or remaining is None:
                continue
            until = _reset(answer.headers) or self._now() + LIMITED_PAUSE
            if remaining == 0:
                self._breaker.limited(until)  # the next request would be refused, so none is made
            if remaining < self._reserve * limit:
                raise RateLimited(until)


def _retry_after(value: str, now: int) -> int | None:
    """Epoch milliseconds out of seconds from now, or out of a date."""
    if value.isascii() and value.isdigit() and len(value) < 10:
        return now + int(value) * 1000
    try:
        return round(parsedate_to_datetime(value).timestamp() * 1000) if value else None
    except (ValueError, OverflowError):
        return None


def _reset(headers: Mapping[str, str]) -> int | None:
    """Epoch milliseconds out of the reset headers of GitHub, GitLab and Gitea (epoch seconds)."""
    for name in ("x-ratelimit-reset", "ratelimit-reset"):
        value = headers.get(name, "")
        if value.isascii() and value.isdigit() and len(value) == 10:
            return int(value) * 1000
    return None
