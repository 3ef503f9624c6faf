"""The routes of jobs."""

from __future__ import annotations

from leadline.access.keys import CONFIG_WRITE
from query.http.route import Route
from query.jobs import jobs, schemas

JOB_ROUTES = (
    Route(
        "GET",
        "/v1/jobs",
        CONFIG_WRITE,
        jobs.job_page,
        "list_jobs",
        "List jobs.",
        schemas.JobPage,
        jobs.PARAMETERS,
        description="Background work that continues after a response: recounts for changed settings or teams, "
        "renames, removals, backfills. Newest first.",
        limited=True,
    ),
    Route(
        "GET",
        "/v1/jobs/{job}",
        CONFIG_WRITE,
        jobs.one_job,
        "get_job",
        "Get a job.",
        schemas.JobEntry,
        description="Its state and progress. Jobs are kept for 90 days after their last progress.",
        problems=(404,),
        limited=True,
    ),
)
