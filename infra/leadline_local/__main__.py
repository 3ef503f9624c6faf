"""`python -m leadline_local` (`make up`): starts the local stack and runs until it is stopped.

LEADLINE_PORT (8787) and LEADLINE_HOME (.leadline) say where. Exit code 0 after SIGTERM or Ctrl-C; 1, with the reason on
standard error, when it can't run or has to stop.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from leadline_local.emulator import EmulatorError
from leadline_local.home import HomeError
from leadline_local.stack import LocalStack, PortError, PortTakenError

DEFAULT_PORT = 8787
_terminal = sys.stdout


def main() -> int:
    port_text = os.environ.get("LEADLINE_PORT", "")
    if port_text and not (port_text.isascii() and port_text.isdigit() and int(port_text) < 65536):
        return _fail(f"LEADLINE_PORT must be a port number, not {port_text!r}.")
    port = int(port_text or DEFAULT_PORT)
    stop = threading.Event()
    # Before anything is started, so that a signal during the start is handled too.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stack = LocalStack(Path(os.environ.get("LEADLINE_HOME") or ".leadline"), port, say)
    try:
        stack.start()
    except PortTakenError as error:
        return _fail(
            f"{error}: is Leadline running already? If not, choose another port: LEADLINE_PORT={port + 1} make up"
        )
    except (PortError, EmulatorError, HomeError) as error:
        return _fail(f"{error}")
    say(_welcome(stack))
    while not stop.wait(1):
        if (failure := stack.failure()) is not None:
            stack.stop()
            return _fail(f"{failure}", "Leadline had to stop")
    say("Stopping ...")
    stack.stop()
    say("Stopped. All data is kept; `make up` continues from here.")
    return 0


def say(text: str) -> None:
    try:
        print(text, file=_terminal, flush=True)
    except OSError:
        # A pipe that nobody reads, or a file on a full disk. Neither a request nor the exit may fail because of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), _terminal.fileno())


def _welcome(stack: LocalStack) -> str:
    return f"""
Leadline is running.

  URL   {stack.base_url}
  Key   {stack.api_key}
  Logs  {stack.log_path}

Send a deployment:

curl -sS --fail-with-body --retry 3 {stack.base_url}/v1/events/deployments -H 'Authorization: Bearer {stack.api_key}' \
-H 'Content-Type: application/json' -d '{{"repository": "github.com/acme/api", "id": "4f1d0c9be2a7"}}'

Ctrl-C stops it.
"""


def _fail(why: str, what: str = "Leadline can't run") -> int:
    print(f"{what}: {why}", file=sys.__stderr__, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
