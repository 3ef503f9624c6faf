"""`leadline keys`: creates, lists and revokes API keys."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from leadline.access.keys import (
    ADMIN,
    SCOPES,
    create_key,
    creator_revoked,
    id_of,
    list_keys,
    made_from,
    revoke_key,
    state_of,
)
from leadline.store.table import Item
from leadline_cli.main import CommandError
from leadline_cli.stack import add_stack_arguments, aws_errors, find_stack

_DAY = 24 * 3600 * 1000
_ROW = "{:<12}  {:<10}  {:<20}  {:<22}  {:<32}  {}".format


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
    revoke = actions.add_parser("revoke", help="end a key, and show which keys it has made")
    revoke.add_argument("key", metavar="ID", help="as in the list: the 12 characters after ll_")
    revoke.set_defaults(run=_revoke)
    for action in (create, shown, revoke):
        add_stack_arguments(action)


def _create(arguments: argparse.Namespace) -> int:
    scopes = [ADMIN] if arguments.admin else sorted(set(arguments.scope))
    now = _now()
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
    _print_table(keys, keys)
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    key_id = arguments.key.removeprefix("ll_")[:12]
    with aws_errors():
        table = find_stack(arguments).table()
        if not revoke_key(table, key_id, now=_now()):
            raise CommandError(f"there is no key {key_id}")
        keys = list_keys(table)
    print(f"Revoked {key_id}: it changes nothing from now on, and neither reads nor sends events after half a minute.")
    if active := [key for key in made_from(keys, key_id) if state_of(key, _now()) == "active"]:
        print("Keys that it made, or that those made, are still good; revoke those that should not be:")
        _print_table(active, keys)
    return 0


def _print_table(shown: Sequence[Item], keys: Sequence[Item]) -> None:
    """These of all keys."""
    by_id = {id_of(key): key for key in keys}
    print(_ROW("ID", "CREATED", "STATE", "CREATED BY", "SCOPES", "NAME"))
    for key in shown:
        creator = key.get("created_by", "-") + (" (revoked)" if creator_revoked(key, by_id.get, _now()) else "")
        scopes = " ".join(key["scopes"])
        print(_ROW(id_of(key), _date(key["created_at"]), _state(key), creator, scopes, key["name"]))


def _state(key: Item) -> str:
    state = state_of(key, _now())
    if state == "revoked":
        return f"revoked {_date(key['revoked_at'])}"
    if key.get("expires_at") is None:
        return "good"
    return f"{'ended' if state == 'expired' else 'good until'} {_date(key['expires_at'])}"


def _now() -> int:
    return time.time_ns() // 1_000_000


def _date(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= 36500:
        raise argparse.ArgumentTypeError("from 1 to 36500")
    return days
