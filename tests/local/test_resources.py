"""The table, queues and secret that the local stack makes."""

from __future__ import annotations

import json
import os

import boto3

from leadline import aws
from leadline.queue import MAX_RECEIVES
from leadline.settings import Settings
from leadline_local.emulator import Emulator
from leadline_local.resources import create_resources


def test_making_them_again_changes_nothing(emulator: Emulator, aws_env: Settings) -> None:
    pepper = aws.client("secretsmanager").get_secret_value(SecretId=aws_env.key_secret_id)["SecretString"]
    again = create_resources(boto3.Session(), aws_env.table, endpoint=emulator.endpoint)
    assert again == aws_env
    assert aws.client("secretsmanager").get_secret_value(SecretId=aws_env.key_secret_id)["SecretString"] == pepper


def test_a_function_finds_them_by_its_environment(aws_env: Settings) -> None:
    assert Settings.from_env(os.environ) == aws_env


def test_the_pepper_is_long_enough_to_protect_keys(aws_env: Settings) -> None:
    secret = aws.client("secretsmanager").get_secret_value(SecretId=aws_env.key_secret_id)
    assert len(bytes.fromhex(secret["SecretString"])) == 32


def test_a_message_received_too_often_is_moved_to_the_dead_letters(aws_env: Settings) -> None:
    sqs = aws.client("sqs")
    policy = json.loads(
        sqs.get_queue_attributes(QueueUrl=aws_env.queue_url, AttributeNames=["RedrivePolicy"])["Attributes"][
            "RedrivePolicy"
        ]
    )
    assert policy["maxReceiveCount"] == MAX_RECEIVES
    sooner = json.dumps({**policy, "maxReceiveCount": 3})
    sqs.set_queue_attributes(QueueUrl=aws_env.queue_url, Attributes={"RedrivePolicy": sooner})
    sqs.send_message(QueueUrl=aws_env.queue_url, MessageBody="{}", MessageGroupId="g", MessageDeduplicationId="1")
    for _ in range(3):
        assert "Messages" in sqs.receive_message(QueueUrl=aws_env.queue_url, VisibilityTimeout=0)
    assert "Messages" not in sqs.receive_message(QueueUrl=aws_env.queue_url)
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=aws_env.dlq_url)["Messages"]] == ["{}"]


def test_expired_items_are_deleted_by_the_table_itself(aws_env: Settings) -> None:
    described = aws.client("dynamodb").describe_time_to_live(TableName=aws_env.table)["TimeToLiveDescription"]
    assert described["AttributeName"] == "ttl"
    assert described["TimeToLiveStatus"] == "ENABLED"
