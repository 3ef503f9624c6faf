"""The real handler, build_app from the environment, on AWS as moto plays it; and what importing it costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from leadline.access.keys import ADMIN, create_key, read_pepper
from leadline.settings import Settings
from leadline.store.dynamodb import DynamoTable
from leadline.store.services import Service
from leadline.store.table import Put
from leadline_local.resources import create_resources
from query.handler import build_app, handler
from tests.unit.query.product_api import Answer, a_request


class Stack:
    """Table, queue and secret, and a key."""

    def __init__(self) -> None:
        self.settings: Settings = create_resources(boto3.Session(), "query-test")
        self.table = DynamoTable(boto3.client("dynamodb"), self.settings.table)
        self.sqs = boto3.client("sqs")
        pepper = read_pepper(boto3.client("secretsmanager"), self.settings.key_secret_id)
        self.key, _ = create_key(self.table, pepper, name="x", scopes=[ADMIN], now=time.time_ns() // 1_000_000)

    def ask(self, method: str, path: str, query: str = "", body: Any = None) -> Answer:
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        sent = None if body is None else json.dumps(body)
        return Answer(handler(a_request(method, path, query, headers, sent), None))


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with mock_aws():
        made = Stack()
        for name, value in made.settings.to_env().items():
            monkeypatch.setenv(name, value)
        build_app.cache_clear()
        yield made
        build_app.cache_clear()


def test_a_report_comes_from_the_table_and_a_team_goes_to_table_and_queue(stack: Stack) -> None:
    stack.table.write([Put(Service("api", "acme/api", {"production": [2026]}).to_item())])
    report = stack.ask("GET", "/v1/metrics/dora", "group_by=service&interval=day")
    assert report.status == 200
    assert len(report.json["series"]) == 30
    assert stack.ask("PUT", "/v1/teams/pay", body={"members": [{"author": "ann"}]}).status == 200
    (message,) = stack.sqs.receive_message(QueueUrl=stack.settings.queue_url)["Messages"]
    told = json.loads(message["Body"])
    assert (told["kind"], told["data"]) == ("roster", {"lock": "acme/api", "services": ["api"], "authors": ["ann"]})
    assert [team["team"] for team in stack.ask("GET", "/v1/teams").json["items"]] == ["pay"]


def test_without_the_queue_a_team_is_stored_with_its_job_and_a_report_is_answered(stack: Stack) -> None:
    stack.table.write([Put(Service("api", "acme/api", {"production": [2026]}).to_item())])
    stack.sqs.delete_queue(QueueUrl=stack.settings.queue_url)
    answer = stack.ask("PUT", "/v1/teams/pay", body={"members": [{"author": "ann"}]})
    assert answer.status == 200
    job = stack.ask("GET", f"/v1/jobs/{answer.headers['leadline-job']}").json
    assert (job["kind"], job["state"]) == ("team", "queued")
    assert stack.ask("GET", "/v1/metrics/dora").status == 200


def test_a_table_that_is_gone_or_a_wrong_key_is_told_apart(stack: Stack) -> None:
    stack.key = stack.key[:-1] + ("A" if stack.key[-1] != "A" else "B")
    assert stack.ask("GET", "/v1/services").status == 401
    assert stack.ask("GET", "/healthz").status == 200


def test_importing_the_handler_needs_no_environment_no_boto3_and_no_pydantic() -> None:
    """Pydantic is there for the OpenAPI document only: a cold start for a report does without."""
    code = "import sys, query.handler; print({'boto3', 'botocore.client', 'pydantic'} & set(sys.modules))"
    environment = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    run = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "set()"
