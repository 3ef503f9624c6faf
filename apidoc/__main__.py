"""`python -m apidoc`: writes what is generated into the docs."""

from pathlib import Path

from apidoc.tables import with_tables

DOCS = Path(__file__).parents[1] / "docs"

for page in sorted(DOCS.rglob("*.md")):
    text = page.read_text()
    if (written := with_tables(text)) != text:
        page.write_text(written)
        print(f"{page.relative_to(DOCS.parent)} written")
