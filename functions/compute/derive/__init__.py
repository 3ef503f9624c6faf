"""What follows from the events: timelines, what each deployment carries, how it went, and the facts that are stored."""
