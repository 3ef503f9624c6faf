"""What is read of a clone, in the states in which clones are found."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from leadline_cli.git_history import GitClone, GitError, History
from tests.git_builder import START, Builder

NOW = START + 86_400 * 365


@pytest.fixture
def repo(tmp_path: Path) -> Builder:
    return Builder.create(tmp_path, "api")


def read(repo: Builder, *, names: bool = False) -> History:
    return GitClone(repo.path).read([repo.sha()], now=NOW, names=names)


def a_clone(repo: Builder, folder: Path, *more: str) -> Path:
    subprocess.run(["git", "clone", "-q", *more, str(repo.path), str(folder)], check=True)
    return folder


def test_the_remotes_default_branch_is_read_as_the_remote_has_it(repo: Builder, tmp_path: Path) -> None:
    repo.commit("Begin")
    clone = a_clone(repo, tmp_path / "clone")
    newest = repo.commit("Not pulled yet")
    subprocess.run(["git", "-C", str(clone), "fetch", "-q"], check=True)
    subprocess.run(["git", "-C", str(clone), "switch", "-q", "-c", "mine"], check=True)
    branch = GitClone(clone).branch()
    assert (branch.name, branch.sha) == ("main", newest)


def test_a_bare_clone_is_read_too(repo: Builder, tmp_path: Path) -> None:
    newest = repo.commit("Begin")
    branch = GitClone(a_clone(repo, tmp_path / "bare", "--bare")).branch()
    assert (branch.name, branch.sha) == ("main", newest)


def test_a_branch_that_is_asked_for_is_found_where_it_is(repo: Builder, tmp_path: Path) -> None:
    first = repo.commit("Begin")
    repo.switch("develop", at="main")
    newest = repo.commit("More")
    clone = GitClone(a_clone(repo, tmp_path / "clone", "--branch", "main"))
    assert clone.branch("develop").sha == newest
    assert clone.branch(first).name is None
    with pytest.raises(GitError, match="no branch nowhere"):
        clone.branch("nowhere")
    with pytest.raises(GitError, match="no branch --all"):
        clone.branch("--all")


def test_a_detached_head_needs_the_branch_named_unless_it_is_plain(repo: Builder) -> None:
    repo.commit("Begin")
    repo.git("switch", "--quiet", "--detach")
    assert GitClone(repo.path).branch().name == "main"
    repo.git("branch", "-m", "main", "trunk")
    with pytest.raises(GitError, match="--branch"):
        GitClone(repo.path).branch()


def test_the_environment_of_a_git_hook_leads_nowhere_else(
    repo: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = repo.commit("Begin")
    other = Builder.create(tmp_path, "other")
    other.commit("Elsewhere")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    assert GitClone(repo.path).branch().sha == newest


def test_dated_and_lightweight_tags_stand_on_commits_and_others_are_left_out(repo: Builder) -> None:
    first = repo.commit("Begin")
    made_at = repo.now
    repo.tag("v1.0", annotated=False)
    repo.tag("v1.1")
    repo.tag("nested", at="v1.1")
    repo.git("tag", "tree", "HEAD^{tree}")
    tags = {tag.name: tag for tag in GitClone(repo.path).tags()}
    assert set(tags) == {"v1.0", "v1.1", "nested"}
    assert {tag.sha for tag in tags.values()} == {first}
    assert (tags["v1.0"].at, tags["v1.0"].is_dated) == (made_at, False)
    assert (tags["v1.1"].at, tags["v1.1"].is_dated) == (made_at + 7200, True)


def test_a_tag_from_before_git_kept_dates_is_as_old_as_its_commit(repo: Builder) -> None:
    sha = repo.commit("Begin")
    text = f"object {sha}\ntype commit\ntag v0.1\n\nOld\n"
    tag = subprocess.run(
        ["git", "-C", str(repo.path), "hash-object", "-t", "tag", "-w", "--stdin", "--literally"],
        input=text, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    repo.git("update-ref", "refs/tags/v0.1", tag)
    [found] = GitClone(repo.path).tags()
    assert (found.sha, found.at, found.is_dated) == (sha, repo.now, False)


def test_a_repository_without_tags_has_none(repo: Builder) -> None:
    repo.commit("Begin")
    assert GitClone(repo.path).tags() == []


def test_messages_in_other_encodings_and_with_odd_bytes_are_read(repo: Builder) -> None:
    repo.commit("Begin")
    for encoding, message in (("ISO-8859-1", "Füge hinzu (#2)".encode("latin-1")), ("UTF-8", b"\xff\xfe broken (#3)")):
        text = repo.path.parent / "message"
        text.write_bytes(message)
        repo.git("-c", f"i18n.commitEncoding={encoding}", "commit", "-q", "--allow-empty", "-F", str(text))
    repo.git("commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "")
    history = read(repo)
    assert [mark.numbers for mark in history.marks.values()] == [(2,), (3,)]
    assert len(history.graph) == 4


def test_a_person_with_two_addresses_is_one_where_the_mailmap_says_so(repo: Builder) -> None:
    repo.commit("Begin", person=("Ada", "ada@old.example"))
    repo.commit("More", person=("Ada Marsh", "ada@example.com"))
    (repo.path / ".mailmap").write_text("Ada Marsh <ada@example.com> <ada@old.example>\n")
    assert read(repo).graph.people == ["ada@example.com"]
    assert read(repo, names=True).graph.people == ["Ada Marsh"]


def test_parents_come_before_children_whatever_their_clocks_say(repo: Builder) -> None:
    repo.commit("Begin")
    repo.now -= 86_400 * 300
    repo.merged(2)
    graph = read(repo).graph
    told = {
        sha: [graph.shas[parent] for parent in parents] for sha, parents in zip(graph.shas, graph.parents, strict=True)
    }
    listed = [line.split() for line in repo.git("rev-list", "--parents", "HEAD").splitlines()]
    assert told == {words[0]: words[1:] for words in listed}


def test_settings_of_the_reader_do_not_change_what_is_read(
    repo: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit("Begin")
    repo.squashed(2)
    plain = read(repo)
    config = tmp_path / "config"
    config.write_text(
        "[log]\n showSignature = true\n date = relative\n follow = true\n[color]\n ui = always\n[core]\n pager = cat\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    again = read(repo)
    assert (again.graph.shas, again.marks) == (plain.graph.shas, plain.marks)


def test_a_missing_object_is_told_in_gits_words(repo: Builder) -> None:
    with pytest.raises(GitError, match="git says"):
        GitClone(repo.path).read(["0" * 39 + "1"], now=NOW)
