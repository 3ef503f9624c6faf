"""People: how they are shown, their pages, and how one is removed."""
