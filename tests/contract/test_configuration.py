"""Settings and services: numbers are as if it had always been so, nobody overwrites what he has not seen, all is on record."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from leadline.auth import EVENTS_WRITE, METRICS_READ
from leadline.domain.errors import Conflict
from leadline.store.memory import MemoryTable
from leadline.store.services import SERVICES
from leadline.store.table import Put, Write
from query import reconfiguring
from tests.builders import (
    HOUR,
    REPOSITORY,
    Event,
    a_change,
    a_deployment,
    a_line,
    an_incident,
    at,
    commits,
    the_deployment,
    why,
)
from tests.contract.pipeline import Pipeline
from tests.histories import a_history
from tests.stored import everything, folded_cells, stored_cells
from tests.unit.query.product_api import Answer

DEFAULTS = {
    "timezone": "UTC",
    "production": ["production"],
    "incident_window_hours": 168,
    "failure_status_counts": False,
    "bots": [],
    "rework_labels": [],
}
OTHER = "github.com/acme/other"
LINE = commits(*a_line("m0", "m1", "m2", "m3"))
SEEDS = st.integers(min_value=0, max_value=10_000_000)


def configure(api: Pipeline, path: str = "/v1/settings", **values: Any) -> Any:
    return api.ask("PATCH", path, values, if_match="*")


def facts(api: Pipeline) -> dict[Any, Any]:
    assert stored_cells(api.table) == folded_cells(api.table)
    kinds = ("dep#", "line#", "cell#", "wait#", "attention#", "change#")
    return {key: item for key, item in everything(api.table).items() if key[0].startswith(kinds)}


def metrics(api: Pipeline) -> Any:
    return api.dora(from_="2026-10-01", to="2026-11-01")["metrics"]


def test_settings_are_the_defaults_until_somebody_sets_them() -> None:
    api = Pipeline()
    assert api.get("/v1/settings") == DEFAULTS
    assert configure(api, timezone="Pacific/Auckland", bots=["*[bot]", "renovate"])["bots"] == ["*[bot]", "renovate"]
    assert configure(api, bots=None) == {**DEFAULTS, "timezone": "Pacific/Auckland"}
    assert api.ask("PUT", "/v1/settings", {"incident_window_hours": 24}, if_match="*") == {
        **DEFAULTS,
        "incident_window_hours": 24,
    }


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ([], {("", "type")}),
        ({"time_zone": "UTC"}, {("/time_zone", "extra")}),
        ({"timezone": "Europe"}, {("/timezone", "time_zone")}),
        ({"timezone": "Mars/Olympus"}, {("/timezone", "time_zone")}),
        ({"timezone": "../../etc/passwd"}, {("/timezone", "time_zone")}),
        ({"timezone": "tzdata.zi"}, {("/timezone", "time_zone")}),
        ({"production": []}, {("/production", "too_few")}),
        ({"production": "production"}, {("/production", "type")}),
        ({"incident_window_hours": 0}, {("/incident_window_hours", "range")}),
        ({"incident_window_hours": True}, {("/incident_window_hours", "range")}),
        ({"failure_status_counts": 1, "bots": [""]}, {("/failure_status_counts", "type"), ("/bots", "empty")}),
        ({"rework_labels": ["x"] * 101}, {("/rework_labels", "too_many")}),
    ],
)
def test_what_is_wrong_with_settings_is_told(body: Any, faults: set[tuple[str, str]]) -> None:
    answer = Pipeline().send("PATCH", "/v1/settings", body, if_match="*")
    assert (answer.status, answer.faults) == (422, faults)


def told_first(events: list[Event], **values: Any) -> Pipeline:
    api = Pipeline()
    api.tell(*events)
    configure(api, **values)
    return api


def set_first(events: list[Event], **values: Any) -> Pipeline:
    api = Pipeline()
    configure(api, **values)
    api.tell(*events)
    return api


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "timezone": st.sampled_from(["Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata"]),
        "incident_window_hours": st.sampled_from([1, 5, 40, 500]),
        "failure_status_counts": st.just(True),
        "bots": st.sampled_from([["*b"], ["ANN"], ["a*", "b*"], ["*"]]),
    },
)


@given(seed=SEEDS, order=SEEDS, values=VALUES)
@hypothesis_settings(max_examples=40, deadline=None)
def test_whenever_settings_are_changed_the_numbers_are_as_if_they_had_always_been_so(
    seed: int, order: int, values: dict[str, Any]
) -> None:
    draw = random.Random(order)
    events = [json.loads(message) for message in a_history(seed).messages]
    draw.shuffle(events)
    wanted = set_first(events, **values)
    api = Pipeline()
    cut = draw.randrange(len(events) + 1)
    api.tell(*events[:cut])
    configure(api, **values)
    api.tell(*events[cut:])
    assert facts(api) == facts(wanted)
    configure(api, **dict.fromkeys(values))
    plain = Pipeline()
    plain.tell(*events)
    assert facts(api) == facts(plain)


def test_a_day_begins_when_the_organisations_time_zone_says_so() -> None:
    api = told_first([LINE, a_deployment("m1", at(10, 23), deployment_id="d1")], timezone="Pacific/Auckland")
    days = api.dora(from_="2026-10-11", to="2026-10-12")["metrics"]["deployment_frequency"]
    assert days["deployments"] == 1


def test_an_environment_counts_as_production_by_the_settings_and_is_told_so() -> None:
    deployed = a_deployment("m1", at(10), deployment_id="d1", environment="live")
    api = Pipeline()
    api.tell(LINE, deployed)
    assert api.why(deployed) == ("counted", "NOT_PRODUCTION")
    assert metrics(api)["deployment_frequency"]["deployments"] == 0
    configure(api, production=["live", "eu-live"])
    assert metrics(api)["deployment_frequency"]["deployments"] == 1
    assert api.why(deployed) == ("counted", "BASELINE")
    assert api.queue.messages == []


def test_an_incident_belongs_to_the_deployment_before_it_within_the_window() -> None:
    events = [LINE, a_deployment("m1", at(10), deployment_id="d1"), an_incident("INC-1", at(10) + 3 * HOUR)]
    assert metrics(told_first(events))["change_fail_rate"]["failed"] == 1
    assert metrics(told_first(events, incident_window_hours=2))["change_fail_rate"]["failed"] == 0
    assert metrics(told_first(events, incident_window_hours=3))["change_fail_rate"]["failed"] == 1


def test_runs_that_never_went_live_count_as_failed_where_the_settings_say_so() -> None:
    events = [
        LINE,
        a_deployment("m1", at(10), deployment_id="d1"),
        a_deployment("m2", at(11), deployment_id="d2", status="failure"),
        a_deployment("m3", at(12), deployment_id="d3", status="cancelled"),
    ]
    api = told_first(events, failure_status_counts=True)
    assert metrics(api)["change_fail_rate"] == {"value": 0.5, "failed": 1, "deployments": 2, "never_live": 1}
    assert metrics(api)["deployment_frequency"]["deployments"] == 1
    configure(api, failure_status_counts=False)
    assert metrics(api)["change_fail_rate"] == {"value": 0, "failed": 0, "deployments": 1, "never_live": 1}


BOTS = [
    LINE,
    a_change(2, "m2", at(2), author="dependabot[bot]"),
    a_change(3, "m3", at(3), author="ann"),
    a_deployment("m1", at(10), deployment_id="d1"),
    a_deployment("m3", at(11), deployment_id="d2"),
]


def test_a_bots_changes_count_nowhere_and_its_deployment_does() -> None:
    api = told_first(BOTS, bots=["*[BOT]"])
    assert metrics(api)["change_lead_time"]["n"] == 1
    assert metrics(api)["deployment_frequency"]["deployments"] == 2
    assert facts(api) == facts(set_first(BOTS, bots=["*[bot]"]))
    configure(api, bots=["?ependabot*", ".*"])
    assert metrics(api)["change_lead_time"]["n"] == 2


@pytest.mark.parametrize("author", ["zoe", "zed[bot]"])
def test_whose_change_it_is_may_be_told_later(author: str) -> None:
    later = a_change(2, "m2", at(2), author=author)
    api = set_first(BOTS, bots=["*[bot]"])
    api.tell(later)
    assert facts(api) == facts(set_first([*BOTS[:1], later, *BOTS[1:]], bots=["*[bot]"]))
    assert metrics(api)["change_lead_time"]["n"] == (2 if author == "zoe" else 1)


def test_a_change_with_a_label_of_the_settings_makes_its_deployment_rework_whenever_it_gets_the_label() -> None:
    labelled = a_change(2, "m2", at(2), labels=["Hotfix: urgent"], author="dependabot[bot]")
    told = [*BOTS, labelled]
    api = told_first(told, rework_labels=["hotfix*"])
    assert metrics(api)["deployment_rework_rate"]["rework"] == 1
    late = set_first(BOTS, rework_labels=["hotfix*"])
    assert metrics(late)["deployment_rework_rate"]["rework"] == 0
    late.tell(labelled)
    assert facts(late) == facts(api)
    configure(api, rework_labels=None)
    assert metrics(api)["deployment_rework_rate"]["rework"] == 0


# Services


def put(api: Pipeline, service: str, **values: Any) -> Any:
    return api.ask("PUT", f"/v1/services/{service}", values)


def test_a_service_is_shown_as_it_was_configured() -> None:
    api = Pipeline()
    values = {"repository": "GitHub.com/acme/Mono", "paths": ["web/"], "team": "web", "archived": True}
    shown = {"service": "web", **values, "repository": "github.com/acme/Mono"}
    assert put(api, "web", **values) == shown
    assert api.get("/v1/services/web") == shown
    cleared = {"service": "web", "repository": "github.com/acme/Mono", "paths": [], "team": None, "archived": False}
    assert configure(api, "/v1/services/web", paths=None, team=None, archived=None) == cleared
    assert api.ask("PUT", "/v1/services/web", {}, if_match="*") == {**cleared, "repository": None}


def test_events_go_to_the_service_that_was_configured_for_their_repository() -> None:
    api = Pipeline()
    put(api, "till", repository=REPOSITORY)
    api.tell(LINE, a_deployment("m1", at(10), deployment_id="d1"))
    assert the_deployment(api.table, "d1").deployment.service == "till"
    assert [item["sk"] for item in api.table.query(SERVICES)] == ["till"]


TILL = {"service": "till"}
SALES: list[Event] = [
    LINE,
    a_change(2, "m2", at(2), paths=["till/a.py"]),
    a_change(3, "m3", at(3), paths=["web/a.py"]),
    a_deployment("m1", at(10), deployment_id="d1", **TILL),
    a_deployment("m3", at(12), deployment_id="d2", **TILL),
    a_deployment("m9", at(14), deployment_id="d3", repository=None, **TILL),
    an_incident("INC-1", at(12) + HOUR, repository=None, **TILL),
]


def sold(*configured: dict[str, Any]) -> Pipeline:
    """`SALES`, after the service was configured in the first way and before it was in the others."""
    api = Pipeline()
    put(api, "till", **configured[0])
    api.tell(*SALES)
    for values in configured[1:]:
        configure(api, "/v1/services/till", **values)
    return api


def test_a_service_that_gets_its_right_repository_has_what_it_would_have_had_with_it() -> None:
    wrong = sold({"repository": OTHER})
    assert {why(the_deployment(wrong.table, name)) for name in ("d1", "d2")} == {("unmatched", "REPOSITORY_MISMATCH")}
    mended = sold({"repository": OTHER}, {"repository": REPOSITORY})
    wanted = sold({"repository": REPOSITORY})
    assert stored_cells(mended.table) == stored_cells(wanted.table)
    assert metrics(mended) == metrics(wanted)
    assert mended.get("/v1/events")["items"] == wanted.get("/v1/events")["items"]


@pytest.mark.parametrize("between", [None, OTHER])
def test_there_and_back_changes_nothing(between: str | None) -> None:
    api = sold({"repository": REPOSITORY}, {"repository": between}, {"repository": REPOSITORY})
    assert stored_cells(api.table) == stored_cells(sold({"repository": REPOSITORY}).table)


def test_what_waits_for_its_commit_waits_on_the_new_repositorys_ledger() -> None:
    graph = commits("m8", "m9 <- m8", start=at(13))
    told = a_change(9, "m9", at(13))
    api, wanted = sold({"repository": OTHER}, {"repository": REPOSITORY}), sold({"repository": REPOSITORY})
    for each in (api, wanted):
        each.tell(graph, told)
    assert stored_cells(api.table) == stored_cells(wanted.table)
    assert the_deployment(api.table, "d3").status == "mapped"


def test_a_service_that_shares_its_repository_has_the_changes_of_its_files() -> None:
    all_files = sold({"repository": REPOSITORY})
    own = sold({"repository": REPOSITORY}, {"paths": ["till/"]})
    assert [change.number for change in the_deployment(all_files.table, "d2").changes] == [2, 3]
    assert [change.number for change in the_deployment(own.table, "d2").changes] == [2]
    assert stored_cells(own.table) == stored_cells(sold({"repository": REPOSITORY, "paths": ["till/"]}).table)


def test_who_owns_a_service_is_no_reason_to_count_it_anew() -> None:
    api = sold({"repository": REPOSITORY})
    assert api.send("PATCH", "/v1/services/till", {"team": "shop", "archived": True}, if_match="*").status == 200
    assert api.queue.messages == []


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"repository": "https://github.com/acme/api"}, {("/repository", "repository")}),
        ({"repository": "api"}, {("/repository", "repository")}),
        ({"paths": [1]}, {("/paths", "type")}),
        ({"archived": "no", "owner": "x"}, {("/archived", "type"), ("/owner", "extra")}),
    ],
)
def test_what_is_wrong_with_a_service_is_told(body: Any, faults: set[tuple[str, str]]) -> None:
    answer = Pipeline().send("PUT", "/v1/services/web", body)
    assert (answer.status, answer.faults) == (422, faults)


def test_what_is_not_there_is_not_found() -> None:
    api = Pipeline()
    assert api.request("GET", "/v1/services/none").status == 404
    assert api.send("PATCH", "/v1/services/none", {}, if_match="*").status == 404
    assert api.request("GET", f"/v1/services/{'x' * 201}").status == 404


# Nobody overwrites what he has not seen


@pytest.mark.parametrize(("path", "name"), [("/v1/settings", "bots"), ("/v1/services/web", "paths")])
def test_a_change_needs_the_etag_of_what_it_is_made_to(path: str, name: str) -> None:
    api = Pipeline()
    put(api, "web")
    etag = api.request("GET", path).headers["etag"]

    def change(values: list[str], **headers: str) -> Answer:
        return api.send("PATCH", path, {name: values}, **headers)

    assert change(["a"]).status == 428
    assert change(["a"], if_match='"other"').status == 412
    assert change(["a"], if_match="W/" + etag).status == 412
    good = change(["a"], if_match=f'"other", {etag}')
    assert good.status == 200
    assert good.headers["etag"] == api.request("GET", path).headers["etag"] != etag
    assert change(["b"], if_match=etag).status == 412
    assert api.get(path)[name] == ["a"]


def test_a_service_is_made_only_where_there_is_none_if_that_is_asked() -> None:
    api = Pipeline()
    assert api.send("PUT", "/v1/services/web", {}, if_match='"x"').status == 412
    assert api.send("PUT", "/v1/services/web", {}, if_none_match="*").status == 200
    assert api.send("PUT", "/v1/services/web", {}, if_none_match="*").status == 412
    assert api.send("PUT", "/v1/services/web", {}).status == 428


def test_an_etag_stays_while_compute_writes_the_service() -> None:
    api = Pipeline()
    put(api, "till", repository=REPOSITORY)
    etag = api.request("GET", "/v1/services/till").headers["etag"]
    api.tell(*SALES)
    assert api.send("PATCH", "/v1/services/till", {"team": "shop"}, if_match=etag).status == 200


class RacingTable(MemoryTable):
    """Loses the race for a write as often as told."""

    conflicts = 0

    def write(self, writes: list[Write]) -> None:  # type: ignore[override]
        configures = isinstance(writes[0], Put) and writes[0].key[0] in ("config", SERVICES)
        if self.conflicts and configures:
            self.conflicts -= 1
            raise Conflict("somebody else was first")
        super().write(writes)


@pytest.mark.parametrize("path", ["/v1/settings", "/v1/services/web"])
def test_a_lost_race_is_run_again_and_given_up_after_some(path: str) -> None:
    api = Pipeline(RacingTable())
    put(api, "web")
    assert isinstance(api.table, RacingTable)
    api.table.conflicts = reconfiguring.TRIES - 1
    body = {"bots": ["a"]} if path == "/v1/settings" else {"team": "a"}
    assert api.send("PATCH", path, body, if_match="*").status == 200
    api.table.conflicts = reconfiguring.TRIES
    body = {"bots": ["b"]} if path == "/v1/settings" else {"team": "b"}
    assert api.send("PATCH", path, body, if_match="*").status == 503


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/settings", {"timezone": "Asia/Kolkata"}), ("/v1/services/till", {"paths": ["till/"]})]
)
def test_what_the_queue_did_not_take_is_told_when_the_change_is_repeated(path: str, body: dict[str, Any]) -> None:
    api = sold({"repository": REPOSITORY})
    wanted = sold({"repository": REPOSITORY})
    wanted.ask("PATCH", path, body, if_match="*")
    api.queue.down = True
    assert api.send("PATCH", path, body, if_match="*").status == 503
    api.queue.down = False
    api.ask("PATCH", path, body, if_match="*")
    assert stored_cells(api.table) == stored_cells(wanted.table)
    assert api.send("PATCH", path, body, if_match="*").status == 200
    assert api.queue.messages == []


@pytest.mark.parametrize("path", ["/v1/settings", "/v1/services/web"])
def test_only_who_may_change_the_configuration_changes_it(path: str) -> None:
    api = Pipeline()
    for scope in (METRICS_READ, EVENTS_WRITE):
        key = api.a_key(scope)
        for method in ("PUT", "PATCH"):
            answer = api.request(method, path, key=key, body="{}", content_type="application/json")
            assert answer.status == 403
    assert api.request("GET", "/v1/settings", key=api.a_key(METRICS_READ)).status == 200


def test_each_change_of_the_configuration_is_on_record() -> None:
    api = sold({"repository": OTHER}, {"repository": REPOSITORY})
    configure(api, bots=["*[bot]"])
    newest, changed, created = api.get("/v1/history")["items"]
    assert (newest["kind"], newest["name"], newest["action"]) == ("settings", "settings", "changed")
    assert (newest["before"]["bots"], newest["after"]["bots"]) == ([], ["*[bot]"])
    assert (changed["before"]["repository"], changed["after"]["repository"]) == (OTHER, REPOSITORY)
    assert (created["action"], created["before"], created["after"]["repository"]) == ("created", None, OTHER)
    assert api.get(f"/v1/events/{changed['event_id']}")["status"] == "counted"
    assert created["at"] < changed["at"] < newest["at"]
    assert api.get("/v1/history", kind="service", limit="1")["items"] == [changed]


def test_a_change_to_what_is_so_already_is_no_change() -> None:
    api = sold({"repository": REPOSITORY})
    before = api.get("/v1/history")
    configure(api, "/v1/services/till", repository=REPOSITORY)
    configure(api, timezone="UTC")
    assert api.get("/v1/history") == before
