"""Other formats of the same answers. They are made from the JSON answer of a route, so they can't differ from it."""
