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
from media_screen.weights import nets

# px, longest side that is read: handles of 2% of the height are still 11 px there, which is read;
# twice the size takes four times as long.
LONGEST = 960
# px; smaller pictures are enlarged, because letters below about 8 px are not found at all.
SHORTEST_LONGEST = 640
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
        found: Any = self._engine(np.ascontiguousarray(scaled[:, :, ::-1]))
        if found.txts is None or found.boxes is None:
            return ()
        size = np.array(scaled.shape[1::-1], np.float64)
        lines = []
        for text, score, corners in zip(found.txts, found.scores, found.boxes, strict=True):
            if score < MIN_SCORE or not text.strip():
                continue
            corners = np.asarray(corners, np.float64) / size
            (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
            shown = unicodedata.normalize("NFKC", text.strip()[:_MAX_TEXT])
            box = (float(left), float(top), float(right), float(bottom))
            lines.append(TextLine(shown, time_s, box))
        return tuple(lines[:_MAX_LINES])


@functools.cache
def reader(device: str = "cpu") -> TextReader:
    """Return the reader of this process and device.

    Raises MissingOcr, each time anew, when there is none.
    """
    return TextReader(device)


def read_all(reader: TextReader, stills: Sequence[tuple[float, Image]]) -> tuple[TextLine, ...]:
    """Read several pictures; lines in order of time."""
    return tuple(line for time_s, image in stills for line in reader.read(image, time_s))


def _scaled(image: Image) -> Image:
    import cv2

    longest = max(image.shape[:2])
    scale = min(max(longest, SHORTEST_LONGEST), LONGEST) / longest
    if scale == 1.0:
        return image
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=way), dtype=np.uint8)
