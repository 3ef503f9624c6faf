"""The `leadline` command: one module for each subcommand."""
