"""GET /docs: Swagger UI on /openapi.json, for people who read the API in a browser. Off until /v1/settings/access turns it on.

All of it comes from here, nothing from another host: the page's policy (Content-Security-Policy) allows no more. The library's
files stand beside this module, packed (`infra/aws/swagger_ui.py`), and are read only when they are asked for.
"""

from __future__ import annotations

import gzip
from pathlib import Path

from query.http import takes_gzip, varying
from query.refusal import not_found
from query.request import Reply, Request

FOLDER = Path(__file__).with_name("swagger_ui")
"""Not in the repository: `make` puts it there."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
_HELD_SECONDS = 300

# Addresses are relative, so that it works below a prefix, too.
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Leadline: the API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""

_START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false,  // a key that is typed in is forgotten with the page
  validatorUrl: null,           // nothing is sent to anybody else
});
"""


def page(request: Request) -> Reply:
    """The page. Raises Problem (404) while it is off, or where the library is not installed."""
    _check(request)
    return _reply(_PAGE)


def start(request: Request) -> Reply:
    """What starts it: a file of its own, since the policy allows no script within the page. Raises Problem (404)."""
    _check(request)
    return _reply(_START)


def script(request: Request) -> Reply:
    """Swagger UI itself. Raises Problem (404)."""
    return _packed(request, "swagger-ui-bundle.js")


def style(request: Request) -> Reply:
    """Its style sheet. Raises Problem (404)."""
    return _packed(request, "swagger-ui.css")


def _check(request: Request) -> None:
    request.sent.faults.check_query()
    if not request.reach.gate.settings().docs:
        raise not_found("The documentation is off; an admin turns it on at /v1/settings/access.")
    if not FOLDER.is_dir():
        raise not_found("Swagger UI is not part of this installation; `make setup` brings it.")


def _packed(request: Request, name: str) -> Reply:
    _check(request)
    packed = (FOLDER / f"{name}.gz").read_bytes()
    if takes_gzip(request.headers.get("accept-encoding", "")):
        return _reply(packed, {"content-encoding": "gzip"})
    return _reply(gzip.decompress(packed))


def _reply(body: str | bytes, headers: dict[str, str] | None = None) -> Reply:
    held = {"cache-control": f"public, max-age={_HELD_SECONDS}"}
    told = {**_HEADERS, **held, **(headers or {})}
    return Reply(body, varying(told, "accept-encoding") if isinstance(body, bytes) else told)
