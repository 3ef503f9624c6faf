"""Deployments of AWS CodePipeline and CodeDeploy, sent to the function by EventBridge (see leadline_cdk.eventbridge).

    {"leadline": "aws", "target": {"service": "shop", "environment": "production", "repository": "github.com/acme/shop"},
     "event": {"id": "…", "time": "…", "source": "aws.codepipeline", "detail": {"pipeline": …, "execution-id": …, "state": …}}}

These events name no commit, so it is looked up: GetPipelineExecution returns the revisions of the sources, GetDeployment
the deployed revision. Only EventBridge can invoke the function this way, since API Gateway wraps HTTP requests. A
temporary fault is raised; Lambda then retries twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ingest.artifacts import checked_repository, full_or_short_sha, is_full_sha
from ingest.messages import Malformed, ReportedEvent, to_message
from ingest.payload import at, instant, need_text, objects, text
from leadline import telemetry
from leadline.contract.events import DEPLOYMENT
from leadline.domain.errors import Transient
from leadline.queue import Queue, deliver

KEY = "leadline"

_FINAL_STATES = {
    "aws.codepipeline": {"SUCCEEDED": "success", "FAILED": "failure"}
    | dict.fromkeys(("STOPPED", "CANCELED", "SUPERSEDED"), "cancelled"),
    "aws.codedeploy": {"SUCCESS": "success", "FAILURE": "failure", "STOP": "cancelled"},
}

# CodeConnections' names of the hosts, in the summary of a revision.
_HOSTS = {"GitHub": "github.com/", "GitLab": "gitlab.com/", "Bitbucket": "bitbucket.org/"}
_GONE = frozenset(
    {"PipelineNotFoundException", "PipelineExecutionNotFoundException", "DeploymentDoesNotExistException"}
)
_FULL_SHA = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{40}(?![0-9a-fA-F])")


class EventBridgeReceiver:
    """`client` returns the boto3 client of a service. `clock` returns epoch milliseconds. Thread-safe."""

    def __init__(self, client: Callable[[str], Any], queue: Queue, clock: Callable[[], int]) -> None:
        self._client = client
        self._queue = queue
        self._clock = clock
        self._log = telemetry.logger("ingest")

    def receive(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Queues the deployment in the event, or says why there is none. Raises Transient to be retried."""
        try:
            reported = self._translate(event.get("event"), event.get("target"))
            if isinstance(reported, ReportedEvent):
                self._enqueue(reported, event)
            reason = None if isinstance(reported, ReportedEvent) else reported
        except Malformed as malformed:
            reason = f"malformed: {malformed}"
        result = {"status": "queued"} if reason is None else {"status": "ignored", "reason": reason}
        # Lambda shows the answer to nobody, so it is logged. It names fields, never values.
        self._log.info("aws event", extra={"route": _known_source(text(event, "event", "source")), **result})
        return result

    def _translate(self, event: Any, target: Any) -> ReportedEvent | str:
        """The deployment, or why there is none."""
        source = need_text(event, "source")
        if source not in _FINAL_STATES:
            return "events of this source are not supported"
        status = _FINAL_STATES[source].get(need_text(event, "detail", "state"))
        if status is None:
            return "the run has not ended yet"
        read = self._read_pipeline if source == "aws.codepipeline" else self._read_application
        fields = read(event, at(event, "detail"), text(target, "repository"))
        if isinstance(fields, str):
            return fields
        chosen = {name: text(target, name) for name in ("service", "environment", "repository")}
        fields |= {"status": status, **{name: value for name, value in chosen.items() if value}}
        return ReportedEvent(DEPLOYMENT, fields, instant(event, "time"))

    def _read_pipeline(self, event: Any, detail: Any, repository: str | None) -> dict[str, Any] | str:
        pipeline, execution = need_text(detail, "pipeline"), need_text(detail, "execution-id")
        answer = self._call(
            "codepipeline", "get_pipeline_execution", pipelineName=pipeline, pipelineExecutionId=execution
        )
        if answer is None:
            return "AWS no longer has the pipeline's execution"
        revision = _find_revision(answer, repository)
        if isinstance(revision, str):
            return revision
        stage = text(detail, "stage")
        return {
            "id": revision["revisionId"],
            "repository": _revision_repository(revision),
            "service": pipeline,
            "finished_at": need_text(event, "time"),
            "deployment_id": f"{execution}/{stage}" if stage else execution,
        }

    def _read_application(self, event: Any, detail: Any, repository: str | None) -> dict[str, Any] | str:
        deployment = need_text(detail, "deploymentId")
        answer = self._call("codedeploy", "get_deployment", deploymentId=deployment)
        if answer is None:
            return "AWS no longer has the deployment"
        revision = at(answer, "deploymentInfo", "revision")
        commit = full_or_short_sha(at(revision, "gitHubLocation", "commitId"))
        path = text(revision, "gitHubLocation", "repository")
        if commit is None:
            found = _FULL_SHA.search(text(revision, "s3Location", "key") or "")
            commit = found[0] if found else None
        if commit is None:
            return "no commit: the revision is neither from GitHub nor from S3 with the full SHA in its key"
        return {
            "id": commit,
            "repository": checked_repository(f"github.com/{path}") if path else None,
            "service": need_text(detail, "application"),
            "finished_at": need_text(event, "time"),
            "deployment_id": deployment,
        }

    def _call(self, service: str, operation: str, **parameters: str) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client(service), operation)(**parameters)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _GONE:
                return None
            raise Transient(f"{service} did not answer") from error
        except BotoCoreError as error:
            raise Transient(f"{service} can't be reached") from error

    def _enqueue(self, reported: ReportedEvent, event: Mapping[str, Any]) -> None:
        delivery_id = f"aws\n{need_text(event, 'event', 'id')}"
        message = to_message(reported, now=self._clock(), source="eventbridge", delivery_id=delivery_id)
        taken, stopped = deliver(self._queue, [message])
        if not all(taken):
            raise Transient("the queue can't be reached") from stopped


def _known_source(source: str | None) -> str:
    return source if source in _FINAL_STATES else "unknown"


def _find_revision(answer: Any, repository: str | None) -> dict[str, Any] | str:
    """The revision of the source with the code: that of the named repository, else the only one from git; or why none."""
    revisions = objects(answer, "pipelineExecution", "artifactRevisions")
    from_git = [one for one in revisions if is_full_sha(text(one, "revisionId") or "")]
    if repository:
        from_git = [one for one in from_git if _revision_repository(one) in (repository, None)] or from_git
    if len(from_git) == 1:
        return from_git[0]
    return (
        "no source of the pipeline is a git repository" if not from_git else "several git sources: name the repository"
    )


def _revision_repository(revision: Mapping[str, Any]) -> str | None:
    """From https://github.com/acme/shop/commit/7fd1…, or from FullRepositoryId in the console's address."""
    try:
        address = urlsplit(text(revision, "revisionUrl") or "")
    except ValueError:
        return None
    named = parse_qs(address.query).get("FullRepositoryId")
    if named:
        return checked_repository(_HOSTS.get(_provider(revision), "") + named[0])
    path, commit, _ = address.path.partition("/commit")
    if not (commit and address.hostname) or address.hostname.endswith("amazon.com"):
        return None
    return checked_repository(f"{address.hostname}{path.removesuffix('/-')}")


def _provider(revision: Mapping[str, Any]) -> str:
    try:
        return text(json.loads(text(revision, "revisionSummary") or "{}"), "ProviderType") or ""
    except ValueError:
        return ""
