"""Stored deployments, as several resources read them."""
