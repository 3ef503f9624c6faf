"""docs/data.md as a test reads it: the forms of keys, and what each item may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leadline.store.table import Item

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data.md"

PLACEHOLDERS = {
    "key": "[0-9a-f]{24}",
    "key_id": "[0-9a-f]{12}",
    "sha": "[0-9a-f]{7,64}",
    "sha2": "[0-9a-f]{2}",
    "sha7": "[0-9a-f]{7}",
    "time": r"\d{13}",
    "year": r"\d{4}",
    "month": r"\d{4}-\d{2}",
    "day": r"\d{4}-\d{2}-\d{2}",
    "date": r"\d{8}",
    "part": r"\d{3}",
    "minute": r"\d{4}",
    "number": r"\d+",
    "bucket": "[LCPVYR][0-9a-z]{2}",
    "host": "github|gitlab|bitbucket",
    "repository": "[^#]+",
    "name": "[^#]+",
    "pseudonym": "p-[0-9a-f]{12}",
    "place": "(?:(?:service|repository):[^#]+)?",
    "any": ".+",
}
"""What stands for them. In attributes a `<name>` is anything."""

Path_ = tuple[str, ...]
"""Where a value is in an item: names, and [] for an entry of a list."""


@dataclass(frozen=True)
class Form:
    """A form of key. `personal`: the key itself names a person."""

    pk: re.Pattern[str]
    sk: re.Pattern[str]
    text: str
    personal: bool

    def fits(self, item: Item) -> bool:
        return self.pk.fullmatch(item["pk"]) is not None and self.sk.fullmatch(item["sk"]) is not None


@dataclass(frozen=True)
class Attribute:
    text: str
    steps: tuple[str, ...]
    personal: bool

    def fits(self, path: Path_) -> bool:
        if self.steps[-1] == "<rest>":
            head = self.steps[:-1]
            return len(path) >= len(head) and all(map(_step_fits, head, path))
        return len(path) == len(self.steps) and all(map(_step_fits, self.steps, path))


@dataclass
class Section:
    """A kind of item. `prose`: what is said of it beside the tables."""

    title: str
    forms: list[Form] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)
    prose: str = ""

    def attribute(self, path: Path_) -> Attribute | None:
        fitting = [attribute for attribute in self.attributes if attribute.fits(path)]
        return min(fitting, key=lambda one: one.text.count("<"), default=None)

    def said(self, what: str) -> str:
        """What follows "Kept:" or "Written by:"."""
        found = re.search(rf"{what}: (.+?)\.(?: [A-Z]|$)", self.prose)
        return found[1] if found else ""


def sections(page: str) -> list[Section]:
    """The kinds of items on the page."""
    found = []
    for text in re.split(r"^### ", page.partition("## Outside of the table")[0], flags=re.MULTILINE)[1:]:
        title, _, body = text.partition("\n")
        section = Section(title)
        for line in body.split("\n## ")[0].splitlines():
            if form := re.fullmatch(r"- `(.+)` / `(.+)`( \(personal\))?", line):
                section.forms.append(
                    Form(_pattern(form[1]), _pattern(form[2]), f"{form[1]} / {form[2]}", bool(form[3]))
                )
            elif line.startswith("| `"):
                names, _, personal = (cell.strip() for cell in line.strip("|").split(" | "))
                assert personal in ("", "yes"), line
                section.attributes += [
                    Attribute(name, _steps(name), bool(personal)) for name in re.findall("`([^`]+)`", names)
                ]
            elif not line.startswith(("|", "-")):
                section.prose = f"{section.prose} {line}".strip()
        found.append(section)
    return found


def message_fields(page: str) -> dict[str, set[str]]:
    """What the data of a message of each kind may hold."""
    table = page.partition("| kind | fields of `data` |")[2].partition("\n\n")[0]
    found: dict[str, set[str]] = {}
    for line in table.splitlines()[2:]:
        kinds, fields = line.strip("| ").split(" | ")
        for kind in re.findall("`([^`]+)`", kinds):
            found[kind] = set(re.findall("`([^`]+)`", fields))
    return found


def leaves(value: Any, at: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Each value in an item with where it is; an empty object or list is nothing that would need a word."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*at, name))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, (*at, "[]"))
    else:
        yield at, value


def attributes_of(item: Item) -> Iterable[tuple[Path_, Any]]:
    return leaves({name: value for name, value in item.items() if name not in ("pk", "sk")})


def _steps(text: str) -> tuple[str, ...]:
    return tuple(step for step in re.split(r"\.|(?=\[\])", text) if step)


def _step_fits(step: str, name: str) -> bool:
    if step == "<name>":
        return name != "[]"
    return _pattern(step).fullmatch(name) is not None


def _pattern(text: str) -> re.Pattern[str]:
    pieces = re.split("<([a-z_0-9]+)>", text)
    return re.compile(
        "".join(f"(?:{PLACEHOLDERS[piece]})" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces)),
        re.DOTALL,
    )
