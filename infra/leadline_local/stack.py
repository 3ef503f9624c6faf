"""The local stack: the emulator, the resources, the three real functions, the HTTP front and the queue poller."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import boto3

from leadline import aws
from leadline.access.keys import ADMIN, create_key, item_key, read_pepper
from leadline.settings import Settings
from leadline.store.dynamodb import DynamoTable
from leadline_local import functions
from leadline_local.emulator import Emulator, EmulatorError
from leadline_local.front import Front
from leadline_local.functions import Function
from leadline_local.home import HomeError, open_log, written_to
from leadline_local.poller import Poller
from leadline_local.resources import create_resources
from leadline_local.ticker import Ticker

API_SECONDS, COMPUTE_SECONDS = 29, 60
"""The time limits that the functions have on AWS."""

SCHEDULE = (({"leadline": "sweep"}, 300), ({"leadline": "reconcile"}, 3600))
"""What the schedule invokes compute with on AWS, and how often (seconds)."""


class PortError(Exception):
    """The port can't be listened on; the message says why."""


class PortTakenError(PortError):
    """Something else listens on the port."""


class LocalStack:
    """Everything on this machine, its state under `home`.

    home/local.json   {"base_url", "api_key"}, there while requests are taken
    home/stack.json   where the emulator is and what the resources are called, for the `leadline` command
    home/emulator/    the emulator's state and log
    home/functions.log  what the functions log, of this run
    """

    def __init__(
        self, home: Path, port: int, report: Callable[[str], None], targets: Mapping[str, str] = functions.TARGETS
    ) -> None:
        self.home = home
        self._targets = targets
        self._home_is_ours = False
        self._port = port
        self._report = report
        self._emulator = Emulator(home / "emulator")
        self._front: Front | None = None
        self._poller: Poller | None = None
        self._tickers: list[Ticker] = []
        self._log: IO[str] | None = None
        self.base_url = ""
        self.api_key = ""

    @property
    def log_path(self) -> Path:
        return self.home / "functions.log"

    def start(self) -> None:
        """Returns when requests are taken.

        Raises PortError, EmulatorError, HomeError, or whatever the import of a handler raises; then nothing is
        left running.
        """
        bound = _bind(self._port)
        try:
            self.base_url = f"http://127.0.0.1:{bound.getsockname()[1]}"
            with written_to(self.home):
                self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._emulator.start()
                self._home_is_ours = True
                # The file announces that requests are served; a killed run leaves it behind.
                self._forget_announcement()
                self._redirect_logs()
            self._enter_environment(self._emulator.client_environment)
            settings = create_resources(boto3.Session())
            self._enter_environment(settings.to_env())
            ingest = Function.load("leadline-ingest", self._targets["ingest"], API_SECONDS)
            query = Function.load("leadline-query", self._targets["query"], API_SECONDS)
            compute = Function.load("leadline-compute", self._targets["compute"], COMPUTE_SECONDS)
            with written_to(self.home):
                self.api_key = self._admin_key(settings)
            routes = [
                (functions.RETRY_ROUTE, query),
                *((route, ingest) for route in functions.EVENT_ROUTES),
                (functions.DEFAULT_ROUTE, query),
            ]
            self._poller = Poller(aws.client("sqs"), settings.queue_url, compute, self._report)
            self._poller.start()
            self._tickers = [Ticker(compute, event, seconds, self._report) for event, seconds in SCHEDULE]
            for ticker in self._tickers:
                ticker.start()
            self._front = Front(bound, routes, self._report)
            self._front.start()
            with written_to(self.home):
                self._write("stack.json", {"endpoint": self._emulator.endpoint, **settings.to_env()})
                self._write("local.json", {"base_url": self.base_url, "api_key": self.api_key})
        except BaseException as error:
            # If the emulator has ended, that is the reason, not the error by which we noticed.
            failure = self.failure()
            bound.close()
            self.stop()
            if failure is not None:
                raise failure from error
            raise

    def stop(self) -> None:
        """Stops accepting requests, finishes running ones and saves the state. Parts that were not started are skipped."""
        if self._home_is_ours:
            with contextlib.suppress(OSError):  # the disk may have become read-only; a killed run leaves it behind, too
                self._forget_announcement()
        for part in (self._front, *self._tickers, self._poller, self._emulator):
            if part is not None:
                part.stop()
        self._front = self._poller = None
        self._tickers = []
        self._home_is_ours = False
        if self._log is not None:
            sys.stdout, sys.stderr = sys.__stdout__ or sys.stdout, sys.__stderr__ or sys.stderr
            self._log.close()
            self._log = None

    def failure(self) -> HomeError | EmulatorError | None:
        """Why the emulator ended, if nobody stopped it."""
        error = self._emulator.failure()
        return HomeError(self.home, error) if isinstance(error, OSError) else error

    def _enter_environment(self, variables: Mapping[str, str]) -> None:
        # The functions run in this process and read what Lambda would set; the user's own AWS account must not be used.
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            os.environ.pop(name, None)
        os.environ.update(variables)

    def _redirect_logs(self) -> None:
        # A Powertools logger keeps the stream it finds when it is made, so this comes before the handlers' import.
        self._log = open_log(self.log_path)
        sys.stdout = sys.stderr = self._log

    def _admin_key(self, settings: Settings) -> str:
        """The key of earlier runs if the table still has it, else a new one."""
        table = DynamoTable(aws.client("dynamodb"), settings.table)
        kept = self.home / "admin_key"
        text = kept.read_text().strip() if kept.exists() else ""
        if match := re.match(r"ll_([0-9a-f]{12})_", text):
            item = table.get([item_key(match[1])]).get(item_key(match[1]))
            if item is not None and item.get("revoked_at") is None:
                return text
        pepper = read_pepper(aws.client("secretsmanager"), settings.key_secret_id)
        text, _ = create_key(table, pepper, name="local admin", scopes=[ADMIN], now=time.time_ns() // 1_000_000)
        _write_private(kept, text + "\n")
        return text

    def _write(self, name: str, content: dict[str, str]) -> None:
        _write_private(self.home / name, json.dumps(content, indent=2) + "\n")

    def _forget_announcement(self) -> None:
        (self.home / "local.json").unlink(missing_ok=True)


def _bind(port: int) -> socket.socket:
    """Reserves the port before anything else, without serving requests yet. Raises PortError."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
        # Linux lets two sockets bind the same address as long as neither listens.
        bound.listen(128)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(f"port {port} on 127.0.0.1 is taken") from error
        why = f"port {port} on 127.0.0.1 can't be used: {error.strerror}; set LEADLINE_PORT to another one."
        raise PortError(why) from error
    return bound


def _write_private(path: Path, text: str) -> None:
    """Writes the file atomically, readable by its owner only."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
