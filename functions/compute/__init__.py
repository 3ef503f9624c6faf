"""Maps deployments to changes and keeps facts and cells: the only writer of both."""
