"""docs/data.md is the inventory of all that is stored: nothing else is, and nothing in it is made up."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache

import pytest

from ingest.events_api import ROUTES as EVENT_ROUTES
from leadline.store.table import Item
from query.routes import ROUTES
from tests.laws.canaries import leaks
from tests.laws.everything import tell_everything
from tests.laws.inventory import PAGE, Section, attributes_of, message_fields, sections
from tests.laws.posted import PERSON
from tests.laws.whole import Whole


@cache
def everything() -> Whole:
    """After every way in was taken, once for all tests here."""
    whole = Whole()
    with whole.logging():
        tell_everything(whole)
    return whole


@cache
def inventory() -> list[Section]:
    return sections(PAGE.read_text())


@cache
def placed() -> list[tuple[Section, Item]]:
    """Each state of each item with the section that its key belongs to."""
    return [(section, item) for item in everything().states() for section in _fitting(item)]


def _fitting(item: Item) -> list[Section]:
    return [section for section in inventory() for form in section.forms if form.fits(item)]


def test_every_way_in_was_taken() -> None:
    """So that whoever adds a route adds it to what is told here."""
    ways = {f"{route.method} {route.path}" for route in ROUTES if route.method != "GET"}
    ways |= {f"POST {path}" for path in [*EVENT_ROUTES, "/v1/events", "/v1/webhooks/{source}"]}
    taken = {item["route"] for _, item in placed() if item["pk"].startswith("access#") and item["status"] < 300}
    assert ways <= taken, sorted(ways - taken)


def test_every_key_has_exactly_one_documented_form() -> None:
    wrong = {
        f"{item['pk']} / {item['sk']}: {[section.title for section in found]}"
        for item in everything().states()
        if len(found := _fitting(item)) != 1
    }
    assert not wrong, f"keys without a form in docs/data.md, or with two: {sorted(wrong)[:20]}"


def test_every_attribute_is_documented_however_deep() -> None:
    missing = Counter(
        f"{section.title}: {'.'.join(path)}"
        for section, item in placed()
        for path, _ in attributes_of(item)
        if section.attribute(path) is None
    )
    assert not missing, f"docs/data.md has no line for {sorted(missing)}"


def test_every_form_and_attribute_that_is_documented_occurs() -> None:
    seen = {
        (section.title, attribute.text)
        for section, item in placed()
        for path, _ in attributes_of(item)
        for attribute in [section.attribute(path)]
        if attribute is not None
    }
    forms = {form.text for section, item in placed() for form in section.forms if form.fits(item)}
    told = {(section.title, attribute.text) for section in inventory() for attribute in section.attributes}
    assert told <= seen, f"nothing writes {sorted(told - seen)}"
    assert sorted({form.text for section in inventory() for form in section.forms} - forms) == []


def test_people_are_named_only_where_the_page_says_so() -> None:
    unsaid = {
        f"{section.title}: {'.'.join(path)}"
        for section, item in placed()
        for path, value in attributes_of(item)
        if PERSON in f"{path[-1]} {value}"
        if not (attribute := section.attribute(path)) or not attribute.personal
    }
    in_keys = {
        form.text
        for section, item in placed()
        for form in section.forms
        if form.fits(item) and not form.personal and PERSON in item["pk"] + item["sk"]
    }
    assert not unsaid | in_keys, f"these name people: {sorted(unsaid | in_keys)}"


def test_how_long_an_item_is_kept_and_who_writes_it_is_said_and_its_ttl_agrees() -> None:
    for section in inventory():
        assert section.said("Written by"), section.title
        kept = section.said("Kept")
        assert kept, section.title
        ends = any(attribute.text == "ttl" for attribute in section.attributes)
        assert ends == bool(re.search(r"\b(days?|hours)\b", kept)), section.title


def test_no_stored_text_is_a_payload() -> None:
    """An object as text is a message of ours that was parked, and nothing else."""
    for section, item in placed():
        for path, value in attributes_of(item):
            if isinstance(value, str) and value.startswith(("{", "[")) and (section.title, path) != _PARKED_MESSAGE:
                with pytest.raises(ValueError, match=""):
                    json.loads(value)


_PARKED_MESSAGE = ("The trace of an event", ("message",))


def test_no_key_link_or_secret_that_was_made_or_set_is_stored_or_logged() -> None:
    assert leaks(everything()) == []


def test_messages_hold_what_the_page_says_and_all_of_it_occurs() -> None:
    told = message_fields(PAGE.read_text())
    found: dict[str, set[str]] = {}
    for queued in everything().queue.ever:
        message = json.loads(queued.body)
        found.setdefault(message["kind"], set()).update(message["data"])
        assert set(message) - {"hops", "job", "source", "source_time"} == {
            "v",
            "kind",
            "event_id",
            "received_at",
            "data",
        }
    assert found.keys() == told.keys()
    for kind, fields in told.items():
        assert found[kind] == fields, kind


def test_parked_messages_have_the_two_attributes_that_the_page_names() -> None:
    dead = everything().dead.sent
    assert dead
    assert all(set(message["MessageAttributes"]) == {"reason", "detail"} for message in dead)
