"""Screens many files, each in a process of its own: a folder, lines from a pipe, a cluster."""
