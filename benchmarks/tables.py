"""Tables for people, in Markdown, so that they can be pasted where they are talked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from benchmarks.events import Costs
from benchmarks.meter import Bill
from benchmarks.queries import Growth, Query

_SHORT = {
    "BatchGetItem": "BatchGet",
    "TransactGetItems": "TransactGet",
    "TransactWriteItems": "TransactWrite",
    "PutItem": "Put",
    "Query": "Query",
}


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The first column to the left, the others to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [list(head), *cells]) for column in range(len(head))]
    rule = "|" + "|".join(
        "-" * (width + 2) if not column else "-" * (width + 1) + ":" for column, width in enumerate(widths)
    )
    return "\n".join([_line(head, widths), rule + "|", *(_line(row, widths) for row in cells)])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = [
        cell.ljust(width) if not column else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "| " + " | ".join([first, *others]) + " |"


def events_table(costs: Iterable[Costs]) -> str:
    head = [
        "event",
        "requests",
        "items read",
        "read units",
        "items written",
        "write units",
        "KB sent",
        "KB received",
        "SQS",
        "CPU ms",
    ]
    return table(head, (_event_row(cost) for cost in costs))


def _event_row(cost: Costs) -> list[object]:
    bill = cost.step.bill.of("dynamodb")
    return [
        cost.name,
        bill.requests,
        bill.items_read,
        number(bill.read_units),
        bill.items_written,
        number(bill.write_units),
        kilobytes(bill.sent),
        kilobytes(bill.received),
        cost.step.bill.of("sqs").requests,
        f"{cost.step.cpu * 1000:.1f}",
    ]


def items_table(bill: Bill) -> str:
    """What one event writes, by kind of item."""
    counts: Counter[str] = Counter()
    units: Counter[str] = Counter()
    largest: Counter[str] = Counter()
    for touched in bill.written():
        counts[touched.kind] += 1
        units[touched.kind] += int(touched.units)
        largest[touched.kind] = max(largest[touched.kind], touched.size)
    rows = [[kind, counts[kind], largest[kind], units[kind]] for kind in counts]
    return table(["item", "written", "bytes", "write units"], rows)


def operations(bill: Bill) -> str:
    """Such as "Query 2, Put 1"."""
    return ", ".join(f"{_SHORT.get(name, name)} {count}" for name, count in bill.operations.items())


def queries_table(queries: Iterable[Query]) -> str:
    head = ["query", "requests", "key known", "items", "read units", "key known", "KB received", "CPU ms"]
    return table(head, (_query_row(query) for query in queries))


def _query_row(query: Query) -> list[object]:
    cold, warm = query.cold.bill.of("dynamodb"), query.warm.bill.of("dynamodb")
    return [
        query.name,
        cold.requests,
        warm.requests,
        cold.items_read,
        number(cold.read_units),
        number(warm.read_units),
        kilobytes(cold.received),
        f"{query.warm.cpu * 1000:.1f}",
    ]


def growth_table(grown: Iterable[Growth]) -> str:
    head = [
        "deployments a year",
        "30 days: requests",
        "read units",
        "a year: requests",
        "read units",
        "CPU ms",
        "page of 50: requests",
        "read units",
    ]
    return table(head, (_growth_row(growth) for growth in grown))


def _growth_row(growth: Growth) -> list[object]:
    row: list[object] = [f"{growth.deployments:,}"]
    for step in (growth.month, growth.year, growth.page):
        bill = step.bill.of("dynamodb")
        row += [bill.requests, number(bill.read_units)]
        if step is growth.year:
            row.append(f"{step.cpu * 1000:.0f}")
    return row


def number(value: float) -> str:
    return f"{value:g}"


def kilobytes(count: int) -> str:
    return f"{count / 1000:.1f}"
