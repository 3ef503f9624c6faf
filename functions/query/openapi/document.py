"""GET /openapi.json: the document of both functions, generated at build time by `make docs`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from query.http.request import Reply, Request

_FILE = Path(__file__).with_name("openapi.json")  # in the repository, a link to apidoc/openapi.json
_HEADERS = {"cache-control": "public, max-age=300"}


@cache
def read_document() -> bytes:
    return _FILE.read_bytes()


def get_document(request: Request) -> Reply:
    """The document, as it was generated. Raises Problem (400) for any parameter."""
    request.sent.faults.check_query()
    return Reply(read_document(), _HEADERS)
