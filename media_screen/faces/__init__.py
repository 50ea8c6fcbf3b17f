"""Finds, aligns, embeds and tracks faces; import the modules, nothing is loaded here."""
