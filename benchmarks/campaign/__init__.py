"""Joins copies of fakes to campaigns, and counts what is passed along rightly and wrongly."""
