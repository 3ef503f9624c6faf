"""What each kind of query costs, and how that grows with the number of deployments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from benchmarks import dashboards
from benchmarks.dashboards import eight_panels
from benchmarks.events import stop_the_access_log
from benchmarks.memory_aws import PEPPER
from benchmarks.points import two_months_of_points
from benchmarks.product import Product, Step, start_afresh
from benchmarks.traces import checks_and_traces
from benchmarks.years import DAYS, OrganisationSettings, fill, roster_of
from leadline.store.badges import new_badge
from leadline.store.configuration import ROSTER_KEY
from leadline.store.dashboards import StoredDashboard
from leadline.store.table import Put

FIFTY_SERVICES = OrganisationSettings(services=50, deployments=2_000, people=100, teams=10)
ONE_SERVICE = {
    count: OrganisationSettings(services=1, deployments=count, people=12, teams=3) for count in (1_000, 10_000, 100_000)
}
SIZES = {
    count: OrganisationSettings(services=50, deployments=count // 50, people=100, teams=10)
    for count in (1_000, 10_000, 100_000)
}


@dataclass(frozen=True, slots=True)
class Query:
    """`cold`: in an environment that has not seen the key for 30 s. `warm`: once more right after."""

    name: str
    cold: Step
    warm: Step


def filled(organisation: OrganisationSettings, end: date) -> Product:
    product = Product()
    fill(product.aws.dynamodb, organisation, end)
    product.table.write([Put({"pk": ROSTER_KEY[0], "sk": ROSTER_KEY[1], "teams": roster_of(organisation), "v": 1})])
    product.aws.meter.take()
    return product


def today() -> date:
    return datetime.now(UTC).date()


def dora(end: date, days: int, *filters: str) -> str:
    window = f"from={end - timedelta(days=days)}&to={end}"
    return f"/v1/metrics/dora?{'&'.join([window, *filters])}"


def dashboard(product: Product, stored: StoredDashboard) -> str:
    product.table.write([Put(stored.to_item())])
    return f"/v1/dashboards/{stored.id}/data"


def badge(product: Product, service: str) -> str:
    shows = {"metric": "change_lead_time", "statistic": "p50", "label": "lead time", "days": 30}
    of = {"service": [service], "repository": [], "environment": []}
    token, made = new_badge(PEPPER.encode(), {**shows, **of}, now=1, created_by=None)
    product.table.write([Put(made.to_item())])
    return f"/v1/badges/{token}"


def every_query() -> Iterator[Query]:
    """All rows, on the organisation of fifty services and 100,000 deployments a year."""
    end = today()
    product = filled(FIFTY_SERVICES, end)
    service = FIFTY_SERVICES.service(7)
    custom = two_months_of_points(product, service, end)
    rows = {
        "30 days, one service": dora(end, 30, f"service={service}"),
        "30 days, one service, by day": dora(end, 30, f"service={service}", "interval=day"),
        "a year, one service": dora(end, DAYS, f"service={service}"),
        "30 days, a team": dora(end, 30, "team=team-3"),
        "30 days, a team in a service": dora(end, 30, "team=team-3", f"service={service}"),
        "30 days, a person": dora(end, 30, "author=person-50"),
        "30 days, everything": dora(end, 30),
        "a year, everything": dora(end, DAYS),
        "30 days, by service (50)": dora(end, 30, "group_by=service"),
        "30 days, by team (10)": dora(end, 30, "group_by=team"),
        "30 days, by person (100)": dora(end, 30, "group_by=author"),
        "90 days, one service": dora(end, dashboards.DAYS, f"service={service}"),
        "90 days, one service: a dashboard of eight panels": dashboard(product, eight_panels("one", service=[service])),
        "90 days, everything": dora(end, dashboards.DAYS),
        "90 days, everything: a dashboard of eight panels": dashboard(product, eight_panels("all")),
        "90 days, by team (10)": dora(end, dashboards.DAYS, "group_by=team"),
        "90 days: a dashboard of eight panels, one by team": dashboard(product, eight_panels("teams", "team")),
        "50 deployments of a service": f"/v1/deployments?service={service}",
        "50 deployments of all": "/v1/deployments",
        "30 days, one service: rows by day": dora(end, 30, f"service={service}", "interval=day").replace(
            "/dora", "/dora/rows"
        ),
        "30 days: OpenMetrics by service (50)": "/v1/metrics/openmetrics",
        "30 days, one service: a badge": badge(product, service),
        "30 days of a custom metric, one service": custom,
        "the same, by day": f"{custom}&interval=day",
        "the same, by author (5)": f"{custom}&group_by=author",
        "services": "/v1/services",
        "teams": "/v1/teams",
    }
    for name, target in rows.items():
        yield measured(product, name, target)
    stop_the_access_log(product)
    yield measured(product, "30 days, one service, no access log", dora(end, 30, f"service={service}"))
    yield from (Query(*row) for row in checks_and_traces())


def measured(product: Product, name: str, target: str) -> Query:
    start_afresh()
    product.aws.meter.take()
    return Query(name, product.get(target), product.get(target))


@dataclass(frozen=True, slots=True)
class Growth:
    """The same queries at some number of deployments a year."""

    deployments: int
    month: Step
    year: Step
    page: Step


def growth_of_a_service() -> Iterator[Growth]:
    end = today()
    for count, organisation in ONE_SERVICE.items():
        yield _growth(count, filled(organisation, end), end, f"service={organisation.service(0)}")


def growth_of_an_organisation() -> Iterator[Growth]:
    """Fifty services together."""
    end = today()
    for count, organisation in SIZES.items():
        yield _growth(count, filled(organisation, end), end)


def _growth(count: int, product: Product, end: date, *filters: str) -> Growth:
    """With a known key."""
    month = measured(product, "", dora(end, 30, *filters))
    year = measured(product, "", dora(end, DAYS, *filters))
    page = measured(product, "", "/v1/deployments?" + "&".join(filters))
    return Growth(count, month.warm, year.warm, page.warm)
