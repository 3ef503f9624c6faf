"""Every way in that Leadline has, taken: what is stored afterwards is all that is ever stored.

Each way is a function that takes the whole; `WAYS` lists them in an order in which the later ones find what they need.
Authors are called `person-…` and nothing else is, so that where people are named can be seen.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from compute.jobs.loading import BACKFILL, begin
from compute.jobs.sweep import send
from leadline.queue import Message, addressed
from tests.builders import HOUR, a_change, a_deployment, a_line, an_incident, at, commits, event, sha
from tests.laws.added import badges, custom_metrics, dashboards, keys_and_plans, outbox, people, previews
from tests.laws.posted import ANN, BOB, CID, PERSON, SHOP, TILL, post, posted_events
from tests.laws.whole import Whole
from tests.laws.wild_histories import a_wild_history
from tests.unit.ingest.test_eventbridge import Aws, a_revision, a_run
from tests.vcs.asking import connections_to
from tests.vcs.fake_github import FakeGitHub
from tests.vcs.hosted import Hosted, scenario
from tests.vcs.loopback import Reply, Server, serving
from tests.webhooks.bitbucket import payloads as bitbucket
from tests.webhooks.cdevents.documents import CONTENTS, DIGEST, SHA, a_document
from tests.webhooks.github import payloads as github
from tests.webhooks.github.examples import examples
from tests.webhooks.github.examples import post as post_github
from tests.webhooks.gitlab import payloads as gitlab
from tests.webhooks.senders import SENDERS

_TARGET = {"service": "shop", "environment": "production"}
SOURCES = {
    "github": {"tags": {"*": {"environment": "production"}}, "workflows": {"*": {"service": "flows"}}},
    "gitlab": {"tags": {"v*": _TARGET}, "workflows": {"*": _TARGET}},
    "bitbucket": {"environments": {"eu-*": _TARGET}, "tags": {"v*": {}}},
    "incident_services": {"pagerduty:PXYZ12": "shop"},
    "default_service": "shop",
}


def settings(whole: Whole) -> None:
    whole.good(
        "PUT",
        "/v1/settings",
        {
            "timezone": "Europe/Berlin",
            "production": ["production"],
            "incident_window_hours": 48,
            "failure_status_counts": True,
            "bots": ["*[bot]"],
            "rework_labels": ["hotfix"],
            "rework_branches": ["hotfix/*"],
            "rework_titles": ["Revert *"],
            "rework_means_failure": True,
            "direct_commits": "count",
        },
        if_match="*",
    )
    whole.good("PUT", "/v1/sources", SOURCES, if_match="*")
    whole.good(
        "PUT", "/v1/settings/access", {"log": True, "log_days": 30, "origins": ["https://dash.acme.dev"]}, if_match="*"
    )
    whole.now += 60_000


def generated_histories(whole: Whole) -> None:
    for seed in range(12):
        for body in a_wild_history(seed, graph=seed % 2 == 0):
            message = json.loads(body.replace("github.com/acme/shop", f"github.com/acme/wild-{seed}"))
            if "service" in message["data"]:
                message["data"]["service"] += f"-{seed}"
            people = {"ann": ANN, "bob": BOB}
            if message["data"].get("author") in people:
                message["data"]["author"] = people[message["data"]["author"]]
            whole.work(Message(message["event_id"], json.dumps(message), "g", ""))


def a_large_deployment(whole: Whole) -> None:
    """More changes than a part or a transaction holds, by many people; it fails, and is told again otherwise."""
    many = 130
    repository = "github.com/acme/large"
    line = commits(*a_line(*(f"l{number}" for number in range(many + 1))), repository=repository)
    told = [line]
    for number in range(1, many + 1):
        author, labels = f"{PERSON}{number % 30}", ["hotfix"] if number == 90 else []
        change = a_change(number, f"l{number}", at(1) + number, author=author, labels=labels, repository=repository)
        told.append(change)
    told.append(a_deployment("l60", at(1, 13), deployment_id="first", repository=repository))
    told.append(a_deployment(f"l{many}", at(4), deployment_id="big", repository=repository))
    told.append(an_incident("INC-9", at(5), repository=repository))
    told.append(an_incident("INC-9", at(5), repository=repository, resolved_at=at(6)))
    shas = [sha(f"c{number}") for number in range(200)]
    told.append(a_change(500, "l1", at(1) + 5, author=BOB, repository=repository, commit_shas=shas))
    told.append(a_change(500, "zz", at(1) + 6, author=BOB, repository=repository))
    told.append(event("deletion of change", {"repository": repository, "number": 500}, at(20)))
    for each in told:
        whole.work(Message(each["event_id"], json.dumps(each), "g", ""))


def teams(whole: Whole) -> None:
    members = [{"author": ANN}, {"author": BOB, "from": "2026-01-01", "to": "2027-01-01"}]
    members += [{"author": f"{PERSON}{number}"} for number in range(0, 30, 7)]
    whole.good("PUT", "/v1/teams/payments", {"members": members})
    whole.good("PUT", "/v1/teams/gone", {"members": [{"author": CID}]})
    whole.good("DELETE", "/v1/teams/gone", if_match="*")


def another_team(whole: Whole) -> None:
    """Of people who have shipped before it was made."""
    some_days = {"from": "2026-09-01", "to": "2026-11-01"}
    whole.good(
        "PUT", "/v1/teams/orders", {"members": [{"author": ANN, **some_days}, {"author": f"{PERSON}11", **some_days}]}
    )


def services(whole: Whole) -> None:
    whole.good("PUT", "/v1/services/till", {"repository": TILL, "paths": ["till/*"], "team": "payments"})
    whole.good("PATCH", "/v1/services/shop", {"paths": ["src/*"], "team": "payments"}, if_match="*")
    whole.good("PATCH", "/v1/services/shop", {"paths": []}, if_match="*")
    whole.good("PATCH", "/v1/services/till", {"archived": True, "production": ["production", "live"]}, if_match="*")
    whole.good("PATCH", "/v1/settings", {"rework_labels": ["hotfix", "revert"]}, if_match="*")


def corrections(whole: Whole) -> None:
    listed = whole.get("/v1/deployments", service="shop")["items"]
    one, two = [entry["key"] for entry in listed if entry["deployment_id"] in ("run-5", "run-8")]
    fixed = {"failed": True, "remediates": "run-7", "note": "it was the cache", "excluded": False}
    whole.good("PATCH", f"/v1/deployments/{one}", fixed)
    whole.good("PATCH", f"/v1/deployments/{two}", {"excluded": True})
    whole.good("DELETE", f"/v1/deployments/{two}")
    whole.good("DELETE", "/v1/changes?repository=github.com/acme/shop&number=3")
    whole.good("DELETE", "/v1/incidents?service=shop&id=INC-3")


def webhooks_of_code_hosts(whole: Whole) -> None:
    for example in examples():
        if example.name.startswith("api.github.com/"):
            whole.hook(post_github, example.event, example.payload, delivery=example.name)
    merge = github.a_commit("merge", "Merge pull request #7 from a/b", by_github=True)
    for name, payload in (
        ("pull_request", github.a_merged_one()),
        ("pull_request_review", github.a_review("approved", "2026-09-20T10:00:00Z")),
        ("push", github.a_push(github.a_commit("head"), merge)),
        ("deployment_status", github.a_deployment_status("success", production_environment=True)),
        ("issues", github.an_issue()),
    ):
        whole.hook(post_github, name, payload, delivery=f"own-{name}")
    for name, payload in gitlab.EVERY.items():
        whole.hook(gitlab.post, payload, delivery=name)
    for name, (kind, payload) in bitbucket.EVERY.items():
        whole.hook(bitbucket.post, kind, payload, delivery=name)


def webhooks_of_others(whole: Whole) -> None:
    for sender in SENDERS.values():
        for payload in sender.payloads.values():
            whole.hook(sender.post, payload)


def cdevents(whole: Whole) -> None:
    for number, name in enumerate(CONTENTS):
        whole.carry(a_document(name), ("binary", "structured", "batch", "bare")[number % 4])
    custom = {"commit": SHA, "repository": "github.com/acme/shop"}
    whole.carry(a_document("service.deployed", custom=custom), "binary")
    other = DIGEST.replace("shop", "never-told")
    content = {"environment": {"id": "production"}, "artifactId": other}
    whole.carry(a_document("service.deployed", content=content, subject="service/waits"), "binary")


def events_of_aws(whole: Whole) -> None:
    amazon = Aws()
    amazon.execution(a_revision())
    whole.from_aws(lambda name: amazon.clients[name], a_run())
    whole.settle()


def parked_events(whole: Whole) -> None:
    hopeless = event("correction", {"deployment": "0" * 24, "correction": {"failed": True}}, at(10))
    whole.work(Message(hopeless["event_id"], json.dumps(hopeless), "g", ""))
    whole.good("POST", f"/v1/events/{hopeless['event_id']}/retry")
    late = a_deployment("m1", at(10), deployment_id="late", service="shop")
    whole.work_for_the_last_time(Message(late["event_id"], json.dumps({**late, "v": 2}), SHOP, ""))
    of_an_incident = event("deletion of incident", {"service": "nowhere", "incident": 7}, at(10))
    whole.work(Message(of_an_incident["event_id"], json.dumps(of_an_incident), "g", ""))
    of_a_change = event("deletion of change", {"repository": 5, "number": 3}, at(10))
    whole.work(Message(of_a_change["event_id"], json.dumps(of_a_change), "g", ""))
    whole.work(Message("x", "{", "g", ""))


def refused_events(whole: Whole) -> None:
    wrong = {"id": "no SHA", "author": ANN, "labels": {f"{ANN}\n": ANN}}
    for body in ({**wrong, "service": "shop", "repository": SHOP}, wrong):
        assert whole.send("POST", "/v1/events/deployments", body).status == 422
    assert whole.send("POST", "/v1/events", body).status == 422


def code_hosts(whole: Whole) -> None:
    """A backfill, a look-up, the hourly reconciliation, and a host that is away."""
    with a_code_host() as (server, hosted):
        access = {"github.com": {"kind": "github", "api": server.address}}
        whole.compute._connections = connections_to(access, whole.table, whole.clock)  # type: ignore[arg-type]
        tip = hosted.commit(hosted.between("HEAD")[0]).sha
        repository = f"github.com/{hosted.name}"
        for number, name in enumerate([hosted.between("HEAD")[-1], tip]):
            told = {"id": name, "repository": repository, "environment": "production", "deployment_id": f"h{number}"}
            post(whole, "deployments", {**told, "finished_at": whole.now + number})
        send(whole.queue, [addressed(begin(BACKFILL, repository, 1_700_000_000_000, whole.now), repository)])
        whole.settle()
        whole.scheduled("reconcile")
        server.fault = lambda _: Reply(503, {})
        unknown = {"id": sha("away"), "repository": repository, "environment": "production", "deployment_id": "h9"}
        post(whole, "deployments", {**unknown, "finished_at": whole.now})
        for _ in range(12):
            whole.now += 6 * 60_000
            whole.scheduled("sweep")
        server.fault = lambda _: Reply(429, {}, {"Retry-After": "60"})
        send(whole.queue, [addressed(begin(BACKFILL, repository, 1_700_000_000_000, whole.now), repository)])
        whole.settle()
        whole.now += 48 * HOUR
        whole.scheduled("sweep")
    whole.compute._connections = None


@contextmanager
def a_code_host() -> Iterator[tuple[Server, Hosted]]:
    with tempfile.TemporaryDirectory() as folder:
        _, hosted = scenario("tags_made_late", Path(folder))
        with serving(FakeGitHub(hosted)) as server:
            yield server, hosted


def reads(whole: Whole) -> None:
    whole.get("/v1/metrics/dora", from_="2026-10-01", to="2026-10-31", group_by="author")
    whole.get("/v1/events")
    whole.get("/v1/history")
    whole.get("/v1/access-logs")
    whole.send("GET", "/v1/nothing")
    whole.send("GET", "/v1/services", key=None)
    whole.send("OPTIONS", "/v1/services")


WAYS: tuple[Callable[[Whole], None], ...] = (
    settings,
    teams,
    posted_events,
    generated_histories,
    a_large_deployment,
    another_team,
    services,
    corrections,
    webhooks_of_code_hosts,
    webhooks_of_others,
    cdevents,
    events_of_aws,
    keys_and_plans,
    custom_metrics,
    dashboards,
    badges,
    previews,
    parked_events,
    refused_events,
    code_hosts,
    outbox,
    people,
    reads,
)


def tell_everything(whole: Whole) -> Whole:
    for way in WAYS:
        way(whole)
    return whole
