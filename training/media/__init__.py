"""Lays out media of public collections to train on: where each file lies and what it shows."""
