"""Which tags are releases, and when they went out."""

import pytest

from leadline_cli.commit_graph import CommitGraph
from leadline_cli.release_tags import Tag, chosen_tags, first_releases, is_prerelease, is_version, releases

NOW = 1_800_000_000
DAY = 86_400


@pytest.mark.parametrize(
    "name", ["1.2", "v1.2.3", "V1.0", "release-1.2", "release/v2.0", "rel_1_2", "2024.11.3", "v1.0.0+build.5", "1.0a1"]
)
def test_a_tag_that_looks_like_a_version_is_a_release(name: str) -> None:
    assert is_version(name)


@pytest.mark.parametrize("name", ["v1", "latest", "nightly", "tool/v1.2.3", "@acme/ui@1.2.3", "build-77", "20240101"])
def test_a_tag_that_moves_or_names_one_of_several_tools_is_not_taken_for_a_release(name: str) -> None:
    assert not is_version(name)


@pytest.mark.parametrize(
    "name",
    ["1.0a1", "1.0rc1", "v1.0-rc.2", "v2.0.0-beta.3", "1.0.0.beta0", "0.13.0.dev2", "2.0-SNAPSHOT", "v1.0.0-next.1"],
)
def test_prereleases_are_recognised(name: str) -> None:
    assert is_prerelease(name)


@pytest.mark.parametrize("name", ["1.0", "v1.0.0-hotfix1", "1.2.3-final", "1.2.3.RELEASE", "v1.0.0-1", "1.0.post1"])
def test_other_suffixes_do_not_make_a_prerelease(name: str) -> None:
    assert not is_prerelease(name)


def test_a_pattern_takes_the_place_of_the_guess() -> None:
    tags = [Tag(name, "a", 1) for name in ("v1.0", "api/v1.0", "api/v1.1rc1", "web/v1.0")]
    assert [tag.name for tag in chosen_tags(tags, ["api/*"], prereleases=False)] == ["api/v1.0"]


def a_chain(count: int) -> CommitGraph:
    graph = CommitGraph(NOW)
    for number in range(count):
        at = NOW - 100 * DAY + number * DAY
        graph.add(f"c{number}", [f"c{number - 1}"] if number else [], at, at, "ada@example.com")
    return graph


def test_releases_are_told_in_the_order_in_which_they_went_out() -> None:
    graph = a_chain(3)
    at = graph.committed
    tags = [Tag("1.1", "c2", at[2] + 60), Tag("1.0", "c1", at[1] + 60)]
    assert [tag.name for tag in releases(tags, graph)] == ["1.0", "1.1"]


def test_a_tag_made_after_a_release_that_holds_it_is_dated_by_its_commit() -> None:
    graph = a_chain(3)
    at = graph.committed
    tags = [Tag("1.1", "c2", at[2] + 60), Tag("1.0", "c1", at[2] + 50 * DAY)]
    assert releases(tags, graph) == [Tag("1.0", "c1", at[1]), Tag("1.1", "c2", at[2] + 60)]


def test_two_names_given_to_a_commit_at_once_are_one_release() -> None:
    graph = a_chain(2)
    at = graph.committed[1]
    assert [tag.name for tag in releases([Tag("1.2", "c1", at), Tag("v1.2.0", "c1", at)], graph)] == ["v1.2.0"]


def test_each_commit_knows_the_first_release_that_holds_it() -> None:
    graph = a_chain(4)
    assert list(first_releases([Tag("1.0", "c1", 1), Tag("0.9", "c0", 2), Tag("1.1", "c2", 3)], graph)) == [0, 0, 2, 3]


def test_a_tag_without_a_date_is_another_name_of_the_release_that_has_one() -> None:
    graph = a_chain(2)
    at = graph.committed[1]
    tags = [Tag("1.2.0", "c1", at, is_dated=False), Tag("v1.2.0", "c1", at + 3 * DAY)]
    assert [tag.name for tag in releases(tags, graph)] == ["v1.2.0"]


def test_a_candidate_and_its_final_release_of_the_same_commit_are_two() -> None:
    graph = a_chain(2)
    at = graph.committed[1]
    tags = [Tag("v1.2.0-rc1", "c1", at), Tag("v1.2.0", "c1", at + 3 * DAY)]
    assert releases(tags, graph) == tags
