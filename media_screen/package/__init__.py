"""What is handed on: all that is known of one campaign to verify, or the pages of all files.

The room stands above `report` and `exports`, which know nothing of each other: a package is a small
folder of results of its own, for which both are called. The same results, whose file keeps its
time, give the same bytes. Nothing is sent anywhere unless the user names a server.
"""

from media_screen.package.archive import PackageError
from media_screen.package.portable import write_portable
from media_screen.package.timestamp import TimeStampError
from media_screen.package.write import write_package

__all__ = ["PackageError", "TimeStampError", "write_package", "write_portable"]
