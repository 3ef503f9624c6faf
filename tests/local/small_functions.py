"""Three small functions in the place of the real ones: they queue a note, count it in the table, and read the count.

They use AWS as the real ones do, so that what carries events to functions can be tested without what they mean.
"""

from __future__ import annotations

import json
import os
from typing import Any

from leadline import aws
from leadline.settings import Settings

TARGETS = {name: f"tests.local.small_functions:{name}" for name in ("ingest", "compute", "query")}


def ingest(event: dict[str, Any], context: Any) -> dict[str, Any]:
    note = json.loads(event["body"])
    aws.client("sqs").send_message(
        QueueUrl=Settings.from_env(os.environ).queue_url,
        MessageBody=json.dumps(note),
        MessageGroupId=note["group"],
        MessageDeduplicationId=note["id"],
    )
    return {"statusCode": 202, "headers": {"Content-Type": "application/json"}, "body": json.dumps({"id": note["id"]})}


def compute(event: dict[str, Any], context: Any) -> dict[str, Any]:
    for record in event["Records"]:
        note = json.loads(record["body"])
        aws.client("dynamodb").put_item(
            TableName=Settings.from_env(os.environ).table,
            Item={"pk": {"S": "note"}, "sk": {"S": note["id"]}, "group": {"S": note["group"]}},
        )
    return {"batchItemFailures": []}


def query(event: dict[str, Any], context: Any) -> dict[str, Any]:
    print("asked for", event["rawQueryString"])
    found = aws.client("dynamodb").query(
        TableName=Settings.from_env(os.environ).table,
        KeyConditionExpression="pk = :note",
        ExpressionAttributeValues={":note": {"S": "note"}},
        ConsistentRead=True,
    )
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(sorted(item["sk"]["S"] for item in found["Items"])),
    }
