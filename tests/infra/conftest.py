"""One deployed stack for all of these tests: bootstrapping and deploying takes some 20 s."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.emulator import Emulator
from leadline.auth import create_key
from leadline.store.dynamodb import DynamoTable
from tests.infra.deployment import Deployment, deploy
from tests.infra.tls_front import TlsFront


def enforcing(front: TlsFront, home: Path) -> Emulator:
    """An emulator that checks each call against its caller's policies; functions reach it through the front."""
    return Emulator(home, persist=False, environment={"AUTH": "true", "AWS_ENDPOINT_URL": front.endpoint})


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The stack on an emulator that lets a function do only what its role allows, with an admin key."""
    home = tmp_path_factory.mktemp("deployment")
    with TlsFront() as front, enforcing(front, home / "emulator") as front.emulator:
        deployment = deploy(front, home)
        secret = deployment.client("secretsmanager").get_secret_value(SecretId=deployment.outputs["KeySecretId"])
        table = DynamoTable(deployment.client("dynamodb"), deployment.outputs["TableName"])
        deployment.key, _ = create_key(
            table, secret["SecretString"].encode(), name="tests", scopes=["admin"], now=time.time_ns() // 1_000_000
        )
        yield deployment
