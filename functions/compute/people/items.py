"""Where people's names stand in what is stored, and renaming them there.

What belongs to a repository is renamed under its lock. A deployment is saved as usual, with the difference it makes to its cells;
its teams stay the same. What is kept as it was sent (the history of the configuration, parked messages) is renamed in every field
that holds names.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from compute.derive.opening import finish, open_deployment, open_lock
from compute.people.points import rename_points
from leadline.contract.event_ids import canonical
from leadline.domain.deployments import Deployment, relabelled
from leadline.domain.facts import FactPart
from leadline.domain.people import BOTS, FORMER_MEMBER, Rename, is_stand_in, names_in, renamed
from leadline.store.deployments import Record
from leadline.store.ledger import entry_key, node_from_item, node_key, renamed_node, takes_part
from leadline.store.people import People
from leadline.store.table import Item, Key, Put, Table, at_version


def rename_item(table: Table, item: Item, people: People) -> bool:
    """Renames the people in a stored item, and in what is kept of the same thing elsewhere. Whether there was anything to do.

    Raises Conflict where others write it at this moment.
    """
    match item["pk"].partition("#")[0]:
        case "change" if item["sk"] == "change":
            return _rename_under_lock(table, item, people, names_in, renamed)
        case "node" | "ledger":
            return _rename_under_lock(table, item, people, _names_of_node, renamed_node)
        case "dep":
            return _rename_deployment(table, item, people)
        case "point":
            return rename_points(table, item, people)
        case "history" | "dashboards":
            return _rename_as_sent(table, item, people)
        case "event" if "message" in item:
            return _rename_parked(table, item, people)
        case "outbox":
            return _rename_unsent(table, item, people)
    return False


def _differ(people: People, names: Iterable[str]) -> bool:
    return any(name != new for name, new in people.stored_names(names).items())


def _names_of_node(item: Item) -> Iterable[str]:
    changes: Iterable[Mapping[str, Any]] = item.get("m", {}).values()
    made = [item.get("a"), *item.get("aa", ()), *(change.get("a") for change in changes)]
    return [name for name in made if name is not None]


def _rename_under_lock(
    table: Table,
    item: Item,
    people: People,
    names_of: Callable[[Item], Iterable[str]],
    rename: Callable[[Item, Rename], Item],
) -> bool:
    if not _differ(people, names_of(item)):
        return False
    # node#github.com/acme/api#3f, ledger#github.com/acme/api#2026-10, change#github.com/acme/api#42
    lock = item["pk"].partition("#")[2].rpartition("#")[0]
    key = (item["pk"], item["sk"])
    work = open_lock(table, lock, [key])
    for each in (key, *_twins(lock, work.changes.get(key))):
        stored = work.changes.get(each)
        if stored is not None:
            work.changes.put(rename(stored, work.people.stored_names(names_of(stored)).__getitem__))
    finish(work)
    return True


def _twins(lock: str, item: Item | None) -> Iterable[Key]:
    """A commit is stored twice: by its SHA, and in order of time."""
    if item is not None and item["pk"].startswith("ledger#"):
        yield node_key(lock, item["sk"].partition("#")[2])
    elif item is not None and item["pk"].startswith("node#"):
        node = node_from_item(item, lock, item["sk"])
        if takes_part(node):
            yield entry_key(lock, node)


def _rename_deployment(table: Table, item: Item, people: People) -> bool:
    authors = [change[2] for change in item.get("ch", ())] + [author for _, author, _ in item.get("direct", ())]
    labels = [value for report in item.get("reports", ()) for value in report.get("labels", {}).values()]
    named = [author for author in authors if author is not None]
    if not _differ(people, [*named, *item.get("au", ())]) and not people.stand_ins(labels):
        return False
    work, timeline, record = open_deployment(table, item["pk"].partition("#")[2])
    new = _renamed_record(record, work.people)
    if new != record:
        if not record.parts:
            timeline.put_header(new)
        timeline.save_record(record, new)
    finish(work)
    return True


def _renamed_record(record: Record, people: People) -> Record:
    made = [change.author for part in record.parts for change in part.changes] + [
        author for _, author, _ in record.direct
    ]
    taking_part = [author for part in record.parts for author in part.authors]
    names = people.stored_names(name for name in [*made, *taking_part] if name is not None)
    old = record.deployment
    gone = people.stand_ins(value for report in old.reports for _, value in report.labels)
    reports = tuple(relabelled(report, gone) for report in old.reports)
    return replace(
        record,
        deployment=Deployment(old.key, old.service, old.environment, reports),
        direct=tuple((sha, names.get(author or "", author), at) for sha, author, at in record.direct),
        parts=tuple(_renamed_parts(record.parts, names)),
    )


def _renamed_parts(parts: Iterable[FactPart], names: Mapping[str, str]) -> Iterator[FactPart]:
    """Divided as they are: should a worker die between two of them, the others are found as they were."""
    counted: set[str] = set()
    for part in parts:
        changes = tuple(
            replace(change, author=names.get(change.author or "", change.author)) for change in part.changes
        )
        authors = {names[author] for author in part.authors} - counted
        counted |= authors
        yield replace(part, changes=changes, authors=tuple(sorted(authors)))


def _rename_as_sent(table: Table, item: Item, people: People) -> bool:
    # FORMER_MEMBER stands for people who were removed already: it is not a name, and gets no pseudonym.
    names = {**people.stored_names({*names_in(item)} - {FORMER_MEMBER}), FORMER_MEMBER: FORMER_MEMBER}
    gone = people.stand_ins(names_in(item, BOTS))
    if not gone and all(name == new for name, new in names.items()):
        return False
    shown = {name: FORMER_MEMBER if is_stand_in(new) else new for name, new in names.items()}
    new = renamed(renamed(item, shown.__getitem__), lambda name: FORMER_MEMBER if name in gone else name, BOTS)
    if "v" in item:
        table.write([Put({**new, "v": item["v"] + 1}, at_version(item["v"]))])
    else:
        table.write([Put(new)])  # what is on record is written once, and never again by anybody else
    return True


def _rename_parked(table: Table, item: Item, people: People) -> bool:
    if renamed_message(item["message"], people) == item["message"]:
        return False
    key = (item["pk"], item["sk"])
    now = table.get([key]).get(key)
    # Should it be retried at this very moment, it is listed as parked again, which changes no number.
    if now is not None and "message" in now:
        table.write([Put({**now, "message": renamed_message(now["message"], people)})])
    return True


def _rename_unsent(table: Table, item: Item, people: People) -> bool:
    names = people.stored_names(names_in(item))
    if all(name == new for name, new in names.items()):
        return False
    table.write([Put({**renamed(item, names.__getitem__), "v": item["v"] + 1}, at_version(item["v"]))])
    return True


def renamed_message(body: str, people: People) -> str:
    """The queued message with the people in it as they are to be stored; the same text where that makes no difference."""
    message = json.loads(body)
    names = people.stored_names(names_in(message))
    data = message.get("data")
    labels = data.get("labels") if isinstance(data, dict) else None
    gone = (
        people.stand_ins(value for value in labels.values() if isinstance(value, str))
        if isinstance(labels, dict)
        else {}
    )
    if not gone and all(name == new for name, new in names.items()):
        return body
    new = renamed(message, names.__getitem__)
    if gone:
        new["data"]["labels"] = {name: gone.get(value, value) for name, value in new["data"]["labels"].items()}
    return canonical(new)
