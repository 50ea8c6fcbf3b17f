"""Calibrates what a comparison with the original says: see `benchmarks.original`."""
