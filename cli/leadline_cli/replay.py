"""`leadline replay PATH`: sends a clone's history as commits, changes and deployments.

It is the quickest way to see your own numbers, and a way to load the past. Sending it again changes nothing, so an
interrupted replay is simply repeated.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path

from leadline_cli.client import ApiError, Client, Connection, find_connection
from leadline_cli.git_history import GitClone, GitError
from leadline_cli.main import CommandError
from leadline_cli.progress import Progress
from leadline_cli.release_tags import chosen_tags
from leadline_cli.replay_events import Event, Target, plain_name, pseudonym
from leadline_cli.replay_plan import EachCommit, Plan, make_plan
from leadline_cli.replay_report import print_events, print_plan, print_results, print_settled, print_where_to_look
from leadline_cli.replay_sending import Part, send
from leadline_cli.repository_path import repository_path
from leadline_cli.settling import wait_until_counted


def register(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("path", type=Path, metavar="PATH", help="a git clone; it is only read")
    add("--repository", help="as in events, such as github.com/acme/api (default: from the remote origin)")
    add("--branch", help="the branch that changes are merged into (default: the remote's default branch)")
    add(
        "--tags",
        action="append",
        default=[],
        metavar="PATTERN",
        help="tags that are releases, such as 'v*'; can be repeated",
    )
    add("--no-prereleases", action="store_true", help="leave out tags such as v2.0.0-rc1")
    add("--service", help="the service that the tags release (default: the repository's own)")
    add("--environment", default="production", help="the environment of the releases (default: %(default)s)")
    add(
        "--since",
        type=_day,
        metavar="DATE",
        help="send releases from this day (UTC) on, and changes that no earlier release has",
    )
    add(
        "--until",
        type=_day,
        metavar="DATE",
        help="send releases before this day (UTC), from which on your CI reports them",
    )
    add("--each-commit", type=EachCommit, choices=list(EachCommit), default=EachCommit.AUTO,
        help="count every commit on the branch as a change (auto: if no message names a pull request)")  # fmt: skip
    add(
        "--names",
        action="store_true",
        help="send people's names (default: pseudonyms; e-mail addresses are never sent)",
    )
    add("--salt", default="", help="a secret for the pseudonyms, so that nobody else can compute them")
    add("--dry-run", action="store_true", help="show what would be sent, and send nothing")
    add("--json", action="store_true", help="with --dry-run: print the events, one per line")
    add("--wait", action="store_true", help="wait until every deployment is counted")
    add("--wait-seconds", type=float, default=600.0, metavar="N", help="wait at most this long (default: %(default)g)")
    add("--url", help="Leadline's address (default: LEADLINE_URL, else the local stack)")
    add("--key", help="an API key (default: LEADLINE_API_KEY, else the local stack's)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0: all events were accepted and, with --wait, counted. 1: some were not."""
    connection = None
    if not arguments.dry_run:
        connection = find_connection(arguments.url, arguments.key, os.environ, Path.cwd())
    progress = Progress(sys.stderr)
    try:
        plan = read_plan(arguments, progress, now=int(time.time()))
        for note in plan.notes:
            print(f"Note: {note}.", file=sys.stderr)
        if connection is None:
            return _printed(print_events if arguments.json else print_plan, plan)
        return replay(plan, connection, progress, wait_seconds=arguments.wait_seconds if arguments.wait else None)
    except CommandError:
        progress.interrupt()
        raise


def read_plan(arguments: argparse.Namespace, progress: Progress, *, now: int) -> Plan:
    """Reads the clone and works out what to send."""
    clone = GitClone(arguments.path)
    repository = repository_path(arguments.repository or clone.origin() or "")
    if repository is None:
        raise GitError(
            "can't tell the repository from the clone's remote; give --repository, such as github.com/acme/api"
        )
    branch = clone.branch(arguments.branch)
    all_tags = clone.tags()
    tags = chosen_tags(all_tags, arguments.tags, prereleases=not arguments.no_prereleases)
    if clone.is_shallow:
        print("Note: this clone is shallow, so the numbers lack its older history. Fetch it with"
              " `git fetch --unshallow --tags`.", file=sys.stderr)  # fmt: skip
    progress.begin("reading")
    tips = [branch.sha, *(tag.sha for tag in tags)]
    history = clone.read(tips, now=now, names=arguments.names, progress=progress.at)
    progress.end(len(history.graph))
    person = lru_cache(maxsize=None)(partial(plain_name if arguments.names else pseudonym, salt=arguments.salt))
    target = Target(repository, branch.name, arguments.environment, arguments.service)
    plan = make_plan(
        history, branch, tags, target, person, each=arguments.each_commit, since=arguments.since, until=arguments.until
    )
    if plan.is_each_commit and clone.is_shallow:
        raise GitError("changes are numbered by their place in the history, and a shallow clone lacks its beginning;"
                       " fetch it with `git fetch --unshallow --tags`")  # fmt: skip
    return plan


def replay(plan: Plan, connection: Connection, progress: Progress, *, wait_seconds: float | None) -> int:
    """Sends a plan and prints the results."""
    began = time.monotonic()
    client = Client(connection)
    deployments = list(plan.deployments())
    # In this order each deployment finds its commits and changes, so that nothing has to be computed twice.
    parts = [
        Part("commits", plan.commits(), len(plan.history.graph), _page_name, lambda page: len(page["commits"])),
        Part("changes", plan.merged(), len(plan.changes), lambda event: f"change {event['number']}"),
        Part("deployments", deployments, len(deployments), lambda event: f"release {event['version']}"),
    ]
    try:
        results = [send(client, part, progress) for part in parts]
    except ApiError as error:
        raise ApiError(
            f"{error}\nEverything sent before that is safe; run the same command again to send the rest."
        ) from None
    seconds = time.monotonic() - began
    print_results(plan, results, seconds)
    code = 1 if any(result.rejected for result in results) else 0
    taken = [event for index, event in enumerate(deployments) if index not in results[-1].refused]
    if wait_seconds is not None and taken:
        progress.begin("counted", len(taken))
        settled = wait_until_counted(client, taken, seconds=wait_seconds, progress=progress.at)
        progress.end(len(settled.found) - len(settled.pending))
        code = print_settled(settled, len(taken)) or code
    if taken:
        print_where_to_look(plan, connection, taken)
    return code


def _printed(show: Callable[[Plan], None], plan: Plan) -> int:
    try:
        show(plan)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (`| head`) has gone; what is still buffered must not be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _page_name(page: Event) -> str:
    return f"{len(page['commits']):,} commits from {page['commits'][0]['sha'][:10]} on"


def _day(text: str) -> int:
    """Epoch seconds of the day's beginning in UTC, or of a moment with an offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a date such as 2026-01-31") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
