"""The command works from any folder: where it looks for the local stack's state."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadline_cli.local_home import find_home


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = a_home(tmp_path / "checkout")
    monkeypatch.setattr("leadline_cli.local_home.CHECKOUT", home.parent)
    return home


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    return tmp_path / "elsewhere"


def a_home(folder: Path) -> Path:
    home = folder / ".leadline"
    home.mkdir(parents=True)
    (home / "local.json").write_text("{}")
    return home


def test_the_environment_says_where_it_is(elsewhere: Path) -> None:
    a_home(elsewhere)
    assert find_home({"LEADLINE_HOME": "/var/leadline"}, elsewhere) == Path("/var/leadline")


def test_it_is_in_the_folder_or_in_one_above_it(elsewhere: Path) -> None:
    home = a_home(elsewhere)
    assert find_home({}, elsewhere) == home
    assert find_home({}, elsewhere / "deep") == home


def test_elsewhere_it_is_that_of_the_checkout_that_the_command_is_installed_from(
    checkout: Path, elsewhere: Path
) -> None:
    assert find_home({}, elsewhere) == checkout


def test_a_folder_of_that_name_without_a_running_stack_is_passed_over(checkout: Path, elsewhere: Path) -> None:
    (elsewhere / ".leadline").mkdir()
    assert find_home({}, elsewhere) == checkout


def test_with_none_running_the_current_folder_is_named(checkout: Path, elsewhere: Path) -> None:
    (checkout / "local.json").unlink()
    assert find_home({}, elsewhere) == elsewhere / ".leadline"
