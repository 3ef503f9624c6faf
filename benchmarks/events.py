"""What each kind of event costs, from its POST until it is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks import points
from benchmarks.happenings import AUTHORS, DAY, HOUR, TEAMS, Happenings, instant, sha
from benchmarks.product import Product, Step, start_afresh
from leadline.store.access import AccessSettings
from leadline.store.configuration import ROSTER_KEY
from leadline.store.table import Put


@dataclass(frozen=True, slots=True)
class Costs:
    """One row: an event in its situation."""

    name: str
    step: Step


def stack_in_use(days: int = 20, *, pushes: bool = True) -> tuple[Product, Happenings]:
    """A stack with two teams, whose one service has been deployed once a day for some days, the last time an hour ago.

    `pushes`: whether the commit graph is told too, as an installed webhook does.
    """
    product, work = Product(), Happenings()
    teams = {name: {"members": [{"author": author} for author in members]} for name, members in TEAMS.items()}
    product.table.write([Put({"pk": ROSTER_KEY[0], "sk": ROSTER_KEY[1], "teams": teams, "v": 1})])
    for day in range(days):
        if day:
            work.later(DAY - 4 * HOUR)
        for number in range(3):
            change(product, work, AUTHORS[(day + number) % len(AUTHORS)], pushes=pushes)
            work.later(HOUR)
        product.tell("deployments", work.deployment())
    work.later(HOUR)
    return product, work


def change(product: Product, work: Happenings, author: str = "ann", *, pushes: bool = True) -> None:
    """A merged change that is told."""
    product.tell("changes", work.merge(author))
    if pushes:
        product.tell("commits", work.push(1))


def stop_the_access_log(product: Product) -> None:
    """It is on unless somebody turns it off; each request is one item more with it."""
    product.table.write([Put(AccessSettings(log=False).to_item())])
    start_afresh()


def every_event() -> Iterator[Costs]:
    """All rows, each on a stack of its own."""
    for name, measure in _ROWS.items():
        product, work = stack_in_use()
        yield Costs(name, measure(product, work))
    product, work = stack_in_use(pushes=False)
    change(product, work, pushes=False)
    yield Costs("deployment, one change, without a told commit graph", _deploy(product, work))


def one_change(product: Product, work: Happenings) -> Step:
    """The usual deployment: one change by an author in one team, in production."""
    change(product, work)
    return _deploy(product, work)


def _deploy(product: Product, work: Happenings) -> Step:
    work.later(HOUR)
    return product.tell("deployments", work.deployment())


def _fresh_key(product: Product, work: Happenings) -> Step:
    change(product, work)
    start_afresh()
    return _deploy(product, work)


def _no_access_log(product: Product, work: Happenings) -> Step:
    stop_the_access_log(product)
    return one_change(product, work)


def _busy_day(product: Product, work: Happenings) -> Step:
    for number in range(200):
        change(product, work, AUTHORS[number % len(AUTHORS)])
        work.later(60)
        product.tell("deployments", work.deployment())
    change(product, work)
    work.later(60)
    return product.tell("deployments", work.deployment())


def _first_of_the_day(product: Product, work: Happenings) -> Step:
    change(product, work)
    work.later(DAY)
    return product.tell("deployments", work.deployment())


def _changes(count: int) -> Callable[[Product, Happenings], Step]:
    def measure(product: Product, work: Happenings) -> Step:
        for number in range(count):
            change(product, work, AUTHORS[number % len(AUTHORS)])
            work.later(60)
        return _deploy(product, work)

    return measure


def _change_event(product: Product, work: Happenings) -> Step:
    return product.tell("changes", work.merge())


def _push(product: Product, work: Happenings) -> Step:
    for author in ("ann", "bob", "cid"):
        product.tell("changes", work.merge(author))
        work.later(60)
    return product.tell("commits", work.push(3))


def _resend(product: Product, work: Happenings) -> Step:
    change(product, work)
    work.later(HOUR)
    deployment = work.deployment()
    product.tell("deployments", deployment)
    return product.tell("deployments", deployment)


def _late_deployment(product: Product, work: Happenings) -> Step:
    """It finished before the last one, and its report comes after."""
    change(product, work)
    work.later(HOUR)
    late = work.deployment()
    change(product, work, "bob")
    _deploy(product, work)
    return product.tell("deployments", late)


def _late_change(product: Product, work: Happenings) -> Step:
    """Its deployment waits for it: the commit is known, the change is not."""
    merged = work.merge()
    product.tell("commits", work.push(1))
    _deploy(product, work)
    return product.tell("changes", merged)


def _unknown(product: Product, work: Happenings) -> Step:
    work.later(HOUR)
    return product.tell("deployments", work.deployment(id=sha("nobody told of it")))


def _rollback(product: Product, work: Happenings) -> Step:
    change(product, work)
    _deploy(product, work)
    work.later(HOUR)
    return product.tell("deployments", work.deployment(id=sha(work.repository, work.merged - 1)))


def _failed_run(product: Product, work: Happenings) -> Step:
    change(product, work)
    work.later(HOUR)
    return product.tell("deployments", work.deployment(status="failure"))


def _redeploy(product: Product, work: Happenings) -> Step:
    work.later(2 * HOUR)
    return product.tell("deployments", work.deployment())


def _incident(product: Product, work: Happenings) -> Step:
    one_change(product, work)
    work.later(HOUR)
    return product.tell("incidents", work.incident(1))


def _resolved(product: Product, work: Happenings) -> Step:
    _incident(product, work)
    return product.tell("incidents", work.incident(1, resolved_at=instant(work.now + HOUR)))


_ROWS: dict[str, Callable[[Product, Happenings], Step]] = {
    "deployment, one change": one_change,
    "the same, no access log": _no_access_log,
    "the same, key not seen for 30 s": _fresh_key,
    "the same, first of its day": _first_of_the_day,
    "the same, after 200 that day": _busy_day,
    "deployment, 10 changes": _changes(10),
    "deployment, 100 changes": _changes(100),
    "deployment, 1000 changes": _changes(1000),
    "deployment, the same SHA again": _redeploy,
    "deployment sent again": _resend,
    "deployment that comes late": _late_deployment,
    "deployment of an unknown SHA": _unknown,
    "rollback": _rollback,
    "failed run": _failed_run,
    "change": _change_event,
    "change that a deployment waits for": _late_change,
    "push of 3 commits": _push,
    "incident": _incident,
    "incident resolved": _resolved,
    "point of a custom metric": points.usual_point,
    "the same, without id, author and team": points.bare_point,
    "the same, sent again": points.resent_point,
    "10 points in one request": points.many_points(10),
    "500 points in one request": points.many_points(500),
}
