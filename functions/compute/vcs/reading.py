"""Reading what a host answered. Any part of it may be missing or of another type: then it is None, or left out.

What is essential and does not make sense raises Unavailable: a half-understood answer would be stored for good.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from compute.vcs.port import Unavailable
from leadline.contract import privacy
from leadline.contract.titles import title_of

MOST_COMMITS_OF_A_CHANGE = 2_500
MOST_PATHS = 3_000
MOST_LABELS = 100
MAX_TEXT = 200
MAX_BRANCH = 255
"""The bounds of the events API, which keep a change within one table item."""

T = TypeVar("T")

Look = tuple[int | None, str | None, bool]
"""When somebody looked at a change, who, and whether it was to approve it."""

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PICKED = re.compile(r"^\(cherry picked from commit ([0-9a-f]{7,64})\)\s*$", re.MULTILINE)


def at(value: Any, *path: str | int) -> Any:
    """What lies at the path, None where it leads nowhere."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
    return value


def objects(value: Any, *path: str | int) -> Iterator[dict[str, Any]]:
    """The objects of the list at the path."""
    found = at(value, *path)
    if isinstance(found, list):
        yield from (entry for entry in found if isinstance(entry, dict))


def rows(value: Any) -> list[dict[str, Any]]:
    """A list of objects. Raises Unavailable where the answer is anything else."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise nonsense("a list")
    return value


def text(value: Any, *path: str | int) -> str | None:
    """A short text on one line."""
    found = at(value, *path)
    if not isinstance(found, str) or not found.strip() or not found.isprintable():
        return None
    return found.strip() if len(found.encode("utf-8", "replace")) <= MAX_TEXT else None


def branch(value: Any, *path: str | int) -> str | None:
    """A branch's name."""
    found = at(value, *path)
    good = isinstance(found, str) and found.isprintable() and 0 < len(found.encode()) <= MAX_BRANCH
    return found if good else None


def title(value: Any, *path: str | int) -> str | None:
    """A change's title, as its webhook tells it."""
    return title_of(at(value, *path))


def long_text(value: Any, *path: str | int) -> str:
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def number(value: Any, *path: str | int) -> int | None:
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 < found < 2**53 else None


def sha(value: Any, *path: str | int) -> str | None:
    """A whole SHA in lower case."""
    found = at(value, *path)
    plain = found.strip().lower() if isinstance(found, str) else ""
    return plain if _SHA.fullmatch(plain) and plain.strip("0") else None


def time(value: Any, *path: str | int) -> int | None:
    """An RFC 3339 time as epoch milliseconds; one without an offset is UTC."""
    found = at(value, *path)
    if not isinstance(found, str):
        return None
    try:
        moment = datetime.fromisoformat(found)
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        milliseconds = round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return milliseconds if milliseconds >= 0 else None


def url(value: Any, *path: str | int) -> str | None:
    found = at(value, *path)
    if not isinstance(found, str) or not found.startswith(("https://", "http://")) or len(found) > 2_000:
        return None
    try:
        return (
            found
            if found.isprintable() and " " not in found and not privacy.holds_personal_data_or_secrets(found)
            else None
        )
    except ValueError:
        return None


def picked_from(message: str) -> str | None:
    """The commit that `git cherry-pick -x` says it copied: the last such line, since a pick may be picked again."""
    found = _PICKED.findall(message)
    return found[-1] if found else None


def known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Only the fields that are known."""
    return {name: value for name, value in fields.items() if value not in (None, [], "")}


def commit(
    name: Any, parents: list[Any], committed: int | None, authored: int | None, author: str | None, message: str
) -> dict[str, Any]:
    """A commit event's commit. Raises Unavailable where the answer lacks what makes a commit."""
    whole, wholes = sha(name), [sha(parent) for parent in parents]
    if whole is None or committed is None or None in wholes:
        raise nonsense("a commit")
    fields = {
        "authored_at": authored,
        "author": privacy.person(author or ""),
        "cherry_picked_from": picked_from(message),
    }
    return {"sha": whole, "parents": wholes, "committed_at": committed, **known(fields)}


def change(fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """A merged change, within the bounds of the events API; None where the answer lacks what makes one."""
    if not fields.get("number") or not fields.get("merge_sha") or not fields.get("merged_at"):
        return None
    data = known({**fields, "author": privacy.person(fields.get("author") or "")})
    shas = list(dict.fromkeys(data.get("commit_shas", ())))
    paths = list(dict.fromkeys(data.get("paths", ())))
    bounded = {
        "commit_shas": shas[-MOST_COMMITS_OF_A_CHANGE:],
        # Part of the files would hide the change from a service that only the others belong to.
        "paths": paths if len(paths) <= MOST_PATHS else [],
        "labels": data.get("labels", [])[:MOST_LABELS],
    }
    return known({**data, **bounded})


def rfc3339(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def path(value: Any) -> str | None:
    """The name of a file in a repository, as the events API takes it."""
    if not isinstance(value, str) or not value:
        return None
    try:
        return value if len(value.encode()) <= 1_000 else None
    except UnicodeEncodeError:
        return None


def batches(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def first_looks(author: str | None, looks: Iterable[Look]) -> dict[str, int | None]:
    """When somebody else than its author first looked at a change, and first approved it."""
    others = [
        (made, approved) for made, who, approved in looks if made is not None and who is not None and who != author
    ]
    return {
        "first_review_at": min((made for made, _ in others), default=None),
        "approved_at": min((made for made, approved in others if approved), default=None),
    }


def released(repository: str, tag: str, sha: str, at: int, address: str | None) -> dict[str, Any]:
    """A release as a deployment, under the id that its webhook gives it."""
    fields = {"id": sha, "repository": repository, "status": "success", "finished_at": at}
    return known({**fields, "deployment_id": f"tag:{tag}", "version": tag, "url": address})


def nonsense(what: str) -> Unavailable:
    return Unavailable(f"the code host answered something else than {what}", host_wide=False)
