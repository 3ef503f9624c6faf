"""The optional construct for CodePipeline and CodeDeploy: which events reach ingest, with what, and what it may then ask."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from leadline_cdk.eventbridge import Application, AwsDeployments, Pipeline


@pytest.fixture(scope="module")
def template() -> Template:
    stack = Stack(App(analytics_reporting=False), "Stack")
    ingest = lambda_.Function(
        stack,
        "Ingest",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
    )
    AwsDeployments(
        stack,
        "AwsDeployments",
        ingest=ingest,
        pipelines=[Pipeline("shop"), Pipeline("all", stage="Production", service="web", environment="eu-production")],
        applications=[Application("billing", "production", repository="github.com/acme/billing")],
    )
    return Template.from_stack(stack)


def rules(template: Template) -> dict[str, dict[str, Any]]:
    found = template.find_resources("AWS::Events::Rule").values()
    return {rule["Properties"]["EventPattern"]["detail-type"][0]: rule["Properties"] for rule in found}


def test_only_the_ends_of_the_named_runs_are_handed_on(template: Template) -> None:
    assert {kind: rule["EventPattern"]["detail"] for kind, rule in rules(template).items()} == {
        "CodePipeline Pipeline Execution State Change": {"pipeline": ["shop"], "state": ["SUCCEEDED", "FAILED"]},
        "CodePipeline Stage Execution State Change": {
            "pipeline": ["all"],
            "state": ["SUCCEEDED", "FAILED"],
            "stage": ["Production"],
        },
        "CodeDeploy Deployment State-change Notification": {
            "application": ["billing"],
            "deploymentGroup": ["production"],
            "state": ["SUCCESS", "FAILURE", "STOP"],
        },
    }


def test_ingest_gets_what_it_reads_of_an_event_and_where_it_belongs(template: Template) -> None:
    (target,) = rules(template)["CodePipeline Stage Execution State Change"]["Targets"]
    paths = target["InputTransformer"]["InputPathsMap"]
    filled = target["InputTransformer"]["InputTemplate"]
    for name, path in paths.items():
        filled = filled.replace(f"<{name}>", path)
    assert filled == (
        '{"leadline":"aws","target":{"service":"web","environment":"eu-production"},'
        '"event":{"id":$.id,"time":$.time,"source":$.source,"detail":$.detail}}'
    )


def test_ingest_may_ask_for_these_runs_and_no_others(template: Template) -> None:
    (policy,) = template.find_resources("AWS::IAM::Policy").values()
    rights = {
        (statement["Action"], "".join(part for part in statement["Resource"]["Fn::Join"][1] if isinstance(part, str)))
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    }
    assert rights == {
        ("codepipeline:GetPipelineExecution", "arn::codepipeline::" + ":shop"),
        ("codepipeline:GetPipelineExecution", "arn::codepipeline::" + ":all"),
        ("codedeploy:GetDeployment", "arn::codedeploy::" + ":deploymentgroup:billing/production"),
    }
