"""`leadline COMMAND`: finds the subcommand's module and runs it.

Each subcommand is a module with `register(parser)`, which adds its arguments and sets `run` with
`parser.set_defaults(run=...)`; `run(arguments) -> int` gives the exit code. Only the module asked for is imported.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

COMMANDS = {
    "backfill": ("cli.backfill:register", "load a repository's last months from its code host"),
    "hosts": ("cli.hosts:register", "say which code hosts may be asked, and with what token"),
    "keys": ("cli.keys:register", "create, list and revoke API keys"),
    "rebuild": ("cli.rebuild:register", "make the stored numbers equal what the stored facts say"),
    "replay": ("cli.replay:register", "send a git clone's history as changes and deployments"),
    "verify": ("cli.verify:register", "count all numbers again from the stored facts, and compare"),
    "webhooks": ("cli.webhooks:register", "set the secrets that senders of webhooks sign with"),
}


class CommandError(Exception):
    """The command can't do what was asked; the message says why, in words for the person who asked."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code: 0 done, 1 failed, 2 wrong usage."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="leadline", description="Deployment events in, DORA metrics out.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    asked = next((word for word in words if not word.startswith("-")), None)
    for name, (target, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == asked:
            module, function = target.split(":")
            getattr(importlib.import_module(module), function)(command)
    arguments = parser.parse_args(words)
    try:
        return int(arguments.run(arguments))
    except CommandError as error:
        print(f"leadline: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
