"""What the words of CI systems mean for a deployment. The table is written out again here: a meaning is a promise."""

from __future__ import annotations

import pytest

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.statuses import SPELLINGS, read_status

MEANINGS = {
    "success": """
        success SUCCESS Success succeeded Succeeded SUCCEEDED successful SUCCESSFUL succeededWithIssues
        partiallySucceeded UNSTABLE passed PASSED fixed Healthy Synced READY deployed ok pass""",
    "failure": """
        failure FAILURE failed FAILED Failed failing fail error ERROR Error errored timed_out TIMED_OUT timedout TIMEOUT
        startup_failure infrastructure_fail terminated-unknown INTERNAL_ERROR FAULT waiting_failed TERMINAL Degraded
        broken""",
    "cancelled": """
        cancelled Cancelled canceled CANCELED ABORTED Aborted abandoned STOPPED Stopped HALTED killed declined rejected
        ApprovalRejected unauthorized EXPIRED skipped Skipped Omitted neutral stale Superseded NOT_BUILT not_run
        terminated""",
    "in_progress": """
        in_progress IN_PROGRESS in-progress inProgress INPROGRESS InProgress queued pending PENDING requested waiting
        action_required created waiting_for_resource waiting_for_callback preparing running Running RUNNING canceling
        cancelling scheduled manual on_hold blocked not_running notStarted NOT_STARTED postponed PAUSED Paused Suspended
        SUSPENDED BUILDING executing WORKING started Started received INITIALIZING Progressing Terminating Stopping Baking
        creating""",
}


@pytest.mark.parametrize(
    ("status", "sent"), [(status, word) for status in MEANINGS for word in MEANINGS[status].split()]
)
def test_a_ci_systems_word_has_its_meaning(sent: str, status: str) -> None:
    assert read_status(sent) == status
    assert read_status(f" {sent}\n") == status


def test_every_spelling_that_is_understood_is_in_this_table() -> None:
    def plain(text: str) -> str:
        return text.lower().replace("_", "").replace("-", "").replace(" ", "")

    for status, spellings in SPELLINGS.items():
        assert {plain(spelling) for spelling in spellings} == {plain(word) for word in MEANINGS[status].split()}


def test_no_spelling_means_two_things() -> None:
    every = [spelling.replace(" ", "") for spellings in SPELLINGS.values() for spelling in spellings]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("sent", ["completed", "COMPLETE", "finished", "done", "inactive", "unknown", "None"])
def test_a_word_that_does_not_say_how_it_ended_is_not_guessed_at(sent: str) -> None:
    with pytest.raises(InvalidValue, match="how the run ended"):
        read_status(sent)


@pytest.mark.parametrize("sent", ["", "meh", "success failure", "successful!", "x" * 10_000, "succe\u0455s"])
def test_another_word_is_refused_with_the_four_to_choose_from(sent: str) -> None:
    with pytest.raises(InvalidValue, match="success, failure, cancelled or in_progress") as invalid:
        read_status(sent)
    assert invalid.value.code == "status"


@pytest.mark.parametrize("sent", [0, 1, True, None, [], {}])
def test_a_status_is_a_string(sent: object) -> None:
    with pytest.raises(InvalidValue) as invalid:
        read_status(sent)
    assert invalid.value.code == "type"
