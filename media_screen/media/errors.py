"""The error of a file that can't be read, and the limit on the size of a picture."""

from __future__ import annotations

from media_screen.errors import MediaScreenError
from media_screen.evidence import Reason

MAX_PIXELS = 8192 * 8192  # per coded frame; more is refused before it is allocated


class MediaError(MediaScreenError):
    """The file can't be read; `reason` is the code of the abstention that it leads to."""

    def __init__(self, why: str, *, reason: Reason = "unreadable") -> None:
        super().__init__(why)
        self.reason: Reason = reason


def refuse_oversize(width: int, height: int) -> None:
    """Raise MediaError when a picture has more pixels than are decoded."""
    if width * height > MAX_PIXELS:
        raise MediaError(
            f"the picture has {width} x {height} px, the limit is {MAX_PIXELS:,} px",
            reason="too_large",
        )
