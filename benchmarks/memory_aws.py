"""AWS answered from memory: what the product's boto3 clients are about to send is taken from them and answered here.

botocore builds and signs each request and reads each answer as ever; only the socket is missing. So the product's CPU time has all
of it in, and what answering costs is measured apart.
"""

from __future__ import annotations

import io
import json
import os
import time
import uuid
from collections.abc import Iterator
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from benchmarks.memory_dynamodb import Cost, MemoryDynamoDB, Refused
from benchmarks.meter import Call, Meter
from leadline import aws
from leadline.settings import Settings

PEPPER = "a pepper for benchmarks, of no worth"
SETTINGS = Settings(
    table="bench",
    queue_url="https://sqs.eu-west-1.amazonaws.com/000000000000/bench.fifo",
    dlq_url="https://sqs.eu-west-1.amazonaws.com/000000000000/bench-dead.fifo",
    key_secret_id="bench",  # noqa: S106  a name, no secret
)
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


class MemoryAws:
    """The table, the queue and the secret of one stack, and the meter that all requests go by."""

    def __init__(self) -> None:
        self.dynamodb = MemoryDynamoDB()
        self.meter = Meter()
        self.messages: list[dict[str, Any]] = []
        self.parked: list[dict[str, Any]] = []

    def install(self) -> None:
        """Makes this process's environment and the product's shared clients lead here, and nowhere else."""
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
            os.environ.pop(name, None)
        os.environ.update(_ENVIRONMENT | SETTINGS.to_env())
        aws.forget_clients()
        for client in (aws.client("dynamodb"), aws.client("sqs"), aws.client("secretsmanager")):
            self.attach(client)

    def attach(self, client: Any) -> None:
        """Answers what this boto3 client would send."""
        client.meta.events.register("before-send", self._answer)

    def _answer(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> Any:
        began = time.thread_time()
        service, operation = event_name.split(".")[1:]
        body: Any = request.body or b""
        sent = len(body)
        asked = json.loads(body)
        answer: dict[str, Any]
        cost, status = Cost(), 200
        try:
            if service == "dynamodb":
                answer, cost = self.dynamodb.answer(operation, asked)
            else:
                answer = getattr(self, f"_{operation}")(asked)
        except Refused as refused:
            status = 400
            answer = {
                "__type": f"com.amazonaws.dynamodb.v20120810#{refused.code}",
                "message": refused.code,
                **refused.fields,
            }
        text = json.dumps(answer).encode()
        call = Call(
            service=service,
            operation=operation,
            sent=sent,
            received=len(text),
            reads=tuple(cost.reads),
            writes=tuple(cost.writes),
            read_units=cost.read_units,
            write_units=cost.write_units,
        )
        headers: Any = {"content-type": "application/x-amz-json-1.0"}
        response = AWSResponse(request.url, status, headers, _Raw(text))
        self.meter.count(call, time.thread_time() - began)
        return response

    def _SendMessageBatch(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802  named as the operation
        taken = []
        for entry in asked["Entries"]:
            message_id = str(uuid.uuid4())
            self.messages.append({**entry, "MessageId": message_id})
            taken.append({"Id": entry["Id"], "MessageId": message_id, "MD5OfMessageBody": "0" * 32})
        return {"Successful": taken, "Failed": []}

    def _SendMessage(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802  named as the operation
        self.parked.append(asked)
        return {"MessageId": str(uuid.uuid4()), "MD5OfMessageBody": "0" * 32}

    def _GetSecretValue(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802  named as the operation
        return {"Name": asked["SecretId"], "SecretString": PEPPER}


class _Raw(io.BytesIO):
    """What botocore reads an answer's body from."""

    def stream(self, amount: int = 65536, decode_content: bool | None = None) -> Iterator[bytes]:
        while chunk := self.read(amount):
            yield chunk
