"""The one-command stack: the real handlers on an AWS emulator, on this machine alone."""
