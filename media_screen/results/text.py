"""Text for the pages: untrusted strings made visible, and numbers made legible."""

from __future__ import annotations

import math
import re
from datetime import datetime, timezone, tzinfo
from urllib.parse import urlsplit

MINUS = "\u2212"
DASH = "\u2013"

# What a reader can't see, or what reorders the line it stands in: controls, bidirectional
# overrides, invisible fillers, tags, lone surrogates, and the two that XML can't hold. Joiners are
# left alone where scripts and emoji need them, and shown beside ASCII, where they only serve to
# make two names look alike.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
    "|(?<=[\x21-\x7e])[\u200c\u200d]|[\u200c\u200d](?=[\x21-\x7e])"
)
# Piled-up combining marks paint over the lines above and below.
_PILED_MARKS = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{4,})"
)


_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def visible(text: str) -> str:
    """Return the text with every hidden character written out, so nothing in it can deceive."""
    if text.isascii() and text.isprintable():
        return text  # most of it; the page of 5,000 files asks a million times
    text = _PILED_MARKS.sub(lambda found: f"[{len(found[1])} marks]", text)
    return _HIDDEN.sub(_spell, text)


def _spell(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0xA0:
        # Not the Unicode pictures of controls, which hardly a font can draw.
        return _ESCAPES.get(found[0], f"\\x{code:02x}")
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"  # a byte that was not UTF-8, kept by surrogateescape
    return f"[U+{code:04X}]"


def shorten(text: str, limit: int) -> str:
    """Cut a text at `limit` characters, saying so with an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "\u2026"


def shorten_path(path: str, limit: int) -> str:
    """Cut a path in its middle: the first folders and the file name say most."""
    if len(path) <= limit:
        return path
    head = limit // 3
    return path[:head] + "\u2026" + path[len(path) - (limit - head - 1) :]


def file_name(path: str) -> str:
    """Return the last part of a path of either kind of system."""
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1] or path


def clock(seconds: float) -> str:
    """Format a time in the media, such as 1:02:03.4."""
    tenths = round(max(seconds, 0.0) * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    lead = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{lead}:{rest // 10:02d}.{rest % 10}"


def seconds(time_s: float) -> str:
    """Format a time in the media as players take it in an address, such as 63.4."""
    return f"{max(time_s, 0.0):.2f}".rstrip("0").rstrip(".")


def duration(seconds: float) -> str:
    """Format a length to the second, or a dash for what has none."""
    if seconds <= 0:
        return DASH
    return clock(max(1.0, round(seconds)))[:-2]


def signed(value: float, digits: int = 1) -> str:
    """Format a number with its sign, so that towards and away can't be mixed up."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return ("+" if value > 0 else MINUS) + text


def measured(value: float) -> str:
    """Format a measured number with the digits that matter: 6.1, -180, 0.0312."""
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e6:
        text = f"{abs(value):.0f}"
    else:
        text = f"{abs(value):.3g}" if abs(value) < 1000 else f"{abs(value):,.0f}"
    return (MINUS if value < 0 else "") + text


def size(count: int) -> str:
    """Format a number of bytes, such as 4.2 MB (and the bytes themselves below 1 kB)."""
    if count < 1000:
        return f"{count} bytes"
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:.1f} TB"


def reach(views: int | None, followers: int | None) -> str:
    """Say how many saw a post and follow its account, such as 12,400 views and 310 followers.

    What is not known is left out.
    """
    known = ((views, "view"), (followers, "follower"))
    counts = [f"{n:,} {word}{'' if n == 1 else 's'}" for n, word in known if n is not None]
    return " \u00b7 ".join(counts)


def percent(probability: float) -> str:
    """Format a probability without ever claiming certainty."""
    if probability < 0.001:
        return "less than 0.1%"
    if probability > 0.999:
        return "more than 99.9%"
    return f"{probability * 100:.1f}%" if probability < 0.1 else f"{probability * 100:.0f}%"


def day(published: str, zone: tzinfo = timezone.utc) -> str:
    """Return the date of an ISO 8601 time in a zone, or the text itself if it is something else."""
    moment = posted(published, zone)
    return moment[:10] if re.match(r"\d{4}-\d\d-\d\d", moment) else moment


def posted(published: str, zone: tzinfo = timezone.utc) -> str:
    """Return an ISO 8601 time in a zone, which it names; a date or another text as it is."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", published):
        return published
    try:
        moment = datetime.fromisoformat(published.replace("Z", "+00:00")).astimezone(zone)
    except (ValueError, OverflowError):
        return published
    return f"{moment:%Y-%m-%d %H:%M} ({'UTC' if zone is timezone.utc else zone})"


def safe_link(url: str) -> str | None:
    """Return the address if a link to it is safe to offer: plain http(s), no tricks; else None."""
    if not re.fullmatch(r"https?://[^\s\\\"'<>`]+", url, re.IGNORECASE) or visible(url) != url:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port  # raises ValueError for what is not a port
    except ValueError:
        return None
    # "https://youtube.com@other.example" shows one name and leads to another; so may letters
    # that merely look Latin.
    if not host.isascii() or not host or "@" in parts.netloc:
        return None
    return url
