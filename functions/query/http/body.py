"""JSON bodies of requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadline.http import json_body

MAX_BYTES = 256 * 1024


def read_json(event: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
    """The JSON value in a request (HTTP API payload 2.0; `headers` in lower case). Raises Problem: 400, 413, 415."""
    return json_body.read_json(event, headers, MAX_BYTES)
