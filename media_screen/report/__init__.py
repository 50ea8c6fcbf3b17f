"""The HTML report: pages for the batch, each campaign and each file, readable without a network.

`write_report` renders what `results.jsonl`, `campaigns.jsonl` and the thumbnails beside them hold;
it runs no model and imports none, so a saved result can be shown again anywhere.
"""

from media_screen.report.pages import write_report
from media_screen.report.posting import TimeZoneError, find_zone

__all__ = ["TimeZoneError", "find_zone", "write_report"]
