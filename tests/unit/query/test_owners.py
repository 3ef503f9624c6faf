"""Points of a repository are read as those of the service that a deployment of it would go to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leadline.store.memory import MemoryTable
from leadline.store.planned_writes import lock_key
from leadline.store.resolving import keys_to_resolve, resolve
from leadline.store.services import Service
from leadline.store.table import Put
from query.reports.custom_measure import owner_of

REPOSITORY = "github.com/acme/api"
NAMES = st.sampled_from(["api", REPOSITORY, "web", "till"])
REPOSITORIES = st.sampled_from([REPOSITORY, "github.com/acme/web", None])


@given(st.dictionaries(NAMES, REPOSITORIES, max_size=4))
def test_the_owner_of_a_repositorys_points_is_where_its_deployments_go(tied: dict[str, str | None]) -> None:
    stored = {name: Service(name, repository) for name, repository in tied.items()}
    table = MemoryTable()
    own = sorted(name for name, repository in tied.items() if repository == REPOSITORY)
    pk, sk = lock_key(REPOSITORY)
    table.write([Put(service.to_item()) for service in stored.values()] + [Put({"pk": pk, "sk": sk, "services": own})])
    keys = keys_to_resolve(REPOSITORY, None)
    resolved = resolve(table, REPOSITORY, None, {key: table.get([key]).get(key) for key in keys})
    owner = owner_of(f"repository:{REPOSITORY}", stored)
    if resolved.mismatch is None:
        assert owner == resolved.service.name
    else:  # a deployment would count nowhere; the points stay apart from the other repository's service
        assert owner not in stored
