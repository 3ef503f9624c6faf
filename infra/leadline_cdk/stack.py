"""The stack that `cdk deploy` creates: one Leadline, and the outputs that people and commands need."""

from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_sns as sns
from constructs import Construct

from leadline import __version__
from leadline_cdk.bundles import Bundler
from leadline_cdk.construct import Leadline


class LeadlineStack(Stack):
    """For any account and region. `alarm_topic_arn`: an SNS topic that receives the alarms."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bundler: Bundler | None = None,
        keep_data: bool = True,
        alarm_topic_arn: str | None = None,
        **stack_options: Any,
    ) -> None:
        super().__init__(scope, construct_id, **stack_options)
        topic = sns.Topic.from_topic_arn(self, "AlarmTopic", alarm_topic_arn) if alarm_topic_arn else None
        self.leadline = Leadline(self, "Leadline", bundler=bundler, keep_data=keep_data, alarms_to=topic)
        for name, value, meaning in (
            ("ApiUrl", self.leadline.api.url, "Base address of the Events and the Product API"),
            ("TableName", self.leadline.table.table_name, "Facts, cells, configuration and key hashes"),
            ("QueueUrl", self.leadline.queue.queue_url, "Accepted events that wait to be counted"),
            ("DlqUrl", self.leadline.dead_letters.queue_url, "Events that could not be counted, with their reasons"),
            ("KeySecretId", self.leadline.key_secret.secret_arn, "Pepper of the API keys' hashes"),
            ("WebhookSecretId", self.leadline.webhook_secret.secret_arn, "Secrets that webhooks are signed with"),
            ("VcsSecretId", self.leadline.vcs_secret.secret_arn, "Code hosts and their credentials"),
            ("Version", __version__, "Version of Leadline that is deployed"),
        ):
            CfnOutput(self, name, value=value, description=meaning)
