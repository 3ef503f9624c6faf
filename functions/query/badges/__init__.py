"""Badges: one number each, behind an unguessable link."""
