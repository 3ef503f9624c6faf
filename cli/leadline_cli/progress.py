"""Shows the progress of a long command: a bar on a terminal, else a line every ten seconds."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import TextIO

_WIDTH = 30
_EVERY_SECONDS = 0.1
_QUIET_SECONDS = 10.0


class Progress:
    """Stages in sequence, each with a count and, if known, a total. `clock` in seconds."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._is_terminal = stream.isatty()
        self._stage = ""
        self._total: int | None = None
        self._began = 0.0
        self._shown = 0.0

    def begin(self, stage: str, total: int | None = None) -> None:
        self._stage, self._total = stage, total
        self._began = self._shown = self._clock()
        if self._is_terminal:
            self._draw(0)

    def at(self, count: int) -> None:
        """The stage has reached this count."""
        now = self._clock()
        if now - self._shown >= (_EVERY_SECONDS if self._is_terminal else _QUIET_SECONDS):
            self._shown = now
            self._draw(count)

    def end(self, count: int) -> None:
        """The stage is done with this count."""
        self._draw(count, last=True)

    def interrupt(self) -> None:
        """Ends the line of an unfinished bar, so that a message starts on its own line."""
        if self._is_terminal and self._stage:
            self._stream.write("\n")
            self._stream.flush()

    def _draw(self, count: int, *, last: bool = False) -> None:
        seconds = self._clock() - self._began
        rate = f", {count / seconds:,.0f}/s" if seconds >= 1 and count else ""
        total = "" if self._total is None else f"/{self._total:,}"
        text = f"{self._stage:<12} {count:,}{total}{rate}"
        if not self._is_terminal:
            self._stream.write(text + "\n")
            self._stream.flush()
            return
        if self._total:
            full = min(_WIDTH, _WIDTH * count // self._total)
            text = f"{self._stage:<12} [{'#' * full}{'.' * (_WIDTH - full)}] {text[12:].strip()}"
        columns = shutil.get_terminal_size().columns
        self._stream.write("\r\x1b[K" + text[: columns - 1] + ("\n" if last else ""))
        self._stream.flush()
        if last:
            self._stage = ""
