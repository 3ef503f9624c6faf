"""The real table keeps the table's contract on the emulator, also between threads."""

import itertools

import boto3
import pytest

from leadline.store.dynamodb import DynamoTable
from leadline_local.emulator import Emulator
from leadline_local.resources import create_resources
from tests.contract.table_contract import ConcurrentTableContract

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")


class TestDynamoTableOnTheEmulator(ConcurrentTableContract):
    @pytest.fixture
    def table(self, session: boto3.Session, emulator: Emulator) -> DynamoTable:
        name = f"contract-{next(_numbers)}"
        settings = create_resources(session, name, endpoint=emulator.endpoint)
        return DynamoTable(session.client("dynamodb", endpoint_url=emulator.endpoint), settings.table)
