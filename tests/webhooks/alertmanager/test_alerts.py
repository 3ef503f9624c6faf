from __future__ import annotations

import pytest

from leadline.contract.times import read_time
from tests.webhooks.alertmanager.payloads import a_notification, an_alert
from tests.webhooks.senders import queued_by, reason_of

STARTED = read_time("2026-09-21T12:00:00.123Z")
FIRING = {
    "id": f"b6b0c1e4a7f2d9c3-{STARTED}",
    "service": "shop",
    "environment": "production",
    "started_at": STARTED,
    "severity": "critical",
    "url": "https://prometheus.acme.dev/graph?g0.expr=up",
}


@pytest.mark.parametrize("source", ["alertmanager", "grafana"])
def test_an_alert_that_fires_is_an_open_incident_whatever_its_end_says(source: str) -> None:
    for ends_at in ("0001-01-01T00:00:00Z", "2026-09-21T12:04:00Z"):
        assert queued_by(source, a_notification(an_alert(endsAt=ends_at))) == [FIRING]


@pytest.mark.parametrize("source", ["alertmanager", "grafana"])
def test_the_same_alert_resolved_is_the_same_incident_with_its_end(source: str) -> None:
    resolved = an_alert(status="resolved", endsAt="2026-09-21T12:45:00Z")
    # Each alert has its own status: the group's is firing while any of them fires.
    assert queued_by(source, a_notification(resolved, status="firing")) == [
        {**FIRING, "resolved_at": read_time("2026-09-21T12:45:00Z")}
    ]


def test_firing_again_is_another_incident() -> None:
    again = an_alert(startsAt="2026-09-21T13:00:00Z")
    first, second = queued_by("alertmanager", a_notification(an_alert(), again))
    assert first["id"] != second["id"]


def test_the_service_is_the_mapped_one_else_the_label_service_else_job_without_its_namespace() -> None:
    def service(labels: dict[str, str], **sources: object) -> str:
        return str(queued_by("alertmanager", a_notification(an_alert(labels=labels)), **sources)[0]["service"])

    both = {"alertname": "Slow", "service": "shop", "job": "monitoring/shop-exporter"}
    only_job = {"alertname": "Slow", "job": "default/API"}
    assert service(both) == "shop"
    assert service(only_job) == "api"
    assert service(both, incident_services={"alertmanager:shop": "checkout"}) == "checkout"
    assert service(both, incident_services={"monitoring/shop-exporter": "checkout"}) == "checkout"
    assert service({"alertname": "DiskFull"}, incident_services={"DiskFull": "database"}) == "database"
    assert service({"alertname": "DiskFull"}, default_service="platform") == "platform"


def test_alerts_that_name_no_service_are_left_out_and_the_others_recorded() -> None:
    nameless = an_alert(labels={"alertname": "DiskFull"}, fingerprint="2222")
    assert queued_by("alertmanager", a_notification(nameless, an_alert())) == [FIRING]
    assert reason_of("alertmanager", a_notification(nameless)).startswith("no service: ")


@pytest.mark.parametrize(
    "labels",
    [{"alertname": "Watchdog"}, {"alertname": "InfoInhibitor"}, {"alertname": "Anything", "severity": "none"}],
)
def test_an_alert_meant_to_fire_always_is_no_incident(labels: dict[str, str]) -> None:
    assert "always fires" in reason_of("alertmanager", a_notification(an_alert(labels={"service": "shop", **labels})))


@pytest.mark.parametrize("name", ["TestAlert", "DatasourceNoData", "DatasourceError"])
def test_what_grafana_says_of_itself_is_no_incident(name: str) -> None:
    labels = {"alertname": name, "service": "shop"}
    reason_of("grafana", a_notification(an_alert(labels=labels)))
    assert queued_by("alertmanager", a_notification(an_alert(labels=labels)))  # there, these are names like any other


def test_grafanas_incident_leads_to_its_panel() -> None:
    queued = queued_by("grafana", a_notification(an_alert(grafana=True), grafana=True))
    assert queued[0]["url"] == "https://grafana.acme.dev/d/abc?viewPanel=2"


def test_the_environment_is_the_label_environment_or_env() -> None:
    labels = {"alertname": "Slow", "service": "shop", "env": "staging"}
    assert queued_by("alertmanager", a_notification(an_alert(labels=labels)))[0]["environment"] == "staging"


def test_a_broken_alert_does_not_take_its_neighbours_along() -> None:
    from tests.webhooks.senders import SENDERS, an_api

    api = an_api()
    broken = an_alert(status="resolved", endsAt="2026-09-21T11:00:00Z", fingerprint="3333")
    answer = SENDERS["alertmanager"].post(api, a_notification(broken, an_alert()))
    assert len(answer.json["events"]) == 1
    assert answer.json["refused"] == ["malformed: incident: resolved_at is before started_at"]
