"""`leadline backfill`: loads a repository's recent merged changes and deployments from its code host.

The stack does the work, page by page and within the host's rate limit; the command only starts it and shows its progress. If the
command is interrupted, the work goes on; run the command again to see its progress.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

from leadline.contract.messages import LoadingMessage
from leadline.queue import SqsQueue, addressed, deliver
from leadline.store.table import Item, Table
from leadline_cli.main import CommandError
from leadline_cli.progress import Progress
from leadline_cli.repository_path import repository_path
from leadline_cli.stack import Stack, add_stack_arguments, aws_errors, find_stack

DAY = 24 * 3600 * 1000
_PURPOSE = "backfill"
_TROUBLES = {
    "NotConfigured": "the stack has no access to this code host: run `leadline hosts set`",
    "NotFound": "the code host has no such repository, or the token can't see it",
    "Denied": "the token may not read this repository",
    "BadConfiguration": "the stored credentials for this host are invalid: run `leadline hosts set`",
}
_FINAL = frozenset(_TROUBLES)


def register(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repository", help="as in events, such as github.com/acme/api")
    parser.add_argument("--days", type=int, default=90, help="how many days back to load (default: 90)")
    parser.add_argument("--again", action="store_true", help="start over, even if a backfill is running")
    parser.add_argument("--no-wait", action="store_true", help="start the backfill and return at once")
    add_stack_arguments(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if not 1 <= arguments.days <= 3650:
        raise CommandError("--days must be from 1 to 3650")
    repository = repository_path(arguments.repository)
    if repository is None:
        raise CommandError(f"{arguments.repository} is not a repository such as github.com/acme/api")
    stack = find_stack(arguments)
    with aws_errors():
        table = stack.table()
        found = _state(table, repository)
        if found is None or found.get("done") or arguments.again:
            started_at = time.time_ns() // 1_000_000
            start(stack, repository, started_at - arguments.days * DAY, started_at)
        else:
            started_at = found["started_at"]
            print("A backfill of this repository is already running; --again starts over.", file=sys.stderr)
        if arguments.no_wait:
            return 0
        return watch(lambda: _state(table, repository), started_at, Progress(sys.stderr))


def start(stack: Stack, repository: str, since: int, now: int) -> None:
    """Queues the first page. `since` and `now` in epoch milliseconds. Raises CommandError if the queue can't be reached."""
    message = LoadingMessage(
        event_id=f"load_{_PURPOSE}_{now}",
        received_at=now,
        source="cli",
        purpose=_PURPOSE,
        repository=repository,
        since=since,
        started_at=now,
    )
    queue = SqsQueue(stack.client("sqs"), stack.settings.queue_url)
    taken, trouble = deliver(queue, [addressed(message, repository)])
    if not all(taken):
        raise CommandError(f"the queue did not accept the message: {trouble or 'try again'}")


def watch(
    state: Callable[[], Item | None], started_at: int, progress: Progress, *, sleep: Callable[[float], Any] = time.sleep
) -> int:
    """Shows progress until the backfill is done; returns 0. Raises CommandError if it can't continue."""
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
                loaded = ", ".join(f"{found.get(name, 0):,} {name}" for name in ("changes", "deployments", "commits"))
                print(f"Loaded {loaded}; {found.get('mended', 0):,} of these messages contained something new.")
                return 0
            progress.at(count)
        sleep(1)


def _state(table: Table, repository: str) -> Item | None:
    key = (f"loading#{_PURPOSE}", repository)
    return table.get([key]).get(key)
