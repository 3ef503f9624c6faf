"""The ways in which people merge and release, each as a small real repository with the changes of each release.

`build(name, folder)` makes one of `NAMES`; the answer in it comes from git, not from Leadline.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.git_builder import Builder, Scenario

_SCENARIOS: dict[str, Callable[[Builder], Scenario]] = {}


def build(name: str, folder: Path) -> Scenario:
    """Makes a repository in a new folder under this one."""
    return _SCENARIOS[name](Builder.create(folder, name.replace("_", "-")))


def _scenario(make: Callable[[Builder], Scenario]) -> Callable[[Builder], Scenario]:
    _SCENARIOS[make.__name__] = make
    return make


@_scenario
def merge_commits(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.tag("v1.0.0")
    repo.merged(3)
    early = repo.feature(4, commits=3)
    repo.merged(5)
    repo.tag("v1.1.0")
    repo.landed[4] = repo.merge(early, message="Merge pull request #4 from acme/feature-4\n\nLonger work")
    repo.tag("v1.2.0")
    repo.merged(7)
    return repo.scenario(
        ["v1.0.0", "v1.1.0", "v1.2.0"], "4 was begun before v1.1.0 and merged after it; 7 is merged, not released"
    )


@_scenario
def squash_merges(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.tag("1.0.0", annotated=False)
    repo.squashed(11)
    repo.squashed(13, title="Fix the thing of #11, see (#12)")
    repo.tag("1.1.0", annotated=False)
    repo.squashed(12)
    repo.tag("1.2.0", annotated=False)
    return repo.scenario(
        ["1.0.0", "1.1.0", "1.2.0"], "lightweight tags; numbers out of order; a title that names another"
    )


@_scenario
def rebase_merges(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.tag("v1.0.0")
    for number in (2, 3):
        branch = repo.feature(number)
        repo.commit(f"Meanwhile {number}")
        repo.switch(branch)
        repo.now += 3600
        repo.git("rebase", "--quiet", "main")
        repo.switch("main")
        repo.git("merge", "--quiet", "--ff-only", branch)
    repo.tag("v1.1.0")
    repo.commit("Last")
    repo.tag("v1.2.0")
    repo.land_each_commit()
    return repo.scenario(
        ["v1.0.0", "v1.1.0", "v1.2.0"], "no message names a request, so each commit on main is a change"
    )


@_scenario
def fast_forwards(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.tag("v1.0.0")
    branch = repo.feature(2, commits=3)
    repo.git("merge", "--quiet", "--ff-only", branch)
    repo.tag("v1.1.0")
    side = repo.feature(3)
    repo.commit("Meanwhile")
    repo.merge(side, message="Merge branch 'feature-3'")
    repo.tag("v1.2.0")
    repo.land_each_commit()
    return repo.scenario(
        ["v1.0.0", "v1.1.0", "v1.2.0"], "a trunk with a plain merge: the merge is the change, not the two commits in it"
    )


@_scenario
def merge_queue(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.tag("v1.0.0")
    waiting = {number: repo.feature(number) for number in (21, 22, 23)}
    for group in ((21, 22), (23,)):
        queue = f"gh-readonly-queue/main/pr-{group[-1]}"
        repo.switch(queue, at="main")
        for number in group:
            message = f"Merge pull request #{number} from acme/{waiting[number]}\n\nAdd {number}"
            repo.landed[number] = repo.merge(waiting[number], message=message)
        repo.switch("main")
        repo.git("merge", "--quiet", "--ff-only", queue)
        repo.tag(f"v1.{group[0]}.0")
    left, right = repo.feature(31, commits=1), repo.feature(32, commits=2)
    batch = repo.merge(left, right, message="Merge #31 #32\n\n31: Add left r=ada\n32: Add right r=ben")
    repo.landed |= {31: batch, 32: batch}
    repo.tag("v1.31.0")
    return repo.scenario(
        ["v1.0.0", "v1.21.0", "v1.23.0", "v1.31.0"],
        "GitHub's queue lands two at once; then a bot's batch, one merge of both",
    )


@_scenario
def hotfix_off_an_old_tag(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.tag("v1.0.0")
    repo.merged(2)
    repo.tag("v1.1.0")
    repo.switch("hotfix/1.0", at="v1.0.0")
    repo.merged(3, base="hotfix/1.0", commits=1)
    repo.tag("v1.0.1")
    repo.switch("main")
    repo.merged(4)
    repo.tag("v1.2.0")
    return repo.scenario(
        ["v1.0.0", "v1.1.0", "v1.0.1", "v1.2.0"],
        "v1.0.1 leaves the old tag and never comes back to main; v1.2.0 does not carry 2 a second time",
    )


@_scenario
def release_branches_merged_back(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.tag("v1.0.0")
    repo.merged(2)
    repo.switch("release/1.1", at="main")
    repo.switch("main")
    repo.merged(3)
    repo.switch("release/1.1")
    repo.merged(4, base="release/1.1", commits=1)
    repo.tag("v1.1.0")
    repo.merged(5, base="release/1.1", commits=1)
    repo.tag("v1.1.1")
    repo.commit("Bump")
    repo.tag("v1.1.2")
    repo.switch("main")
    repo.landed[6] = repo.merge("release/1.1", message="Merge pull request #6 from acme/release/1.1\n\nBack to main")
    repo.tag("v1.2.0")
    return repo.scenario(
        ["v1.0.0", "v1.1.0", "v1.1.1", "v1.1.2", "v1.2.0"],
        "three releases off main's first parents; 3 ships only with v1.2.0, and so does 6, which took them back",
    )


@_scenario
def main_taken_to_a_release_branch(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.tag("v1.0.0")
    repo.switch("stable", at="main")
    repo.merged(2, base="stable")
    repo.tag("v1.0.1")
    repo.switch("main")
    repo.merged(3)
    repo.switch("stable")
    repo.landed[4] = repo.merge("main", message="Merge pull request #4 from acme/main\n\nPrepare 1.1")
    repo.tag("v1.1.0")
    repo.switch("main")
    repo.merged(5)
    return repo.scenario(
        ["v1.0.0", "v1.0.1", "v1.1.0"], "releases come from stable, which main is merged into by request"
    )


@_scenario
def cherry_picks(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.tag("v1.0.0")
    repo.squashed(2)
    merge = repo.merged(3)
    fix = repo.squashed(4)
    repo.switch("stable", at="v1.0.0")
    repo.cherry_pick(fix)
    repo.tag("v1.0.1")
    repo.cherry_pick(merge)
    repo.tag("v1.0.2")
    repo.switch("main")
    repo.squashed(5)
    repo.tag("v1.1.0")
    return repo.scenario(
        ["v1.0.0", "v1.0.1", "v1.0.2", "v1.1.0"],
        "4 and 3 were copied with -x and ship with the copy, so v1.1.0 carries only what is new: 2 and 5",
    )


@_scenario
def fixes_picked_to_main(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.tag("v1.0.0")
    repo.switch("stable", at="main")
    fix = repo.squashed(2, base="stable")
    repo.tag("v1.0.1")
    repo.switch("main")
    repo.cherry_pick(fix)
    repo.squashed(3)
    repo.tag("v1.1.0")
    return repo.scenario(
        ["v1.0.0", "v1.0.1", "v1.1.0"], "2 was merged on the release branch; its copy on main is not a change again"
    )


@_scenario
def reverts(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.tag("v1.0.0")
    bad = repo.squashed(2)
    repo.tag("v1.1.0")
    repo.now += 3600
    repo.git("revert", "--no-edit", bad)
    repo.tag("v1.1.1")
    repo.squashed(4, title='Revert "Revert "Add 2 (#2)""')
    merge = repo.merged(5)
    repo.tag("v1.2.0")
    repo.now += 3600
    repo.git("revert", "--no-edit", "-m", "1", merge)
    repo.squashed(7, title='Revert "Add 4 (#4)"')
    repo.tag("v1.3.0")
    return repo.scenario(
        ["v1.0.0", "v1.1.0", "v1.1.1", "v1.2.0", "v1.3.0"],
        "a revert's quoted number is not its own; by hand it has none",
    )


@_scenario
def direct_commits(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.commit("More")
    repo.tag("v1.0.0")
    repo.commit("Fix a typo")
    repo.squashed(2)
    repo.commit("Bump")
    repo.tag("v1.1.0")
    repo.commit("Hurry")
    repo.tag("v1.1.1")
    repo.merged(3)
    repo.tag("v1.2.0")
    return repo.scenario(
        ["v1.0.0", "v1.1.0", "v1.1.1", "v1.2.0"],
        "some commits come without a request; v1.1.1 is one and carries no change",
    )


@_scenario
def git_flow(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.tag("v1.0.0")
    repo.switch("develop", at="main")
    for release, numbers in (("1.1.0", (2, 3)), ("1.2.0", (5,))):
        for number in numbers:
            repo.merged(number, base="develop")
        repo.switch(f"release/{release}", at="develop")
        repo.commit(f"Bump to {release}")
        repo.switch("main")
        repo.merge(f"release/{release}", message=f"Merge branch 'release/{release}'")
        repo.tag(f"v{release}")
        repo.switch("develop")
        repo.merge(f"release/{release}", message=f"Merge branch 'release/{release}' into develop")
    repo.switch("main")
    return repo.scenario(
        ["v1.0.0", "v1.1.0", "v1.2.0"], "main gets releases only, so every request lies behind a second parent of it"
    )


@_scenario
def gitlab_merges(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.tag("v1.0.0")
    for number in (2, 3):
        branch = repo.feature(number)
        body = f"Add {number}\n\nCloses #9\n\nSee merge request acme/gitlab-merges!{number}"
        message = f"Merge branch '{branch}' into 'main'\n\n{body}"
        repo.landed[number] = repo.merge(branch, message=message)
    repo.tag("v1.1.0")
    return repo.scenario(
        ["v1.0.0", "v1.1.0"], "the number stands in the body's last line; an issue's number does not count"
    )


@_scenario
def pulled_without_rebase(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.tag("v1.0.0")
    repo.switch("mine", at="main")
    repo.commit("Local work")
    repo.switch("main")
    repo.merged(2)
    repo.tag("v1.1.0")
    repo.merged(3)
    repo.switch("mine")
    repo.merge("main", message="Merge branch 'main' of github.com:acme/api")
    repo.switch("main")
    repo.git("merge", "--quiet", "--ff-only", "mine")
    repo.merged(4)
    repo.tag("v1.2.0")
    return repo.scenario(
        ["v1.0.0", "v1.1.0", "v1.2.0"],
        "someone pulled and pushed, so main's earlier merges are behind a second parent now",
    )


@_scenario
def synced_fork(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.merged(1)
    repo.tag("v1.0.0")
    repo.switch("contribution", at="main")
    repo.commit("Work in a fork")
    repo.switch("main")
    repo.merged(10)
    repo.switch("contribution")
    repo.merge("main", message="Merge pull request #7 from acme/main\n\nCatch up")
    repo.commit("More work in a fork")
    repo.switch("main")
    repo.landed[12] = repo.merge("contribution", message="Merge pull request #12 from someone/main\n\nContribute")
    repo.tag("v1.1.0")
    return repo.scenario(["v1.0.0", "v1.1.0"], "7 is a number of the contributor's fork, not of this repository")


@_scenario
def tags_made_late(repo: Builder) -> Scenario:
    repo.commit("Begin")
    repo.tag("v1.0.0")
    forgotten = repo.merged(2)
    repo.merged(3)
    repo.tag("v1.2.0")
    repo.tag("1.2.0", annotated=False)
    repo.tag("v1.1.0", at=forgotten)
    repo.merged(4)
    repo.tag("v1.3.0")
    return repo.scenario(
        ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"],
        "v1.1.0 was tagged after v1.2.0 and is no rollback; 1.2.0 is another name for v1.2.0",
    )


NAMES = tuple(_SCENARIOS)
