"""Creates what the functions use: the table, the queue with its dead-letter queue, the secrets.

The same shapes as the CDK stack (`leadline_cdk`), for the emulator. Repeating it changes nothing.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from leadline.queue import MAX_RECEIVES
from leadline.settings import Settings

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

VISIBILITY_SECONDS = 30
"""After so long the batch of a crashed function is delivered again. On AWS it is six times the function's timeout; here
a batch takes well under a second, and nobody wants to wait."""


def create_resources(session: boto3.Session, name: str = "leadline", *, endpoint: str | None = None) -> Settings:
    """Creates what is missing, all named after `name`, and returns where it is. Errors are botocore's.

    Without `endpoint`, the session's own (such as AWS_ENDPOINT_URL) is used.
    """

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=endpoint)  # type: ignore[call-overload]

    sqs = client("sqs")
    dlq_url = _queue(sqs, f"{name}-dead.fifo", {"MessageRetentionPeriod": str(14 * 24 * 3600)})
    dlq = sqs.get_queue_attributes(QueueUrl=dlq_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": dlq, "maxReceiveCount": MAX_RECEIVES})
    queue_url = _queue(
        sqs, f"{name}-events.fifo", {"VisibilityTimeout": str(VISIBILITY_SECONDS), "RedrivePolicy": redrive}
    )
    _table(client("dynamodb"), name)
    _secret(client("secretsmanager"), f"{name}/key-pepper", secrets.token_hex(32))
    _secret(client("secretsmanager"), f"{name}/webhooks", "{}")
    _secret(client("secretsmanager"), f"{name}/code-hosts", "{}")
    return Settings(
        table=name,
        queue_url=queue_url,
        dlq_url=dlq_url,
        key_secret_id=f"{name}/key-pepper",
        webhook_secret_id=f"{name}/webhooks",
        vcs_secret_id=f"{name}/code-hosts",
    )


def _queue(sqs: SQSClient, name: str, attributes: dict[QueueAttributeNameType, str]) -> str:
    fifo: dict[QueueAttributeNameType, str] = {
        "FifoQueue": "true",
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
    }
    return sqs.create_queue(QueueName=name, Attributes={**fifo, **attributes})["QueueUrl"]


def _table(dynamodb: DynamoDBClient, name: str) -> None:
    try:
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
    except dynamodb.exceptions.ResourceInUseException:
        return
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})


def _secret(manager: SecretsManagerClient, name: str, content: str) -> None:
    try:
        manager.create_secret(Name=name, SecretString=content)
    except manager.exceptions.ResourceExistsException:
        return
