"""What is cut down or refused of what people send: addresses of persons, and credentials."""

from __future__ import annotations

import pytest

from leadline.contract.privacy import holds_credentials, holds_personal_data_or_secrets, person, without_addresses
from tests.contract.events_api import EventsApi, a_change, a_commits_event, a_deployment

KEY = "ll_0123456789ab_" + "x" * 43


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("ann", "ann"),
        ("Ann Miller", "Ann Miller"),
        ("ann@acme.dev", "ann"),
        ("<ann@acme.dev>", "ann"),
        ("Ann Miller <ann@acme.dev>", "Ann Miller"),
        ("ann@acme.dev <ann@acme.dev>", "ann"),
        ("root@ip-10-0-0-1", "root"),
        ("17+ann@users.noreply.github.com", "ann"),
        ("dependabot[bot]", "dependabot[bot]"),
        ("Änn Öst <änn@exämple.de>", "Änn Öst"),
        ("Ann (@ann)", "Ann (@ann)"),
        ("@ann", "@ann"),
        ("Ann ann@acme.dev", "Ann ann"),
    ],
)
def test_an_author_is_a_name_and_never_an_address(told: str, name: str) -> None:
    assert person(told) == name
    assert person(name) == name


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("asked for by ann@acme.dev, twice", "asked for by ann, twice"),
        ("ann@a.dev ben@b.dev", "ann ben"),
        ("orders@1.4.0", "orders@1.4.0"),
        ("orders@1.4.0-beta.rc", "orders@1.4.0-beta.rc"),
        ("orders@v2.1.rc", "orders@v2.1.rc"),
        ("ghcr.io/acme/api:1.2@sha256:0b31", "ghcr.io/acme/api:1.2@sha256:0b31"),
        ("@acme/orders", "@acme/orders"),
        ("no address", "no address"),
    ],
)
def test_addresses_leave_a_text_and_versions_stay(text: str, left: str) -> None:
    assert without_addresses(text) == left


@pytest.mark.parametrize(
    "text",
    [KEY, f"see {KEY}", "https://ci:hunter2@acme.dev/x", "https://glpat-abc@gitlab.com/a/b", "git+https://t@h/a/b.git"],
)
def test_credentials_are_seen(text: str) -> None:
    assert holds_credentials(text)


@pytest.mark.parametrize(
    "text",
    ["run-17", "ll_short", "ssh://git@github.com/acme/api", "https://acme.dev:8443/@ann", "pkg:oci/api@sha256:0b31"],
)
def test_what_only_resembles_them_is_not(text: str) -> None:
    assert not holds_credentials(text)


@pytest.mark.parametrize(
    "url",
    [
        "https://ci.acme.dev/1?token=x",
        "https://ci.acme.dev/1?a=b&private_token=x",
        "https://ci.acme.dev/1#access_token=x",
        "https://s3.acme.dev/1?X-Amz-Signature=x",
        "https://ci.acme.dev/1?by=ann%40acme.dev",
        "https://ci:pw@acme.dev/1",
    ],
)
def test_a_link_with_a_secret_or_an_address_in_it_tells(url: str) -> None:
    assert holds_personal_data_or_secrets(url)


@pytest.mark.parametrize("url", ["https://jira.acme.dev/browse?key=A-1", "https://h/d?orgId=1&tokens=2#top"])
def test_a_plain_link_does_not(url: str) -> None:
    assert not holds_personal_data_or_secrets(url)


def test_events_keep_names_where_addresses_were_sent() -> None:
    api = EventsApi()
    assert api.data_of("change", a_change(author="Ann Miller <ann@acme.dev>"))["author"] == "Ann Miller"
    commit = {**a_commits_event()["commits"][0], "author": "ann@acme.dev"}
    assert api.data_of("commits", a_commits_event(commits=[commit]))["commits"][0]["author"] == "ann"
    labels = api.data_of("deployment", a_deployment(labels={"by": "ann@acme.dev", "image": "api@sha256:1"}))["labels"]
    assert labels == {"by": "ann", "image": "api@sha256:1"}


@pytest.mark.parametrize("field", ["service", "environment", "deployment_id", "remediates", "version"])
@pytest.mark.parametrize("value", [KEY, "https://ci:hunter2@acme.dev/1"])
def test_a_name_that_holds_credentials_is_refused_without_repeating_them(field: str, value: str) -> None:
    answer = EventsApi().post("deployment", a_deployment(**{field: value}))
    assert (answer.status, answer.faults) == (422, {(f"/{field}", "credentials")})
    assert "hunter2" not in str(answer.json)
    assert KEY not in str(answer.json)
