"""The table in memory keeps the table's contract, also between threads."""

import pytest

from leadline.store.memory import MemoryTable
from tests.contract.table_contract import ConcurrentTableContract


class TestMemoryTable(ConcurrentTableContract):
    @pytest.fixture
    def table(self) -> MemoryTable:
        return MemoryTable()
