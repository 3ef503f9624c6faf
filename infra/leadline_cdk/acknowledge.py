"""Saying yes to a cdk-nag finding, on the one construct it is about, with the reason as a sentence."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """Accepts `finding` (`AwsSolutions-XXX`, or `AwsSolutions-XXX[...]` for one of several) here and nowhere else."""
    Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))
