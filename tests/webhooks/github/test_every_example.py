"""Every example that GitHub publishes is answered; a wrong signature never is; breaking them breaks nothing of ours."""

from __future__ import annotations

import json

from tests.webhooks.github.examples import examples, post, post_raw
from tests.webhooks.hooks import WebhooksApi, hub_signature, is_answered, mutations

TARGETS = {
    "tags": {"*": {"environment": "production"}},
    "workflows": {"*": {"environment": "production"}},
    "incident_label": "bug",
    "release_branches": ["*"],
}
"""A configuration under which as much as possible counts, so that mutations reach every translator."""


def test_every_example_is_accepted_or_ignored_with_a_reason() -> None:
    for configuration in ({}, {"github": TARGETS}):
        api = WebhooksApi(**configuration)
        for example in examples():
            answer = post(api, example.event, example.payload, delivery=example.name)
            assert is_answered(answer), (example.name, answer.json)
        assert not api.bugs


def test_every_example_with_a_wrong_signature_is_refused() -> None:
    api = WebhooksApi()
    for example in examples():
        body = json.dumps(example.payload).encode()
        for signature in (hub_signature(body, "another secret"), hub_signature(body + b" "), "sha256=", "", "sha1=00"):
            assert post_raw(api, example.event, body, signature=signature).status == 401, example.name
    assert api.queued == []


def test_every_example_broken_fifty_ways_is_still_answered() -> None:
    api = WebhooksApi(github=TARGETS)
    for example in examples():
        for number, broken in enumerate(mutations(example.payload, 50, example.name)):
            answer = post(api, example.event, broken, delivery=f"{example.name}-{number}")
            assert is_answered(answer), (example.name, number, answer.json)
        assert not api.bugs, (example.name, api.bugs)


def test_no_example_of_a_pull_request_closed_unmerged_makes_a_change() -> None:
    closed = [
        example
        for example in examples()
        if example.event == "pull_request"
        and example.payload["action"] == "closed"
        and not example.payload["pull_request"]["merged"]
    ]
    assert any(example.payload["pull_request"]["merge_commit_sha"] for example in closed)
    api = WebhooksApi()
    for example in closed:
        assert post(api, example.event, example.payload).json["status"] == "ignored"
    assert api.queued == []


def test_of_no_unmerged_pull_request_is_a_merge_recorded() -> None:
    api = WebhooksApi()
    for number, example in enumerate(examples()):
        if example.event == "pull_request" and not example.payload["pull_request"]["merged"]:
            post(api, example.event, example.payload, delivery=str(number))
    assert api.queued
    for message in api.queued:
        assert not {"merge_sha", "merged_at", "head_sha"} & message["data"].keys()
