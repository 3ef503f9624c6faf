"""What is generated from the code for people who read: tables of the docs. `make docs` writes it, a test compares it."""
