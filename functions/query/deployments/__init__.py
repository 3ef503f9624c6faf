"""What was deployed, what would be, and what people say of it."""
