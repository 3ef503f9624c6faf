"""A deployment that waits for its artifact's commit is not silent: it is listed, with what to do."""

from leadline.contract.reasons import REASONS
from leadline.store.artifacts import Artifacts, Waiting
from tests.contract.pipeline import Pipeline


def test_a_deployment_that_waits_for_its_artifact_is_listed_with_advice() -> None:
    api = Pipeline()
    Artifacts(api.table).wait(
        "pkg:oci/shop", Waiting("2f1c", {"service": "shop", "environment": "production"}, api.now)
    )
    (entry,) = api.get("/v1/events", status="waiting")["items"]
    assert (entry["status"], entry["service"], entry["deployment"]) == ("waiting", "shop", None)
    assert entry["reason"] == "ARTIFACT_UNKNOWN"
    assert entry["advice"] == REASONS["ARTIFACT_UNKNOWN"].advice
    assert api.get("/v1/events")["items"] == [entry]
