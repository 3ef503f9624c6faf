"""Services whose production environments are others than the organisation's: every report counts each service's own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from leadline.access.keys import METRICS_READ, create_key
from leadline.domain.errors import Conflict
from leadline.store.configuration import SETTINGS_KEY, OrganisationSettings
from leadline.store.memory import MemoryTable
from leadline.store.table import Put, Write
from tests.builders import REPOSITORY, a_change, a_deployment, at, sha
from tests.contract.configured import LINE, configure, metrics, put
from tests.contract.pipeline import Pipeline
from tests.unit.query.product_api import NOW, PEPPER

SERVICES = ("shop", "till", "web")
PLACES = ("production", "live", "qa")


def deployed(pairs: list[tuple[str, str]], *changes: dict[str, Any]) -> Pipeline:
    """One deployment of each service and environment, each of another number of days."""
    api = Pipeline()
    assert api.put_team("pay", {"author": "ann"}).status == 200
    api.tell(LINE, *changes)
    for number, (service, environment) in enumerate(pairs):
        place = {"service": service, "environment": environment}
        start = a_deployment("m1", at(5), deployment_id=f"first-{number}", baseline=True, **place)
        runs = [a_deployment("m3", at(6 + day), deployment_id=f"run-{number}-{day}", **place) for day in range(number)]
        api.tell(start, *runs)
    return api


def count(api: Pipeline, **filters: str) -> int:
    report = api.dora(from_="2026-10-01", to="2026-11-01", **filters)
    deployments: int = report["metrics"]["deployment_frequency"]["deployments"]
    return deployments


def test_a_service_counts_by_its_own_production_environments_and_the_rest_by_the_organisations() -> None:
    story = a_deployment("m1", at(10), deployment_id="d", service="till", environment="live")
    api = deployed([("shop", "production"), ("till", "production"), ("web", "qa")])
    api.tell(story)
    assert (count(api), count(api, service="till")) == (3, 2)
    assert api.why(story) == ("counted", "NOT_PRODUCTION")
    shown = configure(api, "/v1/services/till", production=["live"])
    assert shown["production"] == api.get("/v1/services/till")["production"] == ["live"]
    assert (count(api), count(api, service="till"), count(api, service="shop")) == (2, 1, 1)
    assert api.why(story) == ("counted", "BASELINE")
    assert count(api, environment="production") == 3
    assert count(api, environment="qa") == 3
    assert api.queue.messages == []
    configure(api, "/v1/services/till", production=None)
    assert (count(api), count(api, service="till")) == (3, 2)
    assert OrganisationSettings.from_item(api.table.get([SETTINGS_KEY])[SETTINGS_KEY]).own_production == ()


PAIRS = st.lists(st.sampled_from([(s, e) for s in SERVICES for e in PLACES]), unique=True, max_size=6)
OWN = st.dictionaries(st.sampled_from(SERVICES), st.lists(st.sampled_from(PLACES), min_size=1, max_size=2, unique=True))
FILTERS: list[dict[str, str]] = [
    {},
    {"team": "pay"},
    {"author": "ann"},
    {"repository": REPOSITORY},
    {"group_by": "service"},
    {"group_by": "team"},
    {"group_by": "author"},
]


@given(pairs=PAIRS, own=OWN, production=st.lists(st.sampled_from(PLACES), min_size=1, max_size=2, unique=True))
@hypothesis_settings(max_examples=60, deadline=None)
def test_every_report_is_the_sum_of_each_services_own_production(
    pairs: list[tuple[str, str]], own: dict[str, list[str]], production: list[str]
) -> None:
    api = deployed(pairs, a_change(2, "m2", at(2), author="ann"), a_change(3, "m3", at(3), author="bob"))
    configure(api, production=production)
    for service, environments in own.items():
        put(api, service, production=environments, repository=REPOSITORY) if service not in dict(pairs) else configure(
            api, f"/v1/services/{service}", production=environments
        )
    for filters in FILTERS:
        whose = {name: value for name, value in filters.items() if name in ("team", "author")}
        wanted = sum(
            count(api, service=service, environment=environment, **whose)
            for service in dict(pairs)
            for environment in own.get(service, production)
        )
        assert count(api, **filters) == wanted
    groups = api.dora(from_="2026-10-01", to="2026-11-01", group_by="service")["groups"]
    assert sum(group["metrics"]["deployment_frequency"]["deployments"] for group in groups) == count(api)
    key = create_key(api.table, PEPPER, name="tenant", scopes=[METRICS_READ], now=NOW, services=["till"])[0]
    alone = count(api, service="till")
    api.key = key
    assert count(api) == alone


def test_the_settings_keep_what_services_say_and_the_services_what_settings_do() -> None:
    api = deployed([("till", "live")])
    configure(api, "/v1/services/till", production=["live"])
    put(api, "web", production=["web"])
    assert api.ask("PUT", "/v1/settings", {"bots": ["b"]}, if_match="*")["bots"] == ["b"]
    assert OrganisationSettings.from_item(api.table.get([SETTINGS_KEY])[SETTINGS_KEY]).own_production == ("till", "web")
    assert metrics(api)["deployment_frequency"]["deployments"] == 1
    assert "own_production" not in api.get("/v1/settings")
    etag = api.request("GET", "/v1/settings").headers["etag"]
    put_again = api.send("PUT", "/v1/services/till", {}, if_match="*")
    assert (put_again.status, put_again.json["production"]) == (200, None)
    assert api.request("GET", "/v1/settings").headers["etag"] == etag


class RacingSettings(MemoryTable):
    """Somebody changes the settings just before they are written along with a service."""

    races = 1

    def write(self, writes: list[Write]) -> None:  # type: ignore[override]
        if (
            self.races
            and len(writes) > 1
            and any(isinstance(each, Put) and each.key == SETTINGS_KEY for each in writes)
        ):
            self.races -= 1
            raise Conflict("somebody else was first")
        super().write(writes)


def test_a_lost_race_for_the_settings_is_run_again() -> None:
    table = RacingSettings()
    table.races = 0
    api = Pipeline(table)
    put(api, "till")
    table.races = 1
    configure(api, "/v1/services/till", production=["live"])
    assert table.races == 0
    assert OrganisationSettings.from_item(table.get([SETTINGS_KEY])[SETTINGS_KEY]).own_production == ("till",)


@pytest.mark.parametrize(
    ("production", "code"), [([], "too_few"), (["x"] * 21, "too_many"), ("live", "type"), (["x" * 101], "too_long")]
)
def test_what_is_wrong_with_a_services_production_is_told(production: Any, code: str) -> None:
    answer = Pipeline().send("PUT", "/v1/services/web", {"production": production})
    assert (answer.status, [fault["code"] for fault in answer.json["errors"]]) == (422, [code])


def test_the_preview_says_nothing_else_for_a_service_with_its_own_production() -> None:
    api = deployed([("till", "live")])
    configure(api, "/v1/services/till", production=["live"])
    shown = api.ask("POST", "/v1/deployments/preview", {"id": sha("m3"), "service": "till", "environment": "live"})
    assert shown["mapping"]["reason"] == "RANGE"
