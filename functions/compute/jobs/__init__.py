"""Work that is not an event: what the schedule starts, and what goes on message by message."""
