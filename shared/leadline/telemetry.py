"""Logs: JSON lines without anything that a sender sent.

Lines hold ids that we generated, counts, constants and times; no bodies, headers, keys, names or addresses. An exception is
logged by its class and place, without its message, which may repeat input.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

_MAX_FRAMES = 12

# At the level DEBUG these log whole requests and messages.
for _library in ("boto3", "botocore", "urllib3", "aws_lambda_powertools"):
    logging.getLogger(_library).setLevel(logging.WARNING)


@cache
def logger(service: str) -> Logger:
    """The function's logger. Its level is POWERTOOLS_LOG_LEVEL or Lambda's own setting (INFO).

    Don't use its `inject_lambda_context`: an environment variable makes that log whole requests, including keys.
    """
    return Logger(service=service, use_rfc3339=True, utc=True, log_uncaught_exceptions=False)


class Failed(Exception):
    """An invocation failed. The message is the class of the original exception, which has been logged."""


@contextmanager
def redact_exceptions(service: str) -> Iterator[None]:
    """Logs any exception and raises Failed instead, since Lambda prints the message of what a handler raises.

    For invocations without an HTTP answer, which must fail to be retried.
    """
    try:
        yield
    except Exception as error:
        logger(service).error("failed", extra=describe(error))
        raise Failed(type(error).__name__) from None


def describe(error: BaseException) -> dict[str, Any]:
    """What may be logged about an exception: its class, AWS's error code if any, where it was raised, and its cause."""
    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    description: dict[str, Any] = {
        "error": type(error).__name__,
        "at": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        description["aws_code"] = response.get("Error", {}).get("Code")
    if error.__cause__ is not None:
        description["cause"] = describe(error.__cause__)
    return description
