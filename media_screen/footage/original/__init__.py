"""Compares a file with the official footage that it matches, frame by frame."""
