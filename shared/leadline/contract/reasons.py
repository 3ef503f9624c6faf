"""Every reason code, declared once: what it means and what to do about it.

A reason says why a number is what it is, or why it is missing. It is on deployments (`mapping.reason`), in the trace of an event
and in the list of what needs attention. The advice in answers and the table in docs/why.md are made from this registry; a test
finds codes that are written anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

from leadline.domain.attribution import Reason


@dataclass(frozen=True, slots=True)
class ReasonEntry:
    """`api_remedy`: what a user of the API does about it; `page_remedy`: what a person who looks at the page does.

    `traced`: an event with this reason has a trace. Otherwise it is only listed.
    """

    code: str
    meaning: str
    api_remedy: str
    page_remedy: str
    traced: bool = True

    @property
    def advice(self) -> str:
        return f"{self.meaning} {self.api_remedy}"


REASONS: dict[str, ReasonEntry] = {}
"""Every reason by its code, in the order of the docs."""

NOTHING_TO_DO = "Nothing to do."
QUEUED = (
    "Not applied yet. If it was accepted a moment ago, ask again in a few seconds. If it stays queued, see the log of the compute "
    "function. Traces are kept for 90 days: an event older than that looks queued too."
)
"""The advice for an event that is not applied yet."""


def advice_for(code: str | None, detail: str | None = None) -> str:
    """What the code means and what to do. `detail` stands in for a code that only a newer version knows."""
    if code is None:
        return NOTHING_TO_DO
    entry = REASONS.get(code)
    return entry.advice if entry else detail or "This version of Leadline does not know this reason."


def _add(
    code: str, meaning: str, api_remedy: str = NOTHING_TO_DO, page_remedy: str = NOTHING_TO_DO, *, traced: bool = True
) -> str:
    name = str(code)
    REASONS[name] = ReasonEntry(name, meaning, api_remedy, page_remedy, traced)
    return name


# How a deployment was mapped to changes. These codes belong to the rules of attribution, so the domain names them.

BASELINE = _add(
    Reason.BASELINE,
    "The first deployment of its service and environment. It carries what was merged on its own day, nothing older.",
    "Nothing to do. Send `previous_id` to make the range of a first deployment exact.",
)
EXACT = _add(
    Reason.EXACT,
    "The deployed commit is the head of a pull request, so the deployment carries that pull request alone.",
)
RANGE = _add(
    Reason.RANGE,
    "It carries the changes that are reachable from its commit, except those that earlier deployments shipped.",
)
SENT_RANGE = _add(
    Reason.SENT_RANGE, "It carries the changes between the `previous_id` that was sent and the deployed commit."
)
DIVERGED = _add(
    Reason.DIVERGED,
    "The previously deployed commit is not an ancestor of this one. The deployment carries what was merged since the two lines "
    "parted.",
    "Nothing to do if a branch was deployed. Otherwise check which commit was sent.",
    "Nothing to do if a branch was deployed on purpose. Otherwise check which commit the pipeline deploys.",
)
ROLLBACK = _add(
    Reason.ROLLBACK,
    "It rolled back to a commit deployed before. It carries nothing, and the deployments that it rolled back have failed.",
    "Nothing to do. If they did not fail, PATCH them with `failed: false`.",
    "Nothing to do. If those deployments did not fail, open them and correct it there.",
)
REDEPLOY = _add(Reason.REDEPLOY, "The same commit was deployed before, so the deployment carries nothing.")
DUPLICATE = _add(
    Reason.DUPLICATE,
    "It repeats the commit deployed just before, within an hour and without an id or time of its own. It is treated as a re-send "
    "and counted nowhere.",
    "Send `deployment_id` if it was a separate run.",
    "Nothing to do if it was sent twice. If it was a separate run, let the pipeline send the id of the run.",
)
SAME_ID = _add(
    "SAME_ID",
    "An earlier point has the same `id` for this metric, service and environment. This one is counted nowhere.",
    "Send a different `id` if it is another point.",
    "If it is another point, let its sender give each point an id of its own.",
)
SHA_NOT_FOUND = _add(
    Reason.SHA_NOT_FOUND,
    "The commit is not known yet. The deployment is counted, and its changes are added as soon as the commit arrives.",
    "Check that `id` is the deployed commit, and send its change or POST /v1/events/commits.",
    "Connect the code host of its repository, so that Leadline learns of its commits.",
)
SHA_AMBIGUOUS = _add(
    Reason.SHA_AMBIGUOUS,
    "Several commits begin with the short SHA that was sent.",
    "Send the full SHA.",
    "Let the pipeline send the full SHA of the commit.",
)
VCS_UNAVAILABLE = _add(
    Reason.VCS_UNAVAILABLE,
    "The commit is not known yet, and the code host does not answer at the moment.",
    "Leadline tries again by itself. If this lasts, check the token of the code host.",
    "Wait: Leadline tries again by itself. If this lasts, connect the code host again with a valid token.",
)
NOT_SUCCESSFUL = _add(
    Reason.NOT_SUCCESSFUL,
    "The run failed, was cancelled or has not ended, so it carries nothing.",
    "Send it again with the same `deployment_id` once it has ended.",
    "Nothing to do. If the run succeeded in the end, let the pipeline report that too.",
)
NOT_PRODUCTION = _add(
    Reason.NOT_PRODUCTION,
    "It is counted for its environment, which is not a production environment.",
    "Filter by `environment=` to see it. To make the environment production, add it to `production` with PATCH /v1/settings "
    "or, for one service, PATCH /v1/services/{service}.",
    "Select this environment to see its numbers, or add it to the production environments in the settings.",
)
REPOSITORY_MISMATCH = _add(
    Reason.REPOSITORY_MISMATCH,
    "Its service belongs to another repository, so it is counted nowhere.",
    "Send the repository of the service or another `service`, or PATCH the `repository` of the service.",
    "If the service has moved, change its repository. If this is another service, let the pipeline send that name.",
)
EXCLUDED = _add(
    Reason.EXCLUDED,
    "Somebody excluded it, so it is counted nowhere.",
    "PATCH the deployment with `excluded: false` to count it.",
    "Open the deployment and include it again to count it.",
)

# What happened to an event later, or what it still waits for.

DELETED = _add(
    "DELETED",
    "Deleted after this event was received.",
    "Resend it to recreate it.",
    "Send it again if it should not have been deleted.",
)
SUPERSEDED = _add("SUPERSEDED", "A later report of the same run replaced this one.")
NOT_MERGED = _add(
    "NOT_MERGED",
    "The change is not known to be merged.",
    "Send it with `merge_sha` and `merged_at` once it is.",
    "Nothing to do until it is merged. If it is merged already, check the webhook of its repository.",
)
NOT_DEPLOYED = _add(
    "NOT_DEPLOYED",
    "No deployment carries this change: none has reached it, or it is older than the first deployment of its service.",
    "Send the missing deployments, and check whether any are pending.",
    "Deploy it. If it is deployed already, check whether the pipeline reports its deployments and none of them is pending.",
)
NO_DEPLOYMENT = _add(
    "NO_DEPLOYMENT",
    "The incident belongs to no deployment: none precedes it within the incident window, or the one it names is not known.",
    "Send that deployment, or send the incident with `deployment`.",
    "Check whether the deployment that caused it was reported, or link the incident to it.",
)

# Why an event could not be applied.

UNKNOWN_KIND = _add(
    "UNKNOWN_KIND",
    "The deployed version of Leadline does not know this kind of message. It retried for half an hour.",
    "Deploy the version that sent the message, or a later one, and retry the event.",
    "Update Leadline, then retry the event.",
)
UNKNOWN_VERSION = _add(
    "UNKNOWN_VERSION",
    "The message has the format of another version of Leadline. The deployed one retried for half an hour.",
    "Deploy the version that sent the message, or a later one, and retry the event.",
    "Update Leadline, then retry the event.",
)
MALFORMED = _add(
    "MALFORMED",
    "The message lacks fields that its kind requires.",
    "Send the event again through the Events API.",
    "Send the event again. If that does not help, report it as a bug.",
)
NO_SERVICE = _add(
    "NO_SERVICE",
    "The event names neither a service nor a repository.",
    "Send it again with one of them.",
    "Let its sender name a service or a repository.",
)
NO_SUCH_DEPLOYMENT = _add(
    "NO_SUCH_DEPLOYMENT",
    "The event refers to a deployment that does not exist.",
    "Find its key with GET /v1/deployments and send it again.",
    "Find the deployment in the list and correct it there.",
)
FAILED_REPEATEDLY = _add(
    "FAILED_REPEATEDLY",
    "Applying it failed for half an hour, for example because AWS could not be reached.",
    "Look for errors in the log of the compute function, then retry the event.",
    "Retry the event. If it fails again, look for errors in the log of the compute function.",
)
UNEXPECTED_ERROR = _add(
    "UNEXPECTED_ERROR",
    "Applying it failed twice with an unexpected error. This is a bug in Leadline.",
    "Report the error and its place, both in `steps`. Deploy a version with the fix, then retry the event.",
    "Report this as a bug. Update Leadline once it is fixed, then retry the event.",
)
TOO_MANY_HOPS = _add(
    "TOO_MANY_HOPS",
    "Leadline stopped it after a chain of 50,000 follow-up messages, which suggests a loop.",
    "The sweep restarts an unfinished job within minutes. Retry the event to continue now, and report it if it stops again.",
    "Wait a few minutes: the job restarts by itself. Report it as a bug if it stops again.",
)

# What is listed although it has no trace.

ARTIFACT_UNKNOWN = _add(
    "ARTIFACT_UNKNOWN",
    "It deploys an artifact whose commit is not known yet. It is kept, and counted once the commit is known.",
    "Send the CDEvent for the packaging of the artifact, or send the deployment with its commit.",
    "Let the pipeline report which commit the artifact was built from.",
    traced=False,
)
REFUSED = _add(
    "REFUSED",
    "Events were refused. `faults` lists where and why; nothing else of them is kept.",
    "Fix the client that uses this key, and send the events again.",
    "Fix the pipeline that uses this key, and let it send the events again.",
    traced=False,
)
NOT_JSON = _add(
    "NOT_JSON",
    "A message on the queue is not JSON. Leadline sends no such messages.",
    "Find out what else writes to the queue. The message is among the dead letters.",
    "Find out what else writes to the queue of Leadline.",
    traced=False,
)
