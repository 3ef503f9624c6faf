"""The routes of jobs."""

from __future__ import annotations

from leadline.access.keys import CONFIG_WRITE
from query.jobs import jobs, schemas
from query.web.route import Route

JOB_ROUTES = (
    Route(
        "GET",
        "/v1/jobs",
        CONFIG_WRITE,
        jobs.job_page,
        "List work that goes on after an answer",
        schemas.JobPage,
        jobs.PARAMETERS,
        limited=True,
    ),
    Route(
        "GET",
        "/v1/jobs/{job}",
        CONFIG_WRITE,
        jobs.one_job,
        "Show how far a job is",
        schemas.JobEntry,
        problems=(404,),
        limited=True,
    ),
)
