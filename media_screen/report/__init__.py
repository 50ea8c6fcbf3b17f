"""The HTML report: one page for the batch and one for each file, readable without a network.

`write_report` renders what `results.jsonl` and the thumbnails beside it hold; it runs no model and
imports none, so a saved result can be shown again anywhere.
"""

from media_screen.report.clusters import TimeZoneError, find_zone
from media_screen.report.pages import write_report

__all__ = ["TimeZoneError", "find_zone", "write_report"]
