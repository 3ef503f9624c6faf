"""What goes on after an answer: GET /v1/jobs."""
