"""Webhooks in memory: ingest on the shipped fakes with secrets set, signed requests, and payloads broken at random."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

from ingest.events_api import Ingest
from ingest.webhooks.receiver import WebhookReceiver, stored_sources
from ingest.webhooks.secrets import Secrets
from leadline.access.access_control import AccessControl
from leadline.access.authentication import Authenticator
from leadline.domain.errors import Transient
from leadline.queue import MemoryQueue, Queue
from leadline.store.memory import MemoryTable
from leadline.store.sources import SOURCES_KEY
from leadline.store.table import Put
from tests.contract.events_api import Answer, a_request

NOW = 1_790_000_000_000  # 2026-09-21T14:13:20Z
SECRET = "a secret of thirty-two characters"


class WebhooksApi:
    """Ingest as the handler wires it, on fakes, at a fixed time. `secrets` None: they can't be read."""

    def __init__(self, secrets: dict[str, Any] | None = None, queue: Queue | None = None, **sources: Any) -> None:
        self.secrets: dict[str, Any] | None = dict.fromkeys(NAMES, SECRET) if secrets is None else secrets
        self.secret_reads = 0
        self.table = MemoryTable()
        if sources:
            self.configure(**sources)
        self.queue = queue or MemoryQueue()
        self.now = NOW
        webhooks = WebhookReceiver(Secrets(self._read), stored_sources(self.table), self.queue)
        access = AccessControl.on(self.table, lambda: self.now, "ingest")
        self.app = Ingest(
            Authenticator(access.settings, b"p" * 32), self.queue, lambda: self.now, webhooks, access=access
        )
        self.log = io.StringIO()
        self.app._log.registered_handler.setStream(self.log)  # type: ignore[attr-defined]

    def configure(self, **sources: Any) -> None:
        pk, sk = SOURCES_KEY
        self.table.write([Put({"pk": pk, "sk": sk, "v": 1, **sources})])

    def _read(self) -> str:
        self.secret_reads += 1
        if self.secrets is None:
            raise Transient("the webhook secret can't be read")
        return json.dumps(self.secrets)

    def post(self, source: str, body: bytes | str, headers: dict[str, str], *, method: str = "POST") -> Answer:
        every = {"content-type": "application/json", **headers}
        return Answer(self.app.handle(a_request(f"/v1/webhooks/{source}", body, every, method=method)))

    @property
    def queued(self) -> list[dict[str, Any]]:
        """The messages on the (memory) queue."""
        assert isinstance(self.queue, MemoryQueue)
        return [json.loads(message.body) for message in self.queue.messages]

    @property
    def bugs(self) -> list[str]:
        """What the log calls a bug: an exception that no translator should have raised."""
        return [line for line in self.log.getvalue().splitlines() if '"bug"' in line]


NAMES = ("github", "gitlab", "bitbucket")


def hub_signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_answered(answer: Answer) -> bool:
    """Whether a signed payload got the only answers there are: accepted, or ignored and why."""
    if answer.status != 202:
        return False
    if answer.json["status"] == "accepted":
        return bool(answer.json["events"])
    return answer.json["status"] == "ignored" and bool(answer.json["reason"])


def mutations(payload: Any, times: int, seed: str) -> Iterator[Any]:
    """The payload with one to four things in it broken, so many times; the same for the same seed."""
    random, text = Random(seed), json.dumps({"payload": payload})
    for _ in range(times):
        broken = json.loads(text)
        for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
            _break(random, broken)
        yield broken["payload"]


def _break(random: Random, root: dict[str, Any]) -> None:
    """Changes one place of the payload. Half of the time a shallow one, where what is read of it stands."""
    place: Any = root
    name: Any = "payload"
    deepest = random.choice((2, 3, 4, 30))
    for _ in range(deepest):
        inner = place[name]
        if not (isinstance(inner, dict | list) and inner) or random.random() < 0.1:
            break
        place, name = inner, random.choice(list(inner)) if isinstance(inner, dict) else random.randrange(len(inner))
    if random.random() < 0.25 and place is not root:
        del place[name]
    elif random.random() < 0.3 and isinstance(place[name], str) and place[name]:
        place[name] = _other_text(random, place[name])
    else:
        place[name] = deepcopy(random.choice(ODDITIES))


def _other_text(random: Random, value: str) -> str:
    at = random.randrange(len(value))
    return random.choice(
        (value[:at], value[at:], value[:at] + random.choice(ODD_CHARACTERS) + value[at:], value * 40, value.swapcase())
    )


ODD_CHARACTERS = ("\x00", "\n", " ", "/", "\ud800", "é", "0", "-", "\u2028", "🚀", "@", "%", "..")
ODDITIES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2**53, 10**30, 1.5, -0.0, 1e308, float("nan"), float("inf")),
    *("", " ", "0", "null", "x" * 5_000, "\x00", "\ud800", "2026-13-45T99:99:99Z", "1970-01-01T00:00:00Z", "0" * 40),
    *("f" * 40, "F" * 64, "refs/heads/", "refs/tags/", "refs/heads/main", "production", "success", "[2001:db8"),
    *("https://[::1", "http://user:pw@h/x", "javascript:alert(1)", "../../etc", "main", "9999-12-31T23:59:59Z"),
    *([], {}, [[]], [{}], {"": {}}, [None], ["x"] * 600, [1, "a", {}], {"id": {"id": []}}, [{"id": "f" * 40}] * 3),
]
