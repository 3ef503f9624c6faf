"""The HTTP front: what a function is told of a request, and what a client is told of its answer."""

from __future__ import annotations

import base64
import http.client
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from leadline_local.front import MAX_BODY, answer_of
from tests.local.serving import Served


@pytest.fixture
def served() -> Iterator[Served]:
    stack = Served()
    yield stack
    stack.front.stop()


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "function", "route_key", "parameters"),
    [
        ("POST", "/v1/events/deployments", "ingest", "POST /v1/events/{proxy+}", {"proxy": "deployments"}),
        ("POST", "/v1/events/a/b", "ingest", "POST /v1/events/{proxy+}", {"proxy": "a/b"}),
        ("POST", "/v1/events/dep_1/retry", "query", "POST /v1/events/{event_id}/retry", {"event_id": "dep_1"}),
        ("POST", "/v1/events/a/b/retry", "ingest", "POST /v1/events/{proxy+}", {"proxy": "a/b/retry"}),
        ("POST", "/v1/events//retry", "ingest", "POST /v1/events/{proxy+}", {"proxy": "/retry"}),
        ("POST", "/v1/webhooks/github", "ingest", "POST /v1/webhooks/{proxy+}", {"proxy": "github"}),
        ("GET", "/v1/events/deployments", "query", "$default", None),
        ("POST", "/v1/events", "ingest", "POST /v1/events", None),
        ("GET", "/v1/events", "query", "$default", None),
        ("POST", "/v1/events/", "query", "$default", None),
        ("GET", "/v1/metrics/dora", "query", "$default", None),
        ("PUT", "/v1/teams/a", "query", "$default", None),
        ("PATCH", "/x", "query", "$default", None),
        ("DELETE", "/x", "query", "$default", None),
        ("HEAD", "/healthz", "query", "$default", None),
        ("OPTIONS", "/", "query", "$default", None),
    ],
)
def test_only_posted_events_and_webhooks_go_to_ingest(
    served: Served, method: str, path: str, function: str, route_key: str, parameters: dict[str, str] | None
) -> None:
    served.ask(method, path)
    asked = {"ingest": served.ingest, "query": served.query}[function]
    (event,) = asked.events
    assert (event["routeKey"], event.get("pathParameters")) == (route_key, parameters)
    assert event["requestContext"]["routeKey"] == route_key
    assert len(served.ingest.events) + len(served.query.events) == 1


def test_an_event_says_all_that_api_gateway_says(served: Served) -> None:
    served.ask(
        "POST",
        "/v1/events/deployments?a=1&a=2&b=&c=x%20y",
        '{"é": 1}'.encode(),
        {**JSON, "X-API-Key": "K", "Cookie": "one=1; two=2", "User-Agent": "ci/1"},
    )
    (event,) = served.ingest.events
    assert event["version"] == "2.0"
    assert event["rawPath"] == "/v1/events/deployments"
    assert event["rawQueryString"] == "a=1&a=2&b=&c=x%20y"
    assert event["queryStringParameters"] == {"a": "1,2", "b": "", "c": "x y"}
    assert event["headers"]["x-api-key"] == "K"
    assert event["headers"]["content-length"] == "9"
    assert event["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert "cookie" not in event["headers"]
    assert event["cookies"] == ["one=1", "two=2"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"é": 1}', False)
    context = event["requestContext"]
    assert context["http"] == {
        "method": "POST",
        "path": "/v1/events/deployments",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "ci/1",
    }
    assert context["stage"] == "$default"
    assert context["requestId"]
    assert time.time() * 1000 - context["timeEpoch"] < 60_000


def test_what_a_request_does_not_have_is_left_out_of_the_event(served: Served) -> None:
    served.ask("GET", "/v1/services")
    assert not {"body", "cookies", "queryStringParameters", "pathParameters"} & served.query.events[0].keys()


def test_a_header_sent_twice_arrives_joined(served: Served) -> None:
    served.raw(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a: 2\r\nConnection: close\r\n\r\n")
    assert served.query.events[0]["headers"]["x-a"] == "1,2"


@pytest.mark.parametrize(
    ("kind", "encoded"),
    [
        ("application/json", False),
        ("application/json; charset=utf-8", False),
        ("text/plain", False),
        ("application/cloudevents+json", True),
        ("application/x-www-form-urlencoded", True),
        ("application/octet-stream", True),
        (None, True),
    ],
)
def test_a_body_that_is_not_plain_text_or_json_arrives_in_base64(
    served: Served, kind: str | None, encoded: bool
) -> None:
    served.ask("POST", "/v1/events/deployments", b"{}", {"Content-Type": kind} if kind else {})
    (event,) = served.ingest.events
    assert event["isBase64Encoded"] is encoded
    assert event["body"] == (base64.b64encode(b"{}").decode() if encoded else "{}")


def test_a_body_that_is_not_utf8_arrives_whole(served: Served) -> None:
    served.ask("POST", "/v1/events/deployments", b"\xff\x00", JSON)
    (event,) = served.ingest.events
    assert event["isBase64Encoded"]
    assert base64.b64decode(event["body"]) == b"\xff\x00"


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        ("/v1/deployments/a%2Fb", "/v1/deployments/a/b"),
        ("/v1/deployments/a%20b", "/v1/deployments/a b"),
        ("/v1/teams/%C3%A9t%C3%A9", "/v1/teams/été"),
        ("/v1/deployments/a%252Fb", "/v1/deployments/a%252Fb"),
        ("/v1/teams/%zz", "/v1/teams/%zz"),
        ("/v1/teams/%FF", "/v1/teams/\ufffd"),
    ],
)
def test_the_path_arrives_decoded_but_for_the_percent_sign(served: Served, sent: str, arrives: str) -> None:
    served.ask("GET", sent)
    assert served.query.events[0]["rawPath"] == arrives


def test_a_chunked_body_arrives_whole(served: Served) -> None:
    served.ask("POST", "/v1/events/deployments", iter([b'{"a":', b" 1}"]), JSON)
    assert served.ingest.events[0]["body"] == '{"a": 1}'


def test_a_client_that_waits_to_be_told_to_go_on_is_told(served: Served) -> None:
    with served.connect() as connection:
        head = b"POST /v1/events/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Type: application/json\r\n"
        connection.sendall(head + b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        connection.sendall(b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def refusal(answer: bytes) -> tuple[int, dict[str, Any]]:
    """The status and problem of the last answer on a connection that was then closed."""
    head, _, body = answer[answer.rindex(b"HTTP/1.1 ") :].partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert "content-type: application/problem+json" in lines
    assert "connection: close" in lines
    problem: dict[str, Any] = json.loads(body)
    assert problem["status"] == int(lines[0].split()[1])
    return problem["status"], problem


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(lambda: b"x" * 11 * 1024 * 1024, id="with its length"),
        pytest.param(lambda: (b"x" * 65536 for _ in range(11 * 16)), id="in chunks"),
    ],
)
def test_who_sends_more_than_10_mb_can_read_why_it_was_refused(served: Served, body: Callable[[], Any]) -> None:
    status, headers, answer = served.ask("POST", "/v1/events/deployments", body(), JSON)
    assert (status, headers["content-type"]) == (413, "application/problem+json")
    assert json.loads(answer) == {
        "type": "urn:leadline:problem:body-too-large",
        "title": "Body too large",
        "status": 413,
        "detail": "The body has more than 10 MiB; send less at a time.",
    }
    assert served.ingest.events == []


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1),
        b"Content-Length: %s\r\n\r\n" % (b"9" * 5000),
        b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (MAX_BODY + 1),
    ],
)
def test_more_than_10_mb_is_refused_before_it_is_sent(served: Served, head: bytes) -> None:
    assert refusal(served.raw(b"POST /v1/events/x HTTP/1.1\r\nHost: x\r\n" + head))[0] == 413
    assert served.ingest.events == []


def test_a_client_that_asks_before_it_sends_more_than_10_mb_gets_the_413_at_once(served: Served) -> None:
    with served.connect() as connection:
        head = f"POST /v1/events/x HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY + 1}\r\n"
        connection.sendall(head.encode() + b"Expect: 100-continue\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: five\r\n\r\n{}",
        b"Content-Length: -1\r\n\r\n{}",
        b"Content-Length: +2\r\n\r\n{}",
        b"Content-Length: 10\r\n\r\n{}",
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: gzip\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n2;" + b"x" * 2000 + b"\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}garbage\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n" + b"A: b\r\n" * 1000,
    ],
)
def test_a_body_of_unclear_length_is_a_400_and_reaches_no_function(served: Served, rest: bytes) -> None:
    assert refusal(served.raw(b"POST /v1/events/x HTTP/1.1\r\nHost: x\r\n" + rest))[0] == 400
    assert served.ingest.events == []


def test_what_comes_after_the_content_length_is_not_of_the_body(served: Served) -> None:
    answers = served.raw(b"POST /v1/events/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}{}{}{}")
    assert answers.startswith(b"HTTP/1.1 200 ")
    assert refusal(answers)[0] == 400
    assert [base64.b64decode(event["body"]) for event in served.ingest.events] == [b"{}"]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / nonsense\r\n\r\n", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nA: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
        (b"PURGE / HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505),
    ],
)
def test_what_is_not_understood_as_http_is_refused_in_the_form_of_all_errors(
    served: Served, request_: bytes, status: int
) -> None:
    assert refusal(served.raw(request_))[0] == status
    assert served.query.events == []


def test_an_answer_arrives_with_status_headers_cookies_and_body(served: Served) -> None:
    served.query.answer = {
        "statusCode": 401,
        "headers": {"Content-Type": "application/problem+json", "WWW-Authenticate": "Bearer"},
        "cookies": ["a=1"],
        "body": '{"title": "Ü"}',
    }
    status, headers, body = served.ask("GET", "/v1/services")
    assert (status, json.loads(body)) == (401, {"title": "Ü"})
    assert headers["content-type"] == "application/problem+json"
    assert headers["www-authenticate"] == "Bearer"
    assert headers["set-cookie"] == "a=1"
    assert headers["content-length"] == "15"


def test_a_binary_answer_arrives_decoded(served: Served) -> None:
    served.query.answer = {"statusCode": 200, "isBase64Encoded": True, "body": base64.b64encode(b"\x00\xff").decode()}
    assert served.ask("GET", "/")[2] == b"\x00\xff"


def test_head_is_answered_as_get_without_the_body(served: Served) -> None:
    status, headers, body = served.ask("HEAD", "/healthz")
    assert (status, headers["content-length"], body) == (200, "4", b"")
    assert served.query.events[0]["requestContext"]["http"]["method"] == "HEAD"


def test_head_tells_no_length_that_get_would_not(served: Served) -> None:
    served.query.answer = {"statusCode": 200, "body": ""}
    status, headers, body = served.ask("HEAD", "/v1/services")
    assert (status, body) == (200, b"")
    assert "content-length" not in headers


def test_a_204_has_no_body_and_says_no_length(served: Served) -> None:
    served.query.answer = {"statusCode": 204}
    status, headers, body = served.ask("DELETE", "/v1/teams/a")
    assert (status, body) == (204, b"")
    assert "content-length" not in headers


@pytest.mark.parametrize("answer", [RuntimeError("secret in the message"), {"statusCode": "abc"}, object()])
def test_a_function_that_fails_is_a_500_that_tells_nothing(
    served: Served, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    served.query.answer = answer
    status, headers, body = served.ask("GET", "/")
    assert headers["content-type"] == "application/problem+json"
    assert (status, json.loads(body)["title"]) == (500, "Internal error")
    assert "query failed: see the log" in served.lines
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "secret" not in told


def test_a_return_value_without_a_status_is_the_body_of_a_200() -> None:
    assert answer_of({"a": 1}) == (200, [("content-type", "application/json")], b'{"a": 1}')
    assert answer_of("text") == (200, [("content-type", "application/json")], b"text")


def test_a_connection_serves_many_requests(served: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    for _ in range(3):
        connection.request("POST", "/v1/events/x", b"{}", JSON)
        assert connection.getresponse().read() == b"fine"
    connection.close()
    assert len(served.ingest.events) == 3


def test_a_line_is_reported_for_each_request_without_its_query(served: Served) -> None:
    served.ask("GET", "/v1/services?key=secret")
    (line,) = served.lines
    assert line.startswith("GET /v1/services 200 ")
    assert "secret" not in line


def test_a_strange_piece_of_a_path_is_not_printed_since_it_may_be_a_key_pasted_in_the_wrong_place(
    served: Served,
) -> None:
    served.ask("GET", "/v1/keys/ll_0123456789ab_S3cret/rotate")
    (line,) = served.lines
    assert line.startswith("GET /v1/keys/…/rotate 200 ")


def test_the_context_is_that_of_lambda(served: Served) -> None:
    served.ask("GET", "/")
    (context,) = served.query.contexts
    assert context.function_name == "query"
    assert context.invoked_function_arn.endswith(":function:query")
    assert 0 < context.get_remaining_time_in_millis() <= 29_000
    assert context.aws_request_id
    assert context.log_group_name == "/aws/lambda/query"
