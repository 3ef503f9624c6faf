"""What commit messages say of the requests they merged."""

import pytest

from leadline_cli.merge_marks import Mark, read_mark, read_picked_from


@pytest.mark.parametrize(
    ("message", "mark"),
    [
        ("Merge pull request #12 from acme/feature\n\nAdd", Mark((12,), source="acme/feature")),
        ("Merge pull request 'Add (a) thing' (#12) from x into main", Mark((12,), source="x", into="main")),
        ("Merge pull request #12 in PROJ/api from x to main", Mark((12,), "x", "main", "PROJ/api")),
        ("Merge pull request 12 from x into main", Mark((12,), source="x", into="main")),
        ("Merged in x (pull request #12)\n\nAdd", Mark((12,), source="x")),
        ("Pull request #12: Add a thing\n\nMerge in PROJ/api from x to main", Mark((12,))),
        ("Merged PR 12: Add a thing", Mark((12,))),
        ("Add a thing (#12)", Mark((12,))),
        ("Add a thing (pull request #12)", Mark((12,))),
        ("Add a thing (!12)", Mark((12,))),
        ("Add a thing (#12)\n\n* Merge pull request #9 from acme/y\n\nSee (#8)", Mark((12,))),
        ("Add a thing (#12)\nwithout an empty line", Mark((12,))),
        ("A title that is so long\nthat somebody wrapped it (#12)", Mark((12,))),
        ("[1.x] Add a thing (#9) (#12)", Mark((12,))),
        ("Merge branch 'x' into 'main'\n\nAdd\n\nSee merge request a/b/c!12", Mark((12,), "x", "main", "a/b/c")),
        ("Add\n\nSee merge request a/b!9\n\nSee merge request a/b!12", Mark((12,), project="a/b")),
        ("Merge branch 'x'\n\nSee merge request https://git.acme.dev/a/b/-/merge_requests/12", Mark((12,))),
        ("Merge #12\n\n12: Add a thing r=ada", Mark((12,))),
        ("Merge #12 #13\n\n12: Add", Mark((12, 13))),
        ("Merge acme/api#12: Add a thing", Mark((12,), project="acme/api")),
        ("Auto merge of #12 - ada:x, r=ben", Mark((12,))),
        ("Rollup merge of #12 - ada:x, r=ben", Mark((12,))),
        ("Merge of #12", Mark((12,))),
        ("!12 Add a thing", Mark((12,))),
        ('Revert "Add a thing (#12)" (#13)', Mark((13,))),
        ('Revert "Revert "Add a thing (#12)" (#13)" (#14)', Mark((14,))),
        ('Revert "A title that is so long (#12)\nthat it was wrapped" (#13)', Mark((13,))),
    ],
)
def test_the_number_of_the_merged_request_is_read(message: str, mark: Mark) -> None:
    assert read_mark(message) == mark


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Add a thing",
        "Fix #12",
        "Fixed #12 -- an issue",
        "Add a thing (see #12)",
        "Add a thing (#12) and more",
        "Add a thing\n\nCloses (#12)",
        'Revert "Add a thing (#12)"\n\nThis reverts commit 0123456789.',
        'Revert "A title that is so long (#12)\nthat it was wrapped"',
        "Revert \"Merge branch 'x' into 'main'\"\n\nThis reverts merge request !12",
        'Revert "Merge pull request #12 from acme/x"',
        "Merge branch 'main' into x",
        "Fix\n\n> See merge request a/b!12",
        "Add a thing (#0)",
        "Merge remote-tracking branch 'origin/12'",
    ],
)
def test_a_message_that_merges_no_request_has_no_mark(message: str) -> None:
    assert read_mark(message) is None


def test_a_copy_names_the_commit_it_was_first_copied_from() -> None:
    first, second = "A" * 40, "b" * 40
    lines = f"(cherry picked from commit {first})\n(cherry picked from commit {second})"
    assert read_picked_from(f"Fix\n\n{lines}\n") == first.lower()


def test_only_a_line_of_its_own_names_a_copied_commit() -> None:
    assert read_picked_from(f"Fix what was (cherry picked from commit {'a' * 40}) wrongly") is None
