"""Leadline as one construct, for any stack. It follows the picture in the README:

    CI --POST--> API --> ingest --> queue --> compute --> table <-- query <-- API <--GET-- dashboard
                                      |          |
                                      +--> dead letters

Each box is created once and each arrow is one grant; a function may do nothing that is not granted here.
"""

from typing import Any

from aws_cdk import Duration, RemovalPolicy, SecretValue
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from leadline.queue import MAX_RECEIVES
from leadline.settings import OPTIONAL, Settings
from leadline_cdk.acknowledge import acknowledge
from leadline_cdk.alarms import Alarms
from leadline_cdk.bundles import LAMBDA, Bundler
from leadline_cdk.function import Function
from leadline_cdk.http_api import HttpApi

# The gateway gives up after 30 s with a bare 503; one second less lets the caller get our own answer.
API_TIMEOUT = Duration.seconds(29)
# A deployment of hundreds of changes is many transactions, and a batch may hold ten of them.
COMPUTE_TIMEOUT = Duration.seconds(60)
# AWS's rule for queues that feed a function: six times its timeout, so that a batch still at work, throttled or retried
# by the poller is not handed out a second time.
VISIBILITY = Duration.seconds(6 * 60)
# The longest SQS offers, on both queues: two weeks to repair a broken function before an accepted event is lost.
QUEUE_RETENTION = Duration.days(14)
# SQS's limit, and that of a request: whatever is accepted fits.
MESSAGE_BYTES = 1024 * 1024
# The most that one FIFO poll returns.
BATCH_SIZE = 10
# So that replaying a year of history cannot take the concurrency that the account's other functions need.
COMPUTE_CONCURRENCY = 10

READ = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
WRITE = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem")


class Leadline(Construct):
    """All of Leadline.

    `keep_data`: the table, the queues and the secret outlive the stack, and the table refuses deletion. Turn it off
    only for stacks that are thrown away. `alarms_to`: where alarms go besides the console.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bundler: Bundler | None = None,
        keep_data: bool = True,
        alarms_to: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        code = bundler or Bundler(LAMBDA)
        kept = RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY

        # The boxes.
        self.table = self._table(kept, keep_data)
        self.dead_letters = self._queue("DeadLetters", kept)
        self.queue = self._queue(
            "Queue",
            kept,
            visibility_timeout=VISIBILITY,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MAX_RECEIVES),
        )
        self.key_secret = self._key_secret(kept)
        self.webhook_secret = self._webhook_secret(kept)
        self.vcs_secret = self._vcs_secret(kept)
        self.ingest = Function(
            self, "Ingest", name="ingest", bundler=code, timeout=API_TIMEOUT, purpose="validates events and queues them"
        )
        self.compute = Function(
            self,
            "Compute",
            name="compute",
            bundler=code,
            timeout=COMPUTE_TIMEOUT,
            purpose="turns events into metrics",
            may_invoke_itself=True,  # a backfill sends itself a message per page; compute limits how many
        )
        self.query = Function(
            self, "Query", name="query", bundler=code, timeout=API_TIMEOUT, purpose="serves the Product API"
        )
        self.api = HttpApi(self, "Api", events=self.ingest, everything_else=self.query)

        # Compute is updated first, so that it understands new messages before any are sent.
        for sender in (self.ingest, self.query):
            sender.node.add_dependency(self.compute)

        # The arrows.
        self.table.grant(self.ingest, "dynamodb:GetItem", "dynamodb:BatchGetItem")  # the sender's key, the sources
        self.ingest.add_to_role_policy(_artifacts(self.table))  # which commit an artifact was built from
        self.ingest.add_to_role_policy(_callers(self.table))  # the access log, quotas and rejected events
        self.key_secret.grant_read(self.ingest)
        self.webhook_secret.grant_read(self.ingest)  # verifies webhook signatures
        self.queue.grant(self.ingest, "sqs:SendMessage")
        self.compute.add_event_source(self._deliveries())  # grants receiving, hiding for a while and deleting
        self.table.grant(self.compute, *READ, *WRITE, "dynamodb:Scan")  # removing a person searches everything
        # What can't be counted is parked with its reason, and taken out once a retry has counted it.
        self.dead_letters.grant(self.compute, "sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage")
        self.queue.grant(self.compute, "sqs:SendMessage")  # the sweep queues work in the repository's order
        self.vcs_secret.grant_read(self.compute)  # credentials of the code hosts
        self._schedule("Sweep", {"leadline": "sweep"}, Duration.minutes(5))  # must equal PERIOD in compute
        self._schedule("Reconcile", {"leadline": "reconcile"}, Duration.hours(1))  # finds lost webhooks
        self.table.grant(self.query, *READ, *WRITE)  # writes configuration and the access log
        self.key_secret.grant_read(self.query)
        self.queue.grant(self.query, "sqs:SendMessage")  # configuration changes are applied by compute

        settings = Settings(
            table=self.table.table_name,
            queue_url=self.queue.queue_url,
            dlq_url=self.dead_letters.queue_url,
            key_secret_id=self.key_secret.secret_arn,
        )
        for function in (self.ingest, self.compute, self.query):
            for name, value in settings.to_env().items():
                function.add_environment(name, value)
        self.ingest.add_environment(OPTIONAL["webhook_secret_id"], self.webhook_secret.secret_arn)
        self.compute.add_environment(OPTIONAL["vcs_secret_id"], self.vcs_secret.secret_arn)

        Alarms(
            self,
            "Alarms",
            queue=self.queue,
            dead_letters=self.dead_letters,
            functions={"Ingest": self.ingest, "Compute": self.compute, "Query": self.query},
            server_errors=self.api.server_errors,
            topic=alarms_to,
        )

    def _schedule(self, construct_id: str, event: dict[str, str], every: Duration) -> None:
        """Invokes compute with this event at a fixed rate."""
        target = targets.LambdaFunction(
            self.compute,
            event=events.RuleTargetInput.from_object(event),
            retry_attempts=0,  # the next run does the same
        )
        events.Rule(self, construct_id, schedule=events.Schedule.rate(every), targets=[target])

    def _table(self, kept: RemovalPolicy, keep_data: bool) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,  # deployments come in bursts; idle must cost nothing
            time_to_live_attribute="ttl",
            # Facts exist nowhere else: the table can be restored to any second of the last 35 days.
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=keep_data,
            removal_policy=kept,
        )

    def _queue(self, construct_id: str, kept: RemovalPolicy, **options: Any) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            fifo=True,
            # Per group, with deduplication per group: without both, 300 calls a second is the limit for all together.
            fifo_throughput_limit=sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
            deduplication_scope=sqs.DeduplicationScope.MESSAGE_GROUP,
            retention_period=QUEUE_RETENTION,
            max_message_size_bytes=MESSAGE_BYTES,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            removal_policy=kept,
            **options,
        )

    def _key_secret(self, kept: RemovalPolicy) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            "KeySecret",
            description="Leadline: pepper of the API keys' hashes. Losing or changing it invalidates every key.",
            # 64 letters and digits: more than 256 bits.
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            removal_policy=kept,
        )
        acknowledge(
            secret,
            "AwsSolutions-SMG4",
            "Rotating the pepper would invalidate every key; keys are revoked and replaced one by one instead.",
        )
        return secret

    def _webhook_secret(self, kept: RemovalPolicy) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            "WebhookSecret",
            description="Leadline: secrets that webhooks are signed with, by source. Set by `leadline webhooks secret`.",
            # No secret yet, so every webhook is rejected. Later deployments keep what was set.
            secret_string_value=SecretValue.unsafe_plain_text("{}"),
            removal_policy=kept,
        )
        acknowledge(
            secret,
            "AwsSolutions-SMG4",
            "Each secret is also set at its sender, where AWS can't rotate it; two may be valid at a time for rotation.",
        )
        return secret

    def _vcs_secret(self, kept: RemovalPolicy) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            "VcsSecret",
            description="Leadline: code hosts and their credentials. Set by `leadline hosts set`.",
            # No host yet, so none is called. Later deployments keep what was set.
            secret_string_value=SecretValue.unsafe_plain_text("{}"),
            removal_policy=kept,
        )
        acknowledge(
            secret,
            "AwsSolutions-SMG4",
            "The tokens are created at the code hosts, where AWS can't rotate them; a GitHub App's expire every hour.",
        )
        return secret

    def _deliveries(self) -> lambda_.IEventSource:
        return event_sources.SqsEventSource(
            self.queue,
            batch_size=BATCH_SIZE,
            max_concurrency=COMPUTE_CONCURRENCY,
            report_batch_item_failures=True,  # one failed message does not return its neighbours to the queue
        )


def _artifacts(table: dynamodb.Table) -> iam.PolicyStatement:
    """Lets ingest write artifacts and the events that wait for them, and nothing that compute writes."""
    return iam.PolicyStatement(
        actions=["dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"],
        resources=[table.table_arn],
        conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["artifact#*", "attention#waiting"]}},
    )


def _callers(table: dynamodb.Table) -> iam.PolicyStatement:
    """Lets ingest write the access log, quotas, key use and rejected events, but no keys."""
    return iam.PolicyStatement(
        actions=["dynamodb:PutItem", "dynamodb:UpdateItem"],
        resources=[table.table_arn],
        conditions={
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["access#*", "quota#*", "used#*", "attention#refused"]}
        },
    )
