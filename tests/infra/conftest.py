"""One deployed stack for all of these tests: bootstrapping and deploying takes some 20 s."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from leadline_local.emulator import Emulator
from tests.infra.deployment import STACK, Deployment, deploy, leadline
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
        deployment.key = leadline(deployment, "keys", "create", "--admin", "--name", "tests", "--stack", STACK)
        yield deployment
