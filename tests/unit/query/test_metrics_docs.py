"""docs/metrics.md explains every number that the report holds, in its own section."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from leadline.contract.metrics_catalogue import Metrics
from leadline.domain.lead_time import STAGES
from leadline.domain.metrics import Coverage
from query.reports.dora import PARAMETERS
from query.reports.filters import GROUP_BY, INTERVAL
from query.reports.period import DEFAULT_DAYS, MAX_DAYS

TEXT = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE))
EXPLAINED: dict[str, Any] = {**get_type_hints(Metrics), "coverage": Coverage}


@pytest.mark.parametrize("metric", sorted(EXPLAINED))
def test_every_number_of_a_metric_is_explained_in_its_section(metric: str) -> None:
    section = SECTIONS[metric.replace("_", " ").capitalize()]
    for field in fields(EXPLAINED[metric]):
        assert f"`{field.name}`" in section or field.name == "unit"


def test_a_metrics_section_names_its_source_and_when_it_is_null() -> None:
    for metric in get_type_hints(Metrics):
        section = SECTIONS[metric.replace("_", " ").capitalize()]
        assert f"DORA, *{metric.replace('_', ' ')}*" in section
        assert "`null`" in section or metric == "deployment_frequency"  # which is 0 without deployments, and says so


def test_every_stage_and_every_parameter_is_explained() -> None:
    for stage in STAGES:
        assert f"`{stage}`" in SECTIONS["Change lead time"]
    asked = SECTIONS["Filters, groups, series"]
    for parameter in PARAMETERS:
        assert f"`{parameter.name}`" in asked
    for choice in (*INTERVAL.schema["enum"], *GROUP_BY.schema["enum"]):
        assert choice.removesuffix("y") in asked
    assert f"last {DEFAULT_DAYS} days" in asked
    assert f"{MAX_DAYS} days at most" in asked
