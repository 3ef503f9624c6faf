"""HTTP requests and answers, as both functions see them."""
