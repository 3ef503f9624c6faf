"""What the CloudFormation template promises, resource by resource: a snapshot would only say that it changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Match, Template

from compute.jobs.sweep import PERIOD
from leadline import __version__
from leadline_cdk.app import build
from leadline_cdk.bundles import EMULATOR, Bundler
from leadline_cdk.stack import LeadlineStack

READING = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}
WRITING = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"}
SECRET = {"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"}
LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents"}


@pytest.fixture(scope="module")
def template() -> Template:
    return template_of(LeadlineStack(App(), "Leadline", bundler=Bundler(EMULATOR)))


def template_of(stack: LeadlineStack) -> Template:
    return Template.from_stack(stack)


def resources(template: Template, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = template.find_resources(f"AWS::{kind}")
    return found


def the_resource(template: Template, function: str) -> Any:
    (found,) = (
        resource
        for resource in resources(template, "Lambda::Function").values()
        if resource["Properties"]["Handler"] == f"{function}.handler.handler"
    )
    return found


def the_function(template: Template, name: str) -> Any:
    return the_resource(template, name)["Properties"]


def own_log(template: Template, function: str) -> str:
    return str(the_function(template, function)["LoggingConfig"]["LogGroup"]["Ref"])


def rights(template: Template, function: str) -> dict[str, set[str]]:
    """What a function may do: per resource (its logical id), the actions."""
    role = the_function(template, function)["Role"]["Fn::GetAtt"][0]
    assert "ManagedPolicyArns" not in resources(template, "IAM::Role")[role]["Properties"]
    found: dict[str, set[str]] = {}
    for policy in resources(template, "IAM::Policy").values():
        if {"Ref": role} not in policy["Properties"]["Roles"]:
            continue
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            actions, targets = statement["Action"], statement["Resource"]
            for target in targets if isinstance(targets, list) else [targets]:
                name = target["Ref"] if "Ref" in target else target["Fn::GetAtt"][0]
                found.setdefault(name, set()).update([actions] if isinstance(actions, str) else actions)
    return found


def test_what_holds_data_keeps_its_logical_id(template: Template) -> None:
    # CloudFormation takes another logical id for another resource: a rename would make a new, empty table.
    assert list(resources(template, "DynamoDB::Table")) == ["LeadlineTable899ED315"]
    assert sorted(resources(template, "SQS::Queue")) == ["LeadlineDeadLetters16258E8E", "LeadlineQueue9665B065"]
    assert sorted(resources(template, "SecretsManager::Secret")) == [
        "LeadlineKeySecretC0CB1223",
        "LeadlineVcsSecretAD92CCA9",
        "LeadlineWebhookSecretA2AC7700",
    ]


def test_an_output_says_which_version_is_deployed(template: Template) -> None:
    assert template.find_outputs("Version")["Version"]["Value"] == __version__


def test_what_holds_data_outlives_the_stack(template: Template) -> None:
    for kind in ("DynamoDB::Table", "SQS::Queue", "SecretsManager::Secret"):
        for resource in resources(template, kind).values():
            assert resource["DeletionPolicy"] == "Retain"
            assert resource["UpdateReplacePolicy"] == "Retain"


def test_the_table_is_on_demand_restorable_expiring_and_protected(template: Template) -> None:
    template.has_resource_properties(
        "AWS::DynamoDB::Table",
        {
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
            "DeletionProtectionEnabled": True,
        },
    )


def test_a_throw_away_stack_leaves_nothing_behind() -> None:
    template = template_of(LeadlineStack(App(), "Leadline", bundler=Bundler(EMULATOR), keep_data=False))
    for kind in ("DynamoDB::Table", "SQS::Queue", "SecretsManager::Secret", "Logs::LogGroup"):
        for resource in resources(template, kind).values():
            assert resource["DeletionPolicy"] == "Delete"
    template.has_resource_properties("AWS::DynamoDB::Table", {"DeletionProtectionEnabled": False})


@pytest.mark.parametrize("unclear", ["no", "False", "", 0])
def test_data_is_given_up_only_for_a_clear_no(unclear: object) -> None:
    with pytest.raises(ValueError, match="keepData"):
        build(context={"keepData": unclear, "target": "emulator"})


def test_a_message_stays_hidden_six_times_as_long_as_compute_may_run(template: Template) -> None:
    visibility = resources(template, "SQS::Queue")["LeadlineQueue9665B065"]["Properties"]["VisibilityTimeout"]
    assert visibility >= 6 * the_function(template, "compute")["Timeout"]


def test_both_queues_keep_order_and_the_main_one_leaves_giving_up_to_compute(template: Template) -> None:
    queues = resources(template, "SQS::Queue")
    for queue in queues.values():
        assert queue["Properties"]["FifoQueue"] is True
        assert queue["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600
        assert queue["Properties"]["SqsManagedSseEnabled"] is True
        assert queue["Properties"]["MaximumMessageSize"] == 1024 * 1024
    assert queues["LeadlineQueue9665B065"]["Properties"]["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["LeadlineDeadLetters16258E8E", "Arn"]},
        "maxReceiveCount": 1000,
    }


def test_compute_is_fed_by_the_queue_in_full_batches_with_partial_answers(template: Template) -> None:
    template.has_resource_properties(
        "AWS::Lambda::EventSourceMapping",
        {
            "EventSourceArn": {"Fn::GetAtt": ["LeadlineQueue9665B065", "Arn"]},
            "BatchSize": 10,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        },
    )
    template.resource_count_is("AWS::Lambda::EventSourceMapping", 1)


def test_only_compute_may_go_on_by_messages_to_its_own_queue(template: Template) -> None:
    """Lambda ends a loop through the same queue after some 16 rounds, and with it any backfill of more than 1,600 commits."""
    loops = {name: the_function(template, name)["RecursiveLoop"] for name in ("ingest", "compute", "query")}
    assert loops == {"ingest": "Terminate", "compute": "Allow", "query": "Terminate"}


def test_compute_is_updated_before_those_that_send_to_it(template: Template) -> None:
    (compute,) = [name for name in resources(template, "Lambda::Function") if "Compute" in name]
    for sender in ("ingest", "query"):
        assert compute in the_resource(template, sender)["DependsOn"]


@pytest.mark.parametrize("name", ["ingest", "compute", "query"])
def test_every_function_runs_python_313_on_arm_with_its_settings_and_its_own_log(template: Template, name: str) -> None:
    function = the_function(template, name)
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    own = {"ingest": {"LEADLINE_WEBHOOK_SECRET_ID"}, "compute": {"LEADLINE_VCS_SECRET_ID"}}.get(name, set())
    assert {key for key in function["Environment"]["Variables"] if key.startswith("LEADLINE_")} == own | {
        "LEADLINE_TABLE",
        "LEADLINE_QUEUE_URL",
        "LEADLINE_DLQ_URL",
        "LEADLINE_KEY_SECRET_ID",
    }
    group = resources(template, "Logs::LogGroup")[own_log(template, name)]
    assert group["Properties"]["RetentionInDays"] == 30


def test_the_api_gives_up_later_than_its_functions(template: Template) -> None:
    # An HTTP API waits 30 s at most; a function that outlasts it would work on for a caller who has gone.
    assert the_function(template, "ingest")["Timeout"] < 30
    assert the_function(template, "query")["Timeout"] < 30


def test_ingest_may_look_up_keys_and_secrets_keep_artifacts_and_queue_events_and_no_more(template: Template) -> None:
    assert rights(template, "ingest") == {
        own_log(template, "ingest"): LOGGING,
        "LeadlineTable899ED315": READING | {"dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:UpdateItem"},
        "LeadlineKeySecretC0CB1223": SECRET,
        "LeadlineWebhookSecretA2AC7700": SECRET,
        "LeadlineQueue9665B065": {"sqs:SendMessage"},
    }


def test_ingest_may_write_nothing_but_artifacts_and_who_called(template: Template) -> None:
    role = the_function(template, "ingest")["Role"]["Fn::GetAtt"][0]
    writing = [
        statement
        for policy in resources(template, "IAM::Policy").values()
        if policy["Properties"]["Roles"] == [{"Ref": role}]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if WRITING.intersection(statement["Action"])
    ]
    assert [statement.get("Condition") for statement in writing] == [
        {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["artifact#*", "attention#waiting"]}},
        {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["access#*", "quota#*", "used#*", "attention#refused"]}},
    ]


def test_compute_may_take_messages_write_facts_and_park_poison_and_no_more(template: Template) -> None:
    assert rights(template, "compute") == {
        own_log(template, "compute"): LOGGING,
        "LeadlineQueue9665B065": {
            "sqs:ReceiveMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueUrl",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:SendMessage",  # the sweep's messages
        },
        "LeadlineTable899ED315": READING | WRITING | {"dynamodb:Scan"},  # a removed person is looked for everywhere
        "LeadlineDeadLetters16258E8E": {"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"},
        "LeadlineVcsSecretAD92CCA9": SECRET,
    }


def test_compute_is_asked_to_sweep_as_often_as_the_sweep_says(template: Template) -> None:
    template.has_resource_properties(
        "AWS::Events::Rule",
        {
            "ScheduleExpression": f"rate({PERIOD // 60_000} minutes)",
            "Targets": [
                Match.object_like({"Input": '{"leadline":"sweep"}', "RetryPolicy": {"MaximumRetryAttempts": 0}})
            ],
        },
    )


def test_query_may_read_keep_configuration_and_announce_it_and_no_more(template: Template) -> None:
    assert rights(template, "query") == {
        own_log(template, "query"): LOGGING,
        "LeadlineTable899ED315": READING | WRITING,
        "LeadlineKeySecretC0CB1223": SECRET,
        "LeadlineQueue9665B065": {"sqs:SendMessage"},
    }


def test_nobody_is_granted_a_wildcard(template: Template) -> None:
    for policy in resources(template, "IAM::Policy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert "*" not in str(statement["Action"])
            assert statement["Resource"] != "*"


def test_posted_events_go_to_ingest_and_everything_else_to_query(template: Template) -> None:
    functions = resources(template, "Lambda::Function")
    integrations = resources(template, "ApiGatewayV2::Integration")
    reached = {}
    for route in resources(template, "ApiGatewayV2::Route").values():
        integration = route["Properties"]["Target"]["Fn::Join"][1][1]["Ref"]
        assert integrations[integration]["Properties"]["PayloadFormatVersion"] == "2.0"
        function = integrations[integration]["Properties"]["IntegrationUri"]["Fn::GetAtt"][0]
        reached[route["Properties"]["RouteKey"]] = functions[function]["Properties"]["Handler"]
    assert reached == {
        "POST /v1/events": "ingest.handler.handler",
        "POST /v1/events/{proxy+}": "ingest.handler.handler",
        "POST /v1/events/{event_id}/retry": "query.handler.handler",
        "POST /v1/webhooks/{proxy+}": "ingest.handler.handler",
        "$default": "query.handler.handler",
    }


def test_the_api_is_throttled_and_logs_no_address_header_or_query(template: Template) -> None:
    template.has_resource_properties(
        "AWS::ApiGatewayV2::Stage",
        {
            "StageName": "$default",
            "AutoDeploy": True,
            "DefaultRouteSettings": {"ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 200},
            "AccessLogSettings": {"DestinationArn": Match.any_value(), "Format": Match.any_value()},
        },
    )
    (stage,) = resources(template, "ApiGatewayV2::Stage").values()
    line = stage["Properties"]["AccessLogSettings"]["Format"]
    for personal in ("sourceIp", "userAgent", "identity", "authorizer", "queryString", "$context.path"):
        assert personal not in line


def test_dead_letters_lateness_crashes_and_server_errors_raise_alarms(template: Template) -> None:
    watched = set()
    for alarm in resources(template, "CloudWatch::Alarm").values():
        (dimension,) = alarm["Properties"]["Dimensions"]
        of = dimension["Value"]
        watched.add((alarm["Properties"]["MetricName"], of["Ref"] if "Ref" in of else of["Fn::GetAtt"][0]))
    functions = set(resources(template, "Lambda::Function"))
    assert watched == {
        ("NumberOfMessagesSent", "LeadlineDeadLetters16258E8E"),
        ("ApproximateAgeOfOldestMessage", "LeadlineQueue9665B065"),
        ("5xx", next(iter(resources(template, "ApiGatewayV2::Api")))),
        *(("Errors", function) for function in functions),
    }


def test_the_alarm_for_dead_letters_counts_what_came_in_the_period_so_that_it_ends_and_speaks_again(
    template: Template,
) -> None:
    template.has_resource_properties(
        "AWS::CloudWatch::Alarm", {"MetricName": "NumberOfMessagesSent", "Statistic": "Sum", "Threshold": 1}
    )


def test_every_alarm_reaches_the_topic_it_is_given() -> None:
    topic = "arn:aws:sns:eu-west-1:111122223333:oncall"
    template = template_of(LeadlineStack(App(), "Leadline", bundler=Bundler(EMULATOR), alarm_topic_arn=topic))
    for alarm in resources(template, "CloudWatch::Alarm").values():
        assert alarm["Properties"]["AlarmActions"] == [topic]


def test_the_outputs_are_what_the_command_line_reads_and_the_version(template: Template) -> None:
    assert set(template.find_outputs("*")) == {
        *("ApiUrl", "TableName", "QueueUrl", "DlqUrl"),
        *("KeySecretId", "WebhookSecretId", "VcsSecretId"),
        "Version",
    }


def test_the_pepper_is_generated_in_the_account_and_long_enough(template: Template) -> None:
    template.has_resource_properties(
        "AWS::SecretsManager::Secret",
        {"GenerateSecretString": {"PasswordLength": 64, "ExcludePunctuation": True}, "SecretString": Match.absent()},
    )


def test_the_webhook_secret_begins_empty_so_that_no_webhook_is_taken(template: Template) -> None:
    template.has_resource_properties("AWS::SecretsManager::Secret", {"SecretString": "{}"})


def test_the_template_names_no_account_and_no_region(template: Template) -> None:
    text = str(template.to_json())
    assert "dkr.ecr" not in text
    assert "eu-west-1" not in text
    assert "000000000000" not in text


def test_synthesis_passes_the_security_checks_and_fails_without_an_acknowledgement(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    build(context={"target": "emulator"}, outdir=str(tmp_path / "passed")).synth()
    monkeypatch.setattr("leadline_cdk.construct.acknowledge", lambda *_: None)
    with pytest.raises(Exception, match="AwsSolutions-SMG4"):
        build(context={"target": "emulator"}, outdir=str(tmp_path / "refused")).synth()
