"""Feeds the program what nobody would write on purpose; `python -m tests.fuzz` goes on for long."""
