"""Builds a small real git repository step by step, with fixed people and dates, and keeps which commit landed which change.

Everything is done by `git` itself; the SHAs come out the same on every machine.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

START = 1_767_603_600
"""2026-01-05 09:00 UTC (epoch seconds)."""

STEP = 3600
"""Each commit and each tag is made an hour after the one before."""

ADA = ("Ada Marsh", "ada@example.com")
BEN = ("Ben Öst", "ben@example.com")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A repository and what git says of it.

    `tags`: its releases in the order in which they went out. `expected`: for each but the first (a baseline), the numbers of
    the changes that it is the first to carry. `arguments`: what `leadline replay PATH` needs beside the path.
    """

    name: str
    path: Path
    repository: str
    tags: tuple[str, ...]
    expected: Mapping[str, set[int]]
    note: str
    arguments: tuple[str, ...] = ()


@dataclass
class Builder:
    """A repository under construction; `main` is checked out. `landed`: number -> the commit that merged it."""

    path: Path
    now: int = START
    landed: dict[int, str] = field(default_factory=dict)
    picked: dict[str, str] = field(default_factory=dict)
    """Copy -> original."""
    _files: int = 0

    @classmethod
    def create(cls, folder: Path, name: str, *, branch: str = "main") -> Builder:
        """An empty repository `folder/name`, whose remote says that it is github.com/acme/NAME."""
        path = folder / name
        path.mkdir(parents=True)
        builder = cls(path)
        builder.git("init", "--quiet", f"--initial-branch={branch}")
        builder.git("remote", "add", "origin", f"https://ci:hunter2@github.com/acme/{name}.git")
        return builder

    def git(self, *arguments: str, person: tuple[str, str] = ADA) -> str:
        """Runs git at the repository's own time; gives what it printed."""
        date = f"{self.now} +0000"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_EDITOR": "true",
            "LC_ALL": "C",
        }
        for role in ("AUTHOR", "COMMITTER"):
            environment |= {f"GIT_{role}_NAME": person[0], f"GIT_{role}_EMAIL": person[1], f"GIT_{role}_DATE": date}
        command = ["git", "-C", str(self.path), *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()

    def sha(self, name: str = "HEAD") -> str:
        return self.git("rev-parse", f"{name}^{{commit}}")

    def commit(self, message: str, *, person: tuple[str, str] = ADA) -> str:
        """A commit with a file of its own, so that nothing ever conflicts."""
        self.now += STEP
        self._files += 1
        (self.path / f"file{self._files}.txt").write_text(f"{message}\n")
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", message, person=person)
        return self.sha()

    def switch(self, branch: str, *, at: str | None = None) -> None:
        """Checks a branch out; with `at` a new one that begins there."""
        self.git("switch", "--quiet", *(("-c", branch, at) if at else (branch,)))

    def merge(self, *branches: str, message: str) -> str:
        """Merges into what is checked out, always with a merge commit."""
        self.now += STEP
        self.git("merge", "--quiet", "--no-ff", "-m", message, *branches, person=BEN)
        return self.sha()

    def tag(self, name: str, *, annotated: bool = True, at: str = "HEAD") -> None:
        self.now += STEP
        self.git("tag", *(("-a", "-m", f"Release {name}") if annotated else ()), name, at)

    def feature(self, number: int, *, base: str = "main", commits: int = 2) -> str:
        """A branch with some commits on it; gives its name. `base` is checked out afterwards."""
        branch = f"feature-{number}"
        self.switch(branch, at=base)
        for count in range(1, commits + 1):
            self.commit(f"Work {count} on {number}", person=BEN)
        self.switch(base)
        return branch

    def merged(self, number: int, *, base: str = "main", commits: int = 2) -> str:
        """A pull request merged by GitHub's button."""
        branch = self.feature(number, base=base, commits=commits)
        self.landed[number] = self.merge(
            branch, message=f"Merge pull request #{number} from acme/{branch}\n\nAdd {number}"
        )
        return self.landed[number]

    def squashed(self, number: int, *, base: str = "main", title: str | None = None) -> str:
        """A pull request squashed by GitHub's button."""
        branch = self.feature(number, base=base)
        self.now += STEP
        self.git("merge", "--quiet", "--squash", branch)
        body = "".join(f"* Work {count} on {number}\n\n" for count in (1, 2))
        self.git("commit", "--quiet", "-m", f"{title or f'Add {number}'} (#{number})\n\n{body}", person=BEN)
        self.landed[number] = self.sha()
        return self.landed[number]

    def cherry_pick(self, original: str) -> str:
        """Copies a commit to what is checked out, as `git cherry-pick -x` does; of a merge what it brought in."""
        self.now += STEP
        parents = self.git("rev-list", "--parents", "--max-count=1", original).split()[1:]
        self.git("cherry-pick", "-x", *(("-m", "1") if len(parents) > 1 else ()), original)
        self.picked[self.sha()] = original
        return self.sha()

    def land_each_commit(self, branch: str = "main") -> None:
        """Every commit of the branch is a change, numbered by its place."""
        line = self.git("rev-list", "--first-parent", "--reverse", branch).split()
        self.landed = dict(enumerate(line, start=1))

    def scenario(self, tags: Sequence[str], note: str, *, arguments: Sequence[str] = ()) -> Scenario:
        """Done. What each release carries is what `git rev-list` lists for it and for none of the releases before it."""
        numbers: dict[str, set[int]] = {}
        for number, sha in self.landed.items():
            numbers.setdefault(sha, set()).add(number)
        shipped: set[int] = set()
        expected: dict[str, set[int]] = {}
        for index, tag in enumerate(tags):
            commits = self.git("rev-list", tag, *(f"^{earlier}" for earlier in tags[:index])).split()
            commits += [self.picked[sha] for sha in commits if sha in self.picked]
            carried = {number for sha in commits for number in numbers.get(sha, ())} - shipped
            shipped |= carried
            if index:
                expected[tag] = carried
        name = self.path.name
        return Scenario(name, self.path, f"github.com/acme/{name}", tuple(tags), expected, note, tuple(arguments))
