"""Teams: what is stored, and which messages compute gets."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.apply import fold
from leadline.access.keys import CONFIG_WRITE, METRICS_READ
from leadline.domain.errors import Conflict, Transient
from leadline.domain.roster import Membership
from leadline.relay import AUTHORS
from leadline.store.configuration import ROSTER_KEY
from leadline.store.memory import MemoryTable
from leadline.store.services import Service
from leadline.store.table import Put, Write
from query.config.roster_change import RosterChange
from tests.builders import a_change, a_deployment, a_line, at, commits, tell
from tests.unit.query.product_api import ProductApi

JSON = "application/json"


class TroubledTable(MemoryTable):
    """Loses the race for a write as often as told."""

    conflicts = 0

    def write(self, writes: list[Write]) -> None:  # type: ignore[override]
        if self.conflicts and writes[0].key == ROSTER_KEY:
            self.conflicts -= 1
            raise Conflict("somebody else was first")
        super().write(writes)


def an_api() -> ProductApi:
    """Two services of one repository, one of another, one that waits for a repository, one that was never deployed."""
    api = ProductApi(TroubledTable())
    for service in (
        Service("api", "acme/mono", {"production": [2026]}),
        Service("web", "acme/mono", {"staging": [2026]}),
        Service("cart", "acme/shop", {"production": [2025]}),
        Service("stray", None, {"production": [2026]}),
        Service("new", "acme/new"),
    ):
        api.table.write([Put(service.to_item())])
    return api


def roster(api: ProductApi) -> dict[str, Any]:
    return api.table.get([ROSTER_KEY]).get(ROSTER_KEY, {})


def test_a_team_is_shown_as_it_was_put() -> None:
    api = an_api()
    answer = api.put_team(
        "pay", {"author": "bob", "from": "2026-01-01", "to": None}, {"author": "ann"}, {"author": "ann", "from": None}
    )
    team = {
        "team": "pay",
        "members": [
            {"author": "ann", "from": None, "to": None},
            {"author": "bob", "from": "2026-01-01", "to": None},
        ],
    }
    assert (answer.status, answer.json) == (200, team)
    assert api.get("/v1/teams/pay") == team
    assert api.get("/v1/teams") == {"items": [team], "next_cursor": None}


def test_putting_a_team_sends_each_repository_once_who_changed() -> None:
    api = an_api()
    api.put_team("pay", {"author": "ann"}, {"author": "bob", "from": "2026-01-01"})
    assert api.told == [
        {"lock": "acme/mono", "services": ["api", "web"], "authors": ["ann", "bob"]},
        {"lock": "acme/shop", "services": ["cart"], "authors": ["ann", "bob"]},
        {"lock": "service:stray", "services": ["stray"], "authors": ["ann", "bob"]},
    ]
    first = json.loads(api.queue.messages[0].body)
    assert (first["v"], first["kind"], first["received_at"]) == (1, "roster", api.now)
    assert api.queue.messages[0].group == "acme/mono"
    assert len({m.deduplication for m in api.queue.messages}) == 3


def test_only_the_difference_and_its_days_are_sent() -> None:
    api = an_api()
    stays = {"author": "ann", "from": "2025-01-01"}
    api.put_team("pay", stays, {"author": "bob", "from": "2026-01-01", "to": "2026-03-01"})
    api.queue.messages.clear()
    api.put_team("pay", stays, {"author": "cid", "from": "2026-02-01", "to": "2026-05-01"})
    assert {(*data["authors"], data["from"], data["to"]) for data in api.told} == {
        ("bob", "cid", "2026-01-01", "2026-05-01")
    }


def test_putting_the_same_team_again_changes_nothing() -> None:
    api = an_api()
    first = api.put_team("pay", {"author": "ann"})
    api.queue.messages.clear()
    before = {(item["pk"], item["sk"]): item for item in api.table.scan() if not item["pk"].startswith("access#")}
    again = api.put_team("pay", {"author": "ann"})
    assert (again.status, again.json, again.headers["etag"]) == (200, first.json, first.headers["etag"])
    assert api.queue.messages == []
    after = {(item["pk"], item["sk"]): item for item in api.table.scan() if not item["pk"].startswith("access#")}
    assert after == before


def test_many_authors_are_sent_in_several_messages() -> None:
    api = an_api()
    names = [f"dev-{number:03}" for number in range(AUTHORS + 1)]
    api.put_team("all", *({"author": name} for name in names))
    mono = [data["authors"] for data in api.told if data["lock"] == "acme/mono"]
    assert mono == [names[:AUTHORS], names[AUTHORS:]]


def test_deleting_a_team_sends_its_people_and_deleting_it_again_is_a_404_that_changes_nothing() -> None:
    api = an_api()
    api.put_team("pay", {"author": "ann", "from": "2026-01-01"})
    api.queue.messages.clear()
    answer = api.request("DELETE", "/v1/teams/pay", if_match="*")
    assert (answer.status, answer.text) == (204, "")
    assert [data["authors"] for data in api.told] == [["ann"]] * 3
    assert {data["from"] for data in api.told} == {"2026-01-01"}
    assert api.request("GET", "/v1/teams/pay").status == 404
    before = roster(api)
    assert api.request("DELETE", "/v1/teams/pay", if_match="*").status == 404
    assert roster(api) == before


def test_a_lost_race_for_the_roster_is_run_again() -> None:
    api = an_api()
    table = api.table
    assert isinstance(table, TroubledTable)
    table.conflicts = 2
    assert api.put_team("pay", {"author": "ann"}).status == 200
    table.conflicts = 100
    assert api.put_team("web", {"author": "ann"}).status == 503
    table.conflicts = 0
    assert [team["team"] for team in api.get("/v1/teams")["items"]] == ["pay"]


def test_teams_change_the_numbers_once_compute_has_applied_them() -> None:
    """The whole way: people join, swap and go, and reports by team and by author follow."""
    api = ProductApi()
    tell(api.table, commits(*a_line("c1", "c2", "c3", "c4")))
    tell(api.table, *(a_change(n, f"c{n}", at(1, n), author=who) for n, who in ((2, "ann"), (3, "bob"), (4, "cid"))))
    tell(api.table, a_deployment("c1", at(2)), a_deployment("c3", at(10)), a_deployment("c4", at(20)))

    def changes_of(team: str) -> int:
        for told in api.queue.messages:
            fold(api.table, told.body, sleep=lambda _: None)
        api.queue.messages.clear()
        return int(api.dora(team=team)["metrics"]["change_lead_time"]["n"])

    assert changes_of("pay") == 0
    api.put_team("pay", {"author": "ann"}, {"author": "bob", "to": "2026-10-10"}, {"author": "cid"})
    assert changes_of("pay") == 2
    groups = api.dora(group_by="author")["groups"]
    assert {group["key"]: group["metrics"]["change_lead_time"]["n"] for group in groups} == {
        "ann": 1,
        "bob": 1,
        "cid": 1,
    }
    assert [group["key"] for group in api.dora(group_by="author", team="pay")["groups"]] == ["ann", "cid"]
    assert [group["key"] for group in api.dora(group_by="team", author="cid")["groups"]] == ["pay"]
    api.put_team("pay", {"author": "bob", "to": "2026-10-11"})
    assert changes_of("pay") == 1
    api.request("DELETE", "/v1/teams/pay", if_match="*")
    assert changes_of("pay") == 0


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ([], {("", "type")}),
        (None, {("", "type")}),
        ({}, {("/members", "missing")}),
        ({"members": {}}, {("/members", "type")}),
        ({"members": [], "extra": 1}, {("/extra", "extra")}),
        ({"members": ["ann"]}, {("/members/0", "type")}),
        ({"members": [{}]}, {("/members/0/author", "missing")}),
        ({"members": [{"author": ""}]}, {("/members/0/author", "empty")}),
        ({"members": [{"author": 7}]}, {("/members/0/author", "type")}),
        ({"members": [{"author": "a\u0000"}]}, {("/members/0/author", "control_character")}),
        ({"members": [{"author": "a" * 201}]}, {("/members/0/author", "too_long")}),
        ({"members": [{"author": "a", "from": 1}]}, {("/members/0/from", "date")}),
        ({"members": [{"author": "a", "until": None}]}, {("/members/0/until", "extra")}),
        ({"members": [{"author": "a", "from": "2026-01-01", "to": "2026-01-01"}]}, {("/members/0/to", "order")}),
        ({"members": [{"author": "a"}] * 1001}, {("/members", "too_many")}),
        (
            {"members": [{"author": "ok"}, {"author": "a", "from": "x", "to": "2026-02-30"}, {"a/~": 1}], "x": 1},
            {
                ("/members/1/from", "date"),
                ("/members/1/to", "date"),
                ("/members/2/a~1~0", "extra"),
                ("/members/2/author", "missing"),
                ("/x", "extra"),
            },
        ),
    ],
)
def test_a_body_is_refused_with_all_its_faults_and_nothing_is_stored(body: Any, faults: set[tuple[str, str]]) -> None:
    api = an_api()
    answer = api.request("PUT", "/v1/teams/pay", body=json.dumps(body), content_type=JSON)
    assert (answer.status, answer.faults) == (422, faults)
    assert roster(api) == {}
    assert api.queue.messages == []


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{}", "text/plain", 415),
        ("{}", "", 415),
        ("{}", "application/json; charset=latin-1", 415),
        ("", JSON, 400),
        ("{", JSON, 400),
        ('{"members": NaN}', JSON, 400),
        ('{"members": [], "members": []}', JSON, 400),
        ("[" * 100_000, JSON, 400),
        ('{"members": ' + "9" * 5_000 + "}", JSON, 400),
        ('{"members": [' + " " * 262_144 + "]}", JSON, 413),
    ],
)
def test_a_body_that_is_no_clean_json_has_its_own_problem(body: str, content_type: str, status: int) -> None:
    answer = an_api().request("PUT", "/v1/teams/pay", body=body, content_type=content_type)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/v1/teams/a%00b".replace("%00", "\x00"), "/v1/teams/" + "a" * 201, "/v1/teams/ ", "/v1/teams/\ud800"]
)
def test_what_cannot_be_a_teams_name_is_not_found(path: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert an_api().request(method, path, body='{"members": []}', content_type=JSON).status == 404


@pytest.mark.parametrize(
    ("sent", "name"), [("acme/pay", "acme/pay"), ("50%25", "50%"), ("a%252Fb", "a%2Fb"), ("é", "é")]
)
def test_a_teams_name_is_what_the_path_says_unescaped(sent: str, name: str) -> None:
    api = an_api()
    assert api.put_team(sent).json["team"] == name
    assert api.get(f"/v1/teams/{sent}")["team"] == name


def test_nobody_is_in_more_than_ten_teams_at_a_time() -> None:
    api = an_api()
    for number in range(10):
        assert api.put_team(f"t{number}", {"author": "ann", "from": "2026-01-01", "to": "2026-02-01"}).status == 200
    assert api.put_team("later", {"author": "ann", "from": "2026-02-01"}).status == 200
    answer = api.put_team("more", {"author": "bob"}, {"author": "ann", "from": "2025-12-01"})
    assert (answer.status, answer.faults) == (422, {("/members/0/author", "too_many_teams")})
    assert api.put_team("t9", {"author": "ann"}).status == 200  # the tenth, longer


def test_a_roster_that_would_not_fit_its_item_is_refused() -> None:
    api = an_api()
    members = [{"author": f"{number:04}" + "a" * 96} for number in range(1000)]
    assert api.put_team("one", *members).status == 200
    assert api.put_team("two", *members).status == 200
    answer = api.put_team("three", *members)
    assert (answer.status, answer.faults) == (422, {("/members", "roster_full")})


def test_reading_needs_metrics_read_and_writing_config_write() -> None:
    api = an_api()
    reader, writer = api.a_key(METRICS_READ), api.a_key(CONFIG_WRITE)
    for method in ("PUT", "DELETE"):
        body = '{"members": []}'
        assert api.request(method, "/v1/teams/pay", key=reader, body=body, content_type=JSON).status == 403
        seen = {"if_match": "*"} if method == "DELETE" else {}
        answer = api.request(method, "/v1/teams/pay", key=writer, body=body, content_type=JSON, **seen)
        assert answer.status in (200, 204)
    assert api.request("GET", "/v1/teams", key=reader).status == 200


def test_teams_are_paged_in_order_of_name() -> None:
    api = an_api()
    for name in ("c", "a", "b"):
        api.put_team(name)
    page = api.get("/v1/teams", limit="2")
    assert [team["team"] for team in page["items"]] == ["a", "b"]
    assert [team["team"] for team in api.get("/v1/teams", limit="2", cursor=page["next_cursor"])["items"]] == ["c"]


_memberships = st.builds(
    Membership,
    st.sampled_from(["ann", "bob"]),
    st.none() | st.dates(date(2026, 1, 1), date(2026, 6, 1)),
    st.none() | st.dates(date(2026, 6, 2), date(2026, 12, 1)),
)


@given(st.lists(_memberships), st.lists(_memberships), st.dates(date(2025, 6, 1), date(2027, 6, 1)))
def test_a_change_covers_every_day_on_which_somebodys_teams_changed(
    old: list[Membership], new: list[Membership], day: date
) -> None:
    change = RosterChange.between(old, new)
    for author in ("ann", "bob"):
        was, is_now = (any(m.author == author and m.holds_on(day) for m in members) for members in (old, new))
        if was != is_now:
            assert author in change.authors
            assert change.start is None or change.start <= day
            assert change.end is None or day < change.end


def test_an_unreachable_store_is_a_503() -> None:
    class Unreachable(MemoryTable):
        def get(self, keys: Any) -> Any:
            raise Transient("the table cannot be reached")

    api = ProductApi(Unreachable())
    answer = api.request("GET", "/v1/metrics/dora")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
