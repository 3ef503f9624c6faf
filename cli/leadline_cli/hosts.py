"""`leadline hosts`: which code hosts compute may ask for commits and pull requests, and with what token."""

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
    setting = actions.add_parser("set", help="let compute ask a code host: with a token, or as a GitHub App")
    setting.add_argument("host", metavar="HOST", help="the first part of its repositories' names, such as github.com")
    setting.add_argument("--kind", required=True, choices=KINDS)
    setting.add_argument("--api", metavar="URL", help="where its API is, for a host of your own")
    setting.add_argument("--user", help="the user of a Bitbucket app password")
    setting.add_argument("--token-from-stdin", action="store_true", help="read the token from standard input")
    setting.add_argument("--app-id", help="a GitHub App's id, with --installation-id and --private-key")
    setting.add_argument("--installation-id")
    setting.add_argument("--private-key", type=Path, metavar="FILE", help="the App's private key, as downloaded")
    setting.set_defaults(run=_set)
    removal = actions.add_parser("remove", help="ask this host no more")
    removal.add_argument("host", metavar="HOST")
    removal.set_defaults(run=_remove)
    shown = actions.add_parser("list", help="which hosts may be asked; tokens are not shown")
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
    print(f"Set: within a minute compute asks {host} for what it lacks.", file=sys.stderr)
    return 0


def _credentials(arguments: argparse.Namespace) -> dict[str, str]:
    app = (arguments.app_id, arguments.installation_id, arguments.private_key)
    if arguments.token_from_stdin and not any(app):
        token = sys.stdin.readline().strip()
        if not token or not token.isascii() or not token.isprintable():
            raise CommandError("there is no token on standard input")
        return {"token": token}
    if all(app) and not arguments.token_from_stdin and arguments.kind == "github":
        try:
            key = arguments.private_key.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"the private key cannot be read: {error}") from error
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
    print(f"Removed: within a minute compute asks {arguments.host} no more.", file=sys.stderr)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    with aws_errors():
        stored = _stored(find_stack(arguments))
    row = "{:<28}{:<12}{}".format
    print(row("HOST", "KIND", "AS"))
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
        raise CommandError(
            "the secret of the code hosts is no JSON object: set it to {} in Secrets Manager to begin anew"
        )
    return stored


def _store(stack: Stack, stored: dict[str, Any]) -> None:
    stack.client("secretsmanager").put_secret_value(SecretId=_secret_id(stack), SecretString=json.dumps(stored))


def _secret_id(stack: Stack) -> str:
    if stack.settings.vcs_secret_id is None:
        raise CommandError("this stack has no secret of code hosts: deploy it again, or set LEADLINE_VCS_SECRET_ID")
    return stack.settings.vcs_secret_id
