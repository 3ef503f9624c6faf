"""HTTP requests and answers, shared by both functions that have an API."""
