"""How people are named in what is stored: by name or pseudonym, or not at all once somebody is removed.

From then on nothing more is stored by a removed person's name: it is known by its hash only, and a random stand-in takes its place.
What is stored already is renamed by compute (`compute.jobs.renaming`), in a job that is stored with the change.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from leadline.access.keys import ADMIN
from leadline.contract.event_ids import event_id
from leadline.contract.settings_schema import OFF, PSEUDONYMS
from leadline.domain.patterns import matches
from leadline.domain.people import is_pseudonym, stand_in
from leadline.store.configuration import SETTINGS_KEY, OrganisationSettings
from leadline.store.outbox import NewJob, OutboxMessage
from leadline.store.people import PEOPLE, Naming, People, person_key
from leadline.store.table import Put, at_version
from query.changes.outbox import new_job, publish
from query.changes.record import entry
from query.http.faults import not_found
from query.http.request import Reply, Request
from query.schemas import QueuedEvent

_LOCK = "people"


def as_people_are_named(request: Request, new: OrganisationSettings, old: OrganisationSettings) -> OrganisationSettings:
    """The new settings, with what is stored of people by them: names or pseudonyms. Raises Problem (403) without the scope admin.

    With individuals off that stays as it is: nothing is renamed where nothing is shown.
    """
    if (new.individuals, new.author_pages) != (old.individuals, old.author_pages) and request.principal is not None:
        request.principal.require(ADMIN)
    naming = Naming.of(old)
    gone = People(request.table, naming).stand_ins(new.bots)
    new = replace(new, bots=tuple(pattern for pattern in new.bots if pattern not in gone))
    pseudonyms = naming.pseudonyms if new.individuals == OFF else new.individuals == PSEUDONYMS
    if pseudonyms == naming.pseudonyms:
        return new
    naming = replace(_salted(naming), pseudonyms=pseudonyms, number=naming.number + 1, under_way=True)
    return replace(new, extra={**new.extra, PEOPLE: naming.to_data()})


def renaming_messages(old: OrganisationSettings, new: OrganisationSettings) -> list[OutboxMessage]:
    """Starts the renaming that the new settings ask for; none where people stay as they are named."""
    number = Naming.of(new).number
    return [OutboxMessage("renaming", _LOCK, {"number": number})] if number != Naming.of(old).number else []


def with_renaming_job(old: OrganisationSettings, new: OrganisationSettings, job: NewJob) -> OrganisationSettings:
    """The new settings, in which compute finds the job that ends with the renaming."""
    naming = Naming.of(new)
    if naming.number == Naming.of(old).number:
        return new
    naming = replace(naming, jobs=[*naming.jobs, job.job.id])
    return replace(new, extra={**new.extra, PEOPLE: naming.to_data()})


def _salted(naming: Naming) -> Naming:
    """With a salt, drawn once and never changed."""
    return naming if naming.salt is not None else replace(naming, salt=secrets.token_hex(16))


def remove_person(request: Request, name: str) -> Reply:
    """Removes a person. Raises Problem (404); Conflict where somebody changed the same meanwhile."""
    settings = request.table.get([SETTINGS_KEY]).get(SETTINGS_KEY)
    organisation = OrganisationSettings.from_item(settings)
    naming = _salted(Naming.of(organisation))
    pk, sk = person_key(naming.pseudonym(name))
    person = request.table.get([(pk, sk)]).get((pk, sk))
    if person is None and naming.pseudonyms and is_pseudonym(name):
        raise not_found("Nobody has this pseudonym.")
    called = (person or {}).get("name", name)
    gone = (person or {}).get("gone") or stand_in(secrets.token_hex(8), bot=matches(called, organisation.bots))
    removal = event_id("per", secrets.token_hex(16))
    naming = replace(
        naming,
        removed=True,
        number=naming.number + 1,
        under_way=True,
        removals={**naming.removals, removal: request.now},
    )
    changed = replace(
        organisation,
        # The name alone among the bots names the person; of a pattern that others may match, too, the stand-in remembers it.
        bots=tuple(pattern for pattern in organisation.bots if pattern.casefold() != called.casefold()),
        extra={**organisation.extra, PEOPLE: naming.to_data()},
    )
    job = new_job(request, "person", None, removal, renaming_messages(organisation, changed))
    made = entry(request, "person", removal, "removed", removal, removal)
    request.table.write(
        [
            Put(with_renaming_job(organisation, changed, job).to_item(), at_version(organisation.version)),
            Put({"pk": pk, "sk": sk, "gone": gone}),
            Put(made.to_item()),
            *job.writes(),
        ]
    )
    accepted: QueuedEvent = {"event_id": removal, "status": "queued"}
    return Reply(accepted, publish(request, job))
