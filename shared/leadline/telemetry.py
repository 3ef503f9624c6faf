"""Logs: one JSON line for each thing worth knowing, and nothing in it that a sender sent.

No bodies, headers, keys, names or addresses: lines carry ids that we made, counts, constants and times. An exception is
logged by its class and place; its message may repeat input and is left out.
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

_DEEPEST = 12

# They log whole requests and messages at the level DEBUG, which a function may be set to.
for _talkative in ("boto3", "botocore", "urllib3", "aws_lambda_powertools"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)


@cache
def logger(service: str) -> Logger:
    """The function's logger. Level by POWERTOOLS_LOG_LEVEL or Lambda's own setting (INFO).

    Don't use its `inject_lambda_context`: by an environment variable that would log whole requests, keys and all.
    """
    return Logger(service=service, use_rfc3339=True, utc=True, log_uncaught_exceptions=False)


class Failed(Exception):
    """An invocation failed; the message is the class of what it failed of, which is logged where it was raised."""


@contextmanager
def redact_exceptions(service: str) -> Iterator[None]:
    """Whatever is raised is logged and raised on as Failed, since Lambda prints the message of what a handler raises.

    Around what no HTTP answer is made of: there the invocation has to fail, so that it is tried again.
    """
    try:
        yield
    except Exception as error:
        logger(service).error("failed", extra=describe(error))
        raise Failed(type(error).__name__) from None


def describe(error: BaseException) -> dict[str, Any]:
    """What may be logged of an exception: its class, AWS's error code if it has one, where it was raised, its cause."""
    frames = traceback.extract_tb(error.__traceback__)[-_DEEPEST:]
    said: dict[str, Any] = {
        "error": type(error).__name__,
        "at": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        said["aws_code"] = response.get("Error", {}).get("Code")
    if error.__cause__ is not None:
        said["cause"] = describe(error.__cause__)
    return said
