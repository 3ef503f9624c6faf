"""Custom metrics: their definitions and reports."""
