"""Whatever way a team merges and releases: each deployed SHA finds its changes by asking the host, as git itself lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.git_repositories import NAMES
from tests.vcs.asking import Deploying, connect
from tests.vcs.fake_github import FakeGitHub
from tests.vcs.hosted import scenario
from tests.vcs.loopback import serving


@pytest.mark.parametrize("name", NAMES)
def test_each_release_carries_what_git_lists(name: str, tmp_path: Path) -> None:
    made, hosted = scenario(name, tmp_path)
    with serving(FakeGitHub(hosted)) as server:
        production = Deploying(hosted, connect("github", server.address), made.repository)
        for tag in made.tags:
            production.deploy(tag)
    assert {tag: production.numbers[tag] for tag in made.expected} == dict(made.expected)
