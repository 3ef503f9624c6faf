"""Serves the metrics, the lists and the configuration."""
