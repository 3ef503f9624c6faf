"""Points of custom metrics, and the cells that count them."""
