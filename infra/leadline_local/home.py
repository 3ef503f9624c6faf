"""The folder that holds the local stack's state, and errors about it that users understand."""

from __future__ import annotations

import contextlib
import errno
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_ELSEWHERE = "set LEADLINE_HOME to a folder elsewhere"

_REASONS = {
    errno.ENOSPC: ("the disk is full", f"free some space, or {_ELSEWHERE}"),
    errno.EDQUOT: ("your disk quota is used up", f"free some space, or {_ELSEWHERE}"),
    errno.EROFS: ("the disk is read-only", _ELSEWHERE),
    errno.EACCES: ("you may not write there", _ELSEWHERE),
    errno.EPERM: ("you may not write there", _ELSEWHERE),
    errno.EEXIST: ("a file is in its place", _ELSEWHERE),
    errno.ENOTDIR: ("a file is in its place", _ELSEWHERE),
}


class HomeError(Exception):
    """The folder can't be used; the message says which one, why, and what to do, in one sentence."""

    def __init__(self, home: Path, error: OSError) -> None:
        reason, remedy = _REASONS.get(error.errno or 0, (f"the system says: {error.strerror or error}", _ELSEWHERE))
        place = f" ({error.filename})" if error.filename and Path(error.filename) != home else ""
        super().__init__(f"nothing can be kept in {home.absolute()}, as {reason}{place}; {remedy}.")


@contextlib.contextmanager
def written_to(home: Path) -> Iterator[None]:
    """Turns OSError into HomeError."""
    try:
        yield
    except OSError as error:
        raise HomeError(home, error) from error


def open_log(path: Path) -> io.TextIOWrapper:
    """An empty log that drops lines when the disk is full, instead of failing the writer."""
    return io.TextIOWrapper(_Lossy(path, "w"), "utf-8", "backslashreplace", line_buffering=True)


class _Lossy(io.FileIO):
    def write(self, data: Any) -> int:
        with contextlib.suppress(OSError):
            super().write(data)
        return len(data)
