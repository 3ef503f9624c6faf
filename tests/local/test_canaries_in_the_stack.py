"""Secrets and addresses sent to the running stack are not in what it prints, nor in any file that it keeps."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.laws.canaries import NAME_STEM, STEM, a_key, a_name, a_secret, with_addresses
from tests.laws.posted import a_posted_change, a_posted_deployment
from tests.laws.refusals import BODIES, GOOD, headers_with_secrets, refused_bodies
from tests.webhooks.cdevents.documents import a_document

BY_CONTRACT = ("local.json", "admin_key")
"""What holds the admin's key, for its user to read."""


class Stack:
    """The local stack, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / ".leadline"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "leadline_local"],
            cwd=folder,
            env={**os.environ, "LEADLINE_PORT": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        told = self._announced()
        self.base_url, self.key = told["base_url"], told["api_key"]
        self.statuses: list[int] = []
        self.answers = b""

    def _announced(self) -> dict[str, str]:
        for _ in range(1_200):
            if (self.home / "local.json").exists():
                found: dict[str, str] = json.loads((self.home / "local.json").read_text())
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.process.kill()
        pytest.fail(f"it did not start: {self.process.communicate()}")

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Any:
        """The body of the answer, whatever its status."""
        content = raw if raw is not None else None if body is None else json.dumps(body).encode()
        every = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **(headers or {})}
        request = urllib.request.Request(self.base_url + path, content, every, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                status, answer = response.status, response.read()
        except urllib.error.HTTPError as refused:
            status, answer = refused.code, refused.read()
        self.statuses.append(status)
        self.answers += answer
        return json.loads(answer) if answer else None

    def counted(self) -> list[dict[str, Any]]:
        """The deployments, as soon as there are any with changes, else after 40 seconds."""
        items: list[dict[str, Any]] = []
        for _ in range(400):
            items = self.send("GET", "/v1/deployments?from=2026-09-01&to=2026-10-01")["items"]
            if any(item["changes"] for item in items):
                break
            time.sleep(0.1)
        return items

    def stop(self) -> bytes:
        """What it has printed."""
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=60)
        return bytes(out + err)


@contextmanager
def a_stack(folder: Path) -> Iterator[Stack]:
    stack = Stack(folder)
    try:
        yield stack
    finally:
        if stack.process.poll() is None:
            stack.stop()


def test_what_is_sent_to_the_stack_beside_what_is_kept_is_in_none_of_its_files_and_lines(tmp_path: Path) -> None:
    with a_stack(tmp_path) as stack:
        stack.send("POST", "/v1/events/changes", with_addresses([a_posted_change(number) for number in range(1, 3)]))
        version = a_name()
        told = [a_posted_deployment(f"m{day - 4}", day, version=version, remediates=None) for day in (5, 6)]
        stack.send("POST", "/v1/events/deployments", with_addresses(told))
        stack.send("POST", "/v1/events", a_document("service.deployed", custom={"token": a_secret()}))
        for body in refused_bodies(["id", "url", "labels", "deployment_id", "author"], GOOD["deployment"]):
            stack.send("POST", "/v1/events/deployments", body)
        for body in BODIES:
            stack.send("POST", "/v1/events/changes", raw=body.replace(b"%s", a_secret().encode()))
        for headers in headers_with_secrets():
            stack.send("GET", "/v1/services", None, {"Authorization": "", **headers})
        for path in (
            f"/v1/keys/{a_key()}",
            f"/v1/{a_secret()}",
            f"/v1/services?key={a_key()}",
            f"/v1/webhooks/{a_key()}",
        ):
            for method in ("GET", "POST", "PUT", "DELETE"):
                stack.send(method, path, {"x": a_secret()}, {"Cookie": a_secret(), "User-Agent": a_secret()})
        stack.send("POST", "/v1/webhooks/github", {"x": a_secret()}, {"X-Hub-Signature-256": f"sha256={a_secret()}"})
        made = stack.send("POST", "/v1/keys", {"name": "ci", "scopes": ["events:write"]})["secret"]
        answers = stack.answers.replace(made.encode(), b"")
        counted = stack.counted()
        printed = stack.stop()
    assert [item["version"] for item in counted] == [version, version]
    assert 202 in stack.statuses
    assert max(stack.statuses) < 500
    files = {str(file.relative_to(stack.home)): file.read_bytes() for file in stack.home.rglob("*") if file.is_file()}
    assert {"functions.log", "admin_key"} <= files.keys()
    places = {"printed": printed, "answers": answers, **files}
    for place, content in places.items():
        assert STEM.encode() not in content.lower(), place
        assert made.encode() not in content, place
        assert stack.key.encode() not in content or place in (*BY_CONTRACT, "printed"), place
    assert any(version.encode() in content for content in files.values()), (
        "the state is kept in none of the files searched"
    )
    assert NAME_STEM.encode() not in printed + files["functions.log"]
