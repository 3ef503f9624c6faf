"""Deployments of CodePipeline and CodeDeploy, reported by EventBridge: an optional construct beside `Leadline`.

    AwsDeployments(
        stack,
        "AwsDeployments",
        ingest=stack.leadline.ingest,
        pipelines=[Pipeline("shop-release", stage="Production", service="shop", repository="github.com/acme/shop")],
        applications=[Application("billing", group="production", repository="github.com/acme/billing")],
    )

One rule and one right for each. The rule's input says which service and environment a run deploys, so that nothing of it
has to be configured elsewhere. Events are delivered within the account and region of the pipeline.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline of CodePipeline. With a `stage`, that stage's end is the deployment, else the whole pipeline's.

    `service` is the pipeline's name unless given; `repository` is what the pipeline's source says unless given.
    """

    name: str
    stage: str | None = None
    service: str | None = None
    environment: str = "production"
    repository: str | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """An application of CodeDeploy, in one deployment group. `service` is the application's name unless given."""

    name: str
    group: str
    service: str | None = None
    environment: str = "production"
    repository: str | None = None


class AwsDeployments(Construct):
    """Rules that send the ends of these runs to `ingest`, which may look up the commit that was deployed."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        ingest: lambda_.Function,
        pipelines: Sequence[Pipeline] = (),
        applications: Sequence[Application] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        self._ingest = ingest
        for pipeline in pipelines:
            self._pipeline(pipeline)
        for application in applications:
            self._application(application)

    def _pipeline(self, pipeline: Pipeline) -> None:
        what = "Stage" if pipeline.stage else "Pipeline"
        detail = {"pipeline": [pipeline.name], "state": ["SUCCEEDED", "FAILED"]}
        self._rule(
            f"Pipeline-{pipeline.name}-{pipeline.stage or 'whole'}",
            pipeline,
            source="aws.codepipeline",
            detail_type=f"CodePipeline {what} Execution State Change",
            detail=detail | ({"stage": [pipeline.stage]} if pipeline.stage else {}),
        )
        self._may("codepipeline:GetPipelineExecution", service="codepipeline", resource=pipeline.name)

    def _application(self, application: Application) -> None:
        self._rule(
            f"Application-{application.name}-{application.group}",
            application,
            source="aws.codedeploy",
            detail_type="CodeDeploy Deployment State-change Notification",
            detail={
                "application": [application.name],
                "deploymentGroup": [application.group],
                "state": ["SUCCESS", "FAILURE", "STOP"],
            },
        )
        self._may(
            "codedeploy:GetDeployment",
            service="codedeploy",
            resource="deploymentgroup",
            resource_name=f"{application.name}/{application.group}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def _rule(
        self, construct_id: str, run: Pipeline | Application, *, source: str, detail_type: str, detail: dict[str, Any]
    ) -> None:
        names = {"service": run.service, "environment": run.environment, "repository": run.repository}
        event = {
            "id": events.EventField.event_id,
            "time": events.EventField.time,
            "source": events.EventField.source,
            "detail": events.EventField.from_path("$.detail"),
        }
        handed = {
            "leadline": "aws",
            "target": {name: value for name, value in names.items() if value},
            "event": event,
        }
        events.Rule(
            self,
            construct_id,
            event_pattern=events.EventPattern(source=[source], detail_type=[detail_type], detail=detail),
            targets=[targets.LambdaFunction(self._ingest, event=events.RuleTargetInput.from_object(handed))],
        )

    def _may(self, action: str, **arn: Any) -> None:
        resource = Stack.of(self).format_arn(**arn)
        self._ingest.add_to_role_policy(iam.PolicyStatement(actions=[action], resources=[resource]))
