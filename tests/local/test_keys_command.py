"""`leadline keys`: keys made, listed and revoked, on whichever stack is meant."""

from __future__ import annotations

import json
import time
from pathlib import Path

import boto3
import pytest

from leadline import aws
from leadline.access.authentication import Authenticator, Principal, Unauthorized
from leadline.access.keys import ADMIN, create_key, id_of, read_pepper
from leadline.settings import VARIABLES, Settings
from leadline.store.dynamodb import DynamoTable
from leadline_cli.main import main
from leadline_local.emulator import Emulator


def holder(settings: Settings, key: str) -> Principal:
    """Whom the functions take the holder of the key for."""
    table = DynamoTable(aws.client("dynamodb"), settings.table)
    pepper = read_pepper(aws.client("secretsmanager"), settings.key_secret_id)
    return Authenticator(table, pepper).authenticate({"x-api-key": key}, time.time_ns() // 1_000_000)


def made(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["keys", "create", *arguments]) == 0
    return capsys.readouterr().out.rstrip("\n")


def test_an_admin_key_is_printed_alone_and_works(aws_env: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    principal = holder(aws_env, made(capsys, "--admin"))
    assert principal.scopes == {ADMIN}
    assert principal.name == "admin"


def test_a_key_has_the_scopes_and_the_name_that_were_asked_for(
    aws_env: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    key = made(capsys, "--scope", "events:write", "--scope", "metrics:read", "--name", "ci of acme")
    principal = holder(aws_env, key)
    assert principal.scopes == {"events:write", "metrics:read"}
    assert principal.name == "ci of acme"


def test_a_revoked_key_works_no_more(aws_env: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    key = made(capsys, "--admin")
    assert main(["keys", "revoke", key[3:15]]) == 0
    with pytest.raises(Unauthorized):
        holder(aws_env, key)


def test_the_list_names_every_key_and_gives_none_away(aws_env: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    one = made(capsys, "--admin", "--name", "first")
    two = made(capsys, "--scope", "events:write", "--name", "second", "--days", "7")
    main(["keys", "revoke", one[3:15]])
    capsys.readouterr()
    assert main(["keys", "list"]) == 0
    text = capsys.readouterr().out
    first, second = text.splitlines()[1:]
    assert first.startswith(one[3:15])
    assert "revoked" in first
    assert "first" in first
    assert second.startswith(two[3:15])
    assert "active until" in second
    assert "events:write" in second
    assert one[16:] not in text
    assert two[16:] not in text


def test_revoking_a_key_shows_the_good_ones_that_came_of_it(
    aws_env: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    table = DynamoTable(aws.client("dynamodb"), aws_env.table)
    leaked = made(capsys, "--admin", "--name", "leaked")[3:15]

    def a_key(name: str, created_by: str, **more: int) -> str:
        scopes = ["events:write"]
        _, item = create_key(table, b"p" * 32, name=name, scopes=scopes, now=1, created_by=created_by, **more)
        return id_of(item)

    kept = a_key("of another", made(capsys, "--admin")[3:15])
    first, gone, over = (
        a_key("direct", leaked),
        a_key("revoked before", leaked),
        a_key("expired", leaked, expires_at=2),
    )
    after_gone, after_over = a_key("by the revoked", gone), a_key("by the expired", over)
    main(["keys", "revoke", gone])
    assert f"\n{after_gone} " in capsys.readouterr().out
    assert main(["keys", "revoke", leaked]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"Revoked {leaked}")
    assert {line[:12] for line in said[3:]} == {first, after_gone, after_over}
    assert main(["keys", "list"]) == 0
    lines = {line[:12]: line for line in capsys.readouterr().out.splitlines()}
    assert f"{leaked} (revoked)" in lines[first]
    assert f"{over} (revoked)" in lines[after_over]
    assert "(revoked)" not in lines[kept]
    main(["keys", "revoke", kept])
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_revoking_what_is_not_there_fails(aws_env: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "revoke", "000000000000"]) == 1
    assert capsys.readouterr().err == "leadline: key 000000000000 does not exist\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["create"],
        ["create", "--admin", "--scope", "admin"],
        ["create", "--scope", "all"],
        ["create", "--admin", "--days", "0"],
        [],
        ["lose"],
    ],
)
def test_what_can_not_be_meant_is_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["keys", *arguments])
    assert ended.value.code == 2
    assert "usage: leadline keys" in capsys.readouterr().err


def test_without_more_words_it_works_on_the_local_stack(
    emulator: Emulator,
    aws_env: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "stack.json").write_text(json.dumps({"endpoint": emulator.endpoint, **aws_env.to_env()}))
    (tmp_path / "local.json").write_text("{}")
    with monkeypatch.context() as elsewhere:
        # What is set for another account must not lead there.
        elsewhere.setenv("LEADLINE_HOME", str(tmp_path))
        elsewhere.setenv("AWS_PROFILE", "no such profile")
        elsewhere.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        elsewhere.setenv("AWS_ACCESS_KEY_ID", "another")
        for name in VARIABLES.values():
            elsewhere.delenv(name)
        key = made(capsys, "--admin")
    assert holder(aws_env, key).scopes == {ADMIN}


def test_a_deployed_stack_is_found_by_its_outputs(
    emulator: Emulator, aws_env: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = {
        "TableName": aws_env.table,
        "QueueUrl": aws_env.queue_url,
        "DlqUrl": aws_env.dlq_url,
        "KeySecretId": aws_env.key_secret_id,
    }
    template = {
        "Resources": {"Nothing": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    cloudformation = boto3.client("cloudformation", endpoint_url=emulator.endpoint)
    cloudformation.create_stack(StackName="keys-command", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="keys-command", WaiterConfig={"Delay": 1})
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("LEADLINE_TABLE", "another")
        key = made(capsys, "--admin", "--stack", "keys-command")
    assert holder(aws_env, key).scopes == {ADMIN}


def test_a_stack_that_is_not_there_is_said_so(
    aws_env: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "list", "--stack", "nowhere"]) == 1
    assert "nowhere" in capsys.readouterr().err
    for name in VARIABLES.values():
        monkeypatch.delenv(name)
    monkeypatch.setenv("LEADLINE_HOME", str(tmp_path))
    assert main(["keys", "list"]) == 1
    assert capsys.readouterr().err.startswith(f"leadline: no local stack is running with its state in {tmp_path}")
