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
    create = actions.add_parser("create", help="create a key and print it once")
    rights = create.add_mutually_exclusive_group(required=True)
    rights.add_argument("--admin", action="store_true", help="allow everything")
    rights.add_argument("--scope", action="append", choices=[*SCOPES], help="what the key may do; can be repeated")
    create.add_argument("--name", help="who or what uses the key, for the list (default: the scopes)")
    create.add_argument("--days", type=_days, metavar="N", help="expire after N days (default: never)")
    create.set_defaults(run=_create)
    shown = actions.add_parser("list", help="list keys; secrets are not shown")
    shown.set_defaults(run=_list)
    revoke = actions.add_parser("revoke", help="revoke a key and list the keys that it created")
    revoke.add_argument("key", metavar="ID", help="the key's id, as listed: the 12 characters after ll_")
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
    print("Save it now: it is not stored and can't be shown again.", file=sys.stderr)
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
            raise CommandError(f"key {key_id} does not exist")
        keys = list_keys(table)
    print(f"Revoked {key_id}. It can change nothing from now on; reading and sending events stop within 30 seconds.")
    if active := [key for key in made_from(keys, key_id) if state_of(key, _now()) == "active"]:
        print(
            "These keys were created with it, directly or indirectly, and are still active. Revoke those you don't trust:"
        )
        _print_table(active, keys)
    return 0


def _print_table(shown: Sequence[Item], keys: Sequence[Item]) -> None:
    """Prints `shown`; `keys` are all keys, to look creators up in."""
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
        return "active"
    return f"{'expired' if state == 'expired' else 'active until'} {_date(key['expires_at'])}"


def _now() -> int:
    return time.time_ns() // 1_000_000


def _date(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= 36500:
        raise argparse.ArgumentTypeError("must be from 1 to 36500")
    return days
