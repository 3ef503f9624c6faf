"""Who may call: keys, what they are limited to, how often they may call, and the record of it."""
