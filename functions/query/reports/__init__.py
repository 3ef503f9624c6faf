"""Reports from cells: the query, the cells to read, groups and series, and the DORA metrics."""
