"""`leadline verify` and `leadline rebuild`: wrong numbers are found and corrected, changing numbers are left."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import boto3
import pytest
from moto import mock_aws

from compute.apply import fold
from leadline.domain.errors import Conflict
from leadline.store.cells import PREFIX, parse_cell_key
from leadline.store.dynamodb import DynamoTable
from leadline.store.memory import MemoryTable
from leadline.store.schema import SCHEMA_KEY, SCHEMA_VERSION, record_schema_version
from leadline.store.table import Add, Delete, Item, Key, Put, Table, Write
from leadline_cli.cell_survey import survey
from leadline_cli.main import CommandError, main
from leadline_cli.progress import Progress
from leadline_cli.rebuild import NUMBERS, REBUILD_KEY, correct, preview, rebuild
from leadline_cli.verify import read, verify
from leadline_local.resources import create_resources
from tests.histories import a_history
from tests.stored import everything, folded_cells, stored_cells

MESSAGES = a_history(11, graph=True, size=20).messages
SHUFFLED = random.Random(2).sample(MESSAGES, len(MESSAGES))
"""So that deployments come early and go on being completed."""


@pytest.fixture
def table() -> MemoryTable:
    """A history folded, all of its numbers right."""
    filled = MemoryTable()
    fill(filled, MESSAGES)
    assert stored_cells(filled)
    return filled


def fill(table: Table, messages: Sequence[str]) -> None:
    for message in messages:
        fold(table, message, sleep=lambda _: None)


def quiet() -> Progress:
    return Progress(io.StringIO())


def cells(table: Table) -> list[Item]:
    return sorted(
        (item for item in table.scan() if item["pk"].startswith(PREFIX)), key=lambda item: (item["pk"], item["sk"])
    )


def corrected(table: Table) -> int:
    return rebuild(table, read(table, quiet()), quiet())


def without_rebuild(table: Table) -> dict[Key, Item]:
    return {key: item for key, item in everything(table).items() if key != REBUILD_KEY}


def key_of(item: Item) -> Key:
    return (item["pk"], item["sk"])


def test_right_numbers_are_said_to_be_right(table: MemoryTable, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(table, quiet()) == 0
    said = capsys.readouterr().out
    assert f"{len(stored_cells(table))} cells" in said
    assert "All numbers equal the facts." in said


@pytest.mark.parametrize("command", [verify, corrected])
def test_a_table_with_an_unknown_schema_version_is_refused(table: MemoryTable, command: Callable[..., int]) -> None:
    arguments = (table, quiet()) if command is verify else (table,)
    table.write([record_schema_version()])
    assert command(*arguments) == 0
    table.write([Put({"pk": SCHEMA_KEY[0], "sk": SCHEMA_KEY[1], "version": SCHEMA_VERSION + 1})])
    before = everything(table)
    with pytest.raises(CommandError, match=f"schema version {SCHEMA_VERSION + 1}; .* Update leadline"):
        command(*arguments)
    assert everything(table) == before


def test_rebuilding_right_numbers_writes_nothing(table: MemoryTable) -> None:
    before = everything(table)
    assert corrected(table) == 0
    assert everything(table) == before


def test_one_number_off_by_one_is_named(table: MemoryTable, capsys: pytest.CaptureFixture[str]) -> None:
    cell = next(item for item in cells(table) if item["pk"] == "cell#production#service#shop" and item.get("d") == 1)
    table.write([Add(key_of(cell), {"d": 1})])
    assert verify(table, quiet()) == 1
    day = f"{cell['sk'][:4]}-{cell['sk'][4:6]}-{cell['sk'][6:]}"
    assert f"{day} production, service shop: deployments 2 instead of 1\n" in capsys.readouterr().out


def wrong_counter(table: MemoryTable, draw: random.Random) -> None:
    cell = draw.choice(cells(table))
    table.write([Add(key_of(cell), {draw.choice(["d", "f", "c", "L12", "L", "o"]): draw.choice([-3, 2])})])


def lost_cell(table: MemoryTable, draw: random.Random) -> None:
    table.write([Delete(key_of(draw.choice(cells(table))))])


def cell_without_facts(table: MemoryTable, draw: random.Random) -> None:
    table.write(
        [Put({"pk": "cell#production#service#nobody's", "sk": f"2026071{draw.randrange(10)}", "d": 4, "L0a": 1})]
    )


def no_number(table: MemoryTable, draw: random.Random) -> None:
    table.write([Put({**draw.choice(cells(table)), "d": "three"})])


def no_cell(table: MemoryTable, draw: random.Random) -> None:
    table.write(
        [Put({"pk": f"cell#{draw.choice(['x', 'production#all#more', 'production#team'])}", "sk": "yesterday", "d": 1})]
    )


DAMAGES: list[Callable[[MemoryTable, random.Random], None]] = [
    wrong_counter,
    lost_cell,
    cell_without_facts,
    no_number,
    no_cell,
]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("seed", range(5))
def test_every_kind_of_damage_is_found_and_corrected(
    table: MemoryTable, damage: Callable[[MemoryTable, random.Random], None], seed: int
) -> None:
    before = everything(table)
    damage(table, random.Random(seed))
    assert verify(table, quiet()) == 1
    assert corrected(table) == 0
    assert without_rebuild(table) == before
    assert verify(table, quiet()) == 0


def test_all_kinds_of_damage_at_once_are_corrected_in_one_go(table: MemoryTable) -> None:
    before = everything(table)
    draw = random.Random(3)
    for damage in DAMAGES * 6:
        damage(table, draw)
    assert corrected(table) == 0
    assert without_rebuild(table) == before


def test_all_cells_can_be_rebuilt_from_nothing(table: MemoryTable) -> None:
    before = everything(table)
    for cell in cells(table):
        table.write([Delete(key_of(cell))])
    assert corrected(table) == 0
    assert without_rebuild(table) == before


def test_a_cell_of_more_numbers_than_fit_one_update_is_corrected_too(table: MemoryTable) -> None:
    before = everything(table)
    cell = next(item for item in cells(table) if item["pk"] == "cell#production#all")
    for start in range(0, 1000, NUMBERS):
        table.write([Add(key_of(cell), {f"x{number:03d}": 1 for number in range(start, start + NUMBERS)})])

    class Real(MemoryTable):
        def write(self, writes: Sequence[Write]) -> None:
            assert all(len(write.numbers) <= NUMBERS for write in writes if isinstance(write, Add))
            super().write(writes)

    real = Real()
    real._partitions, real._lock = table._partitions, table._lock
    assert corrected(real) == 0
    assert without_rebuild(table) == before


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(
    table: MemoryTable, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = random.Random(1)
    for damage in (wrong_counter, cell_without_facts, no_cell):
        damage(table, draw)
    before = everything(table)
    assert preview(table, read(table, quiet()), quiet()) == 0
    said = capsys.readouterr().out
    assert "2 would be corrected" in said
    assert "service nobody's: holds numbers that no fact accounts for" in said
    assert "1 items among the cells that are not cells would be deleted" in said
    assert everything(table) == before


class BusyTable(MemoryTable):
    """A table that others write to: `between` runs after every so many reads, until it says that it is done."""

    def __init__(self, every: int = 2) -> None:
        super().__init__()
        self.between: Callable[[], bool] | None = None
        self._every = every
        self._reads = 0

    def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        found = super().get(keys)
        self._happen()
        return found

    def query(self, *arguments: object, **named: object) -> Iterator[Item]:
        found = super().query(*arguments, **named)  # type: ignore[arg-type]
        self._happen()
        return found

    def scan(self, after: Key | None = None) -> Iterator[Item]:
        """Reads on while others write, as on AWS: the items of two partitions are not of one moment."""
        for pk in sorted({item["pk"] for item in super().scan()}):
            for item in super().query(pk):
                yield item
                self._happen()

    def _happen(self) -> None:
        self._reads += 1
        between, self.between = self.between, None  # what it does reads this table too
        if between is not None and (self._reads % self._every or between()):
            self.between = between


def test_events_that_come_in_while_verifying_are_no_differences(capsys: pytest.CaptureFixture[str]) -> None:
    table = BusyTable()
    fill(table, SHUFFLED[: len(SHUFFLED) // 2])
    coming = iter(SHUFFLED[len(SHUFFLED) // 2 :])

    def one_more() -> bool:
        message = next(coming, None)
        if message is not None:
            fill(table, [message])
        return message is not None

    table.between = one_more
    found = survey(table, lambda _: None)
    assert found.suspects, "the test must make the first reading see something that moved"
    assert verify(table, quiet()) == 0, capsys.readouterr().out
    assert next(coming, None) is None


def test_a_day_that_never_rests_is_reported_as_unchecked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("leadline_cli.cell_check.time.sleep", lambda _: None)
    table = BusyTable(every=1)
    fill(table, MESSAGES)
    wrong_counter(table, random.Random(1))

    def always() -> bool:
        lock = table.get([("repo#github.com/acme/shop", "repo")])["repo#github.com/acme/shop", "repo"]
        table.write([Put({**lock, "v": lock["v"] + 1})])
        return True

    table.between = always
    assert verify(table, quiet()) == 1
    assert "could not be checked" in capsys.readouterr().out
    assert corrected(table) == 1
    assert "kept changing" in capsys.readouterr().out


def test_what_is_counted_while_rebuilding_stays_counted() -> None:
    """The writer comes between the moment that a cell's lack is worked out and the moment that it is added."""

    class Interrupted(MemoryTable):
        def write(self, writes: Sequence[Write]) -> None:
            if all(write.key != REBUILD_KEY for write in writes):
                super().write(writes)
                return
            fill(self, list(islice(coming, 8)))
            super().write(writes)
            filled = {write.key for write in writes if not isinstance(write, Delete)} - {REBUILD_KEY}
            assert right(self, filled), "at once, and not only after another look"

    table = Interrupted()
    fill(table, SHUFFLED[:-15])
    coming = iter(SHUFFLED[-15:])
    for cell in cells(table):
        table.write([Add(key_of(cell), {"d": 5, "L1c": -2})])
    assert corrected(table) == 0
    assert next(coming, None) is None
    assert stored_cells(table) == folded_cells(table)


def right(table: Table, keys: Iterable[Key]) -> bool:
    """Whether these cells hold what the facts say."""
    holds, says = stored_cells(table), folded_cells(table)
    return all(holds.get(cell) == says.get(cell) for cell in map(parse_cell_key, keys))


def test_two_rebuilds_at_a_time_correct_once(table: MemoryTable) -> None:
    before = everything(table)
    draw = random.Random(5)
    for _ in range(10):
        wrong_counter(table, draw)
    found = survey(table, lambda _: None)

    class Rival(MemoryTable):
        """Shares the table; before its first correction is written, another rebuild does all of it."""

        rival = True
        refused = 0

        def write(self, writes: Sequence[Write]) -> None:
            if self.rival:
                self.rival = False
                assert corrected(table) == 0
            try:
                super().write(writes)
            except Conflict:
                self.refused += 1
                raise

    late = Rival()
    late._partitions, late._lock = table._partitions, table._lock
    day = next(iter(found.suspects))
    assert correct(late, day, found.facts[day], found.suspects[day]) == (0, True)
    assert late.refused == 1
    assert without_rebuild(table) == before


def test_the_commands_work_on_the_stack_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with mock_aws():
        settings = create_resources(boto3.Session(), "rebuild")
        for name, value in settings.to_env().items():
            monkeypatch.setenv(name, value)
        table = DynamoTable(boto3.client("dynamodb"), settings.table)
        fill(table, MESSAGES)
        before = everything(table)
        assert main(["verify"]) == 0
        for cell in cells(table)[::3]:
            table.write([Delete(key_of(cell))])
        for cell in cells(table)[::4]:
            table.write([Add(key_of(cell), {"c": 7, "zzz": 1})])
        assert main(["verify", "--show", "3"]) == 1
        assert "... and" in capsys.readouterr().out
        assert main(["rebuild", "--dry-run"]) == 0
        assert main(["verify"]) == 1
        assert main(["rebuild"]) == 0
        assert main(["verify"]) == 0
        assert without_rebuild(table) == before
