"""`leadline webhooks`: what it stores is what ingest takes signatures by."""

from __future__ import annotations

import io

import pytest

from ingest.webhooks.delivery import Unsigned
from ingest.webhooks.secrets import Secrets, read_secret
from leadline import aws
from leadline.contract.webhook_sources import WEBHOOK_SOURCES
from leadline.settings import Settings
from leadline_cli.main import main


def taken(settings: Settings, source: str) -> tuple[str, ...]:
    """The secrets that ingest takes signatures of this source by, just read."""
    secrets = Secrets(lambda: read_secret(aws.client("secretsmanager"), settings.webhook_secret_id))
    try:
        return secrets.of(source, 0)
    except Unsigned:
        return ()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["webhooks", *arguments]) == 0
    return capsys.readouterr().out.rstrip("\n")


def test_a_stack_begins_without_secrets_so_takes_no_webhook(aws_env: Settings) -> None:
    assert [taken(aws_env, source) for source in WEBHOOK_SOURCES] == [()] * len(WEBHOOK_SOURCES)


def test_a_generated_secret_is_printed_alone_and_counts(aws_env: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    secret = run(capsys, "secret", "github", "--generate")
    assert len(secret) >= 40
    assert taken(aws_env, "github") == (secret,)
    assert taken(aws_env, "gitlab") == ()


def test_a_secret_of_the_senders_is_read_from_standard_input(
    aws_env: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("made-by-pagerduty-1\n"))
    assert run(capsys, "secret", "pagerduty", "--value-from-stdin") == ""
    assert taken(aws_env, "pagerduty") == ("made-by-pagerduty-1",)
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert main(["webhooks", "secret", "pagerduty", "--value-from-stdin"]) == 1
    assert taken(aws_env, "pagerduty") == ("made-by-pagerduty-1",)


def test_while_a_secret_is_rotated_both_count(aws_env: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    old = run(capsys, "secret", "github", "--generate")
    other = run(capsys, "secret", "gitlab", "--generate")
    new = run(capsys, "secret", "github", "--generate", "--keep-old")
    assert taken(aws_env, "github") == (new, old)
    run(capsys, "secret", "github", "--forget-old")
    assert taken(aws_env, "github") == (new,)
    assert taken(aws_env, "gitlab") == (other,)


def test_a_removed_secret_lets_nobody_in(aws_env: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "secret", "github", "--generate")
    run(capsys, "secret", "github", "--remove")
    assert taken(aws_env, "github") == ()
    assert main(["webhooks", "secret", "github", "--remove"]) == 1


def test_a_secret_for_standard_webhooks_has_their_form(aws_env: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "secret", "gitlab", "--generate").startswith("whsec_")


def test_the_list_gives_no_secret_away(aws_env: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    secret = run(capsys, "secret", "github", "--generate")
    listed = run(capsys, "list")
    assert secret not in listed
    assert [line.split()[:2] for line in listed.splitlines()[1:3]] == [["github", "1"], ["gitlab", "-"]]


@pytest.mark.parametrize("arguments", [["secret", "github"], ["secret", "sourceforge", "--generate"], ["secret"], []])
def test_what_can_not_be_meant_is_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["webhooks", *arguments])
    assert ended.value.code == 2
    assert "usage: leadline webhooks" in capsys.readouterr().err
