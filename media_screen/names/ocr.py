"""Reads the text in pictures, with the networks that the package rapidocr brings along.

Nothing is downloaded: both networks are taken from the installed package, and only when they are
the recorded ones. They read Latin letters, Chinese and Japanese; not Cyrillic, Arabic or Hangul.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from media_screen import weights
from media_screen.arrays import Image
from media_screen.errors import MediaScreenError
from media_screen.evidence import TextLine
from media_screen.faces.track import evenly
from media_screen.weights import nets

# px, longest side that is read: handles of 2% of the height are still 11 px there, which is read;
# twice the size takes four times as long.
LONGEST = 960
# px; smaller pictures are enlarged, because letters below about 8 px are not found at all.
SHORTEST_LONGEST = 640
# Stills of a file that are read in any case; the others are, too, when one of them shows text, or
# when it is found in half the size, where that of captions is and that of small marks is not.
READ = 3
# Change of brightness from pixel to pixel, of 256, that even faint letters reach and a blurred
# filling around the picture does not; and how many px of a row or column have it at least.
EDGE, EDGE_PX = 10, 6
MARGIN = 16  # px around what has edges that are read with it
MIN_SCORE = 0.7  # mean confidence of a line; below are patterns of cloth, leaves and teeth
_MAX_LINES = 80  # of one picture: a screen recording of a document has more, and no marks
_MAX_TEXT = 120  # characters of a line; a mark stands alone

# The networks of rapidocr, recorded in models/optional.toml. Each part of the engine is handed its
# opened network, so the engine's own download never runs.
NETWORKS = {
    "Det": "onscreen/PP-OCRv6_det_small.onnx",
    "Rec": "onscreen/PP-OCRv6_rec_small.onnx",
}


class MissingOcr(MediaScreenError):
    """The optional package can't be used; the message says why and what to do."""


class TextReader:
    """Holds the networks of a process and reads pictures with them."""

    def __init__(self, device: str = "cpu") -> None:
        try:
            import rapidocr
        except (ImportError, OSError) as error:
            raise MissingOcr(
                "text in the picture is not read: pip install 'media_screen[ocr]'"
            ) from error
        settings = {
            "Global.use_cls": False,  # marks are not upside down
            "Global.log_level": "error",
            "Det.limit_type": "max",
            "Det.limit_side_len": LONGEST,
        }
        self._engine = rapidocr.RapidOCR(params=settings)
        for part, name in NETWORKS.items():
            try:
                file = weights.path(name)
            except weights.WeightsError as error:
                raise MissingOcr(f"{error}: pip install rapidocr==3.10.0") from error
            section = self._engine.cfg[part]
            section._set_flag("allow_objects", True)  # the configuration holds plain values only
            section.session = nets.session(file, device=device)

    def read(self, image: Image, time_s: float) -> tuple[TextLine, ...]:
        """Return the lines of text in an RGB picture that were read with some confidence."""
        scaled = _scaled(image)
        left, top, right, bottom = with_edges(scaled)
        if right <= left or bottom <= top:
            return ()
        part = scaled[top:bottom, left:right]
        found: Any = self._engine(np.ascontiguousarray(part[:, :, ::-1]), use_rec=True)
        if found.boxes is None or getattr(found, "txts", None) is None:
            return ()
        size, corner = np.array(scaled.shape[1::-1], np.float64), np.array([left, top])
        lines = []
        for text, score, corners in zip(found.txts, found.scores, found.boxes, strict=True):
            if score < MIN_SCORE or not text.strip():
                continue
            corners = (np.asarray(corners, np.float64) + corner) / size
            (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
            shown = unicodedata.normalize("NFKC", text.strip()[:_MAX_TEXT])
            box = (float(left), float(top), float(right), float(bottom))
            lines.append(TextLine(shown, time_s, box))
        return tuple(lines[:_MAX_LINES])

    def shows_large_text(self, image: Image) -> bool:
        """Tell whether a picture shows anything like text that is found at half the size."""
        import cv2

        scaled = _scaled(image)
        half: Any = cv2.resize(scaled, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        found: Any = self._engine(np.ascontiguousarray(half[:, :, ::-1]), use_rec=False)
        return found.boxes is not None


@functools.cache
def reader(device: str = "cpu") -> TextReader:
    """Return the reader of this process and device.

    Raises MissingOcr, each time anew, when there is none.
    """
    return TextReader(device)


def read_all(reader: TextReader, stills: Sequence[tuple[float, Image]]) -> tuple[TextLine, ...]:
    """Read several pictures of one file; lines in order of time.

    Where those that are spread over it show none, the others are read if they show large text.
    """
    first = {time_s: reader.read(image, time_s) for time_s, image in evenly(stills, READ)}
    lines: list[TextLine] = []
    for time_s, image in stills:
        if time_s in first:
            lines += first[time_s]
        elif any(first.values()) or reader.shows_large_text(image):
            lines += reader.read(image, time_s)
    return tuple(lines)


def with_edges(image: Image) -> tuple[int, int, int, int]:
    """Return the part of a picture outside of which nothing has edges: left, top, right, bottom.

    Bars and blurred fillings lie outside of it, and take as long to search for text as anything.
    """
    import cv2

    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    edges = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8)) >= EDGE
    rows, columns = (np.flatnonzero(edges.sum(axis=axis) >= EDGE_PX) for axis in (1, 0))
    if not len(rows) or not len(columns):
        return 0, 0, 0, 0
    height, width = grey.shape
    return (
        max(0, int(columns[0]) - MARGIN),
        max(0, int(rows[0]) - MARGIN),
        min(width, int(columns[-1]) + 1 + MARGIN),
        min(height, int(rows[-1]) + 1 + MARGIN),
    )


def _scaled(image: Image) -> Image:
    import cv2

    longest = max(image.shape[:2])
    scale = min(max(longest, SHORTEST_LONGEST), LONGEST) / longest
    if scale == 1.0:
        return image
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=way), dtype=np.uint8)
