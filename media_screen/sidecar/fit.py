"""Says how surely a sidecar is that of the file beside it.

A sidecar is used in two ways. As a claim always: who is said to have published the file, how the
platform labelled it; nothing that an author can do to a file takes that away. As a proof of where
the file comes from only when it fits for certain: it belongs to one file, and names are no proof.
"""

from __future__ import annotations

import functools
import math
import os
import re
import time
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from media_screen.evidence import MediaInfo
from media_screen.files import facts
from media_screen.sidecar.downloaders import Downloader
from media_screen.sidecar.fields import MAX_NAME, Fields
from media_screen.sidecar.platforms import platform_of
from media_screen.sidecar.publisher import names_site
from media_screen.sidecar.sites import host_of, is_host_of, platform_of_host
from media_screen.sidecar.snowflakes import made_at_ms, post_id_in

# Sites round the length to whole seconds, and joining picture and sound moves the end by a little.
DURATION_TOLERANCE_S = 2.0
DURATION_TOLERANCE_SHARE = 0.02
SECTION_TOLERANCE_S = 10.0  # sections that are cut on download begin at the key frame before
SIDE_TOLERANCE_PX = 8  # codecs round the sides up to whole blocks
SIZE_TOLERANCE_SHARE = 0.05
EMBEDDED_BYTES = 4 << 20  # cover pictures, subtitles and tags that a downloader adds to a file

# A folder that changes twice within a step of the file system's clock seems to have changed once:
# what was listed so soon after a change may be outdated. FAT's has 2 s, other machines' may differ.
_CLOCK_STEP_S = 10.0

# Streams that were not joined keep their format id: NAME.f137.mp4, NAME.fdash-video=1.mp4. An id
# has a digit or a sign, or is one of these words: NAME.fake.mp4 is somebody's edit.
_PART = re.compile(
    r"\.f((?=[^.]*[\d_=+~-])[\w=+~-]+(?:\.\d[\w=+~-]*)?|audio|video|hls|dash|http|source)$",
    re.ASCII | re.IGNORECASE,
)

# ms from the upload of a video to its own post. Who quotes another's post does so hours later;
# within the hour one can't be told from the other.
MAX_UPLOAD_MS = 3_600_000

MOST_ESCAPED = 100  # characters of an untrusted text in a sentence, as it is written there


@dataclass(frozen=True)
class Fit:
    """What speaks against a sidecar being that of its file, and what is lacking to be sure."""

    against: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()

    @property
    def proves(self) -> bool:
        """Say whether it proves where the file comes from: all is there, and nothing differs."""
        return not self.against and not self.lacking

    @property
    def doubts(self) -> tuple[str, ...]:
        """Return all reasons for which it is a claim and no proof."""
        return (*self.against, *self.lacking)


@dataclass(frozen=True)
class Described:
    """The file that a sidecar was written for, as far as it says; None and "" are not said."""

    extension: str = ""
    size_bytes: float | None = None
    width: float | None = None
    height: float | None = None
    duration_s: float | None = None
    section: tuple[float | None, float | None] = (None, None)  # of the post, in seconds
    suffix: str = ".info.json"  # of the sidecar, by the downloader that wrote it


def fit_of_record(fields: Fields, platform: str, made_by: Downloader) -> Fit:
    """Say what in a record itself keeps it from proving a publisher.

    The extractor and the address of the page must name the same site: either alone is a text.
    """
    against, lacking = [], []
    key = fields.first_text(made_by.sites, MAX_NAME)
    page = next(map(fields.url, made_by.pages[:1]), "")
    kind = fields.text("_type", MAX_NAME)
    if kind not in ("", "video"):
        against.append(f"the sidecar is of a {escaped(kind)}, not of one video")
    if fields.wrapped:
        lacking.append("the sidecar is a record of a test, not of a download")
    elif not key or not page:
        lacking.append("the sidecar names no extractor, or no address of the page")
    elif is_host_of(host_of(page), platform) and names_site(key, platform, made_by):
        lacking += _of_another_post(fields, platform, page) if made_by.has_extractors else []
    elif platform_of(platform) or platform_of_host(host_of(page)):
        against.append(
            f"the sidecar was made by {made_by.name}'s {escaped(key)}, and its page "
            f"{escaped(page)} is not of that site"
        )
    else:
        lacking.append(
            f"it is not known which addresses belong to {made_by.name}'s {escaped(key)}, and the "
            f"page is {escaped(page)}"
        )
    return Fit(tuple(against), tuple(lacking))


def _of_another_post(fields: Fields, platform: str, page: str) -> list[str]:
    """Say that a video may be that of a post which this one quotes, where it is older.

    yt-dlp takes it from the quoted post and names the account that quotes.
    """
    row = platform_of(platform)
    made = made_at_ms(fields.id("id"))
    posted = made_at_ms(fields.id("display_id") or post_id_in(page))
    if row is None or not row.timed_ids or made is None or posted is None:
        return []
    if posted - made <= MAX_UPLOAD_MS:
        return []
    return [
        "the video was uploaded long before this post, as their ids tell: it may be that of a "
        "post that this one quotes"
    ]


def contradicted_by(sidecar: Path) -> str:
    """Say that another sidecar of a file names another account: neither proves anything then."""
    return f"another sidecar of the file, {escaped(sidecar.name)}, names another account"


def format_of(stem: str) -> str:
    """Return the format id in the name of a stream that was not joined, "" in other names."""
    match = _PART.search(stem)
    return match[1] if match else ""


def without_format(stem: str) -> str:
    """Return the name of a file without the format id of a stream that was not joined."""
    return _PART.sub("", stem)


def fit_to_file(described: Described, *, media: Path, sidecar: Path | None, info: MediaInfo) -> Fit:
    """Compare the file that a sidecar describes with the one it was found for."""
    against = [
        *_other_name(described, media, sidecar),
        *_other_size(described, info),
        *_other_sides(described, info),
    ]
    if why := mismatch(described, duration_s=info.duration_s):
        against.append(why)
    lacking = []
    if not described.extension:
        lacking.append("it does not say for which kind of file it is")
    if described.duration_s and not info.duration_s and info.kind != "image":
        lacking.append("the length of the file is not known")
    return Fit(tuple(against), tuple(lacking))


def mismatch(described: Described, *, duration_s: float | None) -> str:
    """Say why the file can't be of the length that the sidecar gives, or "" when it can.

    The lengths may differ by 2 s plus 2 % of the longer one, those of a section that was cut on
    download by 10 s more.
    """
    stated, slack = described.duration_s, DURATION_TOLERANCE_S
    start, end = described.section
    if start is not None or end is not None:
        end = stated if end is None else end
        stated = max(0.0, end - (start or 0.0)) if end is not None else None
        slack += SECTION_TOLERANCE_S
    if not stated or not duration_s or not math.isfinite(duration_s):
        return ""
    allowed = slack + DURATION_TOLERANCE_SHARE * max(stated, duration_s)
    if abs(stated - duration_s) <= allowed:
        return ""
    return (
        f"the sidecar says {_seconds(stated)} s, the file lasts {_seconds(duration_s)} s "
        f"(up to {_seconds(allowed)} s apart would be normal): the sidecar may belong to another "
        "file, or the file was cut"
    )


def _other_name(described: Described, media: Path, sidecar: Path | None) -> list[str]:
    """Tell a file that is not, or may not be, the one after which the sidecar is named."""
    suffix, wanted = media.suffix[1:].lower(), described.extension.lower()
    if wanted and suffix and suffix != wanted:
        return [f"the sidecar was written for a file of the kind {wanted!r}, this is {suffix!r}"]
    stem = sidecar.name.removesuffix(described.suffix) if sidecar is not None else ""
    if not (_same(media.name, stem) or _same(media.stem, stem)):
        format_id = format_of(media.stem)
        # A sidecar of quite another name was named by the caller, who knows.
        return [f"this is one stream of the post ({format_id[:40]}), not all of it"] * bool(
            format_id
        )
    beside = _beside(media)
    named = map(_folded, (stem, f"{stem}.{described.extension}"))
    rivals = {other for name in named for other in beside.get(name, ())} - {media.name}
    rival = min(rivals, default="")
    return [f"{escaped(rival)} beside it may be the file it was written for"] if rival else []


def _same(first: str, second: str) -> bool:
    return _folded(first) == _folded(second)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _beside(media: Path) -> Mapping[str, Sequence[str]]:
    """Return the names in the folder of a file, by that as which they are compared."""
    try:
        status = media.parent.stat()
        changed_s = max(status.st_mtime, status.st_ctime)
        listed = _listed if changed_s < time.time() - _CLOCK_STEP_S else _listed.__wrapped__
        return listed(media.parent, facts(status))
    except OSError:
        return {}


@functools.lru_cache(maxsize=2)  # folders are gone through one by one; 100,000 names take 30 MB
def _listed(folder: Path, _facts: str) -> Mapping[str, Sequence[str]]:
    """List a folder, once for as long as its facts stay."""
    names: dict[str, list[str]] = {}
    for name in os.listdir(folder):
        names.setdefault(_folded(name), []).append(name)
    return names


def _other_size(described: Described, info: MediaInfo) -> list[str]:
    stated, size = described.size_bytes, info.size_bytes
    if not stated or not size:
        return []
    low = stated * (1 - SIZE_TOLERANCE_SHARE)
    if low <= size <= stated * (1 + SIZE_TOLERANCE_SHARE) + EMBEDDED_BYTES:
        return []
    return [f"the sidecar says {stated:.12g} bytes, the file has {size}"]


def _other_sides(described: Described, info: MediaInfo) -> list[str]:
    width, height = described.width, described.height
    if not width or not height or info.kind == "unknown":
        return []
    for sides in ((width, height), (height, width)):  # sites give them before or after turning
        if all(
            abs(said - is_) <= SIDE_TOLERANCE_PX
            for said, is_ in zip(sides, (info.width, info.height), strict=True)
        ):
            return []
    shown = f"{info.width} x {info.height} px" if info.width else "without a picture"
    return [f"the sidecar says {width:.12g} x {height:.12g} px, the file is {shown}"]


def escaped(text: str) -> str:
    """Return an untrusted text in quotes and in ASCII, cut where it is escaped and long."""
    shown = ascii(text)
    return shown if len(shown) <= MOST_ESCAPED else f"{shown[:MOST_ESCAPED]}...'"


def _seconds(value: float) -> str:
    """Return seconds to a tenth; what is no length of anything in as many letters as a length."""
    return f"{value:.1f}" if abs(value) < 1e9 else f"{value:.3g}"
