"""What it costs to check a key, and to read an event's trace."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from benchmarks.events import change, stack_in_use
from benchmarks.memory_aws import PEPPER
from benchmarks.product import Product, Step, start_afresh
from leadline.access.access_control import AccessControl
from leadline.access.authentication import Authenticator

Measured = tuple[str, Step, Step]
"""A name; what it costs with a key not seen for 30 s; what it costs once more right after."""


def checks_and_traces() -> Iterator[Measured]:
    """All rows, on a stack whose service has been deployed for weeks."""
    product, work = stack_in_use()
    cold, warm = _twice_checked(product)
    yield "a key check", cold, warm
    change(product, work)
    posted = product.post("deployments", work.deployment())
    product.compute()
    yield _read(product, "the trace of a deployment", posted)
    posted = product.post("changes", work.merge("ann"))
    product.compute()
    yield _read(product, "the trace of a change", posted)
    yield _read(product, "the trace of an event still on the queue", product.post("deployments", work.deployment()))


def _read(product: Product, name: str, posted: Step) -> Measured:
    target = f"/v1/events/{json.loads(posted.answer['body'])['events'][0]['event_id']}"
    start_afresh()
    product.aws.meter.take()
    return name, product.get(target), product.get(target)


def _twice_checked(product: Product) -> tuple[Step, Step]:
    now = time.time_ns() // 1_000_000
    authenticator = Authenticator(AccessControl.on(product.table, lambda: now, "query").settings, PEPPER.encode())

    def check() -> Step:
        meter = product.aws.meter
        meter.take()
        answering, began = meter.answering, time.process_time()
        authenticator.authenticate({"authorization": f"Bearer {product.key}"}, now)
        cpu = time.process_time() - began - (meter.answering - answering)
        return Step(meter.take(), cpu)

    return check(), check()
