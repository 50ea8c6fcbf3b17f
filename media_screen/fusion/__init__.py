"""Brings the evidence of all detectors to one verdict: weights, facts, and the table of labels."""
