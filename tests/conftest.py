"""What every test gets: no network but loopback, no ambient AWS, one fixed hypothesis profile."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, settings

from leadline import aws
from leadline.settings import Settings
from leadline_local.emulator import Emulator
from leadline_local.resources import create_resources

settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")


class NetworkRefusedError(Exception):
    """A test tried to reach beyond this machine."""


_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_getaddrinfo = socket.getaddrinfo


def _refuse_strangers(address: object) -> None:
    if isinstance(address, tuple):
        _refuse_stranger(address[0])


def _refuse_stranger(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    if not (name in ("", "::1", "0.0.0.0") or name.startswith("127.") or name.split(".")[-1] == "localhost"):
        raise NetworkRefusedError(f"a test may reach this machine only, not {name}")


def _guarded_connect(self: socket.socket, address: object) -> None:
    _refuse_strangers(address)
    _connect(self, address)  # type: ignore[arg-type]


def _guarded_connect_ex(self: socket.socket, address: object) -> int:
    _refuse_strangers(address)
    return _connect_ex(self, address)  # type: ignore[arg-type]


def _guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    # A look-up leaves the machine too.
    _refuse_stranger(host)
    return _getaddrinfo(host, *args, **kwargs)


@pytest.fixture(autouse=True, scope="session")
def only_this_machine() -> Iterator[None]:
    """Sockets to anything but loopback are refused for the whole run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guarded_connect)
        patch.setattr(socket.socket, "connect_ex", _guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", _guarded_getaddrinfo)
        yield


@pytest.fixture(autouse=True)
def no_ambient_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Made-up credentials and no profile, so that no test can meet a real account, nor one test another's clients."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in AWS_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    aws.forget_clients()
    yield
    aws.forget_clients()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One AWS emulator for the whole run, on loopback, keeping nothing. Tests keep apart by the names they use."""
    with Emulator(tmp_path_factory.mktemp("emulator"), persist=False) as running:
        yield running


@pytest.fixture
def aws_env(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A table, queues and a pepper of this test's own on the emulator, and the environment that a function would have.

    `leadline.aws.client(...)` and `Settings.from_env(os.environ)` then lead there.
    """
    for name, value in emulator.client_environment.items():
        monkeypatch.setenv(name, value)
    settings = create_resources(boto3.Session(), f"test-{next(_numbers)}", endpoint=emulator.endpoint)
    for name, value in settings.to_env().items():
        monkeypatch.setenv(name, value)
    return settings


_numbers = itertools.count(1)

AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
