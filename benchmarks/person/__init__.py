"""Measures what is known of an enrolled person, a module for each table."""
