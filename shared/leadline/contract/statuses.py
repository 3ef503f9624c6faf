"""Maps the statuses of common CI systems to Leadline's four.

Case, hyphens, underscores and blanks are ignored: `IN_PROGRESS`, `in-progress` and `InProgress` are the same. A run that ended
with warnings (Jenkins UNSTABLE, Azure partiallySucceeded) went live, so it is a success. A skipped run changed nothing, so it is
cancelled. Words that don't say how a run ended, such as "completed", are refused.
"""

from __future__ import annotations

import re

from leadline.contract.invalid_value import InvalidValue

SPELLINGS: dict[str, tuple[str, ...]] = {
    "success": (
        "success",  # GitHub, GitLab, Jenkins, CircleCI, Drone, TeamCity, Google Cloud Build
        "succeeded",  # Azure Pipelines, AWS CodePipeline/CodeDeploy/CodeBuild, Argo CD, Tekton, Heroku, Spinnaker
        "successful",  # Bitbucket
        "succeeded with issues",  # Azure Pipelines, a job
        "partially succeeded",  # Azure Pipelines, a build
        "unstable",  # Jenkins
        "passed",  # Buildkite, Travis CI, GoCD, Semaphore
        "fixed",  # CircleCI
        "healthy",  # Argo CD, Argo Rollouts
        "synced",  # Argo CD
        "ready",  # Vercel, Netlify
        "deployed",  # Helm
        "ok",
        "pass",
    ),
    "failure": (
        "failure",  # GitHub, Jenkins, Drone, TeamCity, Google Cloud Build
        "failed",  # GitLab, CircleCI, Azure, Bitbucket, Argo CD, AWS, Buildkite, Travis CI
        "failing",  # CircleCI, Buildkite
        "fail",
        "error",  # GitHub, Bitbucket, Argo CD, CircleCI
        "errored",  # Travis CI, Harness
        "timed out",  # GitHub, CircleCI, AWS CodeBuild, Octopus
        "timeout",  # Google Cloud Build
        "startup failure",  # GitHub
        "infrastructure fail",  # CircleCI
        "terminated unknown",  # CircleCI
        "internal error",  # Google Cloud Build
        "fault",  # AWS CodeBuild
        "waiting failed",  # Buildkite
        "terminal",  # Spinnaker
        "degraded",  # Argo CD, Argo Rollouts
        "broken",
    ),
    "cancelled": (
        "cancelled",  # GitHub, Tekton, GoCD, AWS CodePipeline
        "canceled",  # GitLab, CircleCI, Azure, Buildkite
        "aborted",  # Jenkins, Harness
        "abandoned",  # Azure, AWS CodePipeline
        "stopped",  # Bitbucket, AWS CodePipeline/CodeDeploy/CodeBuild
        "halted",  # Bitbucket
        "killed",  # Drone
        "declined",  # Drone
        "rejected",  # Azure approvals
        "approval rejected",  # Harness
        "unauthorized",  # CircleCI
        "expired",  # Bitbucket, Google Cloud Build, Harness
        "skipped",  # GitHub, GitLab, Azure, Argo, Buildkite
        "omitted",  # Argo Workflows
        "neutral",  # GitHub
        "stale",  # GitHub
        "superseded",  # AWS CodePipeline
        "not built",  # Jenkins
        "not run",  # CircleCI, Buildkite
        "terminated",  # Argo CD
    ),
    "in_progress": (
        "in progress",  # GitHub, Azure, Bitbucket, AWS
        "queued",  # GitHub, CircleCI, AWS CodeDeploy
        "pending",  # GitHub, GitLab, Bitbucket, Argo
        "requested",  # GitHub
        "waiting",  # GitHub, Buildkite
        "action required",  # GitHub
        "created",  # GitLab, AWS CodeDeploy, Travis CI
        "waiting for resource",  # GitLab
        "waiting for callback",  # GitLab
        "preparing",  # GitLab
        "running",  # GitLab, CircleCI, Argo, Buildkite, Tekton
        "canceling",  # GitLab, Buildkite
        "cancelling",  # Azure
        "scheduled",  # GitLab, Buildkite
        "manual",  # GitLab: waits for a person
        "on hold",  # CircleCI
        "blocked",  # GitLab, CircleCI, Buildkite, Drone
        "not running",  # CircleCI
        "not started",  # Azure, Spinnaker
        "postponed",  # Azure
        "paused",  # Bitbucket, Argo Rollouts
        "suspended",  # Argo CD, Spinnaker
        "building",  # Bitbucket, GoCD, Vercel
        "executing",  # Octopus
        "working",  # Google Cloud Build
        "started",  # Travis CI, Tekton
        "received",  # Travis CI
        "initializing",  # Vercel
        "progressing",  # Argo CD
        "terminating",  # Argo CD
        "stopping",  # AWS CodePipeline
        "baking",  # AWS CodeDeploy
        "creating",  # Buildkite
    ),
}

STATUSES = tuple(
    dict.fromkeys([*SPELLINGS, *sorted(each.replace(" ", "_") for all_of in SPELLINGS.values() for each in all_of)])
)
"""Leadline's four, then all others in snake case."""

_NO_OUTCOME = frozenset({"completed", "complete", "finished", "done", "ended", "inactive", "unknown", "none"})


def _plain(spelling: str) -> str:
    return re.sub(r"[\s_-]", "", spelling).lower()


_STATUS = {_plain(spelling): status for status, spellings in SPELLINGS.items() for spelling in spellings}


def read_status(value: object) -> str:
    """One of success, failure, cancelled, in_progress. Raises InvalidValue (`type`, `status`)."""
    if not isinstance(value, str):
        raise InvalidValue("type", "must be a string: success, failure, cancelled or in_progress")
    plain = _plain(value) if len(value) <= 100 else ""
    if plain in _NO_OUTCOME:
        raise InvalidValue("status", "does not say how the run ended; send success, failure, cancelled or in_progress")
    status = _STATUS.get(plain)
    if status is None:
        raise InvalidValue("status", "is not a known status; send success, failure, cancelled or in_progress")
    return status
