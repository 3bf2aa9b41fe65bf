"""People: who is away and until when, what of theirs goes to others, and who is gone."""
