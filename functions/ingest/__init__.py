"""The ingest function: authenticates, validates and normalises events, and puts them on the queue."""
