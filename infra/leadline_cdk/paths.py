"""Where the construct finds the functions' code, and where it keeps what it builds.

In a checkout that is the checkout itself. An installed package carries the same files as data (see `pyproject.toml`) and
builds in the user's cache folder, because site-packages may be read-only.
"""

import os
from pathlib import Path

import leadline

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]
IN_CHECKOUT = (_CHECKOUT / "functions").is_dir()

ROOT = _CHECKOUT if IN_CHECKOUT else _PACKAGE / "data"
"""Holds `functions/`, `requirements.txt` and `package.json`."""


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leadline" / leadline.__version__


BUILD = ROOT / "build" if IN_CHECKOUT else _cache()
NODE_PROJECT = ROOT if IN_CHECKOUT else BUILD / "node"
"""Where `npm ci` runs: the parent of `node_modules`."""
