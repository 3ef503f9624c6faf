"""A large repository, made at once by `git fast-import`: a line of commits, some of them squashed pull requests."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.git_builder import START
from tests.vcs.hosted import Hosted, Pull


def a_long_line(
    folder: Path, count: int, *, every: int = 600, pull_every: int = 5, name: str = "acme/shop"
) -> tuple[Hosted, list[str]]:
    """`count` commits on main, one each `every` seconds; each `pull_every`-th is a squashed pull request. Oldest first."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for number in range(1, count + 1):
        person = f"Ada Marsh <ada@example.com> {START + number * every} +0000"
        text, content = f"Commit {number}", f"{number}\n"
        parts.append(
            f"commit refs/heads/main\nmark :{number}\nauthor {person}\ncommitter {person}\ndata {len(text)}\n{text}\n"
        )
        parts.append(f"from :{number - 1}\n" if number > 1 else "")
        parts.append(f"M 100644 inline file\ndata {len(content)}\n{content}\n")
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    subprocess.run([*git, "fast-import", "--quiet"], input="".join(parts), text=True, check=True)
    hosted = Hosted(folder, name)
    shas = hosted.between("--reverse", "main")
    for number, sha in enumerate(shas[pull_every - 1 :: pull_every], start=1):
        hosted.pulls[number] = Pull(number, sha, (sha,), (sha,))
    return hosted, shas
