"""Which custom metrics there are, and which of them a request's key reaches."""

from __future__ import annotations

from leadline.contract.numbers import is_metric_name
from leadline.http.problems import Problem
from leadline.store.metrics import Metric, read_metric
from query.http.faults import not_found
from query.http.request import Request
from query.reports.custom_measure import Custom
from query.reports.selection import all_services
from query.visibility.key_scope import within


def reached_metric(request: Request, name: str) -> Metric:
    """The metric, if it is defined or has points; for a limited key, only if the key reaches points of it.

    Raises Problem (404).
    """
    metric = read_metric(request.table, name) if is_metric_name(name) else Metric(name)
    if not metric or not reaches_metric(request, metric):
        raise no_metric()
    return metric


def no_metric() -> Problem:
    return not_found("No metric has this name: it has neither a definition nor any counted points.")


def reaches_metric(request: Request, metric: Metric) -> bool:
    """Whether the key may know of the metric."""
    if not request.limits:
        return True
    stored = all_services(request.table)
    measure = Custom(metric, lambda: stored)
    reached = within(request, measure.services(stored))
    return any(owner in reached for owner in measure.owners.values())
