"""Trains what the detectors judge by, and converts what others trained. The wheel lacks it."""
