"""A repository's path from what git calls its address."""

import pytest

from leadline_cli.repository_path import repository_path


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://github.com/acme/api.git", "github.com/acme/api"),
        ("https://GitHub.com/Acme/Api/", "github.com/Acme/Api"),
        ("https://ada:hunter2@github.com/acme/api", "github.com/acme/api"),
        ("https://oauth2:glpat-x@gitlab.com/group/sub/app.git", "gitlab.com/group/sub/app"),
        ("https://git.acme.dev:8443/team/app.git", "git.acme.dev:8443/team/app"),
        ("https://git.acme.dev:443/team/app.git", "git.acme.dev/team/app"),
        ("git@github.com:acme/api.git", "github.com/acme/api"),
        ("github.com:acme/api", "github.com/acme/api"),
        ("ssh://git@git.acme.dev:7999/team/app.git", "git.acme.dev/team/app"),
        ("git://example.com/team/app.git", "example.com/team/app"),
        ("https://ada@dev.azure.com/acme/My%20Project/_git/api", "dev.azure.com/acme/My%20Project/_git/api"),
        ("git@ssh.dev.azure.com:v3/acme/project/api", "dev.azure.com/acme/project/_git/api"),
        ("git+ssh://git@example.com/team/app.git", "example.com/team/app"),
        ("git.acme.dev:8443/team/app", "git.acme.dev:8443/team/app"),
        ("acme/api", "acme/api"),
        ("github.com/acme/api", "github.com/acme/api"),
    ],
)
def test_every_spelling_of_git_becomes_the_path(address: str, path: str) -> None:
    assert repository_path(address) == path


@pytest.mark.parametrize(
    "address", ["", " ", "/srv/git/api.git", "../api", "~/api", "file:///srv/git/api", r"C:\git\api"]
)
def test_a_folder_names_no_repository(address: str) -> None:
    assert repository_path(address) is None


@pytest.mark.parametrize(
    "address", ["https://u:p%40ss@h.example/a/b.git", "https://u:p@ss@h.example/a/b", "u@h.example:a/b"]
)
def test_credentials_never_stay_in_the_path(address: str) -> None:
    assert repository_path(address) == "h.example/a/b"


def test_what_may_hold_a_credential_in_a_strange_place_names_no_repository() -> None:
    assert repository_path("https://u:p/a@ss@h.example/a/b") is None
