"""Swagger UI's own files, as npm brings them, packed and put where the query function serves them from (`query.docs`).

Packed because the browser takes them so, and the function need not do it: 485 KB instead of 1.9 MB.
"""

import gzip
import shutil
import sys
from pathlib import Path

from infra.aws import node

PACKAGE = node.ROOT / "node_modules" / "swagger-ui-dist"
SERVED_FROM = node.ROOT / "functions" / "query" / "swagger_ui"
SCRIPT_AND_STYLE = ("swagger-ui-bundle.js", "swagger-ui.css")
LICENCES = ("LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt")


def put(package: Path = PACKAGE, folder: Path = SERVED_FROM) -> None:
    """Makes the folder, the same bytes each time. Raises FileNotFoundError where npm has not brought the package."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    for name in SCRIPT_AND_STYLE:
        (fresh / f"{name}.gz").write_bytes(gzip.compress((package / name).read_bytes(), mtime=0))
    for name in LICENCES:
        shutil.copyfile(package / name, fresh / name)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


if __name__ == "__main__":
    put()
    sys.exit(0)
