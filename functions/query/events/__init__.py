"""What became of events, and why."""
