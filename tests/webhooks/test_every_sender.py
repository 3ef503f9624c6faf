"""What holds for every sender alike: signed is answered, unsigned is refused, broken is survived."""

from __future__ import annotations

import json

import pytest

from tests.webhooks.hooks import NOW, hub_signature, is_answered, mutations
from tests.webhooks.senders import SENDERS, STANDARD_SECRET, an_api, as_grafana_at, as_standard

EVERY = [(name, kind) for name, sender in SENDERS.items() for kind in sender.payloads]


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_every_payload_is_accepted_or_ignored_with_a_reason(name: str, kind: str) -> None:
    api, sender = an_api(), SENDERS[name]
    assert is_answered(sender.post(api, sender.payloads[kind]))
    assert api.bugs == []


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_a_payload_broken_in_fifty_ways_is_never_a_fault_of_ours(name: str, kind: str) -> None:
    api, sender = an_api(), SENDERS[name]
    for broken in mutations(sender.payloads[kind], 50, f"{name} {kind}"):
        assert is_answered(sender.post(api, broken)), json.dumps(broken)
    assert api.bugs == []


@pytest.mark.parametrize("name", SENDERS)
def test_whoever_does_not_know_the_secret_gets_a_401_and_queues_nothing(name: str) -> None:
    api, sender = an_api(), SENDERS[name]
    for payload in sender.payloads.values():
        body = json.dumps(payload).encode()
        signed = sender.sign(body, sender.secret)
        for headers in (
            {},
            sender.sign(body, "another secret"),
            dict.fromkeys(signed, ""),
            dict.fromkeys(signed, "é"),
            {header: value[:-1] for header, value in signed.items()},
            {header: value.replace("v1", "v2").replace("Bearer", "Digest") + "x" for header, value in signed.items()},
        ):
            assert api.post(sender.source, body, headers).status == 401, headers
    assert api.queued == []


@pytest.mark.parametrize("name", SENDERS)
def test_a_signature_is_good_for_its_own_body_only(name: str) -> None:
    api, sender = an_api(), SENDERS[name]
    body = json.dumps(next(iter(sender.payloads.values()))).encode()
    signed = sender.sign(body, sender.secret)
    if "authorization" not in signed:
        assert api.post(sender.source, body + b" ", signed).status == 401


@pytest.mark.parametrize("name", SENDERS)
def test_without_a_secret_set_nothing_is_taken(name: str) -> None:
    api, sender = an_api(), SENDERS[name]
    api.secrets = {}
    assert sender.post(api, next(iter(sender.payloads.values()))).status == 401
    assert api.queued == []


@pytest.mark.parametrize("name", SENDERS)
def test_while_a_secret_is_rotated_the_old_and_the_new_are_good(name: str) -> None:
    api, sender = an_api(), SENDERS[name]
    api.secrets = {sender.source: ["the new one", sender.secret]}
    assert sender.post(api, next(iter(sender.payloads.values()))).status == 202


def test_pagerduty_signs_with_both_secrets_while_one_is_rotated() -> None:
    api = an_api()
    body = json.dumps(SENDERS["pagerduty"].payloads["triggered"]).encode()
    mine, other = (hub_signature(body, secret).removeprefix("sha256=") for secret in (SENDERS["pagerduty"].secret, "x"))
    for header in (f"v1={other},v1={mine}", f"v1={mine}, v1={other}", f"v2={other},v1={mine}"):
        assert api.post("pagerduty", body, {"x-pagerduty-signature": header}).status == 202
    for header in (f"v1={other},v1={other}", f"v2={mine}", mine, ","):
        assert api.post("pagerduty", body, {"x-pagerduty-signature": header}).status == 401


@pytest.mark.parametrize("seconds", [-301, 301, 10**9, -(10**9)])
def test_a_delivery_signed_long_ago_is_refused_though_its_signature_is_good(seconds: int) -> None:
    api, at = an_api(), NOW // 1000 + seconds
    for name, sign in (("incident_io", as_standard), ("grafana", as_grafana_at)):
        body = json.dumps(next(iter(SENDERS[name].payloads.values()))).encode()
        assert api.post(name, body, sign(body, SENDERS[name].secret, at=at)).status == 401
    for near in (-300, 300):
        body = json.dumps(SENDERS["incident_io"].payloads["created"]).encode()
        headers = as_standard(body, STANDARD_SECRET, at=NOW // 1000 + near)
        assert api.post("incident_io", body, headers).status == 202


def test_the_id_and_the_time_of_a_standard_webhook_are_signed_too() -> None:
    api = an_api()
    body = json.dumps(SENDERS["incident_io"].payloads["created"]).encode()
    signed = as_standard(body, STANDARD_SECRET)
    assert api.post("incident_io", body, {**signed, "webhook-id": "msg_2"}).status == 401
    assert api.post("incident_io", body, {**signed, "webhook-timestamp": str(NOW // 1000 + 1)}).status == 401
    for at in ("", "soon", "1e9", "-1", "9" * 400):
        assert api.post("incident_io", body, {**signed, "webhook-timestamp": at}).status == 401


def test_one_of_several_standard_signatures_is_enough_and_other_versions_are_passed_over() -> None:
    api = an_api()
    body = json.dumps(SENDERS["incident_io"].payloads["created"]).encode()
    signed = as_standard(body, STANDARD_SECRET)
    several = f"v1a,{'A' * 86}== v1,AAAA {signed['webhook-signature']}"
    assert api.post("incident_io", body, {**signed, "webhook-signature": several}).status == 202
    bare = signed["webhook-signature"].removeprefix("v1,")
    assert api.post("incident_io", body, {**signed, "webhook-signature": bare}).status == 401


def test_a_standard_secret_without_prefix_or_padding_is_taken_and_one_pasted_wrong_signs_nothing() -> None:
    body = json.dumps(SENDERS["incident_io"].payloads["created"]).encode()
    api = an_api()
    api.secrets = {"incident_io": STANDARD_SECRET.rstrip("=")}
    assert api.post("incident_io", body, as_standard(body, STANDARD_SECRET)).status == 202
    api = an_api()
    api.secrets = {"incident_io": "a plain secret"}
    assert api.post("incident_io", body, as_standard(body, "a plain secret")).status == 202
    api = an_api()
    api.secrets = {"incident_io": ["whsec_%%%", "whsec_"]}
    assert api.post("incident_io", body, as_standard(body, "")).status == 401


def test_the_same_delivery_sent_again_is_one_message_and_another_delivery_is_folded_again() -> None:
    api, sender = an_api(), SENDERS["pagerduty"]
    payload = sender.payloads["triggered"]
    for delivery in ("a", "a", "b"):
        assert sender.post(api, payload, **{"x-webhook-id": delivery}).status == 202
    assert len(api.queued) == 2
    assert len({message["event_id"] for message in api.queued}) == 1
