"""`leadline hosts` and `leadline backfill`: what they store and queue is what compute works with."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from compute.vcs.connection import parse
from leadline import aws
from leadline.settings import Settings
from leadline_cli.backfill import DAY, watch
from leadline_cli.main import CommandError, main
from leadline_cli.progress import Progress

NOW = 1_790_000_000_000


def stored(settings: Settings) -> dict[str, Any]:
    found = aws.client("secretsmanager").get_secret_value(SecretId=settings.vcs_secret_id or "")
    hosts: dict[str, Any] = json.loads(found["SecretString"])
    return hosts


def test_a_host_that_is_set_is_one_that_compute_understands(
    aws_env: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("ghp_abcdefghijklmnop\n"))
    assert main(["hosts", "set", "GitHub.com", "--kind", "github", "--token-from-stdin"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("glpat-0123456789\n"))
    api = "https://git.acme.dev/api/v4"
    assert main(["hosts", "set", "git.acme.dev", "--kind", "gitlab", "--api", api, "--token-from-stdin"]) == 0
    hosts = parse(json.dumps(stored(aws_env)))
    assert {name: (host.kind, host.api) for name, host in hosts.items()} == {
        "github.com": ("github", "https://api.github.com"),
        "git.acme.dev": ("gitlab", api),
    }
    assert main(["hosts", "list"]) == 0
    said = capsys.readouterr()
    assert "git.acme.dev" in said.out
    assert "ghp_" not in said.out + said.err
    assert main(["hosts", "remove", "github.com"]) == 0
    assert list(stored(aws_env)) == ["git.acme.dev"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["set", "https://github.com", "--kind", "github", "--token-from-stdin"],
        ["set", "github.com", "--kind", "github"],
        [
            "set",
            "gitlab.com",
            "--kind",
            "gitlab",
            "--app-id",
            "1",
            "--installation-id",
            "2",
            "--private-key",
            "key.pem",
        ],
        ["remove", "github.com"],
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    aws_env: Settings, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("token-token-token\n"))
    assert main(["hosts", *arguments]) == 1
    assert stored(aws_env) == {}


def test_a_private_key_that_cannot_be_read_is_told(aws_env: Settings, tmp_path: Path) -> None:
    key = str(tmp_path / "none.pem")
    app = ["--app-id", "1", "--installation-id", "2", "--private-key", key]
    assert main(["hosts", "set", "github.com", "--kind", "github", *app]) == 1


def test_a_backfill_queues_its_first_page_in_the_repositorys_group(aws_env: Settings) -> None:
    assert main(["backfill", "github.com/acme/shop", "--days", "30", "--no-wait"]) == 0
    sqs = aws.client("sqs")
    received = sqs.receive_message(
        QueueUrl=aws_env.queue_url, WaitTimeSeconds=5, MessageSystemAttributeNames=["MessageGroupId"]
    )
    (message,) = received["Messages"]
    body = json.loads(message["Body"])
    assert message["Attributes"]["MessageGroupId"] == "github.com/acme/shop"
    assert body["kind"] == "loading"
    assert body["data"]["started_at"] - body["data"]["since"] == 30 * DAY


def test_watching_ends_with_what_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    states = iter(
        [None, {"started_at": NOW, "changes": 3}, {"started_at": NOW, "changes": 7, "mended": 2, "done": True}]
    )
    assert watch(lambda: next(states), NOW, Progress(io.StringIO()), sleep=lambda _: None) == 0
    assert "7 changes" in capsys.readouterr().out


def test_watching_says_why_it_cannot_go_on() -> None:
    state = {"started_at": NOW, "done": True, "trouble": "NotConfigured"}
    with pytest.raises(CommandError, match="leadline hosts set"):
        watch(lambda: state, NOW, Progress(io.StringIO()), sleep=lambda _: None)
