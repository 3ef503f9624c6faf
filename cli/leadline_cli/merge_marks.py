"""Which pull or merge request a commit message says it merged.

Git itself knows nothing of pull requests; the forges and merge bots leave their number in the message. The forms read:

    Merge pull request #12 from acme/feature                     GitHub (merge button, merge queue), Gitea with a title
    Add a thing (#12)                                            squash on GitHub, Gitea, Graphite, Kodiak, Mergify
    Merge branch 'x' into 'main' ... See merge request a/b!12    GitLab, also from a merge train
    Add a thing (!12)                                            GitLab with a commit template
    Merged in x (pull request #12), Pull request #12: Add        Bitbucket Cloud, Bitbucket Data Center
    Merge pull request #12 in PROJ/api from x to main            Bitbucket Data Center
    Merged PR 12: Add a thing, Merge pull request 12 from x      Azure Repos
    Merge #12, Merge #12 #13, Merge acme/api#12: Add             bors, merge scripts
    Auto merge of #12 - ..., Rollup merge of #12 - ...           homu
    Merge of #12, !12 Add a thing                                Mergify, Gitee

A number inside a quoted title is another request's: `Revert "Add a thing (#12)" (#13)` merged 13, and
`Revert "Add a thing (#12)"` merged none that can be known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """The request `numbers` in a message: several when a bot merged a batch at once.

    Where the message says so: the branch that was merged (`source`), the one it went into (`into`), and the project that
    the number belongs to (`project`).
    """

    numbers: tuple[int, ...]
    source: str | None = None
    into: str | None = None
    project: str | None = None


_SUBJECTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"Merge pull request '.*' \(#(?P<number>\d+)\) from (?P<source>\S+) into (?P<into>\S+)",
        r"Merge pull request #(?P<number>\d+) in (?P<project>\S+) from (?P<source>\S+) to (?P<into>\S+)",
        r"Merge pull request #?(?P<number>\d+) from (?P<source>\S+)(?: into (?P<into>\S+))?",
        r"Merged in (?P<source>\S+) \(pull request #(?P<number>\d+)\)",
        r"Pull request #(?P<number>\d+): ",
        r"Merged PR (?P<number>\d+): ",
        r"Merge (?P<project>[\w.-]+/[\w.-]+)?#(?P<number>\d+)\b(?! #)",
        r"(?:Auto merge|Rollup merge|Merge) of #(?P<number>\d+)\b",
        r"!(?P<number>\d+) \S",
    )
)
_BATCH = re.compile(r"Merge((?: #\d+){2,})\b")
_SUFFIX = re.compile(r"\((?:(?:pull request |PR )?#|!)(?P<number>\d+)\)$")
_GITLAB = re.compile(
    r"^See merge request (?:https?://\S+?/merge_requests/|(?P<project>[^\s!]*)!)(?P<number>\d+)\s*$", re.MULTILINE
)
_GITLAB_BRANCHES = re.compile(r"Merge branch '(?P<source>.+?)' into '(?P<into>.+?)'")
_PICKED = re.compile(r"^\(cherry picked from commit ([0-9a-fA-F]{7,64})\)\s*$", re.MULTILINE)


def read_mark(message: str) -> Mark | None:
    """The mark in a commit message, or None."""
    text = message.strip()
    paragraph = text.split("\n\n", 1)[0]
    subject = paragraph.split("\n", 1)[0].strip()
    for pattern in _SUBJECTS:
        if match := pattern.match(subject):
            return _mark(match)
    if match := _BATCH.match(subject):
        numbers = tuple(dict.fromkeys(int(word) for word in re.findall(r"\d+", match[1])))
        return Mark(numbers) if all(numbers) else None
    if named := list(_GITLAB.finditer(text)):
        branches = _GITLAB_BRANCHES.match(subject)
        # The last one: a squashed body may quote the requests it was made of.
        return _mark(named[-1], *(branches.group("source", "into") if branches else (None, None)))
    # A long title may be wrapped, so the end of the first paragraph counts as well as the end of the first line.
    for line in (subject, " ".join(paragraph.split())):
        match = _SUFFIX.search(line)
        if match and line.count('"', 0, match.start()) % 2 == 0:
            return _mark(match)
    return None


def read_picked_from(message: str) -> str | None:
    """The commit that this one copies, from the line that `git cherry-pick -x` adds; of several the first, the original."""
    match = _PICKED.search(message)
    return match[1].lower() if match else None


def _mark(match: re.Match[str], source: str | None = None, into: str | None = None) -> Mark | None:
    found = match.groupdict()
    number = int(found["number"])
    if number == 0:
        return None
    return Mark((number,), source or found.get("source"), into or found.get("into"), found.get("project") or None)
