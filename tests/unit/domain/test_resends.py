"""Senders repeat themselves: what is the same run counts once, what is another run counts again."""

from __future__ import annotations

import pytest

from leadline.store.memory import MemoryTable
from tests.builders import (
    HOUR,
    MINUTE,
    Event,
    a_change,
    a_deployment,
    a_line,
    at,
    commits,
    deployments,
    numbers,
    tell,
    why,
)
from tests.stored import stored_cells

BEGIN = at(3)


@pytest.fixture
def table() -> MemoryTable:
    table = MemoryTable()
    tell(table, commits(*a_line("m1", "m2", "m3"), start=at(1, 0)), a_deployment("m1", at(2), deployment_id="first"))
    tell(table, a_change(2, "m2", at(1, 1)), a_change(3, "m3", at(1, 2)))
    return table


def reasons(table: MemoryTable) -> list[str]:
    return [record.reason for record in deployments(table)[1:]]


def plain(commit: str, received: int, **fields: str) -> Event:
    """A deployment whose sender gave neither an id nor a time of its own."""
    return a_deployment(commit, None, received=received, **fields)


def test_the_same_message_delivered_again_is_counted_once(table: MemoryTable) -> None:
    message = plain("m2", BEGIN)
    tell(table, message)
    once = stored_cells(table)
    tell(table, message, message)
    assert stored_cells(table) == once
    assert len(deployments(table)) == 2


def test_a_run_sent_again_under_its_id_is_the_same_run_whatever_else_is_said(table: MemoryTable) -> None:
    tell(table, a_deployment("m2", at(3), deployment_id="a"))
    tell(table, a_deployment("m2", at(3), deployment_id="a", version="1.2.3", received=at(9)))
    assert len(deployments(table)) == 2
    assert deployments(table)[1].deployment.report.version == "1.2.3"


def test_the_same_sha_and_finish_time_is_the_same_run(table: MemoryTable) -> None:
    tell(table, a_deployment("m2", at(3)), a_deployment("m2", at(3), received=at(9)))
    assert reasons(table) == ["RANGE"]


def test_a_sha_without_id_and_time_that_comes_again_within_the_hour_is_a_resend_counted_nowhere(
    table: MemoryTable,
) -> None:
    tell(table, plain("m2", BEGIN))
    before = stored_cells(table)
    tell(table, plain("m2", BEGIN + HOUR))
    duplicate = deployments(table)[2]
    assert (duplicate.reason, duplicate.live, numbers(duplicate)) == ("DUPLICATE", False, [])
    assert stored_cells(table) == before


@pytest.mark.parametrize("order", [1, -1])
def test_which_of_two_is_the_resend_does_not_depend_on_which_arrives_first(table: MemoryTable, order: int) -> None:
    tell(table, *[plain("m2", BEGIN), plain("m2", BEGIN + MINUTE)][::order])
    assert reasons(table) == ["RANGE", "DUPLICATE"]


def test_after_an_hour_the_same_sha_is_a_redeploy(table: MemoryTable) -> None:
    tell(table, plain("m2", BEGIN), plain("m2", BEGIN + HOUR + 1))
    assert reasons(table) == ["RANGE", "REDEPLOY"]


def test_another_sha_in_between_makes_it_a_new_run(table: MemoryTable) -> None:
    tell(table, plain("m3", BEGIN), plain("m2", BEGIN + MINUTE), plain("m3", BEGIN + 2 * MINUTE))
    assert reasons(table) == ["RANGE", "ROLLBACK", "RANGE"]


def test_what_has_an_id_or_a_time_of_its_own_is_never_taken_for_a_resend(table: MemoryTable) -> None:
    tell(table, a_deployment("m2", at(3), deployment_id="a"), a_deployment("m2", at(3) + MINUTE, deployment_id="b"))
    tell(table, a_deployment("m2", at(3) + 2 * MINUTE))
    assert reasons(table) == ["RANGE", "REDEPLOY", "REDEPLOY"]


def test_a_failed_run_is_no_repeat_of_a_successful_one_but_of_a_failed_one(table: MemoryTable) -> None:
    tell(table, plain("m2", BEGIN, status="failure"), plain("m2", BEGIN + MINUTE))
    tell(table, plain("m2", BEGIN + 2 * MINUTE, status="failure"))
    assert reasons(table) == ["NOT_SUCCESSFUL", "RANGE", "DUPLICATE"]
    assert [record.never_live for record in deployments(table)[1:]] == [True, False, False]


def test_a_repeat_in_another_environment_is_another_run(table: MemoryTable) -> None:
    tell(table, plain("m2", BEGIN), plain("m2", BEGIN + MINUTE, environment="staging"))
    assert "DUPLICATE" not in reasons(table)


def test_a_resend_is_found_out_when_the_run_it_repeats_arrives_late(table: MemoryTable) -> None:
    tell(table, plain("m2", BEGIN + 30 * MINUTE))
    assert [why(record) for record in deployments(table)[1:]] == [("mapped", "RANGE")]
    tell(table, plain("m2", BEGIN))
    assert reasons(table) == ["RANGE", "DUPLICATE"]
    assert [numbers(record) for record in deployments(table)[1:]] == [[2], []]
