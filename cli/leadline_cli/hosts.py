"""`leadline hosts`: the code hosts that compute looks commits and pull requests up on, and their credentials."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from leadline_cli.main import CommandError
from leadline_cli.stack import Stack, add_stack_arguments, aws_errors, find_stack

KINDS = ("github", "gitlab", "bitbucket", "gitea")


def register(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    setting = actions.add_parser("set", help="give Leadline access to a code host, with a token or as a GitHub App")
    setting.add_argument("host", metavar="HOST", help="the first part of its repositories' paths, such as github.com")
    setting.add_argument("--kind", required=True, choices=KINDS)
    setting.add_argument("--api", metavar="URL", help="address of its API, for a self-hosted code host")
    setting.add_argument("--user", help="the user that a Bitbucket app password belongs to")
    setting.add_argument("--token-from-stdin", action="store_true", help="read the token from standard input")
    setting.add_argument("--app-id", help="a GitHub App's id, with --installation-id and --private-key")
    setting.add_argument("--installation-id")
    setting.add_argument("--private-key", type=Path, metavar="FILE", help="the App's private key, as downloaded")
    setting.set_defaults(run=_set)
    removal = actions.add_parser("remove", help="remove access to a code host")
    removal.add_argument("host", metavar="HOST")
    removal.set_defaults(run=_remove)
    shown = actions.add_parser("list", help="list code hosts; tokens are not shown")
    shown.set_defaults(run=_list)
    for action in (setting, removal, shown):
        add_stack_arguments(action)


def _set(arguments: argparse.Namespace) -> int:
    host = arguments.host.lower().strip("/")
    if not host or "/" in host or ":" in host:
        raise CommandError("HOST is a name such as github.com, without protocol or path")
    values: dict[str, Any] = {"kind": arguments.kind, **_credentials(arguments)}
    for name in ("api", "user"):
        if getattr(arguments, name):
            values[name] = getattr(arguments, name)
    stack = find_stack(arguments)
    with aws_errors():
        _store(stack, {**_stored(stack), host: values})
    print(f"Saved. Leadline uses {host} within a minute.", file=sys.stderr)
    return 0


def _credentials(arguments: argparse.Namespace) -> dict[str, str]:
    app = (arguments.app_id, arguments.installation_id, arguments.private_key)
    if arguments.token_from_stdin and not any(app):
        token = sys.stdin.readline().strip()
        if not token or not token.isascii() or not token.isprintable():
            raise CommandError("no token on standard input")
        return {"token": token}
    if all(app) and not arguments.token_from_stdin and arguments.kind == "github":
        try:
            key = arguments.private_key.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"can't read the private key: {error}") from error
        return {"app_id": app[0], "installation_id": app[1], "private_key": key}
    raise CommandError(
        "give --token-from-stdin, or for a GitHub App all of --app-id, --installation-id and --private-key"
    )


def _remove(arguments: argparse.Namespace) -> int:
    stack = find_stack(arguments)
    with aws_errors():
        stored = _stored(stack)
        if arguments.host.lower() not in stored:
            raise CommandError(f"{arguments.host} is not set")
        _store(stack, {name: values for name, values in stored.items() if name != arguments.host.lower()})
    print(f"Removed. Leadline stops using {arguments.host} within a minute.", file=sys.stderr)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    with aws_errors():
        stored = _stored(find_stack(arguments))
    row = "{:<28}{:<12}{}".format
    print(row("HOST", "KIND", "ACCESS"))
    for host, values in sorted(stored.items()):
        print(row(host, values.get("kind", "?"), "GitHub App" if "app_id" in values else "token"))
    return 0


def _stored(stack: Stack) -> dict[str, Any]:
    found = stack.client("secretsmanager").get_secret_value(SecretId=_secret_id(stack))
    try:
        stored = json.loads(found["SecretString"])
    except ValueError:
        stored = None
    if not isinstance(stored, dict):
        raise CommandError("the code hosts secret is not a JSON object: set it to {} in Secrets Manager to start over")
    return stored


def _store(stack: Stack, stored: dict[str, Any]) -> None:
    stack.client("secretsmanager").put_secret_value(SecretId=_secret_id(stack), SecretString=json.dumps(stored))


def _secret_id(stack: Stack) -> str:
    if stack.settings.vcs_secret_id is None:
        raise CommandError("this stack has no code hosts secret: update the stack, or set LEADLINE_VCS_SECRET_ID")
    return stack.settings.vcs_secret_id
