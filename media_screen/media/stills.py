"""Reads with Pillow what FFmpeg, or PyAV, does not tell of stills: how they are to be shown.

Only named formats are opened, and whatever is wrong with a file is a MediaError.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from media_screen.media.convert import Orientation
from media_screen.media.errors import MediaError

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
_ORIENTATION = 0x0112  # tag of EXIF
# By the value of the tag; AVIF's own turns and mirrors come from Pillow as the same tag.
_WAYS = {
    2: Orientation(mirrored=True),
    3: Orientation(turns=2),
    4: Orientation(mirrored=True, turns=2),
    5: Orientation(mirrored=True, turns=1),
    6: Orientation(turns=3),
    7: Orientation(mirrored=True, turns=3),
    8: Orientation(turns=1),
}


def orientation_of(path: Path) -> Orientation | None:
    """Return how a still asks to be shown, None when Pillow does not know its format."""
    try:
        with _opened(path) as picture:
            return _WAYS.get(picture.getexif().get(_ORIENTATION, 1), Orientation())
    except MediaError:
        return None


@contextmanager
def _opened(path: Path) -> Iterator[Image]:
    """Open a still; what goes wrong in the block, in whatever way, is a MediaError."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large pictures and odd tags: both are checked here
            with Image.open(path, formats=_FORMATS) as picture:
                yield picture
    except MediaError:
        raise
    except Exception as error:  # each plugin has errors of its own, down to SyntaxError
        raise MediaError(f"the picture can't be read ({error})"[:200]) from error
