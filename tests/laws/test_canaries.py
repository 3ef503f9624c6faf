"""Secrets and e-mail addresses sent through everything are found nowhere: not in a log, an item, a message or an answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.laws import canaries, everything
from tests.laws.added import custom_metrics
from tests.laws.canaries import a_name, a_secret, an_address, each_text_in_turn, leaks, watched
from tests.laws.posted import posted_events
from tests.laws.refusals import GOOD
from tests.laws.whole import Whole
from tests.webhooks.bitbucket import payloads as bitbucket
from tests.webhooks.cdevents.documents import CONTENTS, a_document
from tests.webhooks.github import payloads as github
from tests.webhooks.github.examples import post as post_github
from tests.webhooks.gitlab import payloads as gitlab
from tests.webhooks.hooks import hub_signature
from tests.webhooks.senders import SENDERS

DIALECTS = (everything.webhooks_of_code_hosts, everything.webhooks_of_others, everything.cdevents)


@pytest.mark.parametrize(
    "spoil", [canaries.with_private_parts, canaries.with_users_in_links, canaries.with_secrets_in_queries]
)
def test_what_other_systems_send_beside_what_is_read_goes_nowhere(spoil: Callable[[Any], Any]) -> None:
    with watched() as whole:
        everything.settings(whole)
        whole.spoil = lambda _, payload: spoil(payload)
        for way in DIALECTS:
            way(whole)
        assert sum(answer.status == 202 for answer in whole.answers) > 100
        assert len(whole.queue.ever) > 30


def test_authors_and_labels_lose_their_addresses_on_every_way() -> None:
    with watched() as whole:
        whole.spoil = lambda _, payload: canaries.with_addresses(payload)
        posted_events(whole)
        custom_metrics(whole)
        members = [{"author": f"Ann <{an_address()}>"}, {"author": an_address()}]
        whole.good("PUT", "/v1/teams/payments", {"members": members})
        key = whole.get("/v1/deployments")["items"][0]["key"]
        whole.good("PATCH", f"/v1/deployments/{key}", {"failed": True, "note": f"{an_address()} says so"})
        whole.get("/v1/metrics/dora", author=an_address())


def test_an_artifact_is_known_without_the_credentials_that_its_address_brings() -> None:
    with watched() as whole:
        for host in (f"ci:{a_secret()}@", f"{a_secret()}@", ""):
            content = {
                "environment": {"id": "production"},
                "artifactId": f"https://{host}reg.dev/api:1?token={a_secret()}",
            }
            assert whole.carry(a_document("service.deployed", content=content), "bare").status == 202
        assert len(whole.get("/v1/events", status="waiting")["items"]) == 1


def test_names_are_kept_and_never_logged_whatever_they_are() -> None:
    """Each text of each payload in turn is a name that could be a secret in the wrong place: stored by right, told by nobody."""
    with watched() as whole:
        everything.settings(whole)
        for name, (kind, payload) in bitbucket.EVERY.items():
            for changed in each_text_in_turn(payload):
                whole.hook(bitbucket.post, kind, changed, delivery=name)
        for name, payload in gitlab.EVERY.items():
            for changed in each_text_in_turn(payload):
                whole.hook(gitlab.post, changed, delivery=name)
        for kind, payload in OF_GITHUB.items():
            for changed in each_text_in_turn(payload):
                whole.hook(post_github, kind, changed, delivery=a_name())
        for sender in SENDERS.values():
            for payload in sender.payloads.values():
                for changed in each_text_in_turn(payload):
                    whole.hook(sender.post, changed)
        for name in CONTENTS:
            for changed in each_text_in_turn(a_document(name)):
                whole.carry(changed, "bare")
        for kind, event in KINDS:
            for changed in each_text_in_turn(GOOD[event]):
                whole.tell(kind, changed)
        assert any(canaries.NAME_STEM in str(item) for item in whole.states())


KINDS = (("deployments", "deployment"), ("changes", "change"), ("incidents", "incident"), ("metrics", "point"))
OF_GITHUB = {
    "pull_request": {**github.a_merged_one(), "sender": {"login": "x"}},
    "push": github.a_push(github.a_commit("head")),
    "deployment_status": github.a_deployment_status("success"),
    "issues": github.an_issue(),
}


def test_a_webhook_that_is_not_signed_is_repeated_nowhere() -> None:
    with watched() as whole:
        for source in whole.secrets:
            for name in (
                "x-hub-signature-256",
                "x-hub-signature",
                "x-gitlab-token",
                "x-pagerduty-signature",
                "authorization",
            ):
                for value in (
                    a_secret(),
                    f"sha256={a_secret()}",
                    f"v1={a_secret()}",
                    f"Bearer {a_secret()}",
                    f"Basic {a_secret()}",
                ):
                    body = json.dumps({"x": a_secret()}).encode()
                    assert (
                        whole.send("POST", f"/v1/webhooks/{source}", headers={name: value}, raw=body, key=None).status
                        == 401
                    )
        body = f'{{"x": "{a_secret()}"'.encode()
        signed = {"x-hub-signature-256": hub_signature(body), "x-github-event": a_secret().replace("x", "é")}
        assert whole.send("POST", "/v1/webhooks/github", headers=signed, raw=body, key=None).status == 400


def test_the_commits_of_a_code_host_bring_no_address_along() -> None:
    with watched() as whole:
        everything.code_hosts(whole)
        told = [json.dumps(item) for item in whole.states()] + whole.lines
        assert not [text for text in told if "@example.com" in text]
        assert any('"ada"' in text for text in told)


def test_a_canary_is_seen_wherever_it_gets_away() -> None:
    """The search itself: what is planted in each place is found there."""
    whole = Whole()
    assert leaks(whole) == []
    whole.log.write(f'{{"level": "INFO", "path": "/v1/{a_secret()}"}}\n')
    whole.log.write(f'{{"level": "INFO", "service": "{a_name()}"}}\n')
    whole.table.states["x"] = {"pk": "dep#1", "sk": "dep", "reports": [{"labels": {"by": an_address().upper()}}]}
    whole.table.states["y"] = {"pk": "event#1", "sk": "event", "detail": f"no such {a_name()}"}
    whole.dead.send_message(MessageAttributes={"detail": {"StringValue": a_name()}})
    whole.handled({"statusCode": 400, "headers": {"x": whole.key}, "body": ""})
    assert [leak.partition(":")[0] for leak in leaks(whole)] == ["log", "item", "answer", "log", "trace", "dead letter"]
