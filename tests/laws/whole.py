"""All of Leadline in memory: three functions as their handlers wire them, on one table and one queue, watched.

What is kept of it: every state that an item was ever in, every line that was logged, every answer, and what went to the
dead-letter queue. What is sent can be `spoiled` on its way in.
"""

from __future__ import annotations

import base64
import copy
import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from compute.batch import TRY_FOR
from compute.deliveries import SqsDeliveries
from compute.worker import Compute
from ingest.cloudevents.receiver import CDEventReceiver
from ingest.eventbridge import EventBridgeReceiver
from ingest.events_api import Ingest
from ingest.webhooks.receiver import WebhookReceiver, stored_sources
from ingest.webhooks.secrets import Secrets
from leadline import telemetry
from leadline.access.access_control import AccessControl
from leadline.access.authentication import Authenticator
from leadline.access.keys import ADMIN, create_key
from leadline.domain.errors import Transient
from leadline.queue import MemoryQueue, Message
from leadline.store.artifacts import Artifacts
from leadline.store.memory import MemoryTable
from leadline.store.table import Add, Check, Delete, Item, Key, Write
from leadline_local.functions import DEFAULT_ROUTE, EVENT_ROUTES, RETRY_ROUTE
from leadline_local.lambda_events import http_event, queue_event
from query.product_api import wire
from tests.webhooks.cdevents.api import envelope
from tests.webhooks.hooks import NOW, SECRET, WebhooksApi
from tests.webhooks.senders import SENDERS

PEPPER = b"p" * 32
ARN = "arn:aws:sqs:eu-west-1:000000000000:events.fifo"
SOURCE_IP = "203.0.113.9"
MAKING_SECRETS = ("/v1/keys", "/v1/badges")
FUNCTIONS = ("ingest", "compute", "query")


class WatchedTable(MemoryTable):
    """Remembers every state of every item. `trouble`: what any request to it raises."""

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[str, Item] = {}
        self.trouble: Exception | None = None

    def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        self._fail()
        return super().get(keys)

    def write(self, writes: Sequence[Write]) -> None:
        self._fail()
        super().write(writes)
        self._remember([write.key for write in writes if not isinstance(write, Delete | Check | Add)])
        self._remember([write.key for write in writes if isinstance(write, Add)])

    def count(
        self, key: Key, bounds: Mapping[str, int | None], *, forget: Sequence[str] = (), ttl: int | None = None
    ) -> tuple[bool, dict[str, int]]:
        self._fail()
        answer = super().count(key, bounds, forget=forget, ttl=ttl)
        self._remember([key])
        return answer

    def _remember(self, keys: Sequence[Key]) -> None:
        for item in super().get(keys).values():
            self.states[json.dumps(item, sort_keys=True)] = item

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble


class DeadLetters:
    """In the place of compute's SQS client: the messages that were parked, with their attributes. None is ever visible again."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_message(self, **message: Any) -> None:
        self.sent.append(message)

    def receive_message(self, **_: Any) -> dict[str, Any]:
        return {}

    def change_message_visibility(self, **_: Any) -> None:
        return


class Queue(MemoryQueue):
    """Remembers all that was ever on it. `down`: it can't be reached. `left`: after so many batches it can't, None for never."""

    def __init__(self) -> None:
        super().__init__()
        self.ever: list[Message] = []
        self.down = False
        self.left: int | None = None

    def send(self, messages: Sequence[Message]) -> set[int]:
        if self.down or self.left == 0:
            raise Transient("the queue can't be reached")
        if self.left is not None:
            self.left -= 1
        self.ever += messages
        return super().send(messages)


class Answer:
    """`carries_secret`: it is the one answer that tells the text of a key or of a badge's link."""

    def __init__(self, response: dict[str, Any], carries_secret: bool = False) -> None:
        self.status: int = response["statusCode"]
        self.headers: dict[str, str] = response["headers"]
        body = response["body"]
        self.text: str = base64.b64decode(body).decode("latin-1") if response.get("isBase64Encoded") else body
        self.carries_secret = carries_secret

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Whole:
    """`connections` lead to code hosts; `secrets` are what senders of webhooks sign with."""

    def __init__(self, connections: Any = None) -> None:
        self.table, self.queue, self.dead = WatchedTable(), Queue(), DeadLetters()
        self.now = NOW
        self.spoil: Callable[[str, Any], Any] = lambda kind, payload: payload
        self.answers: list[Answer] = []
        self.log = io.StringIO()
        self.secrets: dict[str, Any] = dict.fromkeys(("github", "gitlab", "bitbucket"), SECRET)
        self.secrets |= {sender.source: sender.secret for sender in SENDERS.values()}
        self._wire(connections)
        self.key, _ = create_key(self.table, PEPPER, name="root", scopes=[ADMIN], now=self.now)

    def clock(self) -> int:
        return self.now

    def _wire(self, connections: Any) -> None:
        access = AccessControl.on(self.table, self.clock, "ingest")
        sources = stored_sources(self.table)
        webhooks = WebhookReceiver(Secrets(lambda: json.dumps(self.secrets)), sources, self.queue)
        cdevents = CDEventReceiver(Artifacts(self.table), sources, self.queue)
        self.ingest = Ingest(
            Authenticator(access.settings, PEPPER), self.queue, self.clock, webhooks, lambda: cdevents, access=access
        )
        self.query = wire(self.table, lambda: self.queue, lambda: PEPPER, self.clock)
        urls = ("https://sqs.example/queue.fifo", "https://sqs.example/dlq.fifo")
        deliveries = SqsDeliveries(self.dead, *urls)  # type: ignore[arg-type]
        self.compute = Compute(self.table, self.queue, deliveries, connections, self.clock)
        self.hooks = WebhooksApi(self.secrets, self.queue)
        self.hooks.table, self.hooks.app = self.table, _Noting(self)  # type: ignore[assignment]

    def send(
        self,
        method: str,
        target: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        key: str | None = "",
        raw: bytes | None = None,
    ) -> Answer:
        """A request as API Gateway hands it on, at a time of its own. `key` None sends none, "" the admin's."""
        every = {"host": "api.example.com", **(headers or {})}
        if key is not None and not {"authorization", "x-api-key"} & {name.lower() for name in every}:
            every["authorization"] = f"Bearer {key or self.key}"
        if body is not None or raw is not None:
            every = {"content-type": "application/json", **every}
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        path = target.partition("?")[0]
        ways = [(RETRY_ROUTE, self.query), *((route, self.ingest) for route in EVENT_ROUTES)]
        ways.append((DEFAULT_ROUTE, self.query))
        route, function = next(way for way in ways if way[0].matches(method, path))
        event = http_event(route, method, target, every.items(), content, SOURCE_IP)
        return self.handled(
            function.handle(event), carries_secret=path.startswith(("/v1/keys", "/v1/badges")) and method == "POST"
        )

    def handled(self, response: dict[str, Any], *, carries_secret: bool = False) -> Answer:
        self.now += 1
        self.answers.append(Answer(response, carries_secret))
        return self.answers[-1]

    def good(self, method: str, target: str, body: Any = None, **headers: str) -> Any:
        """The body of a good answer, once what it asked for is folded."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.send(method, target, body, sent)
        assert answer.status < 300, (method, target, answer.text)
        self.settle()
        return answer.json if answer.text else None

    def get(self, path: str, **query: str) -> Any:
        pairs = [(name.rstrip("_"), value) for name, value in query.items()]
        return self.good("GET", path + (f"?{urlencode(pairs)}" if pairs else ""))

    def tell(self, kind: str, *events: Any) -> Answer:
        """Posts events to the Events API."""
        answer = self.send("POST", f"/v1/events/{kind}", self.spoil(kind, list(events)))
        self.settle()
        return answer

    def carry(self, document: Any, mode: str) -> Answer:
        """Posts a document of CDEvents."""
        headers, body = envelope(self.spoil("cdevents", document), mode)
        answer = self.send("POST", "/v1/events", headers=headers, raw=body.encode())
        self.settle()
        return answer

    def hook(self, post: Callable[..., Any], *arguments: Any, **more: Any) -> None:
        """Posts a webhook as its sender does: `post(api, *arguments)`, the payload being the last of them."""
        *first, payload = arguments
        post(self.hooks, *first, self.spoil("webhook", copy.deepcopy(payload)), **more)
        self.settle()

    def from_aws(self, client: Callable[[str], Any], event: dict[str, Any]) -> Any:
        """An event of EventBridge's."""
        return EventBridgeReceiver(client, self.queue, self.clock).receive(event)

    def settle(self) -> None:
        """Folds all that is on the queue."""
        while self.queue.messages:
            self.work(self.queue.messages.pop(0))

    def work(self, message: Message, receives: int = 1, tried_for: int = 0) -> Any:
        """One invocation of compute with this message. `tried_for`: milliseconds since it was first received."""
        received = {
            "MessageId": f"m-{len(self.queue.ever)}-{self.now}",
            "ReceiptHandle": "r",
            "Body": message.body,
            "MD5OfBody": "0" * 32,
            "Attributes": {
                "ApproximateReceiveCount": str(receives),
                "ApproximateFirstReceiveTimestamp": str(self.now - tried_for),
                "MessageGroupId": message.group,
            },
        }
        self.now += 1
        return self._invoke(queue_event([received], ARN))

    def work_for_the_last_time(self, message: Message) -> Any:
        return self.work(message, 40, TRY_FOR)

    def scheduled(self, what: str) -> None:
        self._invoke({"leadline": what})
        self.settle()

    def _invoke(self, event: dict[str, Any]) -> Any:
        """As Lambda does it: what the handler raises is printed, with its message."""
        try:
            with telemetry.redact_exceptions("compute"):
                return self.compute.handle(event, None)
        except Exception as error:
            self.log.write(f"[ERROR] {type(error).__name__}: {error}\n")
            raise

    @contextmanager
    def logging(self) -> Iterator[None]:
        """Keeps all that Lambda would print of a function set to the level DEBUG: our own lines, and what libraries log."""
        loggers = [telemetry.logger(name) for name in FUNCTIONS]
        streams = [logger.registered_handler.stream for logger in loggers]  # type: ignore[attr-defined]
        others, root = logging.StreamHandler(self.log), logging.getLogger()
        level = root.level
        for logger in loggers:
            logger.registered_handler.setStream(self.log)  # type: ignore[attr-defined]
        root.addHandler(others)
        root.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            root.setLevel(level)
            root.removeHandler(others)
            for logger, stream in zip(loggers, streams, strict=True):
                logger.registered_handler.setStream(stream)  # type: ignore[attr-defined]

    @property
    def lines(self) -> list[str]:
        return self.log.getvalue().splitlines()

    def states(self) -> list[Item]:
        """Every item in every state that it was ever in."""
        return list(self.table.states.values())


class _Noting:
    """Ingest, for senders of webhooks: their answers are kept, too."""

    def __init__(self, whole: Whole) -> None:
        self._whole = whole

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        response = self._whole.ingest.handle(event)
        self._whole.handled(response)
        return response
