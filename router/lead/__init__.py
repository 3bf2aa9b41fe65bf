"""The shared words: what a lead is, its states, what happens to it, what is handed over. Pure."""
