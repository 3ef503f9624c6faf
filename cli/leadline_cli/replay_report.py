"""What a replay prints."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from leadline_cli.client import Connection
from leadline_cli.local_home import find_home
from leadline_cli.replay_events import Event
from leadline_cli.replay_plan import Plan
from leadline_cli.replay_sending import Sent
from leadline_cli.settling import Settled, days

MAX_NAMES = 20


def print_plan(plan: Plan) -> None:
    """Prints what would be sent, release by release."""
    kind = "one for each commit on the branch" if plan.is_each_commit else "named in commit messages"
    print(f"{plan.target.repository}, branch {plan.target.branch or 'without a name'}: nothing is sent.\n")
    print(f"  {len(plan.history.graph):>9,} commits")
    print(f"  {len(plan.changes):>9,} changes, {kind}")
    print(f"  {len(plan.tags):>9,} deployments to {plan.target.environment}\n")
    for index, (tag, numbers) in enumerate(plan.released()):
        day = datetime.fromtimestamp(tag.at, UTC).date().isoformat()
        what = f"{len(numbers):,} change{'' if len(numbers) == 1 else 's'}"
        if index == 0 and plan.previous is None:
            what += "; the first deployment is a baseline and carries the changes of its own day"
        print(f"  {day}  {tag.sha[:10]}  {tag.name:<24} {what}")


def print_events(plan: Plan) -> None:
    """Prints the events, one per line, with the path each would be sent to."""
    for route, events in (("commits", plan.commits()), ("changes", plan.merged()), ("deployments", plan.deployments())):
        for event in events:
            print(json.dumps({"path": f"/v1/events/{route}", "event": event}, ensure_ascii=False))


def print_results(plan: Plan, results: Sequence[Sent], seconds: float) -> None:
    print(f"{plan.target.repository}, branch {plan.target.branch or 'without a name'}, in {seconds:.1f} s\n")
    print(f"  {'':<12} {'accepted':>10} {'rejected':>10}")
    for result in results:
        print(f"  {result.kind:<12} {result.accepted:>10,} {result.rejected:>10,}")
    for result in results:
        for reason in result.reasons:
            print(f"\n  rejected  {reason}", end="")
        if more := len(result.refused) - len(result.reasons):
            print(f"\n  rejected  {more:,} more of the {result.kind}", end="")
    print("\n" if any(result.reasons for result in results) else "")


def print_settled(settled: Settled, sent: int) -> int:
    counts: dict[str, int] = {}
    for item in settled.found.values():
        status = str(item["mapping"]["status"])
        counts[status] = counts.get(status, 0) + 1
    statuses = ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items()))
    print(f"{len(settled.found):,} of {sent:,} deployments are counted" + (f": {statuses}." if statuses else "."))
    for title, names in (("not listed yet", settled.absent), ("pending", settled.pending)):
        if names:
            more = f" and {len(names) - MAX_NAMES:,} more" if len(names) > MAX_NAMES else ""
            print(f"  {title}: {', '.join(names[:MAX_NAMES])}{more}")
    print()
    return 0 if settled.is_done else 1


def print_where_to_look(plan: Plan, connection: Connection, deployments: Sequence[Event]) -> None:
    first, last = days(deployments)
    query = {
        "from": max(first, last - timedelta(days=364)).isoformat(),
        "to": (last + timedelta(days=1)).isoformat(),
        "repository": plan.target.repository,
        "environment": plan.target.environment,
        "interval": "month",
    }
    if connection.local:
        home = find_home(os.environ, Path.cwd())
        read = f"""import json; print(json.load(open("{home / "local.json"}"))["api_key"])"""
        print(f"""export LEADLINE_API_KEY="$(python3 -c '{read}')\"""")
    address = f"{connection.base_url}/v1/metrics/dora?{urlencode(query, safe='/')}"
    print(f"""curl -s -H "Authorization: Bearer $LEADLINE_API_KEY" '{address}'""")
