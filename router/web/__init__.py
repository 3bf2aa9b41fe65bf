"""The web process: webhook intake, the API and the desk. Only here is the web framework known."""
