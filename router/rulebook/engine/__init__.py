"""Which rule of a book holds for a lead: an index over its conditions, and their plain reading."""
