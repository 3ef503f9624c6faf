"""Parking a message that can never work: in the dead-letter queue at once, with its reason beside it."""

from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from leadline.domain.errors import Poison

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


def park(sqs: "SQSClient", dlq_url: str, record: SQSRecord, poison: Poison) -> None:
    """Sends the message to the dead-letter queue with attributes `reason` and `detail`. Parked twice, it is there once."""
    sqs.send_message(
        QueueUrl=dlq_url,
        MessageBody=record.body,
        MessageGroupId=record.attributes.message_group_id or "parked",
        MessageDeduplicationId=record.message_id,
        MessageAttributes={
            "reason": {"DataType": "String", "StringValue": poison.reason},
            "detail": {"DataType": "String", "StringValue": poison.detail[:1000]},
        },
    )
