"""`leadline webhooks`: the secrets that senders of webhooks sign with."""

from __future__ import annotations

import argparse
import base64
import json
import secrets
import sys
from typing import Any

from leadline.store.sources import WEBHOOKS
from leadline_cli.main import CommandError
from leadline_cli.stack import Stack, add_stack_arguments, aws_errors, find_stack

MIN_LENGTH = 16
"""Characters: a signature is as hard to forge as its secret is to guess."""

_STANDARD = ("gitlab", "incident_io")
"""Senders that sign by Standard Webhooks, whose secrets have a form of their own."""


def register(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    secret = actions.add_parser("secret", help="set, rotate or remove the secret of a source")
    secret.add_argument("source", choices=WEBHOOKS, metavar="SOURCE", help=", ".join(WEBHOOKS))
    what = secret.add_mutually_exclusive_group(required=True)
    what.add_argument("--generate", action="store_true", help="make a secret and print it, to be set at the sender")
    what.add_argument("--value-from-stdin", action="store_true", help="take the secret that the sender made")
    what.add_argument("--forget-old", action="store_true", help="end a rotation: only the newest secret counts")
    what.add_argument("--remove", action="store_true", help="take no more webhooks from this source")
    secret.add_argument("--keep-old", action="store_true", help="begin a rotation: the former secret counts, too")
    secret.set_defaults(run=_secret)
    shown = actions.add_parser("list", help="which sources have a secret; the secrets are not shown")
    shown.set_defaults(run=_list)
    for action in (secret, shown):
        add_stack_arguments(action)


def _secret(arguments: argparse.Namespace) -> int:
    source: str = arguments.source
    made = _generated(source) if arguments.generate else _read() if arguments.value_from_stdin else ""
    stack = find_stack(arguments)
    with aws_errors():
        stored = _stored(stack)
        former = _of(stored, source)
        if arguments.remove:
            kept = []
        elif arguments.forget_old:
            kept = former[:1]
        else:
            kept = [made, *(former[:1] if arguments.keep_old else [])]
        if not kept and source not in stored:
            raise CommandError(f"there is no secret of {source}")
        _store(stack, {**stored, source: kept} if kept else {n: v for n, v in stored.items() if n != source})
    if arguments.generate:
        # The secret alone on standard output, so that a script can take it from there.
        print(made)
    print(_said(source, len(kept)), file=sys.stderr)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    with aws_errors():
        stored = _stored(find_stack(arguments))
    row = "{:<14}{:<10}{}".format
    print(row("SOURCE", "SECRETS", "ADDRESS"))
    for source in WEBHOOKS:
        print(row(source, len(_of(stored, source)) or "-", f"/v1/webhooks/{source}"))
    return 0


def _said(source: str, secrets_kept: int) -> str:
    if not secrets_kept:
        return f"Removed: within a minute /v1/webhooks/{source} takes nothing more."
    rotating = "; the former one counts, too, until --forget-old" if secrets_kept > 1 else ""
    return f"Set: within a minute /v1/webhooks/{source} takes what is signed with it{rotating}."


def _generated(source: str) -> str:
    if source in _STANDARD:
        return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_urlsafe(32)


def _read() -> str:
    value = sys.stdin.readline().strip()
    if len(value) < MIN_LENGTH:
        raise CommandError(f"the secret on standard input has fewer than {MIN_LENGTH} characters")
    if not value.isprintable():
        raise CommandError("the secret on standard input holds a control character")
    return value


def _stored(stack: Stack) -> dict[str, Any]:
    found = stack.client("secretsmanager").get_secret_value(SecretId=_secret_id(stack))
    try:
        stored = json.loads(found["SecretString"])
    except ValueError:
        stored = None
    if not isinstance(stored, dict):
        raise CommandError("the webhook secret is no JSON object: set it to {} in Secrets Manager to begin anew")
    return stored


def _store(stack: Stack, stored: dict[str, Any]) -> None:
    stack.client("secretsmanager").put_secret_value(SecretId=_secret_id(stack), SecretString=json.dumps(stored))


def _of(stored: dict[str, Any], source: str) -> list[str]:
    value = stored.get(source, [])
    return [value] if isinstance(value, str) else list(value)


def _secret_id(stack: Stack) -> str:
    if stack.settings.webhook_secret_id is None:
        raise CommandError("this stack has no webhook secret: deploy it again, or set LEADLINE_WEBHOOK_SECRET_ID")
    return stack.settings.webhook_secret_id
