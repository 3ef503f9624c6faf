"""Tables of the docs for what the contract lists once: reasons, settings and metrics."""

from __future__ import annotations

from leadline.contract.reasons import REASONS


def reason_table() -> str:
    rows = [f"| `{entry.code}` | {entry.advice} |\n" for entry in REASONS.values()]
    return "".join(["| reason | what it means and what to do |\n", "|---|---|\n", *rows])
