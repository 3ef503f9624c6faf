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
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadline.store.sources import WEBHOOKS

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


class Served:
    """A local stack of its own: `url`, and an admin `key`, which is also the secret of every webhook."""

    def __init__(self, home: Path) -> None:
        self.environment = {**os.environ, "LEADLINE_PORT": "0", "LEADLINE_HOME": str(home)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "infra.local"],
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
        for source in WEBHOOKS:
            self._leadline("webhooks", "secret", source, "--value-from-stdin", text=self.key)

    def _leadline(self, *arguments: str, text: str) -> None:
        command = [BIN / "leadline", *arguments]
        subprocess.run(command, env=self.environment, input=text, text=True, check=True, capture_output=True)

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
    command = [
        *(BIN / "schemathesis", "--config-file", ROOT / "schemathesis.toml", "run", f"{served.url}/openapi.json"),
        *("--checks", "all", "--generation-deterministic", "--no-color", "--continue-on-failure", *options),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=scratch, env=environment, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr


def test_with_a_key_every_answer_is_one_that_the_document_has(served: Served, tmp_path: Path) -> None:
    key = f"Authorization: Bearer {served.key}"
    check(served, tmp_path, "--phases", "examples,coverage,fuzzing", "--max-examples", "3", "--header", key)


def test_without_a_key_every_answer_is_one_that_the_document_has(served: Served, tmp_path: Path) -> None:
    check(served, tmp_path, "--phases", "examples,fuzzing", "--max-examples", "3")
