"""Stored deployments by their keys."""

from __future__ import annotations

from collections.abc import Sequence

from leadline.store.deployments import Record, deployment_item_key, part_key
from leadline.store.table import Item, Table
from query.schemas import DeploymentMapping


def deployments_by_key(table: Table, keys: Sequence[str]) -> dict[str, Record]:
    """Two batched reads: the headers, then the parts that did not fit into them. Deleted deployments are left out."""
    headers = {pk: item for (pk, _), item in table.get([deployment_item_key(key) for key in keys]).items()}
    wanted = [
        part_key(key, position)
        for key in keys
        for position in range(1, headers.get(deployment_item_key(key)[0], {}).get("parts", 1))
    ]
    parts: dict[str, list[Item]] = {}
    for (pk, _), item in sorted(table.get(wanted).items() if wanted else ()):
        parts.setdefault(pk, []).append(item)
    records = (
        Record.from_items(header, iter(parts.get(pk, ()))) for pk, header in headers.items() if _is_reported(header)
    )
    return {record.key: record for record in records}


def _is_reported(header: Item) -> bool:
    """Whether a report of it arrived after it was last deleted."""
    received = [report["received_at"] for report in header.get("reports", ())]
    return bool(received) and max(received) > header.get("deleted", 0)


def mapping_answer(record: Record) -> DeploymentMapping:
    """How the deployment was mapped to changes."""
    return {
        "status": record.status,  # type: ignore[typeddict-item]  # one of the four, by attribution
        "reason": record.reason,
        "from_id": record.from_id,
        "to_id": record.to_id,
    }
