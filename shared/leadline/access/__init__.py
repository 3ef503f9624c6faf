"""Who may call: keys and their scopes, authentication, rate limits, and the access log."""
