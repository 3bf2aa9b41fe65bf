"""The files of a rule book, read: from text to a checked book, or a list of every mistake in it."""
