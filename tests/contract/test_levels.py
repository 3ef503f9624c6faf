"""DORA's levels: those a report published, where it published them, and none besides."""

from __future__ import annotations

import pytest

from leadline.domain.levels import DAY, EDITIONS, FAILURES, FREQUENCY, HOUR, LEAD, RECOVERY, WEEK, levels_of
from tests.contract.test_product_api import an_api


def test_an_edition_has_the_levels_it_published_for_all_four_metrics() -> None:
    for edition, metrics in EDITIONS.items():
        levels = ["high", "medium", "low"] if edition == "2022" else ["elite", "high", "medium", "low"]
        assert set(metrics) == {FREQUENCY, LEAD, FAILURES, RECOVERY}
        assert all([found.level for found in ranges] == levels for ranges in metrics.values())


@pytest.mark.parametrize(
    ("edition", "metric", "value", "levels"),
    [
        ("2019", LEAD, DAY - 1, ["elite"]),
        ("2021", LEAD, 2 * HOUR, []),  # between less than an hour and a day
        ("2021", LEAD, 3 * DAY, ["high"]),
        ("2021", LEAD, 400 * DAY, ["low"]),
        ("2022", LEAD, HOUR, []),  # no elite
        ("2019", RECOVERY, 2 * HOUR, ["high", "medium"]),  # published alike
        ("2019", RECOVERY, HOUR / 2, ["elite", "high", "medium"]),
        ("2019", FREQUENCY, 1.0, ["high"]),
        ("2019", FREQUENCY, 1.1, ["elite"]),
        ("2021", FREQUENCY, DAY / (2 * WEEK), ["high"]),
        ("2021", FAILURES, 0.2, ["high", "medium", "low"]),
        ("2019", FAILURES, 0.3, []),
        ("2023", FAILURES, 0.05, ["elite"]),
        ("2023", FAILURES, 0.051, ["high"]),
        ("2023", FAILURES, 0.65, []),
        ("2023", FAILURES, 0.0, ["elite"]),
        ("2023", LEAD, None, []),
    ],
)
def test_a_number_has_the_levels_whose_range_holds_it(
    edition: str, metric: str, value: float | None, levels: list[str]
) -> None:
    assert levels_of(edition, metric, value) == levels


def test_the_report_tells_the_edition_and_its_cut_offs_and_only_where_it_is_asked() -> None:
    api = an_api()
    assert "levels" not in api.dora()
    told = api.dora(levels="2022")["levels"]
    assert told["edition"] == "2022"
    assert told["metrics"][FREQUENCY]["value"] == 0.1
    assert told["metrics"][FREQUENCY]["levels"] == ["medium"]
    assert [cut["level"] for cut in told["metrics"][LEAD]["cut_offs"]] == ["high", "medium", "low"]
    assert api.refused("/v1/metrics/dora", "levels=2020") == {("?levels", "choice")}
