"""Finds the folder in which the local stack (`make up`) keeps its state, from wherever the command is run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
_NAME = ".leadline"


def find_home(environment: Mapping[str, str], folder: Path) -> Path:
    """LEADLINE_HOME; else the `.leadline` of a running stack in `folder`, above it, or in this command's checkout.

    If none is running, the path it would have in `folder`.
    """
    if given := environment.get("LEADLINE_HOME"):
        return Path(given)
    folders = (folder, *folder.parents, CHECKOUT)
    return next((at / _NAME for at in folders if (at / _NAME / "local.json").exists()), folder / _NAME)
