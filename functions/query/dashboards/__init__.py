"""Dashboards: what they say, how they are changed, and the numbers of their panels."""
