"""The map of the road and of a book's routes, and what passed along it."""
