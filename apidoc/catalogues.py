"""Tables of the docs for what the contract lists once: reasons, settings and metrics."""

from __future__ import annotations

import json

from leadline.contract.reasons import REASONS
from leadline.contract.settings_schema import SETTINGS


def reason_table() -> str:
    rows = [f"| `{entry.code}` | {entry.advice} |\n" for entry in REASONS.values()]
    return "".join(["| reason | what it means and what to do |\n", "|---|---|\n", *rows])


def settings_table() -> str:
    rows = [
        f"| `{setting.name}` | {_default(setting.shown(setting.default))} | {setting.description} "
        f"| {', '.join(what.value for what in setting.recounts) or 'nothing'} |\n"
        for setting in SETTINGS
    ]
    return "".join(["| setting | default | | a change recounts |\n", "|---|---|---|---|\n", *rows])


def _default(value: object) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"
