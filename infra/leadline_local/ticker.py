"""Invokes a function at a fixed rate, as EventBridge does on AWS."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from leadline_local.functions import Function


class Ticker:
    """Invokes the function with the event every `seconds`, first after that time. Errors are reported."""

    def __init__(
        self, function: Function, event: dict[str, Any], seconds: float, report: Callable[[str], None]
    ) -> None:
        self._function = function
        self._event = event
        self._seconds = seconds
        self._report = report
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when an invocation under way has ended."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self._function.invoke(self._event)
            except Exception as error:  # the next run may do better
                self._report(f"the scheduled {self._function.name} failed: {type(error).__name__}")
