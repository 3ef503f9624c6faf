"""A Leadline stack as `cdk deploy` makes it, on an emulator of its own that enforces the roles' policies."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import boto3

from leadline_cdk import node
from leadline_cdk.paths import ROOT
from leadline_local.emulator import ACCOUNT, REGION
from tests.infra.tls_front import TlsFront

T = TypeVar("T")

STACK = "Leadline"
# No assertion looks at time; a wait this long only says that nothing more is coming.
PATIENCE = 90.0


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Deployment:
    """The stack's outputs and ways to it. `key` is sent with each request."""

    front: TlsFront
    outputs: dict[str, str]
    key: str = ""
    session: boto3.Session = field(default_factory=boto3.Session)

    def client(self, service: str) -> Any:
        return self.session.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.front.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def request(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Answer:
        """One request to the API by its own host name, which the emulator serves on its one address."""
        connection = http.client.HTTPConnection("127.0.0.1", self.front.port, timeout=60)
        headers = {"Host": urlsplit(self.outputs["ApiUrl"]).netloc, "Authorization": f"Bearer {key or self.key}"}
        content = None
        if body is not None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            raw = response.read()
        finally:
            connection.close()
        sent = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, sent, json.loads(raw) if raw else None)

    def post(self, path: str, body: Any) -> Answer:
        return self.request("POST", path, body)

    def get(self, path: str) -> Any:
        answer = self.request("GET", path)
        assert answer.status == 200, answer
        return answer.body

    def policies(self) -> list[tuple[str, str]]:
        """Role and name of every policy of the stack's functions."""
        iam = self.client("iam")
        roles = [role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith(STACK)]
        return [(role, name) for role in roles for name in iam.list_role_policies(RoleName=role)["PolicyNames"]]

    def policy(self, role: str, name: str) -> dict[str, Any]:
        document: dict[str, Any] = self.client("iam").get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        return document

    def put_policy(self, role: str, name: str, document: dict[str, Any]) -> None:
        self.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))

    def functions(self) -> list[str]:
        return [function["FunctionName"] for function in self.client("lambda").list_functions()["Functions"]]

    def restart_functions(self) -> None:
        """Ends the functions' processes, and with them what they remember of keys and secrets."""
        functions = self.client("lambda")
        for function in functions.list_functions()["Functions"]:
            name, variables = function["FunctionName"], function["Environment"]["Variables"]
            variables["RESTARTS"] = str(int(variables.get("RESTARTS", "0")) + 1)
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})

    def dead_letters(self) -> list[dict[str, Any]]:
        """Looks at the dead letters without taking them away."""
        sqs = self.client("sqs")
        found = sqs.receive_message(
            QueueUrl=self.outputs["DlqUrl"],
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        )
        messages: list[dict[str, Any]] = found.get("Messages", [])
        return messages


def eventually(look: Callable[[], T], until: Callable[[T], bool]) -> T:
    """What `look` gives once it is as wanted, or the last that it gave: the caller asserts."""
    end = time.monotonic() + PATIENCE
    seen = look()
    while not until(seen) and time.monotonic() < end:
        time.sleep(0.1)
        seen = look()
    return seen


def deploy(front: TlsFront, home: Path) -> Deployment:
    """`cdk bootstrap` and `cdk deploy` by the real command line, as `make deploy` runs them."""
    environment = node.environment({**os.environ, **front.client_environment, "HOME": str(home), "CI": "true"})
    outputs = home / "outputs.json"

    def cdk(*arguments: str) -> None:
        done = subprocess.run(
            node.command("cdk", *arguments, "--no-notices"),
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    assembly = str(home / "cdk.out")
    cdk("synth", "--quiet", "-c", "target=emulator", "--output", assembly)
    cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}", "--app", assembly)
    cdk("deploy", "--app", assembly, "--require-approval", "never", "--outputs-file", str(outputs))
    deployment = Deployment(front, json.loads(outputs.read_text())[STACK])
    _say_it_the_emulators_way(deployment)
    return deployment


def leadline(deployment: Deployment, *arguments: str) -> str:
    """What the `leadline` command prints, run as its user runs it: against whatever AWS the environment names."""
    done = subprocess.run(
        [Path(sys.executable).with_name("leadline"), *arguments],
        env={**os.environ, **deployment.front.client_environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _say_it_the_emulators_way(deployment: Deployment) -> None:
    """Puts the deployed policies into words that the emulator takes as AWS takes ours. Widens none of them.

    `Ref` of a secret is its name there, on AWS its ARN; sending or deleting a batch asks for an action of its own there,
    while on AWS `sqs:SendMessage` and `sqs:DeleteMessage` are the right to both.
    """
    name = deployment.outputs["KeySecretId"]
    arn = deployment.client("secretsmanager").describe_secret(SecretId=name)["ARN"]
    for role, policy in deployment.policies():
        document = json.loads(json.dumps(deployment.policy(role, policy)).replace(json.dumps(name), json.dumps(arn)))
        for statement in document["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            batches = [f"{action}Batch" for action in actions if action in ("sqs:SendMessage", "sqs:DeleteMessage")]
            statement["Action"] = [*actions, *batches]
        deployment.put_policy(role, policy, document)
