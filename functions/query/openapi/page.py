"""GET /docs: Swagger UI on /openapi.json, for people who read the API in a browser. Off until /v1/settings/access turns it on.

All of it comes from here, nothing from another host: the page's policy (Content-Security-Policy) allows no more. The library's
files are those that Powertools brings along, and are read only when they are asked for.
"""

from __future__ import annotations

from pathlib import Path

import aws_lambda_powertools

from query.web.faults import not_found
from query.web.request import Reply, Request

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
    """The page. Raises Problem (404) while it is off."""
    return _reply(request, _PAGE)


def start(request: Request) -> Reply:
    """What starts it: a file of its own, since the policy allows no script within the page. Raises Problem (404)."""
    return _reply(request, _START)


def script(request: Request) -> Reply:
    """Swagger UI itself. Raises Problem (404)."""
    return _reply(request, _LIBRARY / "swagger-ui-bundle.min.js")


def style(request: Request) -> Reply:
    """Its style sheet. Raises Problem (404)."""
    return _reply(request, _LIBRARY / "swagger-ui.min.css")


def _reply(request: Request, content: str | Path) -> Reply:
    request.sent.faults.check_query()
    if not request.reach.access.settings.settings().docs:
        raise not_found("The documentation is off; an admin turns it on at /v1/settings/access.")
    return Reply(content if isinstance(content, str) else content.read_text("utf-8"), _HEADERS)
