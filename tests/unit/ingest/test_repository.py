"""How a repository may be named, and what is said of every other spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.repository_path import read_repository_path, suggest


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("acme/api", "acme/api"),
        ("Acme/API", "Acme/API"),
        ("github.com/acme/api", "github.com/acme/api"),
        ("GitHub.COM/Acme/API", "github.com/Acme/API"),
        ("gitlab.com/group/sub/app", "gitlab.com/group/sub/app"),
        ("Git.Acme.dev:8443/Team/app", "git.acme.dev:8443/Team/app"),
        ("localhost:3000/acme/api", "localhost:3000/acme/api"),
        ("group/sub/app", "group/sub/app"),
        ("my.group/app.py", "my.group/app.py"),
        ("git.sr.ht/~ada/api", "git.sr.ht/~ada/api"),
        ("dev.azure.com/org/My%20Project/_git/api", "dev.azure.com/org/My%20Project/_git/api"),
        ("acme/api.github.io", "acme/api.github.io"),
        ("acme/.github", "acme/.github"),
        (" acme/api\n", "acme/api"),
    ],
)
def test_a_path_is_kept_and_its_host_lower_cased(sent: str, kept: str) -> None:
    assert read_repository_path(sent) == kept
    assert read_repository_path(kept) == kept


@pytest.mark.parametrize(
    ("sent", "send"),
    [
        ("https://github.com/acme/api", "github.com/acme/api"),
        ("https://github.com/acme/api.git", "github.com/acme/api"),
        ("HTTPS://GitHub.com/Acme/API.GIT/", "github.com/Acme/API"),
        ("http://ci:hunter2@git.acme.dev:8443/team/app.git", "git.acme.dev:8443/team/app"),
        ("https://x-access-token:hunter2@github.com/acme/api", "github.com/acme/api"),
        ("https://hunter2@github.com/acme/api?tab=readme#top", "github.com/acme/api"),
        ("ssh://git@github.com/acme/api.git", "github.com/acme/api"),
        ("ssh://git@git.acme.dev:7999/team/app.git", "git.acme.dev/team/app"),
        ("git+ssh://git@github.com/acme/api.git", "github.com/acme/api"),
        ("git@github.com:acme/api.git", "github.com/acme/api"),
        ("git@gitlab.com:group/sub/app.git", "gitlab.com/group/sub/app"),
        ("github.com:acme/api", "github.com/acme/api"),
        ("git@ssh.dev.azure.com:v3/org/project/api", "ssh.dev.azure.com/v3/org/project/api"),
        ("ci:hunter2@github.com/acme/api", "github.com/acme/api"),
        ("acme/api.git", "acme/api"),
        ("acme/api.git/", "acme/api"),
        ("/acme/api/", "acme/api"),
        ("acme//api", "acme/api"),
        ("acme\\api", "acme/api"),
        ("acme/api?ref=main", "acme/api"),
        ("acme/api#readme", "acme/api"),
        ("www.github.com/acme/api", "github.com/acme/api"),
        ("github.com/acme/api/pull/7", "github.com/acme/api"),
        ("https://github.com/acme/api.git/tree/main", "github.com/acme/api"),
        ("dev.azure.com/org/My Project/_git/api", "dev.azure.com/org/My%20Project/_git/api"),
    ],
)
def test_another_spelling_is_refused_with_the_one_to_send(sent: str, send: str) -> None:
    with pytest.raises(InvalidValue) as invalid:
        read_repository_path(sent)
    assert invalid.value.code == "repository"
    assert invalid.value.detail.endswith(f"; send {send}")
    assert "hunter2" not in invalid.value.detail
    assert read_repository_path(send) == send


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "api",
        "/",
        "github.com",
        "github.com/acme",
        "https://github.com",
        "acme/../api",
        "acme/.git",
        "acme/ä",
        "acme/%zz",
        "acme/api@main",
        "https://ci:hun/ter2@github.com/acme/api",
        "https://ci:hun?ter2@github.com/acme/api",
        "https://ci:hun#ter2@github.com/acme/api",
        "https://ci:hun@ter2@github.com/acme/api",
        "ci:hun/ter2?x@github.com/acme/api",
        "a/" * 22 + "b",
    ],
)
def test_where_the_right_spelling_can_not_be_told_none_is_made_up(sent: str) -> None:
    with pytest.raises(InvalidValue) as invalid:
        read_repository_path(sent)
    assert suggest(sent) is None
    assert "ter2" not in invalid.value.detail
    assert "hun" not in invalid.value.detail


def test_a_path_has_at_most_200_characters() -> None:
    assert read_repository_path("acme/" + "a" * 195)
    with pytest.raises(InvalidValue, match="200"):
        read_repository_path("acme/" + "a" * 196)


SECRET = st.text(alphabet="SECRT/?#@:.%", min_size=1, max_size=12).filter(lambda text: "S" in text or "E" in text)


@given(
    protocol=st.sampled_from(["https://", "ssh://", "git://", ""]),
    user=st.sampled_from(["", "git", "ci:"]),
    secret=SECRET,
    path=st.sampled_from(["github.com/acme/api.git", "git.acme.dev/x/y/z", "acme/api"]),
)
def test_no_piece_of_a_password_is_ever_suggested(protocol: str, user: str, secret: str, path: str) -> None:
    with pytest.raises(InvalidValue) as invalid:
        read_repository_path(f"{protocol}{user}{secret}@{path}")
    suggestion = invalid.value.detail.partition("; send ")[2]
    assert not set("SERCT") & set(suggestion.replace("github.com", ""))


@given(st.text(max_size=60))
def test_any_text_is_kept_or_refused_and_what_is_kept_stays(text: str) -> None:
    try:
        kept = read_repository_path(text)
    except InvalidValue:
        return
    assert read_repository_path(kept) == kept
