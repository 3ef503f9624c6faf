"""Alarms for dead letters, failing functions, 5xx answers and a queue that falls behind.

Each alarm describes what to do first. `topic` receives them all; without it they show in the console only.
"""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

PERIOD = Duration.minutes(5)
# Events are counted within seconds; a temporary fault is retried every half minute, for half an hour.
TOO_OLD = Duration.minutes(15)


# A single 5xx may be AWS's own, and callers retry; five in five minutes are a pattern.
SERVER_ERRORS = 5


class Alarms(Construct):
    """An alarm on the dead letters, the queue's age, each function's crashes and the API's answers of 5xx."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        queue: sqs.IQueue,
        dead_letters: sqs.IQueue,
        functions: Mapping[str, lambda_.IFunction],
        server_errors: cloudwatch.Metric,
        topic: sns.ITopic | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._topic = topic
        # Arrivals, not what is in the queue: the alarm ends by itself and fires again when more arrive. It counts what compute
        # parks. SQS moves messages only after days in which other alarms have been on (MAX_RECEIVES).
        self._alarm(
            "DeadLetters",
            dead_letters.metric_number_of_messages_sent(period=PERIOD, statistic="Sum"),
            1,
            "Events that could not be counted were parked in the dead-letter queue. GET /v1/events?status=parked lists them with"
            " reasons.",
        )
        self._alarm(
            "Behind",
            queue.metric_approximate_age_of_oldest_message(period=PERIOD, statistic="Maximum"),
            int(TOO_OLD.to_seconds()),
            "Accepted events have waited 15 minutes to be counted. See the compute function's log; nothing is lost for 14 days.",
        )
        for name, function in functions.items():
            self._alarm(
                f"{name}Errors",
                function.metric_errors(period=PERIOD, statistic="Sum"),
                1,
                f"Leadline's {name.lower()} function crashed. Every crash is a bug or a missing permission: see its log.",
            )

        self._alarm(
            "ServerErrors",
            server_errors.with_(period=PERIOD, statistic="Sum"),
            SERVER_ERRORS,
            "Leadline's API returns 5xx. The functions' logs name each with its request id and where it was raised.",
        )

    def _alarm(self, construct_id: str, metric: cloudwatch.IMetric, at_least: int, what_to_do: str) -> None:
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric,
            threshold=at_least,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,  # an idle function reports nothing
            alarm_description=what_to_do,
        )
        if self._topic is not None:
            alarm.add_alarm_action(actions.SnsAction(self._topic))
