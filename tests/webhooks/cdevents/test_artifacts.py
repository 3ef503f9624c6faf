"""Which commit an artifact was built from: reported before or after the deployment, the result is the same."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from leadline.domain.errors import Transient
from leadline.store.artifacts import Artifacts, Built, Waiting
from leadline.store.memory import MemoryTable
from tests.contract.events_api import NOW, FlakyQueue
from tests.webhooks.cdevents.api import CDEventsApi
from tests.webhooks.cdevents.documents import DIGEST, SHA, a_document

OTHER = "0123456789abcdef0123456789abcdef01234567"
DEPLOYED = a_document("service.deployed")
PACKAGED = a_document("artifact.packaged")


def packaged(change: dict[str, str] | None = None, **changed: Any) -> dict[str, Any]:
    content = {"change": change or {"id": SHA, "source": "github.com/acme/shop"}}
    return a_document("artifact.packaged", content=content, **changed)


def test_a_deployment_gets_the_commit_of_its_artifact_reported_before() -> None:
    api = CDEventsApi()
    assert api.result(PACKAGED) == {"index": 0, "status": "stored", "released": 0}
    assert api.result(DEPLOYED)["status"] == "queued"
    assert [(queued["data"]["id"], queued["data"]["repository"]) for queued in api.queued] == [
        (SHA, "github.com/acme/shop")
    ]


def test_a_deployment_reported_first_waits_and_is_recorded_when_its_artifact_is() -> None:
    api = CDEventsApi()
    waiting = api.result(DEPLOYED)
    assert (waiting["status"], bool(waiting["reason"]), api.queued) == ("waiting", True, [])
    assert api.result(PACKAGED) == {"index": 0, "status": "stored", "released": 1}
    assert [queued["data"]["id"] for queued in api.queued] == [SHA]


def test_the_order_in_which_they_arrive_changes_nothing_but_the_time_of_receipt() -> None:
    events = [DEPLOYED, PACKAGED, a_document("service.upgraded", id="another"), a_document("artifact.published")]
    outcomes = []
    for order in itertools.permutations(events):
        api = CDEventsApi()
        for document in [*order, order[0]]:
            assert api.carry(document).status == 202
        outcomes.append(sorted((queued["event_id"], str(queued["data"])) for queued in api.queued))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert len(outcomes[0]) == 2


def test_who_was_released_waits_no_more() -> None:
    api = CDEventsApi()
    api.carry(DEPLOYED)
    api.carry(PACKAGED)
    assert api.result(PACKAGED)["released"] == 0


def test_a_deployment_received_while_the_artifact_was_not_known_keeps_its_time_of_receipt() -> None:
    api = CDEventsApi()
    received = api.now
    api.carry(DEPLOYED)
    api.now += 3_600_000
    api.carry(PACKAGED)
    assert [queued["received_at"] for queued in api.queued] == [received]


class Interrupted(MemoryTable):
    """Lets something happen just before a write."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Any = None

    def write(self, writes: Any) -> None:
        happening, self.before = self.before, None
        if happening is not None:
            happening()
        super().write(writes)


def test_an_artifact_reported_between_our_look_and_our_waiting_is_not_missed() -> None:
    table = Interrupted()
    api = CDEventsApi(artifacts=table)
    table.before = lambda: Artifacts(table).record_commit("pkg:oci/shop@sha256:" + "ab" * 32, Built(SHA), api.now)
    assert api.result(DEPLOYED)["status"] == "queued"
    assert [queued["data"]["id"] for queued in api.queued] == [SHA]


def test_two_who_tell_of_one_artifact_at_once_are_both_heard() -> None:
    table = Interrupted()
    artifacts = Artifacts(table)
    table.before = lambda: Artifacts(table).record_commit("a", Built(repository="acme/shop"), 0)
    assert artifacts.record_commit("a", Built(SHA), 0) == Built(SHA, "acme/shop") == artifacts.commit_of("a")


def test_of_two_reports_of_one_artifact_the_first_is_kept() -> None:
    api = CDEventsApi()
    api.carry(PACKAGED)
    api.carry(packaged({"id": OTHER, "source": "github.com/acme/other"}))
    api.carry(DEPLOYED)
    assert [(queued["data"]["id"], queued["data"]["repository"]) for queued in api.queued] == [
        (SHA, "github.com/acme/shop")
    ]


def test_when_the_queue_is_down_the_deployment_goes_on_waiting() -> None:
    queue = FlakyQueue(down=0)
    api = CDEventsApi(queue)
    api.carry(DEPLOYED)
    assert api.carry(PACKAGED).status == 503
    queue.down = None
    assert api.result(PACKAGED)["released"] == 1
    assert len(api.queued) == 1


def test_when_the_table_is_down_the_sender_is_asked_to_retry() -> None:
    class Down(MemoryTable):
        def query(self, *args: Any, **options: Any) -> Any:
            raise Transient("the table can't be reached")

    answer = CDEventsApi(artifacts=Down()).carry(PACKAGED)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize(
    ("artifact", "same"),
    [
        (DIGEST, DIGEST.replace("%3A", ":")),
        (DIGEST, DIGEST + "?repository_url=ghcr.io/acme/shop&tag=1.2"),
        ("pkg:npm/%40acme/shop@1.2.3", "pkg:NPM/@acme/shop@1.2.3#lib"),
        ("shop-1.2.3.tar.gz", " shop-1.2.3.tar.gz "),
    ],
)
def test_an_artifact_is_the_same_however_its_name_is_written(artifact: str, same: str) -> None:
    api = CDEventsApi()
    api.carry(packaged(subject=artifact))
    content = {"environment": {"id": "production"}, "artifactId": same}
    assert api.result(a_document("service.deployed", content=content))["status"] == "queued"


@pytest.mark.parametrize("change", ["feature-1", "42", "1234567", "v1.2.3"])
def test_an_artifact_whose_change_is_no_commit_is_ignored(change: str) -> None:
    result = CDEventsApi().result(packaged({"id": change}))
    assert (result["status"], result["reason"][:9]) == ("ignored", "no commit")


def test_custom_data_reports_the_commit_that_the_change_does_not() -> None:
    api = CDEventsApi()
    api.carry(packaged({"id": "42"}, custom={"revision": SHA, "repository": "https://github.com/acme/shop"}))
    api.carry(DEPLOYED)
    assert [(queued["data"]["id"], queued["data"]["repository"]) for queued in api.queued] == [
        (SHA, "github.com/acme/shop")
    ]


def test_what_waits_is_forgotten_after_ninety_days_and_a_commit_after_eight_hundred() -> None:
    table = MemoryTable()
    artifacts = Artifacts(table)
    artifacts.wait("a", Waiting("w", {"status": "success"}, 1_790_000_000_000))
    artifacts.record_commit("a", Built(SHA), 1_790_000_000_000)
    assert {item["sk"]: item["ttl"] - 1_790_000_000 for item in table.scan()} == {
        "waiting#w": 90 * 86_400,
        "1790000000000#w": 90 * 86_400,
        "commit": 800 * 86_400,
    }


def test_what_waits_is_listed_among_what_needs_attention_until_it_does_not() -> None:
    api = CDEventsApi()
    api.carry(DEPLOYED)
    api.now += 1_000
    api.carry(DEPLOYED)  # sent again: it waits since the first time
    (listed,) = api.table.query("attention#waiting")
    assert listed["sk"].startswith(f"{NOW}#")
    assert (listed["service"], listed["environment"], listed["reason"]) == ("shop", "production", "ARTIFACT_UNKNOWN")
    assert listed["artifact"] == "pkg:oci/shop@sha256:" + "ab" * 32
    api.carry(PACKAGED)
    assert list(api.table.query("attention#waiting")) == []


def test_a_name_too_long_for_a_key_is_kept_by_its_digest() -> None:
    artifacts = Artifacts(MemoryTable())
    artifacts.record_commit("ü" * 2_000, Built(SHA), 0)
    assert (artifacts.commit_of("ü" * 2_000).sha, artifacts.commit_of("ü" * 1_999).sha) == (SHA, None)
