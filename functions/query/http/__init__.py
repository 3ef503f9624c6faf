"""HTTP for every route: parameters, bodies, conditional requests, errors, content types."""
