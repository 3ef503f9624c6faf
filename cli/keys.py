"""`leadline keys`: creates, lists and revokes API keys."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime

from cli.main import CommandError
from cli.stack import add_stack_arguments, aws_errors, find_stack
from leadline.auth import ADMIN, SCOPES, create_key, list_keys, revoke_key

_DAY = 24 * 3600 * 1000


def register(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = actions.add_parser("create", help="make a key and print it, once")
    rights = create.add_mutually_exclusive_group(required=True)
    rights.add_argument("--admin", action="store_true", help="a key that may do everything")
    rights.add_argument("--scope", action="append", choices=[*SCOPES], help="what the key may do; may repeat")
    create.add_argument("--name", help="who or what uses it, for the list (default: the scopes)")
    create.add_argument("--days", type=_days, metavar="N", help="ends after N days (default: never)")
    create.set_defaults(run=_create)
    shown = actions.add_parser("list", help="all keys, without what makes them keys")
    shown.set_defaults(run=_list)
    revoke = actions.add_parser("revoke", help="end a key; takes up to half a minute")
    revoke.add_argument("key", metavar="ID", help="as in the list: the 12 characters after ll_")
    revoke.set_defaults(run=_revoke)
    for action in (create, shown, revoke):
        add_stack_arguments(action)


def _create(arguments: argparse.Namespace) -> int:
    scopes = [ADMIN] if arguments.admin else sorted(set(arguments.scope))
    now = time.time_ns() // 1_000_000
    expires_at = now + arguments.days * _DAY if arguments.days else None
    name = arguments.name or " ".join(scopes)
    stack = find_stack(arguments)
    with aws_errors():
        text, _ = create_key(stack.table(), stack.pepper(), name=name, scopes=scopes, now=now, expires_at=expires_at)
    # The key alone on standard output, so that a script can take it from there.
    print(text)
    print("Keep it now: it is stored nowhere and can't be shown again.", file=sys.stderr)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    with aws_errors():
        keys = list_keys(find_stack(arguments).table())
    row = "{:<12}  {:<10}  {:<20}  {:<32}  {}".format
    print(row("ID", "CREATED", "STATE", "SCOPES", "NAME"))
    for key in keys:
        print(
            row(
                key["pk"].removeprefix("key#"),
                _date(key["created_at"]),
                _state(key),
                " ".join(key["scopes"]),
                key["name"],
            )
        )
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    key_id = arguments.key.removeprefix("ll_")[:12]
    with aws_errors():
        found = revoke_key(find_stack(arguments).table(), key_id, now=time.time_ns() // 1_000_000)
    if not found:
        raise CommandError(f"there is no key {key_id}")
    print(f"Revoked {key_id}.")
    return 0


def _state(key: dict[str, int]) -> str:
    if key.get("revoked_at") is not None:
        return f"revoked {_date(key['revoked_at'])}"
    if key.get("expires_at") is None:
        return "good"
    ended = key["expires_at"] <= time.time() * 1000
    return f"{'ended' if ended else 'good until'} {_date(key['expires_at'])}"


def _date(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= 36500:
        raise argparse.ArgumentTypeError("from 1 to 36500")
    return days
