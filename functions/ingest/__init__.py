"""Checks, normalises and queues what a sender posts."""
