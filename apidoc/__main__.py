"""`python -m apidoc`: writes the OpenAPI document and the tables of the docs."""

from __future__ import annotations

from pathlib import Path

from apidoc import document
from apidoc.tables import with_tables

ROOT = Path(__file__).parents[1]


def write(file: Path, text: str) -> None:
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
        print(f"{file.relative_to(ROOT)} written")


write(document.FILE, document.to_text(document.build_document()))
for page in sorted((ROOT / "docs").rglob("*.md")):
    write(page, with_tables(page.read_text()))
