"""The real table's requests keep the table's contract, as moto understands them (no threads: moto loses writes then)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from leadline.store.dynamodb import DynamoTable
from leadline_local.resources import create_resources
from tests.contract.table_contract import TableContract

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def session() -> Iterator[boto3.Session]:
    with mock_aws():
        yield boto3.Session(region_name="eu-west-1")


class TestDynamoTableOnMoto(TableContract):
    together = 25  # moto's limit, AWS's until 2022

    @pytest.fixture
    def table(self, session: boto3.Session) -> DynamoTable:
        return DynamoTable(session.client("dynamodb"), create_resources(session, f"contract-{next(_numbers)}").table)
