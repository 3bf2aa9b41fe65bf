"""The ticker: what is due without anybody knocking."""
