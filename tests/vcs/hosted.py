"""A real git repository as a code host keeps it: with pull requests, deployments and releases. What git can say, git says."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from tests import git_repositories
from tests.git_builder import Builder, Scenario


@dataclass(frozen=True, slots=True)
class Commit:
    """Times as git writes them (RFC 3339)."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    committed: str
    authored: str
    author: str
    email: str
    message: str


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request. `landed`: where it is on its base branch, its merge commit last; empty while it is open or closed."""

    number: int
    head: str
    commits: tuple[str, ...]
    landed: tuple[str, ...]
    base: str = "main"
    branch: str = "topic"
    title: str = "A change"
    author: str = "ada"
    labels: tuple[str, ...] = ()
    looks: tuple[tuple[str, str, str], ...] = ()
    """Who, when and as what: approved or commented."""

    def has(self, sha: str) -> bool:
        return sha in self.commits or sha in self.landed


@dataclass(frozen=True, slots=True)
class Run:
    """A deployment: its states in order, as (state, time)."""

    id: int
    sha: str
    environment: str
    created: str
    states: tuple[tuple[str, str], ...]
    production: bool = False
    transient: bool = False


@dataclass
class Hosted:
    """The repository `path` under its full name, such as `acme/shop`."""

    path: Path
    name: str
    pulls: dict[int, Pull] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    releases: list[tuple[str, str, str]] = field(default_factory=list)
    """Tag, commit and time."""
    _kept: dict[tuple[str, ...], str] = field(default_factory=dict)
    _commits: dict[str, Commit] = field(default_factory=dict)

    def git(self, *arguments: str) -> str:
        if arguments not in self._kept:
            command = ["git", "-C", str(self.path), *arguments]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            self._kept[arguments] = done.stdout.strip() if done.returncode == 0 else ""
        return self._kept[arguments]

    def resolve(self, name: str) -> str | None:
        """The commit that git takes the name for: a SHA, whole or short, a branch or a tag."""
        return self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}") or None

    def between(self, *revisions: str) -> list[str]:
        """`git rev-list`, newest first."""
        return self.git("rev-list", *revisions).split()

    def commits(self) -> dict[str, Commit]:
        """All commits by SHA."""
        if not self._commits:
            form = "%H%x00%T%x00%P%x00%cI%x00%aI%x00%an%x00%ae%x00%B%x01"
            for record in self.git("log", "--all", "--no-show-signature", f"--format={form}").split("\x01"):
                if record.strip():
                    name, tree, parents, committed, authored, author, email, message = record.strip("\n").split("\x00")
                    self._commits[name] = Commit(
                        name, tree, tuple(parents.split()), committed, authored, author, email, message.strip()
                    )
        return self._commits

    def commit(self, sha: str) -> Commit:
        return self.commits()[sha]

    def files(self, pull: Pull) -> list[str]:
        """What a pull request touches."""
        touched = {
            name for sha in pull.commits for name in self.git("show", "--format=", "--name-only", sha).split("\n")
        }
        return sorted(touched - {""})

    def pulls_of(self, sha: str) -> list[Pull]:
        return [pull for pull in self.pulls.values() if pull.has(sha)]


def scenario(name: str, folder: Path) -> tuple[Scenario, Hosted]:
    """One of the ways in which people merge and release, with the pull requests that a host would have had for it."""
    made: list[Builder] = []

    class Kept(Builder):
        def scenario(self, *args: object, **kwargs: object) -> Scenario:
            made.append(self)
            return super().scenario(*args, **kwargs)  # type: ignore[arg-type]

    with patch.object(git_repositories, "Builder", Kept):
        found = git_repositories.build(name, folder)
    hosted = Hosted(found.path, found.repository.partition("/")[2])
    add_pulls(hosted, made[0].landed)
    return found, hosted


def add_pulls(hosted: Hosted, landed: dict[int, str]) -> None:
    """A pull request for each number, from its feature branch where that is left, else from what its merge brought."""
    seen: dict[str, int] = {}
    for number, merge in landed.items():
        parents = hosted.commit(merge).parents
        place = seen[merge] = seen.get(merge, 0) + 1
        squashed = f"(#{number})" in hosted.commit(merge).message.partition("\n")[0]
        branch = hosted.resolve(f"feature-{number}") if squashed else None
        if len(parents) > 1:
            head = parents[place] if place < len(parents) else parents[1]
            commits = hosted.between(head, f"^{parents[0]}")
        elif branch is not None:
            head = branch
            commits = hosted.between(head, f"^{parents[0]}")
        else:
            head, commits = merge, [merge]
        hosted.pulls[number] = Pull(number, head, tuple(reversed(commits)), (merge,))
