"""Custom metrics: their reports, and how each is read."""
