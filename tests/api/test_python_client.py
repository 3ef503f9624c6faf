"""A Python client is generated from the document: it imports, and every documented body and JSON answer goes through it.

It fails, for example, when an answer's CSV comes before its JSON: the answer is then not read into the model.
"""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_origin, get_type_hints

import httpx
import pytest

from apidoc.document import FILE, Json, committed_document, operations_of

NAME = "generated_leadline_client"
LEFT_OUT = ("send_cdevents", "application/cloudevents-batch+json")
"""The generator cannot tell an array from other bodies of the same operation: the document keeps it from trying."""
OPERATIONS = {operation["operationId"]: operation for _, _, operation in operations_of(committed_document()["paths"])}
BODIES = [(name, media) for name in OPERATIONS for media in OPERATIONS[name].get("requestBody", {}).get("content", {})]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, ModuleType], str]]:
    """All modules of the client by the last part of their names, and what the generator printed."""
    folder = tmp_path_factory.mktemp("client")
    command: list[str | Path] = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    done = subprocess.run(
        [*command, "--path", FILE, "--output-path", folder / NAME],
        env={**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    package = importlib.import_module(NAME)
    found = [module.name for module in pkgutil.walk_packages(package.__path__, f"{NAME}.")]
    yield {name.rpartition(".")[2]: importlib.import_module(name) for name in found}, done.stdout + done.stderr
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def modules(generated: tuple[dict[str, ModuleType], str]) -> dict[str, ModuleType]:
    return generated[0]


def test_the_generator_leaves_out_nothing_but_the_batch_of_cloud_events(
    generated: tuple[dict[str, ModuleType], str],
) -> None:
    modules, printed = generated
    assert modules.keys() >= OPERATIONS.keys()
    assert printed.count("WARNING") == 1, printed
    assert "WARNING parsing POST /v1/events within events." in printed


def test_fields_with_a_default_are_not_required(modules: dict[str, ModuleType]) -> None:
    body = modules["deployment_event"].DeploymentEvent(id="7fd1a60", service="shop")
    assert body.to_dict() == {"id": "7fd1a60", "service": "shop"}


@pytest.mark.parametrize(("name", "media"), [body for body in BODIES if body != LEFT_OUT])
def test_every_example_of_a_body_is_sent_as_it_is(modules: dict[str, ModuleType], name: str, media: str) -> None:
    example = OPERATIONS[name]["requestBody"]["content"][media]["example"]
    send = modules[name]._get_kwargs
    arguments = {argument: _value(name, argument) for argument in _required(send)}
    sent = [send(**arguments, body=body) for body in _built(get_type_hints(send)["body"], example)]
    same = [request for request in sent if _comparable(request.get("json")) == _comparable(example)]
    assert media in [request["headers"]["Content-Type"] for request in same]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_json_example_of_an_answer_is_read_into_models(modules: dict[str, ModuleType], name: str) -> None:
    client = modules["client"].Client(base_url="http://leadline.test", raise_on_unexpected_status=True)
    for status, answer in OPERATIONS[name]["responses"].items():
        content = answer.get("content", {}).get("application/json")
        if status.startswith("2") and content:
            response = httpx.Response(int(status), json=content["example"])
            parsed = modules[name]._parse_response(client=client, response=response)
            assert all(hasattr(model, "to_dict") for model in (parsed if isinstance(parsed, list) else [parsed]))
            assert _comparable(_plain(parsed)) == _comparable(content["example"])


def _required(function: Any) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [one.name for one in parameters if one.default is one.empty and one.name != "body"]


def _value(name: str, argument: str) -> Any:
    parameter: Json = next(
        one for one in OPERATIONS[name]["parameters"] if one["name"].lower().replace("-", "_") == argument
    )
    return parameter.get("example") or parameter["schema"].get("enum", ["any"])[0]


def _built(annotation: Any, value: Any) -> Iterator[Any]:
    """The value as each type of the annotation that takes it."""
    if get_origin(annotation) is list:
        if isinstance(value, list):
            yield [next(_built(get_args(annotation)[0], item)) for item in value]
    elif get_args(annotation):
        for one in get_args(annotation):
            yield from _built(one, value)
    elif annotation is Any:
        yield value
    elif hasattr(annotation, "from_dict") and isinstance(value, dict):
        try:
            yield annotation.from_dict(value)
        except KeyError:  # of a required field: another type of the union
            return


def _plain(parsed: Any) -> Any:
    return [model.to_dict() for model in parsed] if isinstance(parsed, list) else parsed.to_dict()


def _comparable(value: Any) -> Any:
    """Times as such: the client writes `Z` as `+00:00`."""
    if isinstance(value, dict):
        return {name: _comparable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_comparable(inner) for inner in value]
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value
