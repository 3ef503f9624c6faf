"""An HTTP API that sends events to ingest and everything else to query.

Keys are checked by the functions (a key is a keyed hash in the table), not by a gateway authorizer, which would add a
cold start and a cache in which a revoked key lives on.
"""

import json

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from leadline_cdk.acknowledge import acknowledge
from leadline_cdk.function import LOG_RETENTION

# `/v1/events` itself takes CloudEvents. To retry an event is the Product API's; its route is nearer than the one with {proxy+}.
RETRY_ROUTE = "/v1/events/{event_id}/retry"
EVENT_ROUTES = ("/v1/events", "/v1/events/{proxy+}", "/v1/webhooks/{proxy+}")

# Each event request may carry 500 events, so 50 a second is 25,000 events a second: beyond any company's deployments,
# and little enough that a leaked URL cannot run up a bill. The burst lets a build farm report all at once.
REQUESTS_PER_SECOND = 50
BURST = 200

# No caller's address, header or query string: the log holds no personal data and no keys.
ACCESS_LOG = {
    "request": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "route": "$context.routeKey",
    "status": "$context.status",
    "ms": "$context.responseLatency",
    "bytes": "$context.responseLength",
    "error": "$context.error.message",
    "integration_error": "$context.integrationErrorMessage",
}


class HttpApi(Construct):
    """`events` gets POSTs to and below /v1/events and below /v1/webhooks, `everything_else` the rest; `url` is the base."""

    def __init__(
        self, scope: Construct, construct_id: str, *, events: lambda_.IFunction, everything_else: lambda_.IFunction
    ) -> None:
        super().__init__(scope, construct_id)
        api = apigateway.HttpApi(
            self,
            "HttpApi",
            description="Leadline: deployment events in, DORA metrics out",
            create_default_stage=False,  # the stage below is the default one, with limits and a log
        )
        to_ingest = HttpLambdaIntegration("ToIngest", events)
        to_query = HttpLambdaIntegration("ToQuery", everything_else)
        routes = [
            route
            for path in EVENT_ROUTES
            for route in api.add_routes(path=path, methods=[apigateway.HttpMethod.POST], integration=to_ingest)
        ]
        routes += api.add_routes(path=RETRY_ROUTE, methods=[apigateway.HttpMethod.POST], integration=to_query)
        routes.append(
            apigateway.HttpRoute(
                self,
                "Default",
                http_api=api,
                route_key=apigateway.HttpRouteKey.DEFAULT,
                integration=to_query,
            )
        )
        for route in routes:
            acknowledge(route, "AwsSolutions-APIG4", "The function behind the route checks the key and its scopes.")
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=api,
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=REQUESTS_PER_SECOND, burst_limit=BURST),
        )
        access_log = logs.LogGroup(self, "AccessLog", retention=LOG_RETENTION, removal_policy=RemovalPolicy.DESTROY)
        raw_stage = stage.node.default_child
        assert isinstance(raw_stage, apigateway.CfnStage)
        raw_stage.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=access_log.log_group_arn, format=json.dumps(ACCESS_LOG)
        )
        self.url = api.api_endpoint
        self.server_errors = api.metric_server_error()
