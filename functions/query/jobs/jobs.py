"""GET /v1/jobs and GET /v1/jobs/{id}: background work that continues after a response, until 90 days after its last progress.

A limited key sees the jobs that it started.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from leadline.store.outbox import JOBS, Job, job_key
from leadline.store.table import LAST, Item
from query.http.faults import not_found
from query.http.parameters import CURSOR, LIMIT
from query.http.request import Request
from query.http.times import instant
from query.http.values import DEFAULT_LIMIT
from query.jobs.schemas import JobEntry, JobPage

PARAMETERS = (LIMIT, CURSOR)


def job_page(request: Request) -> JobPage:
    """The jobs that the key may see, the newest first."""
    before = request.position()
    request.sent.faults.check_query()
    limit = request.sent.one("limit", DEFAULT_LIMIT)
    found = list(islice((job for job in _stored(request, before) if _is_visible(request, job)), limit + 1))
    page = found[:limit]
    return {
        "items": [_answer(job) for job in page],
        "next_cursor": request.next_cursor(page[-1].id) if len(found) > limit else None,
    }


def one_job(request: Request) -> JobEntry:
    """Raises Problem (404)."""
    request.sent.faults.check_query()
    key = job_key(request.name)
    item = request.table.get([key]).get(key)
    job = Job.from_item(item) if item is not None and _is_whole(item) else None
    if job is None or not _is_visible(request, job):
        raise not_found("There is no job with this id.")
    return _answer(job)


def _stored(request: Request, before: str | None) -> Iterator[Job]:
    for item in request.table.query(JOBS, last=before or LAST, reverse=True):
        if item["sk"] != before and _is_whole(item):
            yield Job.from_item(item)


def _is_whole(item: Item) -> bool:
    """Not where a message was counted after its job was deleted by its ttl."""
    return "kind" in item


def _is_visible(request: Request, job: Job) -> bool:
    return not request.limits or (request.principal is not None and job.who == request.principal.key_id)


def _answer(job: Job) -> JobEntry:
    return {
        "id": job.id,
        "kind": job.kind,  # type: ignore[typeddict-item]  # one of those
        "name": job.name,
        "state": job.state,  # type: ignore[typeddict-item]  # one of the four
        "done": job.done,
        "failed": job.failed,
        "total": None if job.open else job.total,
        "started_at": instant(job.started_at) or "",
        "updated_at": instant(job.moved_at) or "",
    }
