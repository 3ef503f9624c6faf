"""`leadline webhooks`: the secrets that webhooks are signed with."""

from __future__ import annotations

import argparse
import base64
import json
import secrets
import sys
from typing import Any

from leadline.contract.webhook_sources import WEBHOOK_SOURCES
from leadline_cli.main import CommandError
from leadline_cli.stack import Stack, add_stack_arguments, aws_errors, find_stack

MIN_LENGTH = 16
"""In characters: a signature is only as hard to forge as its secret is to guess."""


def register(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    secret = actions.add_parser("secret", help="set, rotate or remove the secret of a source")
    secret.add_argument("source", choices=WEBHOOK_SOURCES, metavar="SOURCE", help=", ".join(WEBHOOK_SOURCES))
    what = secret.add_mutually_exclusive_group(required=True)
    what.add_argument("--generate", action="store_true", help="generate a secret and print it, to be set at the sender")
    what.add_argument("--value-from-stdin", action="store_true", help="read a secret that the sender generated")
    what.add_argument("--forget-old", action="store_true", help="finish a rotation: accept only the newest secret")
    what.add_argument("--remove", action="store_true", help="accept no more webhooks from this source")
    secret.add_argument("--keep-old", action="store_true", help="start a rotation: accept the previous secret, too")
    secret.set_defaults(run=_secret)
    shown = actions.add_parser("list", help="list sources and whether each has a secret; secrets are not shown")
    shown.set_defaults(run=_list)
    for action in (secret, shown):
        add_stack_arguments(action)


def _secret(arguments: argparse.Namespace) -> int:
    source: str = arguments.source
    new = _generate(source) if arguments.generate else _read() if arguments.value_from_stdin else ""
    stack = find_stack(arguments)
    with aws_errors():
        stored = _stored(stack)
        former = _secrets_of(stored, source)
        if arguments.remove:
            kept = []
        elif arguments.forget_old:
            kept = former[:1]
        else:
            kept = [new, *(former[:1] if arguments.keep_old else [])]
        if not kept and source not in stored:
            raise CommandError(f"{source} has no secret")
        _store(stack, {**stored, source: kept} if kept else {n: v for n, v in stored.items() if n != source})
    if arguments.generate:
        # The secret alone on standard output, so that a script can take it from there.
        print(new)
    print(_describe_result(source, len(kept)), file=sys.stderr)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    with aws_errors():
        stored = _stored(find_stack(arguments))
    row = "{:<14}{:<10}{}".format
    print(row("SOURCE", "SECRETS", "ADDRESS"))
    for source in WEBHOOK_SOURCES:
        print(row(source, len(_secrets_of(stored, source)) or "-", f"/v1/webhooks/{source}"))
    return 0


def _describe_result(source: str, secrets_kept: int) -> str:
    if not secrets_kept:
        return f"Removed. /v1/webhooks/{source} rejects all webhooks within a minute."
    rotating = "; the previous one is accepted, too, until --forget-old" if secrets_kept > 1 else ""
    return f"Saved. /v1/webhooks/{source} accepts webhooks signed with it within a minute{rotating}."


def _generate(source: str) -> str:
    if WEBHOOK_SOURCES[source].standard_secret:
        return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_urlsafe(32)


def _read() -> str:
    value = sys.stdin.readline().strip()
    if len(value) < MIN_LENGTH:
        raise CommandError(f"the secret on standard input has fewer than {MIN_LENGTH} characters")
    if not value.isprintable():
        raise CommandError("the secret on standard input contains a control character")
    return value


def _stored(stack: Stack) -> dict[str, Any]:
    found = stack.client("secretsmanager").get_secret_value(SecretId=_secret_id(stack))
    try:
        stored = json.loads(found["SecretString"])
    except ValueError:
        stored = None
    if not isinstance(stored, dict):
        raise CommandError("the webhook secret is not a JSON object: set it to {} in Secrets Manager to start over")
    return stored


def _store(stack: Stack, stored: dict[str, Any]) -> None:
    stack.client("secretsmanager").put_secret_value(SecretId=_secret_id(stack), SecretString=json.dumps(stored))


def _secrets_of(stored: dict[str, Any], source: str) -> list[str]:
    value = stored.get(source, [])
    return [value] if isinstance(value, str) else list(value)


def _secret_id(stack: Stack) -> str:
    if stack.settings.webhook_secret_id is None:
        raise CommandError("this stack has no webhook secret: update the stack, or set LEADLINE_WEBHOOK_SECRET_ID")
    return stack.settings.webhook_secret_id
