"""A deployment's status in the words that ingest understands; a test holds this list against its own."""

from __future__ import annotations

STATUSES = (
    *("success", "failure", "cancelled", "in_progress"),
    *"""
    abandoned aborted action_required approval_rejected baking blocked broken building canceled canceling cancelling
    created creating declined degraded deployed error errored executing expired fail failed failing fault fixed
    halted healthy infrastructure_fail initializing internal_error killed manual neutral not_built not_run
    not_running not_started ok omitted on_hold partially_succeeded pass passed paused pending postponed preparing
    progressing queued ready received rejected requested running scheduled skipped stale started startup_failure
    stopped stopping succeeded succeeded_with_issues successful superseded suspended synced terminal terminated
    terminated_unknown terminating timed_out timeout unauthorized unstable waiting waiting_failed
    waiting_for_callback waiting_for_resource working
    """.split(),  # noqa: SIM905  as a block of words it can be read
)
