"""Access to the API: keys, their limits, plans, and the access log."""
