"""Changes: put on record, stored with the messages they cause, and sent to compute."""
