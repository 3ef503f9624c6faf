"""Reason codes: why a number is what it is, or missing, and what to do. docs/why.md shows the same table; a test compares them."""

from __future__ import annotations

REASONS: dict[str, str] = {
    "BASELINE": (
        "The first deployment of its service and environment carries what was merged on its own day and never "
        "older history. Nothing to do; `previous_id` makes even a first deployment's range exact."
    ),
    "EXACT": ("The deployed commit is a pull request's head and carries that pull request alone. Nothing to do."),
    "RANGE": ("It carries what its commit reaches and no deployment before it did. Nothing to do."),
    "SENT_RANGE": ("It carries what lies between the `previous_id` that was sent and its commit. Nothing to do."),
    "DIVERGED": (
        "The commit deployed before is no ancestor of this one, so it carries what was merged since they parted. "
        "Nothing to do if a branch was deployed; else check which commit was sent."
    ),
    "ROLLBACK": (
        "It went back to a commit deployed before, so it carries nothing and what it went back behind has failed."
        " Nothing to do; if it was no failure, PATCH those deployments with `failed: false`."
    ),
    "REDEPLOY": ("The same commit was deployed before, so it carries nothing. Nothing to do."),
    "DUPLICATE": (
        "It repeats the commit deployed just before it, within an hour and with neither an id nor a time of its "
        "own, so it is taken for a re-send and counts nowhere. Send `deployment_id` if it was a run of its own."
    ),
    "SAME_ID": (
        "Another point was sent with the same `id` for this metric, service and environment, and received before it, so this "
        "one counts nowhere. Send an `id` of its own if it is another point."
    ),
    "SHA_NOT_FOUND": (
        "The commit is not known yet; the deployment counts and its changes follow by themselves. Check that `id`"
        " is the deployed commit, and send its change or POST /v1/events/commits."
    ),
    "SHA_AMBIGUOUS": ("Several commits begin with the short SHA that was sent. Send the whole SHA."),
    "VCS_UNAVAILABLE": (
        "The commit is not known yet, and the repository's host can't be asked at the moment. It is asked again; "
        "if it stays so, check the token."
    ),
    "NOT_SUCCESSFUL": (
        "The run failed, was cancelled or has not ended, so it carries nothing. Send it again with the same "
        "`deployment_id` once it has ended."
    ),
    "NOT_PRODUCTION": (
        "It is counted for its environment, which is not production by the settings. Ask with `environment=`, or "
        "add the environment to `production` with PATCH /v1/settings, or of its service with PATCH /v1/services/{service}."
    ),
    "REPOSITORY_MISMATCH": (
        "Its service is tied to another repository, so it counts nowhere. Send the service's repository, another "
        "`service`, or PATCH the service's `repository`."
    ),
    "EXCLUDED": (
        "A person excluded it, so it counts nowhere. PATCH the deployment with `excluded: false` to count it."
    ),
    "DELETED": ("It was deleted after this was told. Send it again to make it anew."),
    "SUPERSEDED": ("A later report of the same run stands. Nothing to do."),
    "NOT_MERGED": ("The change is not merged as far as was told. Send it with `merge_sha` and `merged_at` once it is."),
    "NOT_DEPLOYED": (
        "No deployment counts the change: none has reached it, or it is older than its service's first. Send the "
        "deployments, and see whether they are pending."
    ),
    "NO_DEPLOYMENT": (
        "The incident belongs to no deployment: none went before it within the incident window, or the one it "
        "names is not known. Send that deployment, or the incident with `deployment`."
    ),
    "UNKNOWN_KIND": (
        "It is of a kind that the deployed version of Leadline does not know, and stayed so for half an hour. Deploy the version "
        "that sent it or a later one, then retry the event."
    ),
    "UNKNOWN_VERSION": (
        "Its form is that of another version of Leadline, and stayed so for half an hour. Deploy the version that sent it or a "
        "later one, then retry the event."
    ),
    "MALFORMED": ("The message lacks what its kind needs. Send the event again through the Events API."),
    "NO_SERVICE": ("The event names neither a service nor a repository. Send it again with one of them."),
    "NO_SUCH_DEPLOYMENT": (
        "It speaks of a deployment that is not stored. Look its key up in GET /v1/deployments and send it again."
    ),
    "FAILED_REPEATEDLY": (
        "Applying it failed again and again for half an hour, as when AWS can't be reached. Look for errors in the compute "
        "function's log, then retry the event."
    ),
    "UNEXPECTED_ERROR": (
        "Applying it failed twice with an error that Leadline did not expect, which is a bug. Report the error and place in "
        "`steps`, deploy a version that fixes it, then retry the event."
    ),
    "TOO_MANY_HOPS": (
        "It is the latest of 50,000 messages that each led to the next, so it was stopped. The sweep restarts a job that is not "
        "done within minutes; retry the event to go on now, and report it if it stops again."
    ),
}

WITHOUT_TRACE: dict[str, str] = {
    "ARTIFACT_UNKNOWN": (
        "It names an artifact of which nobody has told the commit, so it is kept and counts nowhere yet. Send the "
        "artifact's packaging as a CDEvent, or the deployment with its commit."
    ),
    "REFUSED": (
        "Events were refused and answered with their faults, of which `faults` has the places and codes; nothing else of them is "
        "kept. Mend what the sender with this key sends, and send it again."
    ),
}
"""Of what is listed but is no event, or none yet."""

QUEUED = (
    "It is not applied yet. If it was answered 202 just now, ask again in a few seconds. If it stays so, its queue is held up (see "
    "the compute function's log), or it was applied more than 90 days ago, which is how long traces are kept."
)
DONE = "Nothing to do."


def advice(reason: str | None, detail: str | None = None) -> str:
    """What the code means and what to do, as a sentence. A code of a newer version has its `detail` at least."""
    if reason is None:
        return DONE
    return (REASONS | WITHOUT_TRACE).get(reason, detail or "It is not known to this version what to do.")
