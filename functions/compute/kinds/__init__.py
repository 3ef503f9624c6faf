"""What compute does with each kind of message."""
