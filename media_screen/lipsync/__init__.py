"""Measures how the mouth of a face moves, and how that goes with the voice that is heard."""
