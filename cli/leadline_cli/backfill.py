"""`leadline backfill`: loads a repository's merged changes and deployments of the last days from its code host.

The stack does the work, page by page and within the host's rate limit; this only starts it and watches. Interrupted, it goes on
all the same, and the same command shows how far it is.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

from leadline.queue import Message, SqsQueue, compose, deliver, group_of
from leadline.store.table import Item, Table
from leadline_cli.main import CommandError
from leadline_cli.progress import Progress
from leadline_cli.repository_path import repository_path
from leadline_cli.stack import Stack, add_stack_arguments, aws_errors, find_stack

DAY = 24 * 3600 * 1000
_PURPOSE = "backfill"
_TROUBLES = {
    "NotConfigured": "the stack may not ask this code host: `leadline hosts set`",
    "NotFound": "the code host knows no such repository, or does not show it to this token",
    "Denied": "the token may not read this repository",
    "BadConfiguration": "what the stack has as this host's credentials makes no sense: `leadline hosts set`",
}
_FINAL = frozenset(_TROUBLES)


def register(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repository", help="as events name it: github.com/acme/api")
    parser.add_argument("--days", type=int, default=90, help="how far to reach back (default: 90)")
    parser.add_argument("--again", action="store_true", help="start anew, even if one is under way")
    parser.add_argument("--no-wait", action="store_true", help="start it and do not watch")
    add_stack_arguments(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if not 1 <= arguments.days <= 3650:
        raise CommandError("--days is a number from 1 to 3650")
    repository = repository_path(arguments.repository)
    if repository is None:
        raise CommandError(f"{arguments.repository} names no repository: github.com/acme/api")
    stack = find_stack(arguments)
    with aws_errors():
        table = stack.table()
        found = _state(table, repository)
        if found is None or found.get("done") or arguments.again:
            started_at = time.time_ns() // 1_000_000
            start(stack, repository, started_at - arguments.days * DAY, started_at)
        else:
            started_at = found["started_at"]
            print("One is under way already; --again would start anew.", file=sys.stderr)
        if arguments.no_wait:
            return 0
        return watch(lambda: _state(table, repository), started_at, Progress(sys.stderr))


def start(stack: Stack, repository: str, since: int, now: int) -> None:
    """Queues the first page. `since` and `now` in epoch milliseconds. Raises CommandError when the queue does not take it."""
    data = {"purpose": _PURPOSE, "repository": repository, "since": since, "started_at": now}
    event_id = f"load_{_PURPOSE}_{now}"
    message = Message(event_id, compose("loading", event_id, now, data), group_of(repository), event_id)
    taken, trouble = deliver(SqsQueue(stack.client("sqs"), stack.settings.queue_url), [message])
    if not all(taken):
        raise CommandError(f"the queue did not take it: {trouble or 'try again'}")


def watch(
    state: Callable[[], Item | None], started_at: int, progress: Progress, *, sleep: Callable[[float], Any] = time.sleep
) -> int:
    """Shows how far it is until it is done: exit code 0, or 1 where it cannot go on."""
    progress.begin("loading")
    while True:
        found = state()
        if found is not None and found["started_at"] >= started_at:
            count = found.get("commits", 0) + found.get("changes", 0) + found.get("deployments", 0)
            trouble = found.get("trouble")
            if trouble in _FINAL:
                progress.interrupt()
                raise CommandError(_TROUBLES[trouble])
            if found.get("done"):
                progress.end(count)
                told = ", ".join(f"{found.get(name, 0):,} {name}" for name in ("changes", "deployments", "commits"))
                print(f"Loaded {told}; {found.get('mended', 0):,} of these messages were news.")
                return 0
            progress.at(count)
        sleep(1)


def _state(table: Table, repository: str) -> Item | None:
    key = (f"loading#{_PURPOSE}", repository)
    return table.get([key]).get(key)
