"""Finds names in what is written and said, in whatever spelling they come."""
