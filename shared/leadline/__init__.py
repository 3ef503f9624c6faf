"""What the functions share."""

__version__ = "0.2.0"
"""The one place that says it: the package, the command, `/healthz`, the OpenAPI document and the stack all read it."""
