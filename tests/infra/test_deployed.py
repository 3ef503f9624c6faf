"""The stack that ships, deployed by the CDK's command line and driven over HTTP, every call checked against its role."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from leadline_local.emulator import REGION
from tests.infra.deployment import Deployment, eventually

HOUR = 3_600_000
NOON = 1_793_275_200_000  # 2026-10-29T12:00:00Z


def sha(letter: str) -> str:
    return letter * 40


def deployment(repository: str, **fields: Any) -> dict[str, Any]:
    return {"repository": repository, "id": sha("a"), "finished_at": NOON, **fields}


def change(repository: str, number: int, **fields: Any) -> dict[str, Any]:
    return {"repository": repository, "number": number, "author": "ada", **fields}


def metrics(deployed: Deployment, service: str) -> Any:
    return deployed.get(f"/v1/metrics/dora?from=2026-10-01&to=2026-11-01&service={service}")["metrics"]


def test_deployments_and_changes_posted_over_http_come_out_as_metrics(deployed: Deployment) -> None:
    repository = "acme/shop"
    graph = {
        "repository": repository,
        "commits": [
            {"sha": sha("a"), "parents": [], "committed_at": NOON},
            {"sha": sha("b"), "parents": [sha("a")], "committed_at": NOON + HOUR},
        ],
    }
    assert deployed.post("/v1/events/commits", graph).status == 202
    first = deployment(repository, id=sha("a"), deployment_id="1", finished_at=NOON)
    second = deployment(repository, id=sha("b"), deployment_id="2", finished_at=NOON + 3 * HOUR)
    shipped = change(
        repository, 7, merge_sha=sha("b"), first_commit_at=NOON + HOUR, opened_at=NOON + HOUR, merged_at=NOON + 2 * HOUR
    )
    answer = deployed.post("/v1/events/deployments", [first, second])
    assert (answer.status, answer.body["accepted"], answer.body["rejected"]) == (202, 2, 0)
    assert deployed.post("/v1/events/changes", shipped).status == 202

    seen = eventually(lambda: metrics(deployed, "shop"), lambda found: found["change_lead_time"]["n"] == 1)

    assert seen["deployment_frequency"]["deployments"] == 2
    assert seen["change_lead_time"]["n"] == 1
    assert seen["change_lead_time"]["p50"] == pytest.approx(2 * 3600, rel=0.01)
    page = deployed.get("/v1/deployments?service=shop&from=2026-10-01&to=2026-11-01")
    assert [[item["number"] for item in listed["changes"]] for listed in page["items"] if listed["id"] == sha("b")] == [
        [7]
    ]


def test_a_message_that_can_never_work_is_parked_with_its_reason_and_holds_up_no_neighbour(
    deployed: Deployment,
) -> None:
    deployed.client("sqs").send_message(
        QueueUrl=deployed.outputs["QueueUrl"],
        MessageBody="{this is no event",
        MessageGroupId="acme/next-to-poison",
        MessageDeduplicationId="poison",
    )
    assert deployed.post("/v1/events/deployments", deployment("acme/next-to-poison")).status == 202

    (dead,) = eventually(lambda: parked(deployed, "{this is no event"), bool)
    assert dead["MessageAttributes"]["reason"]["StringValue"] == "NOT_JSON"
    seen = eventually(
        lambda: metrics(deployed, "next-to-poison"), lambda found: found["deployment_frequency"]["deployments"] == 1
    )
    assert seen["deployment_frequency"]["deployments"] == 1


def test_a_dead_letter_leaves_once_its_event_is_counted(deployed: Deployment) -> None:
    """Compute may look through the dead letters, and delete there."""
    event_id = deployed.post("/v1/events/deployments", deployment("acme/mended")).body["events"][0]["event_id"]
    eventually(lambda: deployed.get(f"/v1/events/{event_id}")["status"], lambda status: status != "queued")
    counted = json.dumps({"v": 1, "kind": "deployment", "event_id": event_id, "received_at": NOON, "data": {}})
    still_parked = counted.replace(event_id, "dep_of_nothing_known")
    for body in (counted, still_parked):
        deployed.client("sqs").send_message(
            QueueUrl=deployed.outputs["DlqUrl"],
            MessageBody=body,
            MessageGroupId=body[30:70],
            MessageDeduplicationId=body[30:90],
        )
    compute = next(name for name in deployed.functions() if "Compute" in name)
    answer = deployed.client("lambda").invoke(FunctionName=compute, Payload=json.dumps({"leadline": "sweep"}))
    assert json.loads(answer["Payload"].read()) == {"sent": 0}
    assert not parked(deployed, counted)


def parked(deployed: Deployment, body: str) -> list[dict[str, Any]]:
    return [message for message in deployed.dead_letters() if message["Body"] == body]


def test_an_event_that_is_not_valid_gets_a_problem_and_reaches_no_queue(deployed: Deployment) -> None:
    answer = deployed.post("/v1/events/deployments", {"id": "xyz", "repository": "https://github.com/acme/api.git"})
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {fault["pointer"] for fault in answer.body["errors"]} == {"/id", "/repository"}


def test_an_event_that_is_refused_is_listed_by_whom_it_was_sent_and_why(deployed: Deployment) -> None:
    """Ingest may write what it refused among what needs attention."""
    for _ in range(2):
        assert deployed.post("/v1/events/deployments", deployment("acme/refused", id="xyz")).status == 422
    listed = deployed.get("/v1/events?status=refused")["items"]
    (entry,) = [each for each in listed if each["repository"] == "acme/refused"]
    assert (entry["count"], entry["faults"]) == (2, [{"pointer": "/id", "code": "sha"}])


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/events/deployments"), ("GET", "/v1/metrics/dora"), ("GET", "/v1/services")]
)
def test_a_request_without_one_of_our_keys_is_turned_away_by_the_function_behind_it(
    deployed: Deployment, method: str, path: str
) -> None:
    stranger = "ll_000000000000_" + "x" * 43
    answer = deployed.request(method, path, {} if method == "POST" else None, key=stranger)
    assert answer.status == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_team_set_up_over_http_reaches_compute(deployed: Deployment) -> None:
    """Query may write configuration and tell compute; both rights are needed for this."""
    answer = deployed.request("PUT", "/v1/teams/platform", {"members": [{"author": "grace"}]})
    assert answer.status in (200, 201, 202, 204), answer.body
    repository = "acme/teamed"
    assert deployed.post("/v1/events/deployments", deployment(repository, deployment_id="1")).status == 202
    mine = change(repository, 1, author="grace", merge_sha=sha("c"), first_commit_at=NOON, merged_at=NOON + HOUR)
    assert deployed.post("/v1/events/changes", mine).status == 202
    later = deployment(repository, id=sha("c"), deployment_id="2", finished_at=NOON + 2 * HOUR)
    assert deployed.post("/v1/events/deployments", later).status == 202
    path = "/v1/metrics/dora?from=2026-10-01&to=2026-11-01&team=platform"
    seen = eventually(lambda: deployed.get(path)["metrics"], lambda found: found["change_lead_time"]["n"] == 1)
    assert seen["change_lead_time"]["n"] == 1


def test_the_healthy_answer_and_the_interface_need_no_key(deployed: Deployment) -> None:
    assert deployed.request("GET", "/healthz", key="none").status == 200
    assert deployed.request("GET", "/openapi.json", key="none").body["openapi"].startswith("3.1")


def test_the_queues_refuse_whoever_does_not_come_over_tls(deployed: Deployment) -> None:
    plain = boto3.client(
        "sqs",
        endpoint_url=deployed.front.emulator.endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    for queue in ("QueueUrl", "DlqUrl"):
        with pytest.raises(ClientError, match="AccessDenied"):
            plain.receive_message(QueueUrl=deployed.outputs[queue])


def test_a_cdevent_is_counted_once_its_artifacts_commit_is_told(deployed: Deployment) -> None:
    """Ingest may keep artifacts, and finds who waits for one."""

    def event(name: str, subject: str, content: dict[str, Any]) -> dict[str, Any]:
        context = {"specversion": "0.5.1", "id": name, "source": "/ci", "timestamp": "2026-10-29T12:00:00Z"}
        kind = f"dev.cdevents.{name}.0.3.0"
        return {"context": {**context, "type": kind}, "subject": {"id": subject, "content": content}}

    artifact = "pkg:oci/carried@sha256:" + sha("c")
    live = event("service.deployed", "service/carried", {"environment": {"id": "production"}, "artifactId": artifact})
    built = event("artifact.packaged", artifact, {"change": {"id": sha("c"), "source": "github.com/acme/carried"}})
    waiting = deployed.post("/v1/events", live)
    assert (waiting.status, waiting.body["events"][0]["status"]) == (202, "waiting"), waiting.body
    released = deployed.post("/v1/events", built)
    assert (released.status, released.body["events"][0]["released"]) == (202, 1), released.body

    seen = eventually(
        lambda: metrics(deployed, "carried"), lambda found: found["deployment_frequency"]["deployments"] == 1
    )
    assert seen["deployment_frequency"]["deployments"] == 1


@pytest.mark.parametrize("right", ["sqs:SendMessage", "secretsmanager:GetSecretValue", "dynamodb:BatchGetItem"])
def test_every_right_of_ingest_is_one_it_cannot_do_without(deployed: Deployment, right: str) -> None:
    """Also the control of all tests above: with a right taken away, what they show working does not work."""
    ((role, name),) = [found for found in deployed.policies() if "Ingest" in found[0]]
    document = deployed.policy(role, name)
    try:
        deployed.put_policy(role, name, without(document, right))
        deployed.restart_functions()
        refused = deployed.post("/v1/events/deployments", deployment("acme/refused"))
    finally:
        deployed.put_policy(role, name, document)
        deployed.restart_functions()
    assert refused.status in (500, 503)
    assert deployed.post("/v1/events/deployments", deployment("acme/allowed-again")).status == 202


def without(document: dict[str, Any], right: str) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(json.dumps(document))
    for statement in kept["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        statement["Action"] = [action for action in actions if action not in (right, right + "Batch")] or [
            "none:Nothing"
        ]
    return kept
