"""A Lambda function with its code, role and log group.

The role starts with one right only, writing to its own log group; every other right is a grant in `construct.py`.
"""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from leadline_cdk.acknowledge import acknowledge
from leadline_cdk.bundles import Bundler

RUNTIME = lambda_.Runtime.PYTHON_3_13

# CPU comes with memory (1,769 MB is one core), and a cold start is importing, which is CPU: twice the memory is about
# half the time at the same price. The memory itself is not needed: on the emulator the functions use some 100 MB.
MEMORY_MB = 1024

# Long enough to investigate last week's problem, short enough to cost almost nothing.
LOG_RETENTION = logs.RetentionDays.ONE_MONTH


class Function(lambda_.Function):
    """`name` is the folder under functions/ and the package of the handler; `timeout` is Lambda's limit.

    `may_invoke_itself`: whether it may send messages to the queue that it reads. Lambda stops others after some 16 rounds.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        bundler: Bundler,
        timeout: Duration,
        purpose: str,
        may_invoke_itself: bool = False,
    ) -> None:
        log_group = logs.LogGroup(
            scope, f"{construct_id}Log", retention=LOG_RETENTION, removal_policy=RemovalPolicy.DESTROY
        )
        role = iam.Role(
            scope,
            f"{construct_id}Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What Leadline's {name} function may do",
        )
        log_group.grant_write(role)
        super().__init__(
            scope,
            construct_id,
            description=f"Leadline: {purpose}",
            code=lambda_.Code.from_asset(str(bundler.bundle(name))),
            handler=f"{name}.handler.handler",
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,  # a fifth cheaper than x86 for the same work
            memory_size=MEMORY_MB,
            timeout=timeout,
            role=role,
            log_group=log_group,
            environment={"POWERTOOLS_SERVICE_NAME": name},
            recursive_loop=lambda_.RecursiveLoop.ALLOW if may_invoke_itself else lambda_.RecursiveLoop.TERMINATE,
        )
        acknowledge(
            self,
            "AwsSolutions-L1",
            "Python 3.13 is the version that the bundles' wheels and bytecode are made for; another version is one constant.",
        )
