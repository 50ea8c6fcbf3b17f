"""Measures on labelled media what the program and its networks find, miss and cost."""
