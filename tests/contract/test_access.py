"""Plans, the access log and the sources: bounds to the request, lines without secrets, changes that nobody overwrites unseen."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadline.access.keys import EVENTS_WRITE, METRICS_READ, create_key, item_key
from leadline.domain.errors import Transient
from leadline.store.access import AccessSettings, KeyPlan
from leadline.store.memory import MemoryTable
from leadline.store.sources import SOURCES_KEY, Sources
from leadline.store.table import Put
from tests.contract.events_api import EventsApi, a_change
from tests.unit.query.product_api import NOW, PEPPER, Answer, ProductApi

DAY = 86_400_000


def put(api: ProductApi, path: str, body: Any, **headers: str) -> Answer:
    return api.request("PUT", path, body=json.dumps(body), content_type="application/json", **headers)


def with_plan(api: Any, plan: KeyPlan, *scopes: str) -> str:
    api.table.write([Put(AccessSettings(plans={"basic": plan}).to_item())])
    return create_key(api.table, PEPPER, name="k", scopes=scopes or (METRICS_READ,), now=NOW, plan="basic")[0]


def statuses(api: ProductApi, key: str, times: int) -> list[int]:
    return [api.request("GET", "/v1/services", key=key).status for _ in range(times)]


def test_a_plan_lets_through_so_many_a_minute_and_then_says_when_to_come_again() -> None:
    api = ProductApi()
    key = with_plan(api, KeyPlan(per_minute=3))
    api.now = NOW + 20_000
    left = [api.request("GET", "/v1/services", key=key).headers["ratelimit"] for _ in range(3)]
    assert left == ['"minute";r=2;t=40', '"minute";r=1;t=40', '"minute";r=0;t=40']
    refused = api.request("GET", "/v1/services", key=key)
    assert (refused.status, refused.headers["retry-after"]) == (429, "40")
    assert refused.headers["ratelimit-policy"] == '"minute";q=3;w=60'
    api.now += 40_000
    assert statuses(api, key, 4) == [200, 200, 200, 429]


def test_a_day_has_its_bound_over_all_functions_and_what_is_refused_is_not_counted() -> None:
    api = ProductApi()
    key = with_plan(api, KeyPlan(per_minute=2, per_day=5))
    for minute, good in enumerate((2, 2, 1, 0)):
        api.now = NOW + minute * 60_000
        api.app._access.rate_limiter._reached.clear()  # another function, which knows nothing of what this one refused
        assert statuses(api, key, 4) == [200] * good + [429] * (4 - good)
    assert api.request("GET", "/v1/services", key=key).headers["retry-after"] == str(6 * 3600 - 180)
    api.now = NOW + DAY
    assert statuses(api, key, 1) == [200]


def test_a_plan_without_the_product_api_still_takes_events_and_counts_them() -> None:
    api = ProductApi()
    refused = api.request("GET", "/v1/services", key=with_plan(api, KeyPlan(api=False)))
    assert refused.status == 403
    assert "Product API" in refused.json["detail"]
    events = EventsApi()
    events.key = with_plan(events, KeyPlan(per_day=1, api=False), EVENTS_WRITE)
    assert [events.post("change", a_change()).status for _ in range(2)] == [202, 429]


def test_keys_without_a_plan_are_not_bounded_and_one_whose_plan_is_gone_opens_nothing() -> None:
    api = ProductApi()
    assert statuses(api, api.key, 50) == [200] * 50
    key = create_key(api.table, PEPPER, name="k", scopes=[METRICS_READ], now=NOW, plan="gone")[0]
    assert statuses(api, key, 1) == [403]


def test_a_plan_is_made_read_changed_only_as_read_and_removed_only_without_keys() -> None:
    api = ProductApi()
    made = put(api, "/v1/plans/basic", {"per_minute": 60, "per_day": 1000})
    assert made.json == {"plan": "basic", "per_minute": 60, "per_day": 1000, "api": True}
    assert put(api, "/v1/plans/basic", {}).status == 428
    assert put(api, "/v1/plans/basic", {}, if_match='"other"').status == 412
    assert put(api, "/v1/plans/basic", {"api": False}, if_match=made.headers["etag"]).status == 200
    assert api.get("/v1/plans")["items"] == [{"plan": "basic", "per_minute": None, "per_day": None, "api": False}]
    assert put(api, "/v1/plans/basic", {"per_minute": 0}, if_match="*").faults == {("/per_minute", "range")}
    key = with_plan(api, KeyPlan())[3:15]
    assert api.request("DELETE", "/v1/plans/basic").status == 428
    assert api.request("DELETE", "/v1/plans/basic", if_match=made.headers["etag"]).status == 412
    assert api.request("DELETE", "/v1/plans/basic", if_match="*").status == 409
    api.request("DELETE", f"/v1/keys/{key}")
    assert api.request("DELETE", "/v1/plans/basic", if_match="*").status == 204
    assert api.request("GET", "/v1/plans/basic").status == 404
    assert api.request("DELETE", "/v1/plans/basic", if_match="*").status == 404


def test_what_was_done_to_a_plan_is_on_record_with_what_was_before_and_after() -> None:
    api = ProductApi()
    for bounds in ({"per_minute": 60, "per_day": 1000}, {"api": False}):
        assert put(api, "/v1/plans/basic", bounds, if_match="*" if "api" in bounds else "").status == 200
    assert api.request("DELETE", "/v1/plans/basic", if_match="*").status == 204
    told = reversed(api.get("/v1/history", kind="plan")["items"])
    first = {"plan": "basic", "per_minute": 60, "per_day": 1000, "api": True}
    second = {"plan": "basic", "per_minute": None, "per_day": None, "api": False}
    assert [(each["action"], each["before"], each["after"]) for each in told] == [
        ("created", None, first),
        ("changed", first, second),
        ("deleted", second, None),
    ]


def test_plans_are_read_a_page_at_a_time() -> None:
    api = ProductApi()
    for name in ("b", "a", "c"):
        assert put(api, f"/v1/plans/{name}", {"per_minute": 60}).status == 200
    page = api.get("/v1/plans", limit="2")
    assert [plan["plan"] for plan in page["items"]] == ["a", "b"]
    page = api.get("/v1/plans", limit="2", cursor=page["next_cursor"])
    assert ([plan["plan"] for plan in page["items"]], page["next_cursor"]) == (["c"], None)


def log(api: ProductApi, query: str = "limit=200") -> list[tuple[str, int]]:
    answer = api.request("GET", "/v1/access-logs", query)
    assert answer.status == 200, answer.text
    return [(entry["route"], entry["status"]) for entry in answer.json["items"]]


def test_who_still_uses_a_key_that_has_ended_is_noted_by_its_id_and_a_forged_one_is_not() -> None:
    api = ProductApi()
    revoked, expiring = api.a_key(METRICS_READ), api.a_key(METRICS_READ)
    api.request("DELETE", f"/v1/keys/{revoked[3:15]}")
    item = api.table.get([item_key(expiring[3:15])])[item_key(expiring[3:15])]
    api.table.write([Put({**item, "expires_at": NOW})])
    forged = f"{revoked[:-43]}{'x' * 43}"
    for key in (revoked, expiring, forged):
        api.now += 1
        assert api.request("GET", "/v1/services", key=key).status == 401
    noted = [entry["key_id"] for entry in api.get("/v1/access-logs", status="401")["items"]]
    assert noted == [None, expiring[3:15], revoked[3:15]]


def test_every_request_is_noted_the_refused_ones_too_and_nothing_that_was_sent() -> None:
    api = ProductApi()
    reader = api.a_key(METRICS_READ)
    wrong = "ll_000000000000_" + "canary00" * 5 + "abc"
    for number, (method, path, query, key) in enumerate(
        [
            ("GET", "/v1/services", "limit=nonsense-canary", api.key),
            ("DELETE", "/v1/teams/canary@example.org", "", reader),
            ("GET", "/v1/canary-path", "", wrong),
            ("GET", "/v1/services", "", wrong),
            ("GET", "/healthz", "", wrong),
        ]
    ):
        api.app.handle(_request(api, f"r{number}", path, method, query, key))
    assert sorted(log(api)) == [
        ("DELETE /v1/teams/{team}", 403),
        ("GET /v1/services", 400),
        ("GET /v1/services", 401),
        ("unknown", 404),
    ]
    entry = api.get("/v1/access-logs", key=reader[3:15])["items"][0]
    assert entry | {"milliseconds": 0} == {
        "at": "2026-10-30T18:00:00Z",
        "request_id": "r1",
        "key_id": reader[3:15],
        "source": "203.0.113.9",
        "route": "DELETE /v1/teams/{team}",
        "status": 403,
        "milliseconds": 0,
    }
    assert "canary" not in str(list(api.table.scan()))


def a_log_of(api: ProductApi, days: int) -> None:
    for day in range(days):
        api.now = NOW - day * DAY
        for request in range(3):
            api.app.handle(_request(api, f"r{day}-{request}", "/v1/services" if request else "/v1/plans/none"))
    api.now = NOW


def _request(
    api: ProductApi, name: str, path: str, method: str = "GET", query: str = "", key: str = ""
) -> dict[str, Any]:
    http = {"method": method, "path": path, "sourceIp": "203.0.113.9"}
    headers = {"authorization": f"Bearer {key or api.key}"}
    return {
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {"requestId": name, "http": http},
    }


def test_the_log_is_read_page_by_page_by_status_and_days_the_newest_first() -> None:
    api = ProductApi()
    a_log_of(api, 5)
    reader = api.a_key("admin")
    names, query = [], "limit=2&status=4xx&to=2026-10-31&from=2026-10-27"
    while True:
        page = api.request("GET", "/v1/access-logs", query, key=reader).json
        names += [entry["request_id"] for entry in page["items"]]
        if page["next_cursor"] is None:
            break
        query = f"limit=2&status=4xx&to=2026-10-31&from=2026-10-27&cursor={page['next_cursor']}"
    assert names == ["r0-0", "r1-0", "r2-0", "r3-0"]
    assert len(log(api, "status=404&status=200&to=2026-10-28&from=2026-10-27&limit=200")) == 3


def test_days_without_requests_are_gone_through_in_pages_too() -> None:
    api = ProductApi()
    a_log_of(api, 1)
    cursor, found, pages = "", [], 0
    while pages < 20:
        page = api.request("GET", "/v1/access-logs", f"from=2026-10-30&to=2027-11-30{cursor}").json
        found += [entry["request_id"] for entry in page["items"] if entry["request_id"] != "req-1"]
        pages += 1
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(found) == ["r0-0", "r0-1", "r0-2"]
    assert pages > 5


@pytest.mark.parametrize(
    "query", ["key=nonsense", "status=600", "from=2026-10-30&to=2026-10-30", "from=2024-01-01&to=2026-01-01"]
)
def test_a_question_that_makes_no_sense_is_a_400(query: str) -> None:
    assert ProductApi().request("GET", "/v1/access-logs", query).status == 400


def test_lines_end_when_the_setting_says_and_none_are_written_when_it_is_off() -> None:
    api = ProductApi()
    tag = api.request("GET", "/v1/settings/access").headers["etag"]
    assert put(api, "/v1/settings/access", {"log_days": 30}, if_match=tag).status == 200
    api.now += 30_000
    api.get("/v1/services")
    (line,) = [item for item in api.table.scan() if item.get("route") == "GET /v1/services"]
    assert line["ttl"] == api.now // 1000 + 30 * 86_400
    assert put(api, "/v1/settings/access", {"log": False}, if_match="*").status == 200
    api.now += 30_000
    before = len(list(api.table.scan()))
    api.get("/v1/services")
    assert len(list(api.table.scan())) == before


def test_a_log_that_can_not_be_written_fails_no_request() -> None:
    class Full(MemoryTable):
        full = False

        def write(self, writes: Any) -> None:
            if self.full:
                raise Transient("no room")
            super().write(writes)

    table = Full()
    api = ProductApi(table)
    table.full = True
    assert api.request("GET", "/v1/services").status == 200
    assert "access log entry not stored" in api.log.getvalue()


def test_the_last_use_is_noted_once_an_hour() -> None:
    api = ProductApi()
    key = api.a_key(METRICS_READ)
    seen = []
    for later in (0, 3_599_999, 3_600_000):
        api.now = NOW + later
        api.request("GET", "/v1/services", key=key)
        seen.append(api.get(f"/v1/keys/{key[3:15]}")["last_used_at"])
    assert seen == ["2026-10-30T18:00:00Z", "2026-10-30T18:00:00Z", "2026-10-30T19:00:00Z"]


def test_sources_are_set_as_read_shown_with_their_defaults_and_what_webhooks_then_read() -> None:
    api = ProductApi()
    answer = api.request("GET", "/v1/sources")
    assert answer.json == Sources().to_data()
    sent = {"github": {"tags": {"v*": {"environment": "production"}}}, "incident_services": {"pagerduty:PX": "shop"}}
    assert put(api, "/v1/sources", sent).status == 428
    changed = put(api, "/v1/sources", sent, if_match=answer.headers["etag"])
    assert changed.status == 200
    stored = Sources.from_item(api.table.get([SOURCES_KEY])[SOURCES_KEY])
    assert stored.to_data() == changed.json == api.get("/v1/sources")
    assert stored.mapped("pagerduty", "PX") == "shop"
    assert put(api, "/v1/sources", {}, if_match=answer.headers["etag"]).status == 412
    (told,) = api.get("/v1/history", kind="sources")["items"]
    assert (told["before"], told["after"]) == (answer.json, changed.json)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ([], ("", "type")),
        ({"v": 7}, ("/v", "extra")),
        ({"githib": {}}, ("/githib", "extra")),
        ({"github": {"tags": {"v*": {"servise": "x"}}}}, ("/github/tags/v*/servise", "extra")),
        ({"gitlab": {"release_branches": "main"}}, ("/gitlab/release_branches", "type")),
        ({"incident_services": {"pd": 7}}, ("/incident_services/pd", "type")),
        ({"default_service": "a\nb"}, ("/default_service", "control_character")),
    ],
)
def test_invalid_sources_are_refused_with_their_json_pointer(body: Any, fault: tuple[str, str]) -> None:
    answer = put(ProductApi(), "/v1/sources", body, if_match="*")
    assert (answer.status, answer.faults) == (422, {fault})


def test_a_target_of_null_keeps_what_the_sender_says() -> None:
    api = ProductApi()
    answer = put(api, "/v1/sources", {"gitlab": {"environments": {"prod-*": None}}}, if_match="*")
    assert (answer.status, answer.json["gitlab"]["environments"]) == (200, {"prod-*": {}})


def test_sources_with_several_faults_are_refused_with_all_of_them_and_nothing_is_stored() -> None:
    api = ProductApi()
    body = {
        "githib": {},
        "github": {"incident_label": 7, "tags": {"v*": {"servise": "x"}}},
        "gitlab": {"release_branches": "main"},
        "default_service": "",
    }
    answer = put(api, "/v1/sources", body, if_match="*")
    assert answer.status == 422
    assert answer.faults == {
        ("/githib", "extra"),
        ("/github/incident_label", "type"),
        ("/github/tags/v*/servise", "extra"),
        ("/gitlab/release_branches", "type"),
        ("/default_service", "empty"),
    }
    assert answer.json["errors"][0]["detail"] == (
        "Unknown field. Allowed: github, gitlab, bitbucket, incident_services, default_service."
    )
    assert api.table.get([SOURCES_KEY]) == {}


@pytest.mark.parametrize(
    "origin", ["*", "https://x.dev/", "https://X.dev", "x.dev", "https://*.x.dev", "null", "file://x", 7]
)
def test_an_origin_is_exact_or_refused(origin: Any) -> None:
    answer = put(ProductApi(), "/v1/settings/access", {"origins": [origin]}, if_match="*")
    assert (answer.status, answer.faults) == (422, {("/origins/0", "origin")})
