"""Background work that continues after a response: GET /v1/jobs."""
