"""Reads a clone with `git`: its branch, its tags and its history, the history as one stream from one process.

Nothing is written to the clone and nothing fetched. The person's own git settings don't change what is read.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from leadline_cli.commit_graph import CommitGraph
from leadline_cli.main import CommandError
from leadline_cli.merge_marks import Mark, read_mark, read_picked_from
from leadline_cli.release_tags import Tag

# One record is six fields, each ended by a NUL, which no commit can hold.
_FORMAT = "%H%x00%P%x00%ct%x00%at%x00%a{}%x00%B"
_FIELDS = 6
_CHUNK = 1 << 20
_REPORT_EVERY = 5000


class GitError(CommandError):
    """Git can't read the repository, branch or commit."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch's tip. `name` is None if a commit was given instead of a branch."""

    name: str | None
    sha: str


@dataclass(slots=True)
class History:
    """What was read: the commits, and what their messages say. Messages themselves are not kept."""

    graph: CommitGraph
    marks: dict[int, Mark] = field(default_factory=dict)
    picked_from: dict[int, str] = field(default_factory=dict)


class GitClone:
    """A clone on this machine, bare or not."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise GitError(f"there is no folder {path}")
        self._path = path
        self._run("rev-parse", "--git-dir")

    @property
    def is_shallow(self) -> bool:
        return self._run("rev-parse", "--is-shallow-repository").strip() == "true"

    def origin(self) -> str | None:
        """The address of the remote `origin`, which may hold credentials."""
        return self._try("config", "--get", "remote.origin.url")

    def branch(self, name: str | None = None) -> Branch:
        """The branch that changes are merged into: the given one, else the remote's default, else what is checked out.

        What the remote has comes before a local branch of the same name, which may be behind or ahead of it.
        """
        if name is None:
            head = self._try("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
            if head is not None and self._commit(head):
                name = head.removeprefix("refs/remotes/origin/")
            else:
                name = self._try("symbolic-ref", "--quiet", "--short", "HEAD")
        guesses = [name] if name is not None else ["main", "master"]
        for guess in guesses:
            for ref in (f"refs/remotes/origin/{guess}", f"refs/heads/{guess}"):
                if sha := self._commit(ref):
                    return Branch(guess, sha)
        if name is None:
            raise GitError(f"{self._path} is on no branch; name the one that changes are merged into with --branch")
        if sha := self._commit(name):
            return Branch(None, sha)
        if not self._try("rev-list", "--max-count=1", "--all"):
            raise GitError(f"{self._path} has no commits yet")
        raise GitError(f"{self._path} has no branch {name}")

    def tags(self) -> list[Tag]:
        """All tags that stand on commits, in no order."""
        listing = self._run(
            "for-each-ref", "--format=%(refname) %(objecttype) %(creatordate:unix)", "refs/tags"
        ).splitlines()
        rows = [line.split(" ") for line in listing]
        requests = "".join(f"{row[0]}^{{commit}}\n" for row in rows)
        answers = self._run("cat-file", "--batch-check=%(objectname)", given=requests).splitlines()
        # What stands on a tree or a blob has no commit, and git says so in words.
        found = [(ref, kind, date, sha) for (ref, kind, date), sha in zip(rows, answers, strict=True) if " " not in sha]
        undated = [sha for _, _, date, sha in found if not date]
        committed = self._commit_dates(undated) if undated else {}
        return [
            Tag(ref.removeprefix("refs/tags/"), sha, int(date or committed[sha]), is_dated=kind == "tag" and bool(date))
            for ref, kind, date, sha in found
        ]

    def read(
        self,
        tips: Sequence[str],
        *,
        now: int,
        names: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> History:
        """Everything reachable from the tips, parents before children. A person is an address, or with `names` a name."""
        history = History(CommitGraph(now))
        graph = history.graph
        arguments = ("log", "-z", "--topo-order", "--reverse", "--no-show-signature", "--encoding=UTF-8", "--no-color")
        stream = self._stream((*arguments, f"--format={_FORMAT.format('N' if names else 'E')}", "--stdin"), tips)
        for sha, parents, committed, authored, person, message in _records(stream):
            commit = graph.add(
                sha.decode(), parents.decode().split(), _epoch(committed), _epoch(authored), _text(person)
            )
            text = _text(message)
            if mark := read_mark(text):
                history.marks[commit] = mark
            if original := read_picked_from(text):
                history.picked_from[commit] = original
            if commit % _REPORT_EVERY == _REPORT_EVERY - 1:
                progress(commit + 1)
        progress(len(graph))
        return history

    def _commit_dates(self, shas: Sequence[str]) -> dict[str, str]:
        lines = self._run("log", "--no-walk", "--format=%H %ct", "--stdin", given="\n".join(shas)).splitlines()
        return {sha: date for sha, _, date in (line.partition(" ") for line in lines)}

    def _commit(self, name: str) -> str | None:
        return self._try("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return ["git", "--no-replace-objects", "-C", str(self._path), *arguments]

    def _try(self, *arguments: str) -> str | None:
        done = subprocess.run(self._command(arguments), capture_output=True, env=_environment(), check=False)
        return _text(done.stdout).strip() or None if done.returncode == 0 else None

    def _run(self, *arguments: str, given: str = "") -> str:
        try:
            done = subprocess.run(
                self._command(arguments), input=given.encode(), capture_output=True, env=_environment(), check=False
            )
        except FileNotFoundError:
            raise GitError("git is not installed, or not on the PATH") from None
        if done.returncode != 0:
            raise GitError(_complaint(done.stderr))
        return _text(done.stdout)

    def _stream(self, arguments: Sequence[str], tips: Sequence[str]) -> Iterator[bytes]:
        # Files, not pipes, for what goes in and for complaints: neither can fill up while only the output is read.
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as complaints:
            given.write("".join(f"{tip}\n" for tip in dict.fromkeys(tips)).encode())
            given.seek(0)
            with subprocess.Popen(
                self._command(arguments), stdin=given, stdout=subprocess.PIPE, stderr=complaints, env=_environment()
            ) as process:
                output: IO[bytes] | None = process.stdout
                assert output is not None
                try:
                    while chunk := output.read(_CHUNK):
                        yield chunk
                finally:
                    # Who stops reading early stops git too; after the last chunk it has ended, or is about to.
                    output.close()
                    code = process.wait()
            complaints.seek(0)
            if code != 0:
                raise GitError(_complaint(complaints.read()))


def _records(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, ...]]:
    rest = b""
    fields: list[bytes] = []
    for chunk in chunks:
        pieces = (rest + chunk).split(b"\0")
        rest = pieces.pop()
        fields += pieces
        whole = len(fields) - len(fields) % _FIELDS
        for start in range(0, whole, _FIELDS):
            yield tuple(fields[start : start + _FIELDS])
        del fields[:whole]


def _environment() -> dict[str, str]:
    # A hook's or CI job's own GIT_DIR must not lead elsewhere; errors in English; never a prompt, never a fetch.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _KEPT}
    return kept | {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}


_KEPT = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH")


def _epoch(text: bytes) -> int:
    try:
        return int(text)
    except ValueError:
        return 0


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _complaint(raw: bytes) -> str:
    lines = [line for line in _text(raw).splitlines() if line.strip()]
    return "git says: " + (lines[0].removeprefix("fatal: ") if lines else "nothing, but it failed")
