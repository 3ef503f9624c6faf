"""A small client of Leadline's own HTTP API: finds address and key, sends in batches, tries again where that can help.

Sending twice never changes a number, so a request whose answer was lost is simply sent again.
"""

from __future__ import annotations

import json
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

from leadline_cli.main import CommandError

MAX_ITEMS = 500
MAX_BYTES = 950_000
"""Of a request's body; the API takes 1 MiB."""

ATTEMPTS = 9
LONGEST_PAUSE = 30.0
LONGEST_ASKED_PAUSE = 120.0
TIMEOUT = 60.0
"""Seconds, like the pauses. Nine attempts wait about two minutes between them."""

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
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
    """An item that was refused, by its place in what was sent, and why: `pointer: detail` for each fault."""

    index: int
    reasons: tuple[str, ...]


def find_connection(url: str | None, key: str | None, environment: Mapping[str, str], folder: Path) -> Connection:
    """Address and key as given, else from LEADLINE_URL and LEADLINE_API_KEY, else those of the local stack.

    The local stack's key is never sent to another address.
    """
    local = _local_stack(Path(environment.get("LEADLINE_HOME") or folder / ".leadline") / "local.json")
    base_url = url or environment.get("LEADLINE_URL") or local.get("base_url")
    if not base_url:
        raise ApiError("no address: start the local stack (make up), or give --url or LEADLINE_URL")
    base_url = base_url.rstrip("/").removesuffix("/v1")
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ApiError("the address must look like https://leadline.example.com")
    is_local = base_url == str(local.get("base_url", "")).rstrip("/")
    found = key or environment.get("LEADLINE_API_KEY") or (local.get("api_key") if is_local else None)
    if not found:
        raise ApiError("no key: give --key or LEADLINE_API_KEY (one with the scope events:write)")
    if not (found.isascii() and found.isprintable()):
        raise ApiError("the key holds characters that no key has; was it pasted with a line break?")
    return Connection(base_url, found, local=is_local and found == local.get("api_key"))


def _local_stack(path: Path) -> dict[str, str]:
    try:
        stack = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return stack if isinstance(stack, dict) else {}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any
    """What the JSON says; None where it was none."""


class Client:
    """Speaks to one API. `sleep` and `jitter` can be replaced where nobody wants to wait."""

    def __init__(
        self,
        connection: Connection,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._connection = connection
        self._sleep = sleep
        self._jitter = jitter
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
        if _is_loopback(connection.base_url):
            handlers.append(urllib.request.ProxyHandler({}))  # a proxy would look for it on its own machine
        self._opener = urllib.request.build_opener(*handlers)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The JSON answer of a GET."""
        answer = self._ask("GET", path + (f"?{urlencode(query)}" if query else ""), None)
        if answer.status != 200:
            raise ApiError(_refusal(answer))
        return answer.body

    def send(self, path: str, items: Iterable[Any]) -> Iterator[tuple[int, list[Rejection]]]:
        """Posts the items in their order, in batches that fit; gives each batch's size and what was refused of it."""
        first = 0
        for batch in batches(items):
            yield len(batch), [Rejection(first + index, reasons) for index, reasons in self._post(path, batch)]
            first += len(batch)

    def _post(self, path: str, batch: Sequence[bytes]) -> list[tuple[int, tuple[str, ...]]]:
        rejected: list[tuple[int, tuple[str, ...]]] = []
        left = list(range(len(batch)))
        for attempt in range(ATTEMPTS):
            answer = self._ask("POST", path, b"[" + b",".join(batch[index] for index in left) + b"]")
            if answer.status == 413 and len(left) > 1:
                # One that a proxy finds too long: halves of what is left, in order.
                middle = len(left) // 2
                for part in (left[:middle], left[middle:]):
                    found = self._post(path, [batch[index] for index in part])
                    rejected += [(part[index], reasons) for index, reasons in found]
                return rejected
            if answer.status not in (202, 413, 422) or not isinstance(answer.body, dict):
                raise ApiError(_refusal(answer))
            refused = dict(_rejections(answer, len(left)))
            if answer.status == 202 and _counts_differ(answer.body, len(left), len(refused)):
                raise ApiError("the answer does not account for every event that was sent; is this Leadline?")
            # What did not reach the queue is no fault of the item's.
            again = [left[index] for index, faults in refused.items() if _is_unqueued(faults)]
            rejected += [
                (left[index], _reasons(faults)) for index, faults in refused.items() if not _is_unqueued(faults)
            ]
            left = again
            if not left:
                return sorted(rejected)
            self._pause(attempt, answer.headers)
        raise ApiError(f"the queue behind {self._connection.base_url} can't be reached")

    def _ask(self, method: str, path: str, body: bytes | None) -> Answer:
        why = ""
        for attempt in range(ATTEMPTS):
            try:
                answer = self._once(method, path, body)
            except (OSError, HTTPException) as error:
                why = _why(error)
                headers: Mapping[str, str] = {}
            else:
                if answer.status not in _AGAIN:
                    return answer
                why, headers = _refusal(answer), answer.headers
            if attempt < ATTEMPTS - 1:
                self._pause(attempt, headers)
        raise ApiError(f"gave up on {self._connection.base_url} after {ATTEMPTS} attempts: {why}")

    def _once(self, method: str, path: str, body: bytes | None) -> Answer:
        request = urllib.request.Request(self._connection.base_url + path, data=body, method=method)  # noqa: S310  checked to be http
        request.add_header("Accept", "application/json")
        if body is not None:
            request.add_header("Content-Type", "application/json")
        # Unredirected: a proxy or redirect never sees it repeated elsewhere.
        request.add_unredirected_header("Authorization", f"Bearer {self._connection.key}")
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                return _answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error.code, error.headers, error.read())

    def _pause(self, attempt: int, headers: Mapping[str, str]) -> None:
        pause = min(LONGEST_PAUSE, 0.5 * 2**attempt) * (0.5 + self._jitter() / 2)
        self._sleep(max(pause, min(LONGEST_ASKED_PAUSE, _retry_after(headers))))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An API that answers elsewhere is a wrong address; following would post the events to a stranger."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def batches(items: Iterable[Any]) -> Iterator[list[bytes]]:
    """The items as JSON, in lists that make a body of at most MAX_ITEMS items and MAX_BYTES bytes.

    One that alone is longer goes alone, for the API to refuse.
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
    """The items an answer refuses and their faults, whether told an item at a time or for the body as a whole."""
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
        yield index, found or [{"detail": _refusal(answer)}]


def _within(fault: Fault, index: int) -> Fault:
    """The fault with its pointer into the item, not into the batch that it happened to be sent in."""
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


def _answer(status: int, headers: Message, raw: bytes) -> Answer:
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    return Answer(status, {name.lower(): value for name, value in headers.items()}, body)


def _refusal(answer: Answer) -> str:
    problem = answer.body if isinstance(answer.body, dict) else {}
    said = ": ".join(str(problem[name]) for name in ("title", "detail") if problem.get(name))
    return f"HTTP {answer.status}" + (f", {said}" if said else "")


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason) or type(error).__name__


def _retry_after(headers: Mapping[str, str]) -> float:
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError):
        return 0.0


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
