"""Events with every field of the Events API, and deployments of every kind: failed, rolled back, ahead of their merge, lost."""

from __future__ import annotations

from typing import Any

from tests.builders import DAY, HOUR, a_line, at, commits, sha
from tests.laws.whole import Whole

PERSON = "person-"
ANN, BOB, CID = f"{PERSON}ann", f"{PERSON}bob", f"{PERSON}cid"
SHOP, TILL = "github.com/acme/shop", "github.com/acme/till"


def on(day: int, hour: float = 12) -> int:
    """An instant in September 2026, before the whole's own time; `day` from 1 to 20."""
    return at(day - 30, hour)


def post(whole: Whole, kind: str, *events: dict[str, Any]) -> None:
    answer = whole.tell(kind, *events)
    assert (answer.status, answer.json["rejected"]) == (202, 0), answer.text


def posted_events(whole: Whole) -> None:
    line = commits(*a_line("m0", "m1", "m2", "m3", "m4"), "pick")["data"]["commits"]
    for commit in line:
        commit["author"] = ANN
    line[-1]["cherry_picked_from"] = sha("m1")
    post(whole, "commits", {"repository": SHOP, "branch": "main", "commits": line})
    post(whole, "commits", {"repository": SHOP, "commits": [{**line[0], "author": BOB}]})
    for number in range(1, 5):
        post(whole, "changes", a_posted_change(number))
    post(whole, "changes", {"repository": SHOP, "number": 1, "author": CID})
    post(whole, "changes", {"repository": SHOP, "number": 9, "opened_at": on(1)})
    for day, name in ((5, "m1"), (6, "m2"), (7, "m4"), (8, "m3")):
        post(whole, "deployments", a_posted_deployment(name, day))
    rolled_back = {"previous_id": None, "remediates": None}
    for day, name in ((10, "m4"), (11, "m2")):
        post(whole, "deployments", a_posted_deployment(name, day, **rolled_back))
    a_head_before_its_merge(whole)
    post(whole, "deployments", a_posted_deployment("m4", 9, status="failure", deployment_id="failed"))
    post(whole, "deployments", a_posted_deployment("unknown", 9), a_posted_deployment("m4", 3, baseline=True))
    post(
        whole,
        "deployments",
        a_posted_deployment("m2", 9, service="shop", repository="github.com/acme/other", deployment_id="elsewhere"),
    )
    post(whole, "deployments", a_posted_deployment("m2", 9, service="alone", repository=None))
    post(whole, "deployments", {"id": sha("m3"), "repository": SHOP, "environment": "staging", "status": "in_progress"})
    post(whole, "deployments", {"id": sha("m3"), "repository": SHOP, "environment": "staging"})
    incident = {"severity": "high", "url": "https://status.acme.dev/1", "environment": "production"}
    post(
        whole,
        "incidents",
        {"id": "INC-1", "service": "shop", "started_at": on(7, 13), "resolved_at": on(7, 15), **incident},
    )
    post(
        whole,
        "incidents",
        {"id": "INC-2", "repository": SHOP, "started_at": on(6, 13), "deployment": "run-6", **incident},
    )
    post(whole, "incidents", {"id": "INC-3", "repository": SHOP, "started_at": on(6, 13), "deployment": "run-7"})


def a_head_before_its_merge(whole: Whole) -> None:
    head = commits("head 5 <- m4", repository=SHOP)["data"]["commits"]
    post(whole, "commits", {"repository": SHOP, "commits": head})
    post(whole, "changes", a_posted_change(5))
    for day, name in ((12, "head 5"), (13, "m4")):
        post(whole, "deployments", a_posted_deployment(name, day, previous_id=None, remediates=None))


def a_posted_change(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "repository": SHOP,
        "number": number,
        "author": (ANN, BOB, CID)[number % 3],
        "base_branch": "main",
        "merge_sha": sha(f"m{number}"),
        "head_sha": sha(f"head {number}"),
        "commit_shas": [sha(f"work {number}")],
        "first_commit_at": on(number) - 3 * DAY,
        "opened_at": on(number) - 2 * DAY,
        "first_review_at": on(number) - DAY,
        "approved_at": on(number) - HOUR,
        "merged_at": on(number),
        "paths": ["src/cart.py"],
        "labels": ["hotfix"],
        "url": f"https://github.com/acme/shop/pull/{number}",
        "title": "Mend the cart",
        "head_branch": "hotfix/cart",
        **fields,
    }


def a_posted_deployment(name: str, day: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": sha(name),
        "repository": SHOP,
        "environment": "production",
        "started_at": on(day) - HOUR,
        "finished_at": on(day),
        "deployment_id": f"run-{day}",
        "previous_id": sha("m0"),
        "remediates": "run-6" if day == 7 else None,
        "version": "1.2.0",
        "url": "https://ci.acme.dev/runs/1",
        "labels": {"region": "eu-west-1"},
        **fields,
    }
