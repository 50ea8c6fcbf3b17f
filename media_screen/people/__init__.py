"""Enrolled people: the registry, their reference files, and what is made of those."""
