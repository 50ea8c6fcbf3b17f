"""The folder of results: what is written into it, read back from it, and called in words."""
