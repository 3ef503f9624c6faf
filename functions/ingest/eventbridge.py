"""Deployments of AWS CodePipeline and CodeDeploy, as EventBridge hands them to the function (see leadline_cdk.eventbridge).

    {"leadline": "aws", "target": {"service": "shop", "environment": "production", "repository": "github.com/acme/shop"},
     "event": {"id": "…", "time": "…", "source": "aws.codepipeline", "detail": {"pipeline": …, "execution-id": …, "state": …}}}

No such event names a commit, so the service is asked for it: GetPipelineExecution gives the revisions of the sources,
GetDeployment the revision that was deployed. Nobody but EventBridge can invoke the function this way: what comes over
HTTP is wrapped by API Gateway. A fault that passes is raised, and Lambda then tries twice more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ingest.artifacts import checked_repository, full_or_short_sha, is_full_sha
from ingest.webhooks.delivery import Malformed, ReportedEvent
from ingest.webhooks.payload import at, need_text, objects, text
from ingest.webhooks.to_messages import message_of
from leadline import telemetry
from leadline.contract.events import DEPLOYMENT
from leadline.domain.errors import Transient
from leadline.queue import Queue, deliver

KEY = "leadline"

_ENDS = {
    "aws.codepipeline": {"SUCCEEDED": "success", "FAILED": "failure"}
    | dict.fromkeys(("STOPPED", "CANCELED", "SUPERSEDED"), "cancelled"),
    "aws.codedeploy": {"SUCCESS": "success", "FAILURE": "failure", "STOP": "cancelled"},
}

# What CodeConnections calls the hosts, in the summary that it gives with a revision.
_HOSTS = {"GitHub": "github.com/", "GitLab": "gitlab.com/", "Bitbucket": "bitbucket.org/"}
_GONE = frozenset(
    {"PipelineNotFoundException", "PipelineExecutionNotFoundException", "DeploymentDoesNotExistException"}
)
_FULL_SHA = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{40}(?![0-9a-fA-F])")


class AwsDeployments:
    """`client` gives boto3's client of a service. `clock` gives epoch milliseconds. Safe to share between threads."""

    def __init__(self, client: Callable[[str], Any], queue: Queue, clock: Callable[[], int]) -> None:
        self._client = client
        self._queue = queue
        self._clock = clock
        self._log = telemetry.logger("ingest")

    def receive(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Queues the deployment that the event tells of, or says why there is none. Raises Transient to be tried again."""
        told: ReportedEvent | str
        try:
            told = self._told(event.get("event"), event.get("target"))
            answer = told if isinstance(told, str) else self._queued(told, event)
        except Malformed as malformed:
            answer = f"malformed: {malformed}"
        result = {"status": "queued"} if not answer else {"status": "ignored", "reason": answer}
        # The whole answer: Lambda shows it to nobody, so the log is where to look for it. It names fields, never values.
        self._log.info("aws event", extra={"route": _known(text(event, "event", "source")), **result})
        return result

    def _told(self, event: Any, target: Any) -> ReportedEvent | str:
        source = need_text(event, "source")
        if source not in _ENDS:
            return "events of this source are not understood"
        status = _ENDS[source].get(need_text(event, "detail", "state"))
        if status is None:
            return "told when it has ended"
        tell = self._pipeline if source == "aws.codepipeline" else self._application
        fields = tell(event, at(event, "detail"), text(target, "repository"))
        if isinstance(fields, str):
            return fields
        chosen = {name: text(target, name) for name in ("service", "environment", "repository")}
        return ReportedEvent(
            DEPLOYMENT, {**fields, "status": status, **{name: to for name, to in chosen.items() if to}}
        )

    def _pipeline(self, event: Any, detail: Any, repository: str | None) -> dict[str, Any] | str:
        pipeline, execution = need_text(detail, "pipeline"), need_text(detail, "execution-id")
        answer = self._ask(
            "codepipeline", "get_pipeline_execution", pipelineName=pipeline, pipelineExecutionId=execution
        )
        if answer is None:
            return "the pipeline's execution is gone"
        revision = _revision(answer, repository)
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

    def _application(self, event: Any, detail: Any, repository: str | None) -> dict[str, Any] | str:
        deployment = need_text(detail, "deploymentId")
        answer = self._ask("codedeploy", "get_deployment", deploymentId=deployment)
        if answer is None:
            return "the deployment is gone"
        revision = at(answer, "deploymentInfo", "revision")
        commit = full_or_short_sha(at(revision, "gitHubLocation", "commitId"))
        path = text(revision, "gitHubLocation", "repository")
        if commit is None:
            found = _FULL_SHA.search(text(revision, "s3Location", "key") or "")
            commit = found[0] if found else None
        if commit is None:
            return "the revision names no commit: one from GitHub does, and one from S3 whose key holds the whole SHA"
        return {
            "id": commit,
            "repository": checked_repository(f"github.com/{path}") if path else None,
            "service": need_text(detail, "application"),
            "finished_at": need_text(event, "time"),
            "deployment_id": deployment,
        }

    def _ask(self, service: str, operation: str, **what: str) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client(service), operation)(**what)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _GONE:
                return None
            raise Transient(f"{service} did not answer") from error
        except BotoCoreError as error:
            raise Transient(f"{service} can't be reached") from error

    def _queued(self, told: ReportedEvent, event: Mapping[str, Any]) -> str:
        delivery_id = f"aws\n{need_text(event, 'event', 'id')}"
        taken, stopped = deliver(self._queue, [message_of(told, now=self._clock(), delivery_id=delivery_id)])
        if not all(taken):
            raise Transient("the queue can't be reached") from stopped
        return ""


def _known(source: str | None) -> str:
    return source if source in _ENDS else "unknown"


def _revision(answer: Any, repository: str | None) -> dict[str, Any] | str:
    """The revision of the source with the code: that of the repository if one is named, else the only one from git."""
    revisions = objects(answer, "pipelineExecution", "artifactRevisions")
    from_git = [one for one in revisions if is_full_sha(text(one, "revisionId") or "")]
    if repository:
        from_git = [one for one in from_git if _revision_repository(one) in (repository, None)] or from_git
    if len(from_git) == 1:
        return from_git[0]
    return "no source of the pipeline is a git repository" if not from_git else "several sources: name the repository"


def _revision_repository(revision: Mapping[str, Any]) -> str | None:
    """From https://github.com/acme/shop/commit/7fd1…, or the console's address that names FullRepositoryId."""
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
