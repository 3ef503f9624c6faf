"""schemathesis holds the document that is served against the API that serves it: the local stack, over HTTP.

Whatever is in the document is asked, with good data and bad: no answer may be a server error, or one that the document does not
have; bad data may not be taken, nor good data refused, nor a key ignored.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from leadline.contract.webhook_sources import WEBHOOK_SOURCES
from leadline_local.emulator import REGION

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


class Served:
    """A local stack of its own: `url`, and an admin `key`, which is also the secret of every webhook."""

    def __init__(self, home: Path) -> None:
        self.environment = {**os.environ, "LEADLINE_PORT": "0", "LEADLINE_HOME": str(home)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "leadline_local"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        announced = home / "local.json"
        for _ in range(1_200):
            if announced.exists() or self.process.poll() is not None:
                break
            time.sleep(0.05)
        else:
            self.process.terminate()
        if not announced.exists():
            pytest.fail(f"the stack did not start: {self.process.communicate()[1]}")
        told = json.loads(announced.read_text())
        self.url, self.key = told["base_url"], told["api_key"]
        self._set_webhook_secrets(json.loads((home / "stack.json").read_text()))

    def _set_webhook_secrets(self, stack: dict[str, str]) -> None:
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
        secrets = session.client("secretsmanager", endpoint_url=stack["endpoint"])
        text = json.dumps({source: [self.key] for source in WEBHOOK_SOURCES})
        secrets.put_secret_value(SecretId=stack["LEADLINE_WEBHOOK_SECRET_ID"], SecretString=text)

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=60)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    stack = Served(tmp_path_factory.mktemp("stack"))
    yield stack
    stack.stop()


def check(served: Served, scratch: Path, *options: str) -> None:
    """Runs schemathesis as schemathesis.toml says, with the same cases each time, in a folder of its own for what it keeps."""
    command: list[str | Path] = [
        *(BIN / "schemathesis", "--config-file", ROOT / "schemathesis.toml", "run", f"{served.url}/openapi.json"),
        *("--checks", "all", "--generation-deterministic", "--no-color", "--continue-on-failure", *options),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=scratch, env=environment, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr


def test_with_a_key_every_answer_is_one_that_the_document_has(served: Served, tmp_path: Path) -> None:
    key = f"Authorization: Bearer {served.key}"
    options = ("--phases", "examples,coverage,fuzzing", "--max-examples", "3")
    check(served, tmp_path, *options, "--header", key)


def test_the_key_was_good_to_the_end(served: Served) -> None:
    request = urllib.request.Request(f"{served.url}/v1/keys", headers={"Authorization": f"Bearer {served.key}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def test_without_a_key_every_answer_is_one_that_the_document_has(served: Served, tmp_path: Path) -> None:
    check(served, tmp_path, "--phases", "examples,fuzzing", "--max-examples", "3")
