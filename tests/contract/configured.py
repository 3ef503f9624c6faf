"""Configuring a pipeline, and a service's story to configure it for."""

from __future__ import annotations

from typing import Any

from tests.builders import (
    HOUR,
    Event,
    a_change,
    a_deployment,
    a_line,
    an_incident,
    at,
    commits,
)
from tests.contract.pipeline import Pipeline

OTHER = "github.com/acme/other"
LINE = commits(*a_line("m0", "m1", "m2", "m3"))


def configure(api: Pipeline, path: str = "/v1/settings", **values: Any) -> Any:
    return api.ask("PATCH", path, values, if_match="*")


def put(api: Pipeline, service: str, **values: Any) -> Any:
    return api.ask("PUT", f"/v1/services/{service}", values)


def metrics(api: Pipeline) -> Any:
    return api.dora(from_="2026-10-01", to="2026-11-01")["metrics"]


TILL = {"service": "till"}
SALES: list[Event] = [
    LINE,
    a_change(2, "m2", at(2), paths=["till/a.py"]),
    a_change(3, "m3", at(3), paths=["web/a.py"]),
    a_deployment("m1", at(10), deployment_id="d1", **TILL),
    a_deployment("m3", at(12), deployment_id="d2", **TILL),
    a_deployment("m9", at(14), deployment_id="d3", repository=None, **TILL),
    an_incident("INC-1", at(12) + HOUR, repository=None, **TILL),
]


def sold(*configured: dict[str, Any]) -> Pipeline:
    """`SALES`, after the service was configured in the first way and before it was in the others."""
    api = Pipeline()
    put(api, "till", **configured[0])
    api.tell(*SALES)
    for values in configured[1:]:
        configure(api, "/v1/services/till", **values)
    return api
