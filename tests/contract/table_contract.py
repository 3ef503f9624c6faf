"""What every table keeps, whether the fake in memory, moto's or the emulator's: one suite, run on each.

A subclass gives the `table` fixture, an empty one. `ConcurrentTableContract` adds what only holds where threads may meet.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from leadline.domain.errors import Conflict
from leadline.store.table import (
    ABSENT,
    ANY,
    LAST,
    MAX_WRITES,
    UNVERSIONED,
    Add,
    Check,
    Delete,
    Guard,
    Item,
    Put,
    Table,
    Write,
    at_version,
)


def an_item(pk: str = "p", sk: str = "s", **attributes: Any) -> Item:
    return {"pk": pk, "sk": sk, **attributes}


def fill(table: Table, sks: Iterable[str], pk: str = "p") -> None:
    for sk in sks:
        table.write([Put(an_item(pk, sk))])


def contents(table: Table) -> dict[tuple[str, str], Item]:
    return {(item["pk"], item["sk"]): item for item in table.scan()}


def sks(items: Iterable[Item]) -> list[str]:
    return [item["sk"] for item in items]


HOLDS: dict[str, tuple[Item | None, Guard, bool]] = {
    "anything, on nothing": (None, ANY, True),
    "anything, on an item": (an_item(v=3), ANY, True),
    "absent, on nothing": (None, ABSENT, True),
    "absent, on an item": (an_item(v=3), ABSENT, False),
    "absent, on an item without version": (an_item(), ABSENT, False),
    "version 0 means absent": (None, at_version(0), True),
    "version 0 means absent, on an item": (an_item(v=3), at_version(0), False),
    "the version read": (an_item(v=3), at_version(3), True),
    "an older version": (an_item(v=3), at_version(2), False),
    "a newer version": (an_item(v=3), at_version(4), False),
    "a version, on nothing": (None, at_version(3), False),
    "a version, on an item without one": (an_item(), at_version(3), False),
    "no version, on an item without one": (an_item(), UNVERSIONED, True),
    "no version, on an item with one": (an_item(v=3), UNVERSIONED, False),
    "no version, on nothing": (None, UNVERSIONED, False),
}
GUARDED: dict[str, Callable[[Guard], Write]] = {
    "put": lambda guard: Put(an_item(v=9), guard),
    "delete": lambda guard: Delete(("p", "s"), guard),
    "check": lambda guard: Check(("p", "s"), guard),
}


class TableContract:
    together = MAX_WRITES
    """How many items can be read together."""

    # --- items -------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "value",
        [
            "text",
            "é \U0001f680",
            "",
            0,
            -1,
            1_790_000_000_000,
            2**53,
            10**37,
            True,
            False,
            [],
            {},
            [1, "two", None, [3, {"four": None}], {"five": [5]}],
            {"a": None, "b": {"c": [None, True, "x", 7]}, "#": "%"},
        ],
        ids=repr,
    )
    def test_an_attribute_is_read_back_as_it_was_written(self, table: Table, value: Any) -> None:
        table.write([Put(an_item(x=value))])
        (item,) = table.get([("p", "s")]).values()
        assert item == an_item(x=value)
        assert _types(item["x"]) == _types(value)
        assert _types(next(table.query("p"))["x"]) == _types(value)

    def test_an_attribute_of_none_is_not_stored(self, table: Table) -> None:
        table.write([Put(an_item(x=None, y=1))])
        assert table.get([("p", "s")]) == {("p", "s"): an_item(y=1)}

    def test_a_put_replaces_the_whole_item(self, table: Table) -> None:
        table.write([Put(an_item(x=1, y=2))])
        table.write([Put(an_item(y=3))])
        assert contents(table) == {("p", "s"): an_item(y=3)}

    def test_editing_what_was_written_or_read_changes_nothing_stored(self, table: Table) -> None:
        written = an_item(x=[1])
        table.write([Put(written)])
        written["x"].append(2)
        table.get([("p", "s")])["p", "s"]["x"].append(3)
        next(table.query("p"))["x"].append(4)
        next(table.scan())["x"].append(5)
        assert table.get([("p", "s")]) == {("p", "s"): an_item(x=[1])}

    # --- reading -----------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("method", ["get", "get_together"])
    def test_get_answers_with_the_items_that_exist(self, table: Table, method: str) -> None:
        table.write([Put(an_item("p", "1", x=1)), Put(an_item("q", "1", x=2))])
        read = getattr(table, method)
        assert read([("p", "1"), ("p", "2"), ("q", "1"), ("r", "1")]) == {
            ("p", "1"): an_item("p", "1", x=1),
            ("q", "1"): an_item("q", "1", x=2),
        }
        assert read([("r", "1")]) == {}

    @pytest.mark.parametrize("method", ["get", "get_together"])
    def test_an_item_that_is_asked_for_twice_is_read_once(self, table: Table, method: str) -> None:
        table.write([Put(an_item(x=1))])
        assert getattr(table, method)([("p", "s"), ("p", "s")]) == {("p", "s"): an_item(x=1)}

    def test_no_key_asks_for_nothing(self, table: Table) -> None:
        assert table.get([]) == {}

    def test_any_number_of_items_is_read(self, table: Table) -> None:
        keys = [("p", f"{number:03d}") for number in range(230)]
        for start in range(0, 230, MAX_WRITES):
            table.write([Put(an_item(*key)) for key in keys[start : start + MAX_WRITES]])
        assert set(table.get([*keys, ("p", "none")])) == set(keys)

    def test_as_many_items_are_read_together_as_are_written_together(self, table: Table) -> None:
        keys = [("p", f"{number:03d}") for number in range(self.together)]
        table.write([Put(an_item(*key)) for key in keys])
        assert set(table.get_together(keys)) == set(keys)

    def test_a_query_gives_a_partition_in_order(self, table: Table) -> None:
        fill(table, ["b", "a", "c"])
        fill(table, ["aa"], pk="p2")
        assert sks(table.query("p")) == ["a", "b", "c"]
        assert sks(table.query("p", reverse=True)) == ["c", "b", "a"]
        assert sks(table.query("p", consistent=False)) == ["a", "b", "c"]
        assert sks(table.query("nothing")) == []

    @pytest.mark.parametrize(
        ("first", "last", "found"),
        [
            ("b", "d", ["b", "c", "d"]),
            ("b", LAST, ["b", "c", "d", "e"]),
            ("", "b", ["a", "b"]),
            ("bb", "cc", ["c"]),
            ("c", "c", ["c"]),
            ("bb", "bc", []),
            ("d", "b", []),
        ],
    )
    def test_a_range_holds_both_its_ends(self, table: Table, first: str, last: str, found: list[str]) -> None:
        fill(table, "abcde")
        assert sks(table.query("p", first, last)) == found
        assert sks(table.query("p", first, last, reverse=True)) == found[::-1]

    def test_a_limit_takes_the_first_of_the_range_in_the_order_asked_for(self, table: Table) -> None:
        fill(table, "abcde")
        assert sks(table.query("p", limit=2)) == ["a", "b"]
        assert sks(table.query("p", reverse=True, limit=2)) == ["e", "d"]
        assert sks(table.query("p", "b", "d", reverse=True, limit=1)) == ["d"]
        assert sks(table.query("p", limit=9)) == ["a", "b", "c", "d", "e"]

    def test_sort_keys_are_in_order_of_their_bytes(self, table: Table) -> None:
        ordered = ["#", "0001790000000#9f", "0001790000000#9f~", "1", "A", "a", "a#", "a~", "é", "\uffff", "\U0001f680"]
        fill(table, reversed(ordered))
        assert sks(table.query("p")) == ordered

    def test_what_does_not_fit_a_page_is_read_page_by_page(self, table: Table) -> None:
        names = [f"{number:03d}" for number in range(24)]
        for name in names:
            table.write([Put(an_item("p", name, x="x" * 100_000))])
        assert sks(table.query("p")) == names
        assert sks(table.query("p", reverse=True)) == names[::-1]
        assert sks(table.query("p", limit=20)) == names[:20]
        assert sorted(sks(table.scan())) == names
        assert len(table.get([("p", name) for name in names])) == len(names)

    def test_a_scan_gives_every_item_of_every_partition(self, table: Table) -> None:
        fill(table, ["1", "2"], pk="p")
        fill(table, ["1"], pk="q")
        assert sorted(contents(table)) == [("p", "1"), ("p", "2"), ("q", "1")]

    def test_a_scan_goes_on_after_any_key_also_one_that_is_gone(self, table: Table) -> None:
        for pk in "pqrst":
            fill(table, ["1", "2", "3"], pk=pk)
        keys = list(contents(table))
        for position, key in enumerate(keys):
            table.write([Delete(key)])
            assert [(item["pk"], item["sk"]) for item in table.scan(key)] == keys[position + 1 :]
            assert list(contents(table)) == keys[position + 1 :]

    # --- writing -----------------------------------------------------------------------------------------------------

    def test_add_creates_the_item_and_its_attributes_and_adds_to_them(self, table: Table) -> None:
        table.write([Add(("p", "s"), {"d": 2, "L01": 1})])
        table.write([Add(("p", "s"), {"d": 3, "L": -7})])
        table.write([Add(("p", "s"), {"d": -5})])
        assert contents(table) == {("p", "s"): an_item(d=0, L01=1, L=-7)}

    def test_add_removes_what_is_to_be_forgotten(self, table: Table) -> None:
        table.write([Put(an_item(d=1, a=0, b=0, c=0))])
        table.write([Add(("p", "s"), {"d": 1}, forget=["a"]), Add(("p", "t"), {"d": 1}, forget=["a"])])
        table.write([Add(("p", "s"), {}, forget=["b", "c", "x"])])
        assert contents(table) == {("p", "s"): an_item(d=2), ("p", "t"): an_item("p", "t", d=1)}

    def test_add_keeps_the_latest_of_some_attributes_and_the_first_of_others(self, table: Table) -> None:
        for turn, faults in enumerate([[{"code": "sha"}], [], [{"code": "time"}, {"code": "url"}]]):
            table.write([Add(("p", "s"), {"n": 2}, latest={"faults": faults, "last": turn}, first={"since": turn})])
        assert contents(table) == {
            ("p", "s"): an_item(n=6, faults=[{"code": "time"}, {"code": "url"}], last=2, since=0)
        }

    def test_add_without_numbers_sets_only_attributes_that_are_missing(self, table: Table) -> None:
        for version in (1, 2):
            table.write([Put({"pk": "p", "sk": str(version)}), Add(("p", "s"), {}, first={"version": version})])
        assert contents(table)["p", "s"] == an_item(version=1)

    def test_add_leaves_other_attributes_alone(self, table: Table) -> None:
        table.write([Put(an_item(name="x", d=1))])
        table.write([Add(("p", "s"), {"d": 1})])
        assert contents(table) == {("p", "s"): an_item(name="x", d=2)}

    def test_attribute_names_may_be_words_that_the_store_reserves(self, table: Table) -> None:
        names = ["name", "status", "ttl", "year", "#", "a.b", "c d"]
        table.write([Add(("p", "s"), dict.fromkeys(names, 1))])
        assert contents(table) == {("p", "s"): an_item(**dict.fromkeys(names, 1))}

    def test_delete_removes_an_item_and_minds_none_that_is_not_there(self, table: Table) -> None:
        fill(table, ["1", "2"])
        table.write([Delete(("p", "1")), Delete(("p", "3"))])
        assert sks(table.query("p")) == ["2"]

    @pytest.mark.parametrize("kind", GUARDED)
    @pytest.mark.parametrize("case", HOLDS)
    def test_a_guarded_write_happens_only_while_its_guard_holds(self, table: Table, kind: str, case: str) -> None:
        stored, guard, holds = HOLDS[case]
        if guard == ANY and kind == "check":
            return  # a check of nothing is no check: nobody writes one
        if stored is not None:
            table.write([Put(stored)])
        before = contents(table)
        if not holds:
            with pytest.raises(Conflict):
                table.write([GUARDED[kind](guard)])
            assert contents(table) == before
            return
        table.write([GUARDED[kind](guard)])
        after = {"put": {("p", "s"): an_item(v=9)}, "delete": {}, "check": before}
        assert contents(table) == after[kind]

    def test_all_writes_happen_or_none(self, table: Table) -> None:
        table.write([Put(an_item("p", "lock", v=1)), Put(an_item("p", "old")), Add(("p", "cell"), {"d": 1})])
        before = contents(table)
        with pytest.raises(Conflict):
            table.write(
                [
                    Put(an_item("p", "new")),
                    Add(("p", "cell"), {"d": 1}),
                    Delete(("p", "old")),
                    Put(an_item("p", "lock", v=3), at_version(2)),
                ]
            )
        assert contents(table) == before

    def test_a_transaction_of_every_kind_of_write_is_one(self, table: Table) -> None:
        table.write([Put(an_item("p", "lock", v=1)), Put(an_item("p", "old")), Put(an_item("p", "checked", v=4))])
        table.write(
            [
                Put(an_item("p", "lock", v=2), at_version(1)),
                Put(an_item("p", "new", v=1), ABSENT),
                Add(("p", "cell"), {"d": 1}),
                Delete(("p", "old")),
                Check(("p", "checked"), at_version(4)),
            ]
        )
        assert sks(table.query("p")) == ["cell", "checked", "lock", "new"]

    def test_a_transaction_takes_as_many_writes_as_it_says_and_no_more(self, table: Table) -> None:
        table.write([Put(an_item("p", f"{number:03d}")) for number in range(MAX_WRITES)])
        assert len(contents(table)) == MAX_WRITES
        with pytest.raises(ValueError, match="at most 100"):
            table.write([Put(an_item("q", f"{number:03d}")) for number in range(MAX_WRITES + 1)])
        assert len(contents(table)) == MAX_WRITES

    @pytest.mark.parametrize(
        "again", [Add(("p", "s"), {"d": 1}), Delete(("p", "s")), Check(("p", "s"), ABSENT), Put(an_item(x=2))]
    )
    def test_an_item_is_named_once_in_a_transaction(self, table: Table, again: Write) -> None:
        with pytest.raises(ValueError, match="twice"):
            table.write([Put(an_item(x=1)), again])
        assert contents(table) == {}

    def test_nothing_to_write_is_no_error(self, table: Table) -> None:
        table.write([])
        assert contents(table) == {}

    # --- counting ----------------------------------------------------------------------------------------------------

    def test_a_number_is_counted_up_to_its_bound_and_no_further(self, table: Table) -> None:
        counted = [table.count(("p", "q"), {"n": 3, "m1": None}, ttl=99) for _ in range(5)]
        assert [taken for taken, _ in counted] == [True, True, True, False, False]
        assert [numbers["n"] for _, numbers in counted] == [1, 2, 3, 3, 3]
        assert table.get([("p", "q")])["p", "q"] == an_item("p", "q", n=3, m1=3, ttl=99)

    def test_of_several_bounds_the_first_that_is_met_stops_all(self, table: Table) -> None:
        assert table.count(("p", "q"), {"n": 2, "m1": 1}) == (True, {"n": 1, "m1": 1})
        assert table.count(("p", "q"), {"n": 2, "m1": 1}) == (False, {"n": 1, "m1": 1})
        assert table.count(("p", "q"), {"n": 2, "m2": 1}, forget=["m1", "m0"]) == (True, {"n": 2, "m2": 1})
        assert table.count(("p", "q"), {"n": 2, "m3": 1}, forget=["m2"]) == (False, {"n": 2, "m3": 0})
        assert table.get([("p", "q")])["p", "q"] == an_item("p", "q", n=2, m2=1)


class ConcurrentTableContract(TableContract):
    def test_of_many_who_count_at_once_no_more_are_taken_than_the_bound_says(self, table: Table) -> None:
        taken: list[bool] = []

        def count(worker: int) -> None:
            taken.extend(table.count(("p", "q"), {"n": 10})[0] for _ in range(6))

        in_threads(count, 4)
        assert sum(taken) == 10
        assert table.get([("p", "q")])["p", "q"]["n"] == 10

    def test_transactions_that_meet_on_one_item_are_all_counted(self, table: Table) -> None:
        def count(worker: int) -> None:
            for turn in range(15):
                table.write([Add(("p", "cell"), {"d": 1}), Put(an_item("done", f"{worker}-{turn}"))])

        in_threads(count, 4)
        assert table.get([("p", "cell")])["p", "cell"]["d"] == 60
        assert len(list(table.query("done"))) == 60

    def test_of_two_who_read_the_same_version_one_writes(self, table: Table) -> None:
        table.write([Put(an_item("p", "lock", v=1))])

        def take_turns(worker: int) -> None:
            for _ in range(10):
                while True:
                    version = table.get_together([("p", "lock")])["p", "lock"]["v"]
                    try:
                        table.write(
                            [Put(an_item("p", "lock", v=version + 1), at_version(version)), Add(("p", "n"), {"d": 1})]
                        )
                        break
                    except Conflict:
                        continue

        in_threads(take_turns, 3)
        found = table.get([("p", "lock"), ("p", "n")])
        assert (found["p", "lock"]["v"], found["p", "n"]["d"]) == (31, 30)


def in_threads(work: Callable[[int], None], workers: int) -> None:
    """Runs `work(0)`, `work(1)`, ... at the same time; raises what any of them raised."""
    raised: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def _types(value: Any) -> Any:
    """Tells 1 from True and 1.0, which are equal."""
    if isinstance(value, dict):
        return {name: _types(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_types(entry) for entry in value]
    return type(value)
