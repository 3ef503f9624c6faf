"""Eight workers on one queue, of which many are killed and replaced, until nothing is left on it."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tests.pipeline.workers import worker
from tests.pipeline.workers.worker import Death, Job, Where

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

    from mypy_boto3_sqs import SQSClient

WORKERS = 8
_QUIET_LOOKS = 5
"""An emulated queue's counts are those of one moment; a message may come back between two looks."""

_fork = multiprocessing.get_context("forkserver")
_fork.set_forkserver_preload([worker.__name__])


class CrowdError(Exception):
    """A worker ended in a way it was not told to, or the work took too long."""


def empty_the_queue(sqs: SQSClient, job: Job, deaths: Iterable[Death], within: float) -> Counter[Where]:
    """Runs the workers until the queue is empty; how many were killed where. Raises CrowdError after `within` seconds."""
    doomed = iter(deaths)
    killed: Counter[Where] = Counter()
    crowd: list[tuple[ForkServerProcess, Death | None]] = [_start(job, next(doomed, None)) for _ in range(WORKERS)]
    ends = time.monotonic() + within
    quiet = 0
    try:
        while quiet < _QUIET_LOOKS:
            if time.monotonic() > ends:
                raise CrowdError(f"after {within} s there is still work; killed so far: {dict(killed)}")
            for place, (process, death) in enumerate(crowd):
                if process.exitcode is None:
                    continue
                if process.exitcode != -signal.SIGKILL or death is None:
                    raise CrowdError(f"a worker ended with {process.exitcode}: see {job.log}")
                killed[death.where] += 1
                crowd[place] = _start(job, next(doomed, None))
            time.sleep(0.1)
            quiet = 0 if _left(sqs, job.queue_url) else quiet + 1
    finally:
        for process, _ in crowd:
            process.terminate()
        for process, _ in crowd:
            process.join()
    return killed


def _start(job: Job, death: Death | None) -> tuple[ForkServerProcess, Death | None]:
    process = _fork.Process(target=worker.work, args=(job, death), daemon=True)
    process.start()
    return process, death


def _left(sqs: SQSClient, queue_url: str) -> int:
    """Messages that wait or are being worked on."""
    attributes = sqs.get_queue_attributes(
        QueueUrl=queue_url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return sum(int(count) for count in attributes.values())
