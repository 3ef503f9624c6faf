"""Dashboards and panels to send."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.query.product_api import Answer, ProductApi


def a_panel(name: str = "lead", **fields: Any) -> dict[str, Any]:
    return {"id": name, "title": "Lead time", "metric": "change_lead_time", "visual": "number", **fields}


def a_dashboard(*panels: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": "Checkout", "panels": list(panels) or [a_panel()], **fields}


def send(api: ProductApi, method: str, path: str, body: Any = None, **headers: Any) -> Answer:
    """A request at a time of its own."""
    api.now += 1
    if body is not None:
        headers |= {"body": json.dumps(body), "content_type": "application/json"}
    return api.request(method, path, **headers)


def made(api: ProductApi, name: str, body: dict[str, Any]) -> Any:
    """The dashboard put under this id, whatever was there."""
    path = f"/v1/dashboards/{name}"
    there = api.request("GET", path).status == 200
    answer = send(api, "PUT", path, body, **({"if_match": "*"} if there else {}))
    assert answer.status == 200, answer.text
    return answer.json


def panels_of(api: ProductApi, name: str, **query: str) -> dict[str, Any]:
    return {panel["id"]: panel for panel in api.get(f"/v1/dashboards/{name}/data", **query)["panels"]}
