"""Two tenants in one table, and the same table without one of them: what the law of `test_tenants.py` compares.

Everything of a tenant's bears its name, `acorn` or `birch`: services, repositories, people, teams, runs, incidents, environments.
Both also deploy from one shared repository, each a service of its own, and have people in one shared team.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from compute.apply import failed_repeatedly, note_parked
from ingest.events_api import Ingest
from leadline.access.access_control import AccessControl
from leadline.access.authentication import Authenticator
from leadline.contract.event_ids import canonical, event_id
from leadline.domain.cells import CellKey
from leadline.store.memory import MemoryTable
from leadline.store.outbox import Job, job_id
from leadline.store.table import Item, Put
from query.reports.filters import GROUPINGS
from tests.builders import DAY, Event
from tests.contract.pipeline import Pipeline
from tests.histories import REPOSITORY, START, a_history
from tests.stored import everything, records, stored_cells
from tests.unit.query.product_api import PEPPER, Answer, a_request

ACORN, BIRCH = "acorn", "birch"
TENANTS = (ACORN, BIRCH)
SHARED_REPOSITORY = "github.com/forest/mono"
SHARED_TEAM = "platform"
SHARED_DASHBOARD = "forest-board"
SHARED_METRIC = "forest.builds"
NOW = START + 20 * DAY
"""Later than whatever is told."""

_PARKED = 0.15


def services_of(tenant: str) -> list[str]:
    return [f"{tenant}-till", f"{tenant}-web", f"{tenant}-shop", f"{tenant}-mono"]


def repositories_of(tenant: str) -> list[str]:
    return [f"github.com/{tenant}/market", f"github.com/{tenant}/{tenant}-shop"]


def metrics_of(tenant: str) -> list[str]:
    return [f"{tenant}.builds", f"{tenant}.alarms"]


def people_of(tenant: str) -> list[str]:
    return [f"{tenant}-ann", f"{tenant}-bob", f"{tenant}-cid"]


def a_job(tenant: str, who: str = "") -> Job:
    """One that the tenant's key with this id started."""
    name = services_of(tenant)[0]
    return Job(job_id(NOW, tenant), "service", NOW, NOW, name=name, who=who, total=1, done=1)


@dataclass
class Told:
    """An event, whose it is (None: everybody's), and whether it was parked."""

    event: Event
    tenant: str | None
    parked: bool = False


@dataclass
class Tale:
    """All that was told, in order of arrival."""

    told: list[Told] = field(default_factory=list)

    def add(self, tenant: str | None, kind: str, data: dict[str, Any], received_at: int, *, parked: bool) -> None:
        name = event_id(kind[:3], f"{kind}\n{canonical(data)}")
        event = {"v": 1, "kind": kind, "event_id": name, "received_at": received_at, "data": data}
        self.told.append(Told(event, tenant, parked))


@cache
def a_tale(seed: int) -> Tale:
    draw = random.Random(seed)
    tale = Tale()
    for tenant in TENANTS:
        market, shop = repositories_of(tenant)
        _tell_own(tale, draw, tenant, market, services_of(tenant)[:2])
        _tell_own(tale, draw, tenant, shop, [])
    _tell_shared(tale, draw)
    draw.shuffle(tale.told)
    return tale


def _messages(draw: random.Random) -> list[Event]:
    history = a_history(draw.randrange(10**9), graph=draw.random() < 0.7, size=5)
    return [json.loads(message) for message in history.messages]


def _tell_own(tale: Tale, draw: random.Random, tenant: str, repository: str, services: Sequence[str]) -> None:
    for message in _messages(draw):
        data = _renamed(message["data"], tenant, repository)
        if services and message["kind"] in ("deployment", "incident"):
            data["service"] = draw.choice(services)
        tale.add(tenant, message["kind"], data, message["received_at"], parked=draw.random() < _PARKED)


def _tell_shared(tale: Tale, draw: random.Random) -> None:
    """Changes and commits are everybody's, the deployments one tenant's each."""
    for message in _messages(draw):
        kind = message["kind"]
        tenant = draw.choice(TENANTS) if kind in ("deployment", "incident") else None
        data = _renamed(message["data"], tenant or "forest", SHARED_REPOSITORY)
        if tenant is not None:
            data["service"] = f"{tenant}-mono"
        tale.add(tenant, kind, data, message["received_at"], parked=tenant is not None and draw.random() < _PARKED)


def _renamed(data: dict[str, Any], tenant: str, repository: str) -> dict[str, Any]:
    text = json.dumps(data).replace(REPOSITORY, repository)
    text = re.sub(r'"(ann|bob|cid|staging|run-\d+|INC-\d+)"', rf'"{tenant}-\1"', text)
    return dict(json.loads(text))


class World(Pipeline):
    """Both functions on one table with what was told. `tenants`: those that exist in it."""

    def __init__(self, table: MemoryTable, tenants: Sequence[str]) -> None:
        super().__init__(table)
        self.tenants = tenants
        self.now = NOW
        access = AccessControl.on(self.table, lambda: self.now, "ingest")
        self.ingest = Ingest(Authenticator(access.settings, PEPPER), self.queue, lambda: self.now, access=access)

    def hear(self, told: Told) -> None:
        if told.parked:
            note_parked(self.table, json.dumps(told.event), failed_repeatedly(), told.event["received_at"] + 1, "group")
        else:
            self.tell(told.event)

    def make_dashboard(self, name: str, filters: dict[str, Any], *, limited_keys: bool) -> None:
        panels = [
            {"id": f"by-{group}", "title": name, "metric": "deployment_frequency", "visual": "table", "group_by": group}
            for group in GROUPINGS
        ]
        window = {"last": 30, "unit": "day"}
        body = {"name": name, "window": window, "filters": filters, "limited_keys": limited_keys, "panels": panels}
        answer = self.send("PUT", f"/v1/dashboards/{name}", body)
        assert answer.status in (200, 201), answer.text

    def post(self, path: str, body: Any) -> None:
        """Posts to the Events API, and does what that sets off."""
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        answer = Answer(self.ingest.handle(a_request("POST", path, "", headers, json.dumps(body))))
        assert answer.status == 202, answer.text
        self.settle()

    def be_refused(self, tenant: str) -> None:
        """Events of the tenant's that are refused, by a key that is not limited."""
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        shop = repositories_of(tenant)[1]
        wrong = [{"id": "no SHA", "service": name, "repository": shop} for name in services_of(tenant)]
        answer = Answer(self.ingest.handle(a_request("POST", "/v1/events/deployments", "", headers, json.dumps(wrong))))
        assert answer.status == 422, answer.text

    def count_points(self, tenant: str) -> None:
        """Points of metrics of the tenant's own, of which one is defined, and of one that everybody has."""
        shop = {"repository": repositories_of(tenant)[1]}
        where = [*({"service": service} for service in services_of(tenant)), shop]
        people = [*people_of(tenant), "forest-ann", people_of(tenant)[0]]
        points = [
            {"name": name, "value": number, "time": NOW - (3 + number) * DAY, "id": f"{tenant}-{number}", **more}
            for number, (place, author) in enumerate(zip(where, people, strict=True))
            for name in [*metrics_of(tenant), SHARED_METRIC]
            for more in [{"author": author, **place}]
        ]
        self.post("/v1/events/metrics", points)
        self.define_metric(metrics_of(tenant)[0])

    def define_metric(self, name: str) -> None:
        answer = self.send("PUT", f"/v1/metrics/custom/{name}", {"kind": "gauge", "unit": name})
        assert answer.status in (200, 201), answer.text

    def deployments_of(self, tenant: str) -> list[str]:
        """Keys of the deployments."""
        own = services_of(tenant)
        return sorted(record.key for record in records(self.table) if record.deployment.service in own)

    def belongings_of(self, tenant: str) -> dict[tuple[str, str], Any]:
        """All items that are or speak of the tenant's, but for the repositories' own, which hint where to look."""
        keys = tuple(self.deployments_of(tenant))
        return {
            key: item
            for key, item in everything(self.table).items()
            if not key[0].startswith("repo#") and (tenant in json.dumps([key, item]) or key[0].endswith(keys))
        }

    def cells_of(self, tenant: str) -> dict[CellKey, dict[str, int]]:
        """The cells of its services."""
        own = services_of(tenant)
        return {key: numbers for key, numbers in stored_cells(self.table).items() if key.scope.service in own}


@cache
def _stored(seed: int, tenants: tuple[str, ...]) -> list[Item]:
    world = World(MemoryTable(), tenants)
    shared = ["forest-ann", *(people_of(tenant)[0] for tenant in tenants)]
    teams = {SHARED_TEAM: shared, **{f"{tenant}-team": people_of(tenant)[:2] for tenant in tenants}}
    for team, people in teams.items():
        world.ask("PUT", f"/v1/teams/{team}", {"members": [{"author": name} for name in people]})
    world.make_dashboard(SHARED_DASHBOARD, {"team": SHARED_TEAM}, limited_keys=True)
    for tenant in tenants:
        own = {"repository": repositories_of(tenant)[0], "production": ["production", f"{tenant}-staging"]}
        world.ask("PUT", f"/v1/services/{services_of(tenant)[1]}", own)
        world.make_dashboard(f"{tenant}-board", {"service": services_of(tenant)}, limited_keys=False)
    for told in a_tale(seed).told:
        if told.tenant is None or told.tenant in tenants:
            world.hear(told)
    world.now = NOW
    world.define_metric(SHARED_METRIC)
    for tenant in tenants:
        world.now = NOW  # what a tenant tells is received at the same time in each world
        world.count_points(tenant)
        world.be_refused(tenant)
    return list(world.table.scan())


def a_world(seed: int, *tenants: str) -> World:
    """A world of one's own in which there are these tenants and no others."""
    table = MemoryTable()
    for item in _stored(seed, tenants):
        table.write([Put(item)])
    return World(table, tenants)
