"""A small client of Leadline's HTTP API: finds the address and the key, sends in batches, retries what may pass.

Sending twice never changes a number, so a request whose answer was lost is simply sent again.
"""

from __future__ import annotations

import json
import random
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError, InvalidHeader, LocationParseError
from urllib3.util import Retry, Url, make_headers, parse_url

from leadline import __version__
from leadline_cli.local_home import find_home
from leadline_cli.main import CommandError

MAX_ITEMS = 500
MAX_BYTES = 950_000
"""Of a request's body; the API takes 1 MiB."""

ATTEMPTS = 9
LONGEST_PAUSE = 30.0
LONGEST_RETRY_AFTER = 120.0
TIMEOUT = 60.0
"""Seconds, like the pauses. Nine attempts wait about two minutes between them."""

_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_NOT_QUEUED = "queue_unavailable"


class ApiError(CommandError):
    """The API can't be reached or refuses the request as a whole."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the API is and the key to it. `local` says that both are the local stack's."""

    base_url: str
    key: str = field(repr=False)
    local: bool = False


@dataclass(frozen=True, slots=True)
class Rejection:
    """A rejected item, by its index in what was sent, with a reason per fault: `pointer: detail`."""

    index: int
    reasons: tuple[str, ...]


def find_connection(url: str | None, key: str | None, environment: Mapping[str, str], folder: Path) -> Connection:
    """Address and key as given, else from LEADLINE_URL and LEADLINE_API_KEY, else those of the local stack.

    The local stack's key is never sent to another address.
    """
    local = _read_local_stack(find_home(environment, folder) / "local.json")
    base_url = url or environment.get("LEADLINE_URL") or local.get("base_url")
    if not base_url:
        raise ApiError("no address: start the local stack (make up), or give --url or LEADLINE_URL")
    base_url = base_url.rstrip("/").removesuffix("/v1")
    _parse_address(base_url)
    is_local = base_url == str(local.get("base_url", "")).rstrip("/")
    found = key or environment.get("LEADLINE_API_KEY") or (local.get("api_key") if is_local else None)
    if not found:
        raise ApiError("no key: give --key or LEADLINE_API_KEY (a key with the scope events:write)")
    if not (found.isascii() and found.isprintable()):
        raise ApiError("the key contains characters that no key has; was it pasted with a line break?")
    return Connection(base_url, found, local=is_local and found == local.get("api_key"))


def _read_local_stack(path: Path) -> dict[str, str]:
    try:
        stack = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return stack if isinstance(stack, dict) else {}


def _parse_address(base_url: str) -> Url:
    """The address as urllib3 will connect to it, so that the check and the connection can't differ."""
    try:
        address = parse_url(base_url)
    except LocationParseError:
        address = Url()
    if address.scheme not in ("http", "https") or not address.host or address.auth is not None:
        raise ApiError("the address must look like https://leadline.example.com")
    return address


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any
    """The parsed JSON; None if the body is not JSON."""


class Client:
    """Talks to one API. Tests replace `sleep` and `jitter`."""

    def __init__(
        self,
        connection: Connection,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._base_url = connection.base_url
        self._sleep = sleep
        self._jitter = jitter
        self._headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {connection.key}",
            "User-Agent": f"leadline/{__version__}",
        }
        self._pool = _open_pool(_parse_address(connection.base_url))

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The JSON answer of a GET."""
        answer = self._request("GET", path, fields=query)
        if answer.status != 200:
            raise ApiError(_describe(answer))
        return answer.body

    def send(self, path: str, items: Iterable[Any]) -> Iterator[tuple[int, list[Rejection]]]:
        """Posts the items in order, in batches that fit; yields the size of each batch and its rejected items."""
        first = 0
        for batch in batches(items):
            yield len(batch), [Rejection(first + index, reasons) for index, reasons in self._post(path, batch)]
            first += len(batch)

    def _post(self, path: str, batch: Sequence[bytes]) -> list[tuple[int, tuple[str, ...]]]:
        rejected: list[tuple[int, tuple[str, ...]]] = []
        left = list(range(len(batch)))
        for attempt in range(ATTEMPTS):
            answer = self._request("POST", path, body=b"[" + b",".join(batch[index] for index in left) + b"]")
            if answer.status == 413 and len(left) > 1:
                # A proxy may allow less than the API does: send what is left in halves, in order.
                middle = len(left) // 2
                for part in (left[:middle], left[middle:]):
                    found = self._post(path, [batch[index] for index in part])
                    rejected += [(part[index], reasons) for index, reasons in found]
                return rejected
            if answer.status not in (202, 413, 422) or not isinstance(answer.body, dict):
                raise ApiError(_describe(answer))
            refused = dict(_rejections(answer, len(left)))
            if answer.status == 202 and _counts_differ(answer.body, len(left), len(refused)):
                raise ApiError("the answer does not account for every event that was sent; is this Leadline?")
            # An item that did not reach the queue is valid: send it again.
            rejected += [(left[at], _reasons(faults)) for at, faults in refused.items() if not _is_unqueued(faults)]
            left = [left[at] for at, faults in refused.items() if _is_unqueued(faults)]
            if not left:
                return sorted(rejected)
            self._pause(attempt, answer.headers)
        raise ApiError(f"the queue behind {self._base_url} can't be reached")

    def _request(
        self, method: str, path: str, *, fields: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """The first answer that a retry would not change. Raises ApiError after the last attempt."""
        why = ""
        for attempt in range(ATTEMPTS):
            headers: Mapping[str, str] = {}
            try:
                answer = self._request_once(method, path, fields, body)
            except (HTTPError, OSError) as error:
                why = str(error) or type(error).__name__
            else:
                if answer.status not in _RETRIED:
                    return answer
                why, headers = _describe(answer), answer.headers
            if attempt < ATTEMPTS - 1:
                self._pause(attempt, headers)
        raise ApiError(f"gave up on {self._base_url} after {ATTEMPTS} attempts: {why}")

    def _request_once(self, method: str, path: str, fields: Mapping[str, str] | None, body: bytes | None) -> Answer:
        response = self._pool.request(
            method,
            self._base_url + path,
            fields=dict(fields) if fields else None,
            body=body,
            headers=self._headers if body is None else {**self._headers, "Content-Type": "application/json"},
            redirect=False,  # an API that redirects is a wrong address, and the key is for nobody else
            retries=False,
            timeout=TIMEOUT,
        )
        try:
            content = response.json()
        except ValueError:
            content = None
        return Answer(response.status, response.headers, content)

    def _pause(self, attempt: int, headers: Mapping[str, str]) -> None:
        pause = min(LONGEST_PAUSE, 0.5 * 2**attempt) * (0.5 + self._jitter() / 2)
        self._sleep(max(pause, min(LONGEST_RETRY_AFTER, _retry_after(headers))))


def _open_pool(address: Url) -> urllib3.PoolManager:
    """Connections to the address, through the proxy that the environment names for it (HTTPS_PROXY, NO_PROXY)."""
    host = (address.host or "").strip("[]")
    proxy = urllib.request.getproxies().get(address.scheme or "")
    is_loopback = host in ("localhost", "::1") or host.startswith("127.")  # a proxy would connect to its own machine
    if not proxy or is_loopback or urllib.request.proxy_bypass(host):
        return urllib3.PoolManager()
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    try:
        login = parse_url(proxy).auth
        return urllib3.ProxyManager(proxy, proxy_headers=make_headers(proxy_basic_auth=login) if login else None)
    except (HTTPError, ValueError) as error:
        raise ApiError(f"the proxy that the environment names can't be used: {type(error).__name__}") from error


def batches(items: Iterable[Any]) -> Iterator[list[bytes]]:
    """The items as JSON, in lists of at most MAX_ITEMS items and MAX_BYTES bytes.

    An item that is longer on its own gets a list of its own, for the API to reject.
    """
    batch: list[bytes] = []
    length = 2
    for item in items:
        text = json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode()
        if batch and (len(batch) == MAX_ITEMS or length + len(text) + 1 > MAX_BYTES):
            yield batch
            batch, length = [], 2
        batch.append(text)
        length += len(text) + 1
    if batch:
        yield batch


Fault = Mapping[str, Any]


def _rejections(answer: Answer, count: int) -> Iterator[tuple[int, list[Fault]]]:
    """Each rejected item with its faults, whether the answer lists events or only faults of the whole body."""
    body = answer.body
    if isinstance(body.get("events"), list):
        for event in body["events"]:
            if event.get("status") == "rejected":
                index = int(event["index"])
                yield index, [_within(fault, index) for fault in event.get("errors") or []]
        return
    faults: dict[int, list[Fault]] = {index: [] for index in range(count)}
    for fault in body.get("errors") or []:
        head = str(fault.get("pointer", "")).lstrip("/").partition("/")[0]
        if head.isdecimal() and int(head) in faults:
            faults[int(head)].append(_within(fault, int(head)))
    for index, found in faults.items():
        yield index, found or [{"detail": _describe(answer)}]


def _within(fault: Fault, index: int) -> Fault:
    """The fault with a pointer into the item instead of into the batch."""
    return {**fault, "pointer": str(fault.get("pointer") or "").removeprefix(f"/{index}")}


def _counts_differ(body: Mapping[str, Any], sent: int, rejected: int) -> bool:
    return body.get("accepted") != sent - rejected or body.get("rejected") != rejected


def _is_unqueued(faults: Sequence[Fault]) -> bool:
    return bool(faults) and all(fault.get("code") == _NOT_QUEUED for fault in faults)


def _reasons(faults: Sequence[Fault]) -> tuple[str, ...]:
    named = (
        (str(fault.get("pointer") or "").lstrip("/"), str(fault.get("detail") or fault.get("code"))) for fault in faults
    )
    return tuple(f"{pointer} {detail}" if pointer else detail for pointer, detail in named) or ("no reason given",)


def _describe(answer: Answer) -> str:
    problem = answer.body if isinstance(answer.body, dict) else {}
    texts = ": ".join(str(problem[name]) for name in ("title", "detail") if problem.get(name))
    return f"HTTP {answer.status}" + (f", {texts}" if texts else "")


def _retry_after(headers: Mapping[str, str]) -> float:
    try:
        return Retry.DEFAULT.parse_retry_after(headers.get("retry-after", "0"))
    except InvalidHeader:
        return 0.0
