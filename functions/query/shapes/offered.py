"""Adds CSV and a link to the next page to every route that answers a list or a report."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlencode

from leadline.http.content_negotiation import JSON
from query.http.request import Reply, Request
from query.http.route import Route
from query.shapes.tables import is_table, table_of

CSV = "text/csv"


def offered(route: Route) -> Route:
    """The route; with CSV if its answer is a table, and with a `Link` to the next page (RFC 8288)."""
    if route.method != "GET" or route.types != (JSON,) or not is_table(route.answer):
        return route
    inner, kind, file_name = route.run, route.answer, _file_name(route.path)

    def run(request: Request) -> Reply:
        answer = inner(request)
        reply = answer if isinstance(answer, Reply) else Reply(answer, {})
        headers = {**reply.headers, **_next_page(request, reply.body)}
        if request.media != CSV:
            return Reply(reply.body, headers)
        headers.pop("etag", None)  # of the JSON answer; CSV gets its own
        headers["content-disposition"] = f'attachment; filename="{file_name}"'
        return Reply(table_of(kind, reply.body), headers)

    return replace(route, run=run, types=(JSON, CSV))


def _file_name(path: str) -> str:
    words = [word for word in path.split("/") if word and not word.startswith("{")]
    return f"leadline-{words[-1]}.csv"


def _next_page(request: Request, body: object) -> dict[str, str]:
    cursor = body.get("next_cursor") if isinstance(body, dict) else None
    if cursor is None:
        return {}
    pairs = parse_qsl(request.event.get("rawQueryString") or "", keep_blank_values=True)
    query = urlencode([*(pair for pair in pairs if pair[0] != "cursor"), ("cursor", cursor)])
    return {"link": f'<{quote(request.event["rawPath"])}?{query}>; rel="next"'}
