"""The events that Lambda functions get on AWS, made from a request or from queue messages.

HTTP: API Gateway HTTP API, payload format 2.0
(docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
Queue: SQS event source (docs.aws.amazon.com/lambda/latest/dg/with-sqs.html).
"""

from __future__ import annotations

import base64
import re
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from leadline_local.emulator import ACCOUNT, REGION

API_ID = "local"
_TEXT_TYPES = {"application/json", "application/xml", "application/javascript"}
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


@dataclass(frozen=True, slots=True)
class Route:
    """One route of the API, as in the CDK stack: a `prefix` that ends in no slash is the whole path, an empty one means
    the `$default` route. Below the prefix comes the path's `parameter`: all the rest, or one segment before a `suffix`."""

    key: str
    method: str = ""
    prefix: str = ""
    suffix: str = ""
    parameter: str = "proxy"

    def matches(self, method: str, path: str) -> bool:
        if not self.prefix:
            return True
        if not self.prefix.endswith("/"):
            return method == self.method and path == self.prefix
        fits = path.startswith(self.prefix) and path.endswith(self.suffix)
        return method == self.method and fits and self._fits(self._below(path))

    def parameters(self, path: str) -> dict[str, str]:
        return {self.parameter: self._below(path)} if self.prefix.endswith("/") else {}

    def _below(self, path: str) -> str:
        return path[len(self.prefix) : len(path) - len(self.suffix)]

    def _fits(self, below: str) -> bool:
        return below != "" and not (self.suffix and "/" in below)


def http_event(
    route: Route, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes, source_ip: str
) -> dict[str, Any]:
    """`target` is the request line's: path and query string, still escaped."""
    escaped, _, query = target.partition("?")
    path = decoded_path(escaped)
    joined: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in headers:
        lower = name.lower()
        if lower == "cookie":
            cookies += [cookie.strip() for cookie in value.split(";")]
        else:
            joined[lower] = f"{joined[lower]},{value}" if lower in joined else value
    now = time.time()
    joined["x-amzn-trace-id"] = f"Root=1-{int(now):08x}-{uuid.uuid4().hex[:24]}"
    joined["x-forwarded-for"] = source_ip
    joined["x-forwarded-proto"] = "http"
    host = joined.get("host", "")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": joined,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API_ID,
            "domainName": host,
            "domainPrefix": host.split(".", maxsplit=1)[0],
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": source_ip,
                "userAgent": joined.get("user-agent", ""),
            },
            "requestId": uuid.uuid4().hex[:16],
            "routeKey": route.key,
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    # What a request does not have is left out of the event, not null in it.
    if cookies:
        event["cookies"] = cookies
    if parameters := _joined(parse_qsl(query, keep_blank_values=True)):
        event["queryStringParameters"] = parameters
    if in_path := route.parameters(path):
        event["pathParameters"] = in_path
    if body:
        text = _as_text(body, joined.get("content-type", ""))
        event["body"] = base64.b64encode(body).decode() if text is None else text
        event["isBase64Encoded"] = text is None
    return event


def decoded_path(escaped: str) -> str:
    """The path as an HTTP API hands it on: decoded, but for `%25`, which stays."""

    def decode(run: re.Match[str]) -> str:
        parts = re.split("%25", run[0])
        return "%25".join(bytes.fromhex(part.replace("%", "")).decode("utf-8", "replace") for part in parts)

    return _ESCAPES.sub(decode, escaped)


def _as_text(body: bytes, content_type: str) -> str | None:
    """The body, if API Gateway would hand it on as text; None if as base64."""
    kind = content_type.split(";", maxsplit=1)[0].strip().lower()
    if not (kind.startswith("text/") or kind in _TEXT_TYPES):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _joined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def queue_event(messages: Iterable[Mapping[str, Any]], queue_arn: str) -> dict[str, Any]:
    """`messages` as ReceiveMessage gives them."""
    return {"Records": [_record(message, queue_arn) for message in messages]}


def _record(message: Mapping[str, Any], queue_arn: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: {
                "stringValue": value.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": value["DataType"],
            }
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    }


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """Stands in for the context object of a Lambda invocation, with the same attributes and methods."""

    function_name: str
    timeout_seconds: int
    memory_limit_in_mb: str = "1024"
    function_version: str = "$LATEST"
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    log_stream_name: str = field(default_factory=lambda: time.strftime("%Y/%m/%d/[$LATEST]local", time.gmtime()))
    identity: None = None
    client_context: None = None
    tenant_id: None = None
    started: float = field(default_factory=time.monotonic)

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        left = self.timeout_seconds - (time.monotonic() - self.started)
        return max(0, int(left * 1000))

    def log(self, message: str) -> None:
        print(message)
