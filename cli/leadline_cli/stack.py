"""Finds the stack a command works on: the local one, a deployed one by name, or one given by environment variables."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadline.access.keys import read_pepper
from leadline.domain.errors import Transient
from leadline.settings import VARIABLES, Settings, SettingsError
from leadline.store.dynamodb import DynamoTable
from leadline_cli.local_home import find_home
from leadline_cli.main import CommandError

if TYPE_CHECKING:
    import boto3

OUTPUTS = {"table": "TableName", "queue_url": "QueueUrl", "dlq_url": "DlqUrl", "key_secret_id": "KeySecretId"}
"""The outputs of the CDK stack that say where its parts are."""
LATER_OUTPUTS = {"webhook_secret_id": "WebhookSecretId", "vcs_secret_id": "VcsSecretId"}
"""Outputs that a stack of an earlier version may lack."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A running stack: where its parts are, and clients to them. `endpoint` is the local emulator's."""

    settings: Settings
    session: boto3.Session
    endpoint: str | None = None

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.endpoint)  # type: ignore[call-overload]

    def table(self) -> DynamoTable:
        return DynamoTable(self.client("dynamodb"), self.settings.table)

    def pepper(self) -> bytes:
        return read_pepper(self.client("secretsmanager"), self.settings.key_secret_id)


def add_stack_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stack",
        metavar="NAME",
        help="a CloudFormation stack in the account and region of your AWS credentials (default: the stack described by"
        " LEADLINE_TABLE and related variables, else the local stack)",
    )


def find_stack(arguments: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> Stack:
    """The stack that the arguments select. Raises CommandError if it can't be found."""
    import boto3

    with aws_errors():
        if arguments.stack:
            session = boto3.Session()
            return Stack(_deployed(session, arguments.stack), session)
        if environment.get(VARIABLES["table"]):
            return Stack(Settings.from_env(environment), boto3.Session())
        return _local(find_home(environment, Path.cwd()))


def _deployed(session: boto3.Session, name: str) -> Settings:
    (found,) = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    missing = [output for output in OUTPUTS.values() if output not in outputs]
    if missing:
        raise CommandError(f"the stack {name} has no output {', '.join(missing)}: is it a Leadline stack?")
    named = OUTPUTS | LATER_OUTPUTS
    return Settings(**{field: outputs[output] for field, output in named.items() if output in outputs})


def _local(home: Path) -> Stack:
    import boto3

    # Both files: the first says where things are, the second that they are there now.
    if not (home / "stack.json").exists() or not (home / "local.json").exists():
        raise CommandError(
            f"no local stack is running with its state in {home}: start it (make up), or give --stack NAME"
        )
    found = json.loads((home / "stack.json").read_text())
    # The local stack accepts any credentials; an AWS profile, even a missing one, must not matter.
    os.environ.pop("AWS_PROFILE", None)
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")  # noqa: S106
    return Stack(Settings.from_env(found), session, found["endpoint"])


@contextlib.contextmanager
def aws_errors() -> Iterator[None]:
    """Turns errors of AWS, and of the connection to it, into CommandError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, SettingsError) as error:
        raise CommandError(str(error)) from error
    except Transient as error:
        raise CommandError(f"{error} ({error.__cause__})" if error.__cause__ else str(error)) from error
