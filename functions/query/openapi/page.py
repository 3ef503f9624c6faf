"""GET /docs: Swagger UI for /openapi.json. Off until it is enabled at /v1/settings/access.

Everything is served from this host, and the Content-Security-Policy allows no other. Swagger UI's files come with Powertools and
are read on request.
"""

from __future__ import annotations

from pathlib import Path

import aws_lambda_powertools

from query.http.faults import not_found
from query.http.request import Reply, Request

_LIBRARY = Path(aws_lambda_powertools.__file__).parent / "event_handler" / "openapi" / "swagger_ui"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "public, max-age=300",
}

# Relative URLs work below a path prefix, too.
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
  persistAuthorization: false,  // the key is forgotten when the page is closed
  validatorUrl: null,           // sends nothing to third parties
});
"""


def page(request: Request) -> Reply:
    """The page. Raises Problem (404) while it is disabled."""
    return _reply(request, _PAGE)


def start(request: Request) -> Reply:
    """The start script, a separate file because the policy forbids inline scripts. Raises Problem (404)."""
    return _reply(request, _START)


def script(request: Request) -> Reply:
    """Swagger UI's script. Raises Problem (404)."""
    return _reply(request, _LIBRARY / "swagger-ui-bundle.min.js")


def style(request: Request) -> Reply:
    """Swagger UI's style sheet. Raises Problem (404)."""
    return _reply(request, _LIBRARY / "swagger-ui.min.css")


def _reply(request: Request, content: str | Path) -> Reply:
    request.sent.faults.check_query()
    if not request.reach.access.settings.settings().docs:
        raise not_found("The API page is disabled. An admin can enable it at /v1/settings/access.")
    return Reply(content if isinstance(content, str) else content.read_text("utf-8"), _HEADERS)
