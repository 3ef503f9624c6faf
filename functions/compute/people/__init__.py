"""People as they are named in what is stored: removed, replaced by pseudonyms, and named again."""
