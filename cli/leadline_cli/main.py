"""`leadline COMMAND`: finds the command's module and runs it.

Each command is a module with `register(parser)`, which adds its arguments and sets `run` with
`parser.set_defaults(run=...)`; `run(arguments) -> int` returns the exit code. Only the chosen module is imported.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from leadline import __version__

COMMANDS = {
    "backfill": "load the last months of a repository from its code host",
    "hosts": "manage the code hosts that Leadline looks commits up on",
    "keys": "create, list and revoke API keys",
    "rebuild": "correct stored numbers that differ from the stored facts",
    "replay": "send the history of a git clone as changes and deployments",
    "verify": "recount all numbers from the stored facts and compare",
    "webhooks": "manage the secrets that webhooks are signed with",
}
"""Each command, named like its module, with a summary."""

_DESCRIPTION = "Administer Leadline, which turns deployment events into DORA metrics."
_EPILOG = """\
Commands work on the local stack (`make up`), from any folder. --stack NAME selects a stack
in your AWS account instead; replay takes --url and --key. `leadline COMMAND --help` has details.
"""


class CommandError(Exception):
    """The command can't be carried out; the message tells the user why."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code: 0 success, 1 failure, 2 wrong usage."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="leadline",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"leadline {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    chosen = next((word for word in words if not word.startswith("-")), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == chosen:
            importlib.import_module(f"leadline_cli.{name}").register(command)
    arguments = parser.parse_args(words)
    try:
        return int(arguments.run(arguments))
    except CommandError as error:
        print(f"leadline: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
