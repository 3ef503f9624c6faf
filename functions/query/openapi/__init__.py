"""Serves the OpenAPI document, and Swagger UI for it."""
