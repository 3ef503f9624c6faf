"""How a deployment went: incidents, rollbacks and repairs, whenever and in whatever order they are told."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from leadline.domain.cells import CellKey, CellScope
from leadline.domain.outcomes import INCIDENT_WINDOW, LinkedIncident, Outcome, Remedy
from leadline.domain.windows import Calendar
from leadline.store.memory import MemoryTable
from tests.builders import (
    HOUR,
    MINUTE,
    Event,
    a_deployment,
    a_line,
    an_incident,
    at,
    commits,
    deployments,
    sha,
    tell,
    the_deployment,
    why,
)
from tests.stored import stored_cells

LINE = commits(*a_line("m1", "m2", "m3", "m4"), start=at(1, 0))


def run(name: str, commit: str, finished: int, **fields: Any) -> Event:
    return a_deployment(commit, finished, deployment_id=name, **fields)


THREE = [run("a", "m1", at(2)), run("b", "m2", at(3)), run("c", "m3", at(4))]


@pytest.fixture
def table() -> MemoryTable:
    table = MemoryTable()
    tell(table, LINE)
    return table


def failed(table: MemoryTable) -> list[str | None]:
    """The ids of the failed deployments, in order of finish."""
    return [record.deployment.report.deployment_id for record in deployments(table) if record.failed]


def rework(table: MemoryTable) -> list[str | None]:
    return [record.deployment.report.deployment_id for record in deployments(table) if record.parts[0].summary.rework]


def recovery(table: MemoryTable, name: str) -> int | None:
    """Seconds from the failed deployment to its remedy."""
    return the_deployment(table, name).parts[0].summary.recovery


def counted(table: MemoryTable, finished: int) -> dict[str, int]:
    """What everyone's cell counts on the day of this instant."""
    return stored_cells(table)[CellKey(CellScope("production"), Calendar().day_of(finished))]


# --- incidents ---------------------------------------------------------------------------------------------------------


def test_an_incident_that_names_none_belongs_to_the_last_deployment_before_it(table: MemoryTable) -> None:
    tell(table, *THREE, an_incident("I", at(3, 18)))
    assert failed(table) == ["b"]
    assert the_deployment(table, "b").outcome.incidents == (LinkedIncident("I", at(3, 18)),)


@pytest.mark.parametrize(("offset", "found"), [(-1, ["b"]), (0, ["c"]), (1, ["c"])])
def test_the_moment_a_deployment_finishes_is_the_first_that_is_its_own(
    table: MemoryTable, offset: int, found: list[str]
) -> None:
    tell(table, *THREE, an_incident("I", at(4) + offset))
    assert failed(table) == found


@pytest.mark.parametrize(("offset", "found"), [(0, ["c"]), (1, [])])
def test_after_the_window_of_seven_days_nobody_is_blamed(table: MemoryTable, offset: int, found: list[str]) -> None:
    tell(table, *THREE, an_incident("I", at(4) + INCIDENT_WINDOW + offset))
    assert failed(table) == found


def test_an_incident_before_any_deployment_is_nobodys(table: MemoryTable) -> None:
    tell(table, *THREE, an_incident("I", at(1)))
    assert failed(table) == []


@pytest.mark.parametrize("status", ["failure", "cancelled", "in_progress"])
def test_a_run_that_never_went_live_is_not_blamed(table: MemoryTable, status: str) -> None:
    tell(table, *THREE, run("d", "m4", at(5), status=status), an_incident("I", at(5, 13)))
    assert failed(table) == ["c"]


def test_an_incident_in_staging_is_stagings(table: MemoryTable) -> None:
    tell(table, *THREE, run("s", "m1", at(3), environment="staging"))
    tell(table, an_incident("I", at(5), environment="staging"))
    assert failed(table) == ["s"]


@pytest.mark.parametrize("reference", ["b", sha("m2"), sha("m2")[:7], sha("m2").upper()])
@pytest.mark.parametrize("first", [True, False], ids=["told first", "told last"])
def test_an_incident_that_names_a_deployment_by_id_or_sha_is_its_own_whenever_it_is_told(
    table: MemoryTable, reference: str, first: bool
) -> None:
    incident = an_incident("I", at(9), deployment=reference)
    tell(table, *([incident, *THREE] if first else [*THREE, incident]))
    assert failed(table) == ["b"]


def test_a_sha_names_the_last_deployment_of_it_before_the_incident(table: MemoryTable) -> None:
    again = [run("b2", "m2", at(5)), run("b3", "m2", at(7))]
    tell(table, *THREE, *again, an_incident("I", at(6), deployment=sha("m2")))
    assert [name for name in failed(table) if name != "c"] == ["b2"]  # c was rolled back


def test_an_incident_moves_to_a_deployment_between_that_arrives_late(table: MemoryTable) -> None:
    tell(table, *THREE, an_incident("I", at(5)))
    assert failed(table) == ["c"]
    tell(table, run("late", "m4", at(4, 18)))
    assert failed(table) == ["late"]


def test_an_incident_that_comes_to_name_a_deployment_leaves_the_one_it_was_taken_for(table: MemoryTable) -> None:
    tell(table, *THREE, an_incident("I", at(5)))
    tell(table, an_incident("I", at(5), deployment="a"))
    assert failed(table) == ["a"]


def test_an_incident_that_turns_out_to_have_started_earlier_is_another_deployments(table: MemoryTable) -> None:
    tell(table, *THREE, an_incident("I", at(5)), an_incident("I", at(3, 13)))
    assert failed(table) == ["b"]


def test_an_incident_told_again_counts_once(table: MemoryTable) -> None:
    incident = an_incident("I", at(4, 13))
    tell(table, *THREE, incident, incident)
    assert counted(table, at(4))["f"] == 1


def test_several_incidents_of_a_deployment_make_one_failure(table: MemoryTable) -> None:
    tell(
        table, *THREE, an_incident("I", at(4, 13)), an_incident("J", at(4, 14)), an_incident("K", at(9), deployment="c")
    )
    assert counted(table, at(4))["f"] == 1


def test_deployments_that_finished_in_the_same_moment_share_no_incident(table: MemoryTable) -> None:
    tell(table, *THREE, run("twin", "m3", at(4)), an_incident("I", at(4, 13)))
    assert len(failed(table)) == 1


# --- recovery ----------------------------------------------------------------------------------------------------------


def test_a_failure_is_open_until_its_incident_is_resolved(table: MemoryTable) -> None:
    tell(table, *THREE, an_incident("I", at(4, 13)))
    assert recovery(table, "c") is None
    assert counted(table, at(4))["o"] == 1
    tell(table, an_incident("I", at(4, 13), resolved_at=at(4, 15)))
    assert recovery(table, "c") == 3 * 3600
    assert "o" not in counted(table, at(4))


def test_recovery_counts_from_the_deployment_and_not_from_the_incident(table: MemoryTable) -> None:
    tell(table, *THREE, an_incident("I", at(5), resolved_at=at(5, 13)))
    assert recovery(table, "c") == 25 * 3600


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_failure_is_over_when_its_last_incident_is(table: MemoryTable, order: tuple[int, ...]) -> None:
    told = [
        an_incident("I", at(4, 13), resolved_at=at(4, 20)),
        an_incident("J", at(4, 14), resolved_at=at(4, 15)),
        an_incident("K", at(4, 15)),
    ]
    tell(table, *THREE, *(told[position] for position in order))
    assert recovery(table, "c") is None
    tell(table, an_incident("K", at(4, 15), resolved_at=at(4, 16)))
    assert recovery(table, "c") == 8 * 3600


def test_what_was_resolved_before_the_deployment_finished_took_no_time() -> None:
    assert Outcome((LinkedIncident("I", at(4), at(4) + 1),)).recovery_seconds(at(5)) == 0


def test_a_remedy_ends_a_failure_before_its_incident_is_resolved() -> None:
    mended = Outcome(
        (LinkedIncident("I", at(4)),), (Remedy("k", at(4, 14), rollback=False), Remedy("l", at(4, 13), True))
    )
    assert mended.recovery_seconds(at(4)) == 3600


def test_nothing_that_went_well_has_a_recovery() -> None:
    assert (Outcome().failed, Outcome().recovery_seconds(at(1))) == (False, None)


# --- rollbacks ---------------------------------------------------------------------------------------------------------


def test_a_rollback_marks_every_deployment_it_went_back_behind(table: MemoryTable) -> None:
    tell(table, *THREE, run("back", "m1", at(5)))
    assert failed(table) == ["b", "c"]
    assert rework(table) == ["back"]
    assert (recovery(table, "b"), recovery(table, "c")) == (48 * 3600, 24 * 3600)


def test_a_rollback_by_one_step_marks_only_the_last(table: MemoryTable) -> None:
    tell(table, *THREE, run("back", "m2", at(5)))
    assert failed(table) == ["c"]


def test_a_deployment_that_arrives_late_between_is_rolled_back_too(table: MemoryTable) -> None:
    tell(table, *THREE, run("back", "m1", at(5)), run("late", "m4", at(4, 18)))
    assert failed(table) == ["b", "c", "late"]


def test_a_second_rollback_further_back_marks_what_the_first_left(table: MemoryTable) -> None:
    tell(table, *THREE, run("back", "m2", at(5)), run("further", "m1", at(6)))
    assert failed(table) == ["b", "c", "back"]
    assert recovery(table, "c") == 24 * 3600  # the first remedy ended it
    assert recovery(table, "b") == 72 * 3600


def test_a_redeploy_after_a_rollback_is_no_rollback(table: MemoryTable) -> None:
    tell(table, *THREE, run("back", "m1", at(5)), run("again", "m1", at(6)))
    assert (rework(table), why(the_deployment(table, "again"))) == (["back"], ("mapped", "REDEPLOY"))


def test_a_roll_forward_does_not_mend_what_was_rolled_back(table: MemoryTable) -> None:
    tell(table, *THREE, run("back", "m1", at(5)), run("forward", "m3", at(6)))
    assert failed(table) == ["b", "c"]
    assert rework(table) == ["back"]


def test_what_turns_out_not_to_have_been_live_was_not_rolled_back(table: MemoryTable) -> None:
    tell(table, *THREE, run("back", "m1", at(5)), run("c", "m3", at(4, 13), status="failure"))
    assert failed(table) == ["b"]


# --- repairs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", ["b", sha("m2"), sha("m2")[:7]])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["target first", "repair first"])
def test_a_repair_names_what_it_repairs_by_id_or_sha_before_or_after_that_is_known(
    table: MemoryTable, reference: str, order: tuple[int, int]
) -> None:
    told = [THREE, [run("mend", "m4", at(5), remediates=reference)]]
    tell(table, *told[order[0]], *told[order[1]])
    assert failed(table) == ["b"]
    assert rework(table) == ["mend"]
    assert recovery(table, "b") == 48 * 3600


@pytest.mark.parametrize("status", ["failure", "cancelled", "in_progress"])
def test_a_repair_that_never_went_live_repairs_nothing(table: MemoryTable, status: str) -> None:
    tell(table, *THREE, run("mend", "m4", at(5), remediates="b", status=status))
    assert (failed(table), rework(table)) == ([], [])


def test_a_repair_counts_once_it_succeeded(table: MemoryTable) -> None:
    started = a_deployment("m4", None, deployment_id="mend", status="in_progress", remediates="b", received=at(5))
    tell(table, *THREE, started)
    assert failed(table) == []
    tell(table, run("mend", "m4", at(5, 13)))
    assert failed(table) == ["b"]


def test_a_repair_that_comes_to_name_another_deployment_leaves_the_first(table: MemoryTable) -> None:
    tell(table, *THREE, run("mend", "m4", at(5), remediates="a"), run("mend", "m4", at(5), remediates="b"))
    assert failed(table) == ["b"]


def test_the_first_of_several_repairs_ends_the_failure(table: MemoryTable) -> None:
    tell(table, *THREE, run("m", "m4", at(6), remediates="b"), run("n", "m4", at(5), remediates="b"))
    assert recovery(table, "b") == 48 * 3600
    assert counted(table, at(3))["f"] == 1


def test_a_deployment_does_not_repair_itself(table: MemoryTable) -> None:
    tell(table, *THREE, run("d", "m4", at(5), remediates=sha("m4")))
    assert failed(table) == []
    assert rework(table) == ["d"]


def test_a_rollback_that_also_says_what_it_repairs_counts_once(table: MemoryTable) -> None:
    tell(table, *THREE, run("back", "m2", at(5), remediates="c"))
    assert (failed(table), rework(table)) == (["c"], ["back"])
    assert counted(table, at(4))["f"] == 1
    assert counted(table, at(5))["r"] == 1


def test_a_failure_of_any_kind_is_one_failure_of_its_day(table: MemoryTable) -> None:
    told = [an_incident("I", at(4, 13)), run("mend", "m4", at(5), remediates="c"), run("back", "m1", at(6))]
    tell(table, *THREE, *told)
    assert counted(table, at(4)) == {"d": 1, "m": 1, "f": 1} | _recovered(table, "c")


def _recovered(table: MemoryTable, name: str) -> dict[str, int]:
    numbers = counted(table, the_deployment(table, name).deployment.report.finish)
    return {letter: number for letter, number in numbers.items() if letter.startswith("R")}


def test_an_hour_and_a_minute_is_counted_in_seconds(table: MemoryTable) -> None:
    tell(table, *THREE, an_incident("I", at(4) + 1, resolved_at=at(4) + HOUR + MINUTE))
    assert recovery(table, "c") == 3660
    assert counted(table, at(4))["R"] == 3660
