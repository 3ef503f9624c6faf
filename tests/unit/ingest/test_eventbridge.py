"""Deployments of CodePipeline and CodeDeploy: the commit is looked up (AWS answered by botocore's Stubber)."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from ingest.eventbridge import EventBridgeReceiver
from leadline.contract.times import read_time
from leadline.domain.errors import Transient
from leadline.queue import MemoryQueue
from tests.contract.events_api import FlakyQueue
from tests.webhooks.hooks import mutations

NOW = 1_790_000_000_000
SHA, OTHER = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d", "0123456789abcdef0123456789abcdef01234567"
FINISHED = "2026-09-21T12:00:00Z"
CONSOLE = "https://eu-west-1.console.aws.amazon.com/codesuite/settings/connections/redirect?FullRepositoryId="


class Aws:
    """The clients of both services, each with prepared answers."""

    def __init__(self) -> None:
        self.clients = {name: boto3.client(name, region_name="eu-west-1") for name in ("codepipeline", "codedeploy")}
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()
        self.queue = MemoryQueue()
        self.receiver = EventBridgeReceiver(lambda name: self.clients[name], self.queue, lambda: NOW)

    def execution(self, *revisions: dict[str, str]) -> None:
        what = {"pipelineName": "shop-release", "pipelineExecutionId": "e-1"}
        answer = {"pipelineExecution": {"artifactRevisions": list(revisions)}}
        self.stubs["codepipeline"].add_response("get_pipeline_execution", answer, what)

    def deployment(self, revision: dict[str, Any]) -> None:
        answer = {"deploymentInfo": {"revision": revision}}
        self.stubs["codedeploy"].add_response("get_deployment", answer, {"deploymentId": "d-1"})

    def error(self, service: str, operation: str, code: str) -> None:
        self.stubs[service].add_client_error(operation, code)

    def queued_data(self, event: dict[str, Any]) -> dict[str, Any]:
        assert self.receiver.receive(event) == {"status": "queued"}
        data: dict[str, Any] = json.loads(self.queue.messages[-1].body)["data"]
        return data

    def reason(self, event: dict[str, Any]) -> str:
        answer = self.receiver.receive(event)
        assert (answer["status"], self.queue.messages) == ("ignored", [])
        return str(answer["reason"])


@pytest.fixture
def amazon() -> Aws:
    return Aws()


def a_revision(sha: str = SHA, url: str = CONSOLE + "acme/shop", summary: str = "GitHub") -> dict[str, str]:
    said = json.dumps({"ProviderType": summary, "CommitMessage": "x"})
    revision = {"name": "Source", "revisionId": sha, "revisionUrl": url, "revisionSummary": said}
    return {name: value for name, value in revision.items() if value}


def an_event(source: str, detail: dict[str, Any], **target: str) -> dict[str, Any]:
    event = {"id": "ev-1", "time": FINISHED, "source": source, "detail": detail}
    return {"leadline": "aws", "target": target, "event": event}


def a_run(state: str = "SUCCEEDED", stage: str | None = None, **target: str) -> dict[str, Any]:
    detail = {"pipeline": "shop-release", "execution-id": "e-1", "state": state, "version": 3}
    return an_event("aws.codepipeline", detail | ({"stage": stage} if stage else {}), **target)


def a_deployment(state: str = "SUCCESS", **target: str) -> dict[str, Any]:
    detail = {"application": "billing", "deploymentGroup": "production", "deploymentId": "d-1", "state": state}
    return an_event("aws.codedeploy", detail, **target)


DEPLOYED = {
    "id": SHA,
    "repository": "github.com/acme/shop",
    "service": "shop-release",
    "environment": "production",
    "status": "success",
    "finished_at": read_time(FINISHED),
    "deployment_id": "e-1",
    "baseline": False,
}


def test_a_pipelines_run_is_a_deployment_of_its_sources_commit(amazon: Aws) -> None:
    amazon.execution(a_revision())
    assert amazon.queued_data(a_run()) == DEPLOYED


@pytest.mark.parametrize(
    ("state", "status"), [("FAILED", "failure"), ("STOPPED", "cancelled"), ("SUPERSEDED", "cancelled")]
)
def test_a_run_that_did_not_succeed_is_recorded_as_what_it_was(amazon: Aws, state: str, status: str) -> None:
    amazon.execution(a_revision())
    assert amazon.queued_data(a_run(state)) == {**DEPLOYED, "status": status}


@pytest.mark.parametrize("state", ["STARTED", "RESUMED", "STOPPING", "READY", "x"])
def test_a_run_that_has_not_ended_is_not_recorded_and_nothing_is_looked_up(amazon: Aws, state: str) -> None:
    assert amazon.reason(a_run(state)) == "the run has not ended yet"
    assert amazon.reason(a_deployment(state)) == "the run has not ended yet"


def test_each_stage_of_a_run_is_a_deployment_of_its_own(amazon: Aws) -> None:
    amazon.execution(a_revision())
    assert amazon.queued_data(a_run(stage="Production"))["deployment_id"] == "e-1/Production"


def test_the_rule_says_which_service_environment_and_repository_it_is(amazon: Aws) -> None:
    target = {"service": "shop", "environment": "staging", "repository": "gitlab.com/acme/shop"}
    amazon.execution(a_revision())
    assert amazon.queued_data(a_run(**target)) == {**DEPLOYED, **target}


@pytest.mark.parametrize(
    ("url", "provider", "repository"),
    [
        (CONSOLE + "acme/shop", "GitHub", "github.com/acme/shop"),
        (CONSOLE + "acme/sub/shop", "GitLab", "gitlab.com/acme/sub/shop"),
        (CONSOLE + "acme/shop", "GitHubEnterpriseServer", "acme/shop"),
        (f"https://github.com/acme/shop/commit/{SHA}", "", "github.com/acme/shop"),
        (f"https://gitlab.com/acme/shop/-/commit/{SHA}", "", "gitlab.com/acme/shop"),
        (f"https://console.aws.amazon.com/codecommit/home#/repository/shop/commit/{SHA}", "", None),
        ("https://[::1", "", None),
        ("", "", None),
    ],
)
def test_the_repository_is_read_from_the_revision(amazon: Aws, url: str, provider: str, repository: str | None) -> None:
    amazon.execution(a_revision(url=url, summary=provider))
    assert amazon.queued_data(a_run()).get("repository") == repository


def test_of_several_sources_it_is_the_one_from_git_or_the_one_that_the_rule_names(amazon: Aws) -> None:
    configuration = a_revision("Xy7.s3-version", url="")
    amazon.execution(configuration, a_revision())
    assert amazon.queued_data(a_run())["id"] == SHA
    both = (a_revision(OTHER, CONSOLE + "acme/charts"), a_revision())
    amazon.execution(*both)
    assert amazon.queued_data(a_run(repository="github.com/acme/shop"))["id"] == SHA
    fresh = Aws()
    fresh.execution(*both)
    assert fresh.reason(a_run()) == "several git sources: name the repository"
    fresh.execution(configuration)
    assert fresh.reason(a_run()) == "no source of the pipeline is a git repository"


def test_codedeploy_reports_the_commit_of_a_revision_from_github(amazon: Aws) -> None:
    location = {"repository": "acme/billing", "commitId": SHA}
    amazon.deployment({"revisionType": "GitHub", "gitHubLocation": location})
    expected = {**DEPLOYED, "service": "billing", "repository": "github.com/acme/billing", "deployment_id": "d-1"}
    assert amazon.queued_data(a_deployment()) == expected


def test_or_of_one_from_s3_whose_key_holds_the_full_sha(amazon: Aws) -> None:
    amazon.deployment({"revisionType": "S3", "s3Location": {"bucket": "b", "key": f"billing/{SHA}.zip"}})
    queued = amazon.queued_data(a_deployment("STOP", repository="github.com/acme/billing"))
    assert (queued["id"], queued["repository"], queued["status"]) == (SHA, "github.com/acme/billing", "cancelled")
    fresh = Aws()
    for key in ("billing-1.2.3.zip", f"billing/{SHA}{SHA}.zip"):
        fresh.deployment({"revisionType": "S3", "s3Location": {"bucket": "b", "key": key}})
        assert fresh.reason(a_deployment()).startswith("no commit: the revision is")


def test_a_run_that_aws_no_longer_knows_is_ignored_and_any_other_error_is_tried_again(amazon: Aws) -> None:
    amazon.error("codepipeline", "get_pipeline_execution", "PipelineExecutionNotFoundException")
    assert amazon.reason(a_run()) == "AWS no longer has the pipeline's execution"
    amazon.error("codedeploy", "get_deployment", "DeploymentDoesNotExistException")
    assert amazon.reason(a_deployment()) == "AWS no longer has the deployment"
    for code in ("ThrottlingException", "AccessDeniedException", "InternalFailure"):
        amazon.error("codepipeline", "get_pipeline_execution", code)
        with pytest.raises(Transient):
            amazon.receiver.receive(a_run())


def test_what_the_queue_does_not_take_is_tried_again(amazon: Aws) -> None:
    amazon.execution(a_revision())
    receiver = EventBridgeReceiver(lambda name: amazon.clients[name], FlakyQueue(down=0), lambda: NOW)
    with pytest.raises(Transient):
        receiver.receive(a_run())


def test_the_same_event_delivered_twice_is_one_message(amazon: Aws) -> None:
    for _ in range(2):
        amazon.execution(a_revision())
        amazon.receiver.receive(a_run())
    assert len(amazon.queue.messages) == 1


def test_an_event_of_another_service_is_ignored(amazon: Aws) -> None:
    assert amazon.reason(an_event("aws.ec2", {"state": "SUCCESS"})) == "events of this source are not supported"


def test_an_event_broken_in_fifty_ways_is_queued_or_ignored_with_a_reason() -> None:
    class Anything:
        def __getattr__(self, name: str) -> Any:
            return lambda **_: next(answers)

    random = Random(1)
    revision = {"gitHubLocation": {"repository": "acme/billing", "commitId": SHA}}
    good = {"pipelineExecution": {"artifactRevisions": [a_revision()]}, "deploymentInfo": {"revision": revision}}
    for event in (a_run(), a_run(stage="Production"), a_deployment()):
        for broken in mutations({"event": event, "answer": good}, 200, str(random.random())):
            if not isinstance(broken, dict) or not isinstance(broken.get("event"), dict):
                continue
            answers = iter([broken.get("answer")])
            answer = EventBridgeReceiver(lambda _: Anything(), MemoryQueue(), lambda: NOW).receive(broken["event"])
            assert answer["status"] == "queued" or answer["reason"]
