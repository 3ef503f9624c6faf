"""AWS clients, made on first use and shared.

The first client costs some 400 ms, since botocore reads its models. So none is made at import, and all share one session, which
caches the models. Clients are safe to share between threads; making one is not, hence the lock. boto3 itself finds region,
endpoint and credentials (`AWS_REGION`, `AWS_ENDPOINT_URL`, ...).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

_lock = threading.Lock()
_session: Any = None
_clients: dict[str, Any] = {}


@overload
def client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def client(service: Literal["sqs"]) -> SQSClient: ...
@overload
def client(service: Literal["secretsmanager"]) -> SecretsManagerClient: ...
@overload
def client(service: Literal["cloudformation"]) -> CloudFormationClient: ...


def client(service: str) -> Any:
    """The shared boto3 client of `service`. It raises botocore's errors."""
    made = _clients.get(service)
    if made is not None:
        return made
    with _lock:
        if service not in _clients:
            _clients[service] = _make(service)
        return _clients[service]


def _make(service: str) -> Any:
    global _session
    import boto3
    from botocore.config import Config

    if _session is None:
        _session = boto3.Session()
    # After a minute (botocore's default) of waiting for a connection, the function's caller has long given up.
    config = Config(
        connect_timeout=3,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=20,
    )
    return _session.client(service, config=config)


def forget_clients() -> None:
    """Drops the shared clients, so that new ones use the environment as it is then. For tests."""
    global _session
    with _lock:
        _clients.clear()
        _session = None
