"""What Leadline knows, without any I/O: events, ledger, attribution, facts, cells, metrics."""
