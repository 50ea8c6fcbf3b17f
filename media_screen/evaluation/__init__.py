"""Measures how well detectors and the fused verdict tell forged from genuine media."""
