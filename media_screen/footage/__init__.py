"""Recognises footage: fingerprints, the catalogue of official recordings, what was seen before."""
