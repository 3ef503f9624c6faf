"""/v1/metrics/custom: how a metric is read, changed only by who has seen it, and deleted with all its points."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.domain.custom_metrics import AGGREGATIONS
from tests.builders import at
from tests.contract.pipeline import Pipeline
from tests.points import METRIC, a_point, point_cells, stored_points

PATH = f"/v1/metrics/custom/{METRIC}"
WINDOW = {"from_": "2026-10-01", "to": "2026-11-01"}
NUMBERS = {
    "count": 4,
    "sum": 11,
    "rate": 11 / 31,
    "last": 1,
    "min": 1,
    "max": 5,
    "mean": 2.75,
    "p50": 2.5,
    "p75": 3.5,
    "p90": 4.4,
}


@pytest.fixture
def api() -> Pipeline:
    made = Pipeline()
    made.tell(*(a_point(value, at(20 - place), service="till") for place, value in enumerate([1, 3, 2, 5])))
    return made


def headline(api: Pipeline) -> tuple[Any, Any]:
    metrics = api.get(PATH, **WINDOW)["metrics"]
    return metrics["value"], metrics["unit"]


def test_a_metric_that_nobody_defined_is_listed_and_read_as_a_counter(api: Pipeline) -> None:
    (entry,) = api.get("/v1/metrics/custom")["items"]
    assert (entry["name"], entry["defined"], entry["kind"], entry["aggregation"]) == (METRIC, False, "counter", "sum")
    assert entry["etag"] is None
    assert headline(api) == (11, None)


@pytest.mark.parametrize(("kind", "read"), [(kind, read) for kind, names in AGGREGATIONS.items() for read in names])
def test_the_headline_is_what_the_definition_names_without_anything_counted_anew(
    api: Pipeline, kind: str, read: str
) -> None:
    before = point_cells(api.table)
    api.ask("PUT", PATH, {"kind": kind, "aggregation": read, "unit": "things"})
    assert api.queue.messages == []
    assert point_cells(api.table) == before
    value, unit = headline(api)
    assert value == pytest.approx(NUMBERS[read], rel=0.01)
    assert unit == {"count": "points", "rate": "things/day"}.get(read, "things")


def test_what_is_not_said_follows_from_the_kind(api: Pipeline) -> None:
    made = api.ask("PUT", PATH, {"kind": "duration"})
    assert (made["defined"], made["unit"], made["aggregation"], made["direction"]) == (True, "s", "p50", "none")
    changed = api.ask("PATCH", PATH, {"kind": "gauge", "direction": "lower_is_better"}, if_match="*")
    assert (changed["unit"], changed["aggregation"], changed["direction"]) == (None, "last", "lower_is_better")


def test_nobody_overwrites_what_he_has_not_seen(api: Pipeline) -> None:
    assert api.send("PATCH", PATH, {"unit": "x"}).status == 404
    made = api.send("PUT", PATH, {"unit": "comments"})
    tag = made.headers["etag"]
    assert api.send("PUT", PATH, {"unit": "words"}).status == 428
    assert api.send("PUT", PATH, {"unit": "words"}, if_match='"other"').status == 412
    read = api.request("GET", f"{PATH}/definition")
    assert (read.json, read.headers["etag"]) == (made.json, tag)
    assert api.get("/v1/metrics/custom")["items"][0]["etag"] == tag
    changed = api.send("PATCH", PATH, {"description": "What reviewers wrote"}, if_match=tag)
    assert (changed.status, changed.json["unit"]) == (200, "comments")
    assert api.send("DELETE", PATH, if_match=tag).status == 412
    entries = api.get("/v1/history", kind="metric")["items"]
    assert [(entry["action"], entry["name"]) for entry in entries] == [("changed", METRIC), ("created", METRIC)]
    assert entries[0]["before"] == made.json


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ({"kind": "histogram"}, ("/kind", "choice")),
        ({"aggregation": "p50"}, ("/aggregation", "choice")),
        ({"kind": "gauge", "aggregation": "sum"}, ("/aggregation", "choice")),
        ({"unit": ""}, ("/unit", "empty")),
        ({"unit": "x" * 51}, ("/unit", "too_long")),
        ({"direction": "up"}, ("/direction", "choice")),
        ({"color": "red"}, ("/color", "extra")),
        ([], ("", "type")),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused_by_name_and_changes_nothing(
    api: Pipeline, sent: Any, fault: tuple[str, str]
) -> None:
    answer = api.send("PUT", PATH, sent)
    assert (answer.status, answer.faults) == (422, {fault})
    assert not api.get("/v1/metrics/custom")["items"][0]["defined"]


def test_a_kind_without_the_aggregation_that_was_chosen_is_refused(api: Pipeline) -> None:
    api.ask("PUT", PATH, {"aggregation": "rate"})
    assert api.send("PATCH", PATH, {"kind": "gauge"}, if_match="*").faults == {("/aggregation", "choice")}
    assert api.ask("PATCH", PATH, {"kind": "gauge", "aggregation": None}, if_match="*")["aggregation"] == "last"


def test_a_metric_may_be_defined_before_it_has_points() -> None:
    api = Pipeline()
    assert api.send("PUT", "/v1/metrics/custom/Not.A.Name", {}).status == 404
    api.ask("PUT", PATH, {"kind": "gauge"})
    assert headline(api) == (None, None)
    assert [item["name"] for item in api.get("/v1/metrics/custom")["items"]] == [METRIC]
    api.tell(a_point(7, at(10)))
    assert headline(api) == (7, None)


def test_a_deleted_metric_is_gone_with_its_points_and_what_is_told_later_makes_it_anew(api: Pipeline) -> None:
    api.ask("PUT", PATH, {"kind": "gauge"})
    assert api.send("DELETE", PATH).status == 428
    answer = api.send("DELETE", PATH, if_match="*")
    assert answer.status == 202
    api.settle()
    assert api.request("GET", PATH).status == 404
    assert api.get("/v1/metrics/custom")["items"] == []
    assert (stored_points(api.table), point_cells(api.table)) == ([], {})
    api.tell(a_point(1, at(20), service="till"))  # received before it was deleted
    assert api.request("GET", PATH).status == 404
    assert api.get(f"/v1/events/{answer.json['event_id']}")["status"] == "counted"
    api.tell(a_point(9, at(21), service="till", received=api.now + 1))
    assert headline(api) == (9, None)
    assert api.send("DELETE", "/v1/metrics/custom/unheard.of").status == 404


def test_a_deletion_made_while_the_queue_is_down_may_be_repeated(api: Pipeline) -> None:
    api.queue.down = True
    assert api.send("DELETE", PATH).status == 202
    assert headline(api) == (11, None)
    api.queue.down = False
    api.ask("DELETE", PATH)
    assert api.request("GET", PATH).status == 404


def test_metrics_are_listed_in_pages_each_once(api: Pipeline) -> None:
    names = sorted(["a", "a.b", "b-1", "queue.length", METRIC])
    for name in names:
        api.ask("PUT", f"/v1/metrics/custom/{name}", {}) if name < "c" else api.tell(a_point(1, at(10), name=name))
    found: list[str] = []
    cursor = ""
    while True:
        page = api.get("/v1/metrics/custom", limit="2", **({"cursor": cursor} if cursor else {}))
        found += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == names
