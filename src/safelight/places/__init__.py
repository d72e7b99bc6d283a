"""Places: the town that lies nearest to a position, from a table that ships inside."""
