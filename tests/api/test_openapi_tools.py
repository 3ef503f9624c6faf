"""Tools that users of the document run: two linters find nothing, and its TypeScript types fit every example."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from apidoc.document import FILE, committed_document, operations_of
from leadline_cdk.node import node_executable
from leadline_cdk.paths import ROOT

REDOCLY = "@redocly/cli/bin/cli.js"
SPECTRAL = "@stoplight/spectral-cli/dist/index.js"
GENERATOR = "openapi-typescript/bin/cli.js"
COMPILER = "typescript/bin/tsc"
_QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


def run(script: str, *arguments: str | Path, cwd: Path) -> str:
    """What the tool prints; fails where it does."""
    done = subprocess.run(
        [node_executable(), ROOT / "node_modules" / script, *arguments],
        cwd=cwd,
        env={**os.environ, **_QUIET},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-10_000:]
    return done.stdout


def test_redocly_finds_no_error_and_no_warning(tmp_path: Path) -> None:
    found = json.loads(run(REDOCLY, "lint", "--extends=recommended", "--format=json", FILE, cwd=tmp_path))
    assert found["problems"] == []


def test_spectral_finds_nothing(tmp_path: Path) -> None:
    ruleset = Path(__file__).with_name("spectral.yaml")
    run(SPECTRAL, "lint", "--ruleset", ruleset, "--fail-severity", "hint", FILE, cwd=tmp_path)


def program() -> Iterator[str]:
    """Assigns each example to the generated type of its request body or answer, and sends a deployment without defaults."""
    yield 'import type { components, operations } from "./api";'
    yield 'export const deployment: components["schemas"]["DeploymentEvent"] = { id: "7fd1a60", service: "shop" };'
    for _, _, operation in operations_of(committed_document()["paths"]):
        kind = f'operations["{operation["operationId"]}"]'
        bodies = {f'{kind}["requestBody"]': operation.get("requestBody", {})} | {
            f'{kind}["responses"][{status}]': response
            for status, response in operation["responses"].items()
            if status.startswith("2")
        }
        for place, described in bodies.items():
            for media, content in described.get("content", {}).items():
                name = f"{operation['operationId']}_{len(place)}_{media}".replace("/", "_").replace("+", "_")
                value = json.dumps(content["example"])
                yield f'export const {name.replace("-", "_")}: {place}["content"]["{media}"] = {value};'
        yield f'export type {operation["operationId"]}_parameters = {kind}["parameters"];'


def test_every_example_fits_the_typescript_types(tmp_path: Path) -> None:
    run(GENERATOR, FILE, "--output", "api.d.ts", cwd=tmp_path)
    (tmp_path / "program.ts").write_text("\n".join(program()))
    run(COMPILER, "--noEmit", "--strict", "--skipLibCheck", "program.ts", "api.d.ts", cwd=tmp_path)
