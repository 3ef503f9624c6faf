"""The configuration: settings, services, teams, sources, and who changed what."""
