"""People: pseudonyms, author pages, and removing a person."""
