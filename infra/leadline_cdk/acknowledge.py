"""Accepts cdk-nag findings, each on one construct and with a reason."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """Accepts `finding` (`AwsSolutions-XXX`, or `AwsSolutions-XXX[...]` for one of several) on this construct only."""
    Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))
