"""Who may call: keys, their limits, plans, and the access log."""
