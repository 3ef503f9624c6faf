"""A whole replay of real repositories against an API on loopback that records what it was sent.

What the releases carry is worked out from the recorded events alone, and must be what git says.
"""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leadline_cli.client import Client, Connection
from leadline_cli.main import main
from leadline_cli.progress import Progress
from leadline_cli.replay_sending import Part, send
from tests.git_builder import Builder, Scenario
from tests.git_repositories import NAMES, build
from tests.recording_api import KEY, RecordingApi, Reply, recording_api


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No local stack and no settings of the person who runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in ("LEADLINE_URL", "LEADLINE_API_KEY", "LEADLINE_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def api() -> Iterator[RecordingApi]:
    with recording_api() as running:
        yield running


def replay(api: RecordingApi, scenario: Scenario, *more: str) -> int:
    connection = ("--url", api.base_url, "--key", KEY)
    return main(["replay", str(scenario.path), *scenario.arguments, *connection, *more])


def carried(api: RecordingApi) -> dict[str, set[int]]:
    """By release, the changes first reachable from it, copies included: from what was sent and nothing else."""
    parents: dict[str, list[str]] = {}
    picked: dict[str, str] = {}
    for page in api.events("commits"):
        for commit in page["commits"]:
            assert all(parent in parents for parent in commit["parents"]), "parents come before children"
            parents[commit["sha"]] = commit["parents"]
            if "cherry_picked_from" in commit:
                picked[commit["sha"]] = commit["cherry_picked_from"]
    numbers: dict[str, set[int]] = {}
    for change in api.events("changes"):
        numbers.setdefault(change["merge_sha"], set()).add(change["number"])
    seen: set[str] = set()
    shipped: set[int] = set()
    result: dict[str, set[int]] = {}
    for deployment in api.events("deployments"):
        new, stack = set[str](), [deployment["id"]]
        while stack:
            sha = stack.pop()
            if sha not in seen:
                seen.add(sha)
                new |= {sha, picked.get(sha, sha)}
                stack += parents[sha]
        result[deployment["version"]] = {number for sha in new for number in numbers.get(sha, ())} - shipped
        shipped |= result[deployment["version"]]
    return result


@pytest.mark.parametrize("name", NAMES)
def test_each_release_carries_what_git_says(name: str, api: RecordingApi, tmp_path: Path) -> None:
    scenario = build(name, tmp_path / "clones")
    assert replay(api, scenario) == 0
    found = carried(api)
    assert tuple(found) == scenario.tags
    assert {tag: found[tag] for tag in scenario.tags[1:]} == scenario.expected
    listed = subprocess.run(
        ["git", "-C", str(scenario.path), "rev-list", "HEAD", "--tags"], capture_output=True, text=True, check=True
    )
    sent = [commit["sha"] for page in api.events("commits") for commit in page["commits"]]
    assert sorted(sent) == sorted(listed.stdout.split())
    assert {event["repository"] for _, event in api.taken} == {scenario.repository}


def test_kinds_come_in_the_order_that_needs_nothing_worked_out_twice(api: RecordingApi, tmp_path: Path) -> None:
    replay(api, build("release_branches_merged_back", tmp_path))
    routes = list(dict.fromkeys(route for route, _ in api.taken))
    assert routes == ["/v1/events/commits", "/v1/events/changes", "/v1/events/deployments"]
    for kind, time in (("changes", "merged_at"), ("deployments", "finished_at")):
        times = [event[time] for event in api.events(kind)]
        assert times == sorted(times)


def test_a_request_that_takes_a_release_back_does_not_claim_what_was_released(
    api: RecordingApi, tmp_path: Path
) -> None:
    replay(api, build("release_branches_merged_back", tmp_path))
    back = next(event for event in api.events("changes") if event["number"] == 6)
    released = {event["id"] for event in api.events("deployments")[:-1]}
    assert released.isdisjoint({back.get("head_sha"), *back.get("commit_shas", ())})


def test_a_merged_request_is_told_with_its_commits_and_times(api: RecordingApi, tmp_path: Path) -> None:
    scenario = build("merge_commits", tmp_path)
    replay(api, scenario)
    change = next(event for event in api.events("changes") if event["number"] == 3)

    def git(*words: str) -> list[str]:
        command = ["git", "-C", str(scenario.path), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    merge = git("log", "--format=%H", "--grep=request #3 ", "main")[0]
    pushed = git("rev-list", f"{merge}^1..{merge}^2")
    assert change == {
        "repository": "github.com/acme/merge-commits",
        "number": 3,
        "merge_sha": merge,
        "head_sha": pushed[0],
        "commit_shas": pushed,
        "base_branch": "main",
        "merged_at": git("log", "-1", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", "--format=%cd", merge)[0],
        "first_commit_at": git("log", "-1", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", "--format=%ad", pushed[-1])[0],
        "author": change["author"],
        "url": "https://github.com/acme/merge-commits/pull/3",
    }


def test_people_are_pseudonyms_that_stay_the_same(api: RecordingApi, tmp_path: Path) -> None:
    scenario = build("merge_commits", tmp_path)
    replay(api, scenario)
    replay(api, build("git_flow", tmp_path))
    sent = json.dumps(api.taken, ensure_ascii=False)
    assert not any(secret in sent for secret in ("Ada", "Ben", "example.com", "hunter2", KEY))
    assert len({commit["author"] for page in api.events("commits") for commit in page["commits"]}) == 2


def test_a_salt_of_ones_own_makes_other_pseudonyms(api: RecordingApi, tmp_path: Path) -> None:
    scenario = build("squash_merges", tmp_path)
    replay(api, scenario)
    plain = {event["author"] for event in api.events("changes")}
    api.taken.clear()
    replay(api, scenario, "--salt", "pepper")
    assert plain.isdisjoint(event["author"] for event in api.events("changes"))


def test_names_are_sent_when_asked_for_and_addresses_never(api: RecordingApi, tmp_path: Path) -> None:
    replay(api, build("merge_commits", tmp_path), "--names")
    assert {event["author"] for event in api.events("changes")} == {"Ben Öst"}
    assert "example.com" not in json.dumps(api.taken)


def test_a_second_replay_sends_exactly_the_same(api: RecordingApi, tmp_path: Path) -> None:
    scenario = build("release_branches_merged_back", tmp_path)
    replay(api, scenario)
    once = list(api.taken)
    replay(api, scenario)
    assert api.taken == once + once


def test_since_leaves_out_what_was_released_before_and_makes_the_first_range_exact(
    api: RecordingApi, tmp_path: Path
) -> None:
    repo = Builder.create(tmp_path, "api")
    repo.commit("Begin")
    repo.tag("v1.0.0")
    repo.squashed(2)
    repo.tag("v1.1.0")
    repo.now += 86_400 * 40
    repo.squashed(3)
    repo.tag("v1.2.0")
    scenario = repo.scenario(["v1.0.0", "v1.1.0", "v1.2.0"], "")
    replay(api, scenario, "--since", "2026-02-01")
    assert [event["number"] for event in api.events("changes")] == [3]
    [deployment] = api.events("deployments")
    assert deployment["version"] == "v1.2.0"
    assert deployment["previous_id"] == repo.sha("v1.1.0")


def test_until_leaves_out_the_releases_that_the_ci_tells(api: RecordingApi, tmp_path: Path) -> None:
    repo = Builder.create(tmp_path, "api")
    repo.commit("Begin")
    repo.tag("v1.0.0")
    repo.now += 86_400 * 40
    repo.squashed(2)
    repo.tag("v1.1.0")
    replay(api, repo.scenario(["v1.0.0", "v1.1.0"], ""), "--until", "2026-02-01")
    assert [event["version"] for event in api.events("deployments")] == ["v1.0.0"]
    assert [event["number"] for event in api.events("changes")] == [2]


def test_releases_of_one_service_are_chosen_by_pattern(api: RecordingApi, tmp_path: Path) -> None:
    repo = Builder.create(tmp_path, "mono")
    repo.commit("Begin")
    for tag in ("api/v1.0", "web/v1.0", "v1.0", "api/v1.1-rc1"):
        repo.commit(f"Before {tag}")
        repo.tag(tag)
    scenario = repo.scenario(["api/v1.0"], "")
    more = ("--tags", "api/*", "--no-prereleases", "--service", "api", "--environment", "staging")
    replay(api, scenario, *more)
    [deployment] = api.events("deployments")
    assert (deployment["version"], deployment["service"], deployment["environment"]) == ("api/v1.0", "api", "staging")


def test_every_commit_can_be_a_change_where_some_have_a_request(api: RecordingApi, tmp_path: Path) -> None:
    scenario = build("direct_commits", tmp_path)
    replay(api, scenario, "--each-commit", "on")
    assert [event["number"] for event in api.events("changes")] == list(range(1, 8))
    assert all("url" not in event for event in api.events("changes"))


def test_a_release_beyond_the_branch_has_no_place_on_it(api: RecordingApi, tmp_path: Path) -> None:
    repo = Builder.create(tmp_path, "api")
    repo.commit("Begin")
    repo.tag("v1.0.0")
    repo.switch("hotfix", at="main")
    repo.commit("Hotfix")
    repo.tag("v1.0.1")
    repo.switch("main")
    replay(api, repo.scenario(["v1.0.0", "v1.0.1"], ""))
    assert [event["number"] for event in api.events("changes")] == [1]


def test_a_commit_is_told_of_one_request_though_another_was_merged_into_that(api: RecordingApi, tmp_path: Path) -> None:
    repo = Builder.create(tmp_path, "api")
    repo.commit("Begin")
    branch = repo.feature(2)
    repo.switch(branch)
    repo.merged(3, base=branch)
    repo.switch("main")
    repo.merge(branch, message=f"Merge pull request #2 from acme/{branch}")
    replay(api, repo.scenario([], ""))
    inner, outer = sorted(api.events("changes"), key=lambda event: -event["number"])
    assert (inner["number"], len(inner["commit_shas"])) == (3, 2)
    assert (outer["number"], len(outer["commit_shas"])) == (2, 2)
    assert outer["head_sha"] == inner["merge_sha"]


def test_no_commit_is_a_change_where_that_is_switched_off(api: RecordingApi, tmp_path: Path) -> None:
    replay(api, build("rebase_merges", tmp_path), "--each-commit", "off")
    assert api.events("changes") == []


def test_what_is_refused_is_told_with_its_reason_and_the_rest_arrives(
    api: RecordingApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(route: str, item: Any) -> list[dict[str, str]]:
        fault = {"pointer": "/merged_at", "code": "range", "detail": "is before the year 2000"}
        return [fault] if item.get("number") == 4 else []

    api.refuse = refuse
    assert replay(api, build("merge_commits", tmp_path)) == 1
    assert "change 4: merged_at is before the year 2000" in capsys.readouterr().out
    assert [event["number"] for event in api.events("changes")] == [3, 5, 7]
    assert len(api.events("deployments")) == 3


def test_a_dry_run_needs_no_server_and_says_what_each_release_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = build("hotfix_off_an_old_tag", tmp_path)
    assert main(["replay", str(scenario.path), "--dry-run"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if "  v1." in line]
    assert [(row[2], int(row[3])) for row in rows] == [("v1.0.0", 0), ("v1.1.0", 1), ("v1.0.1", 1), ("v1.2.0", 1)]


def test_a_dry_run_can_print_the_events_that_would_be_sent(
    api: RecordingApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = build("cherry_picks", tmp_path)
    replay(api, scenario)
    capsys.readouterr()
    assert main(["replay", str(scenario.path), "--dry-run", "--json"]) == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["path"], line["event"]) for line in printed] == api.taken


def test_a_dry_run_since_a_day_counts_from_the_release_before_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = Builder.create(tmp_path, "api")
    repo.commit("Begin")
    repo.squashed(2)
    repo.tag("v1.0.0")
    repo.now += 86_400 * 40
    repo.squashed(3)
    repo.tag("v1.1.0")
    assert main(["replay", str(repo.path), "--dry-run", "--since", "2026-02-01", "--each-commit", "on"]) == 0
    [row] = [line.split() for line in capsys.readouterr().out.splitlines() if "  v1." in line]
    assert row[2:] == ["v1.1.0", "1", "change"]


def test_what_is_refused_is_named_rightly_in_a_later_batch_too(api: RecordingApi) -> None:
    fault = {"pointer": "/number", "code": "x", "detail": "is wrong"}
    api.refuse = lambda route, item: [fault] if item["number"] in (2, 555) else []
    events = [{"number": number} for number in range(600)]
    part = Part("changes", events, len(events), lambda event: f"change {event['number']}")
    sent = send(Client(Connection(api.base_url, KEY)), part, Progress(io.StringIO()))
    assert (sent.accepted, sent.rejected, sent.refused) == (598, 2, {2, 555})
    assert sent.reasons == ["change 2: number is wrong", "change 555: number is wrong"]


def test_a_shallow_clone_is_named_as_such(
    api: RecordingApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = build("squash_merges", tmp_path)
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth=2", f"file://{scenario.path}", str(shallow)], check=True)
    words = ["replay", str(shallow), "--repository", "acme/api", "--url", api.base_url, "--key", KEY]
    assert main(words) == 0
    assert "shallow" in capsys.readouterr().err
    assert [event["number"] for event in api.events("changes")] == [13, 12]


def test_commits_are_not_numbered_by_a_place_that_a_shallow_clone_does_not_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = build("rebase_merges", tmp_path)
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth=2", f"file://{scenario.path}", str(shallow)], check=True)
    assert main(["replay", str(shallow), "--repository", "acme/api", "--dry-run"]) == 1
    assert "--unshallow" in capsys.readouterr().err


def test_waiting_ends_when_every_deployment_is_there_and_none_is_pending(
    api: RecordingApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadline_cli.settling.FIRST_PAUSE", 0.01)
    looks = 0

    def deployments(query: dict[str, str]) -> dict[str, Any]:
        nonlocal looks
        looks += 1
        status = "mapped" if looks > 4 else "pending"
        sent = api.events("deployments")
        items = [
            {"id": event["id"], "deployment_id": event["deployment_id"], "mapping": {"status": status}}
            for event in (sent if looks > 2 else sent[:1])
        ]
        half = len(items) // 2
        if "cursor" in query:
            return {"items": items[half:], "next_cursor": None}
        return {"items": items[:half], "next_cursor": "next"}

    api.deployments = deployments
    assert replay(api, build("merge_commits", tmp_path), "--wait", "--wait-seconds", "20") == 0
    assert "3 of 3 deployments are counted: 3 mapped." in capsys.readouterr().out


def test_waiting_ends_in_time_and_says_what_is_missing(
    api: RecordingApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def deployments(query: dict[str, str]) -> dict[str, Any]:
        first = api.events("deployments")[0]
        item = {"id": first["id"], "deployment_id": "v1.0.0", "mapping": {"status": "pending"}}
        return {"items": [item], "next_cursor": None}

    api.deployments = deployments
    assert replay(api, build("merge_commits", tmp_path), "--wait", "--wait-seconds", "0") == 1
    out = capsys.readouterr().out
    assert "not listed yet: v1.1.0, v1.2.0" in out
    assert "pending: v1.0.0" in out


def test_the_key_is_never_printed(api: RecordingApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    api.first.append(Reply(401, {"title": "Unauthorized", "detail": "The key is not known."}))
    scenario = build("squash_merges", tmp_path)
    assert replay(api, scenario) == 1
    assert replay(api, scenario) == 0
    printed = capsys.readouterr()
    assert KEY not in printed.out + printed.err
    assert "hunter2" not in printed.out + printed.err


def test_a_folder_that_is_no_clone_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(tmp_path / "nowhere"), "--dry-run"]) == 1
    assert "there is no folder" in capsys.readouterr().err
    monkey = tmp_path / "plain"
    monkey.mkdir()
    assert main(["replay", str(monkey), "--dry-run"]) == 1
    assert "not a git repository" in capsys.readouterr().err


def test_a_clone_without_commits_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = Builder.create(tmp_path, "api")
    assert main(["replay", str(repo.path), "--dry-run"]) == 1
    assert "has no commits yet" in capsys.readouterr().err
