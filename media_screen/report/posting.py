"""When posts were published: over time by platform, and by the hour of the day in a named zone."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from media_screen.errors import MediaScreenError
from media_screen.report.claims import by_frequency

STRIP_HEIGHT, COLUMN = 36, 9  # px of the strip of hours, and of one hour in it
LINE_HEIGHT, LINE_PARTS = 30, 60  # px of the line of posts over time, and its equal parts
MOST_LINES = 6  # platforms with a line of their own; the rest share one
UNKNOWN, OTHERS = "platform not known", "other platforms"

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(?:Z|\+00:00))?")


class TimeZoneError(MediaScreenError, ValueError):
    """No time zone has this name."""


@dataclass(frozen=True, slots=True)
class PostedAt:
    """One post: its platform, and when it was published (ISO 8601, UTC), "" when not known."""

    platform: str
    published: str


@dataclass(frozen=True, slots=True)
class Hour:
    """One column of the strip: the hour of the day, its posts, and where it is drawn (px)."""

    hour: int
    posts: int
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class TimeSlice:
    """One equal part of the time from the first post to the last that has posts, as drawn."""

    title: str
    x: float  # percent along the line
    y: float  # px
    height: float


@dataclass(frozen=True, slots=True)
class PlatformLine:
    """The posts on one platform over the time of all: the parts that have some."""

    platform: str
    posts: int
    slices: tuple[TimeSlice, ...]


@dataclass(frozen=True, slots=True)
class PostingTimes:
    """When posts were published, as far as it is known.

    `first`, `last` and `span` are as shown, in UTC; `timed` counts the `posts` whose hour is known.
    There are no `lines` when all were posted at one time.
    """

    first: str
    last: str
    span: str
    posts: int
    timed: int
    hours: tuple[Hour, ...]
    lines: tuple[PlatformLine, ...]


def find_zone(name: str) -> tzinfo:
    """Return a time zone by its name in the IANA database; raises TimeZoneError for others."""
    if name.upper() == "UTC":
        return timezone.utc  # known even where no database is installed
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TimeZoneError(
            f"no time zone is called {name!r}: expected a name such as Asia/Shanghai, "
            "Europe/Berlin or UTC"
        ) from error


def posting_times(posts: Iterable[PostedAt], zone: tzinfo) -> PostingTimes:
    """Lay out when posts were published; their hours are those of `zone`."""
    everything = tuple(posts)
    dated = sorted(
        (one for one in everything if _moment(one.published)),
        key=lambda one: time_key(one.published),
    )
    hours = [hour for one in dated if (hour := _hour(one.published, zone)) is not None]
    return PostingTimes(
        first=shown_time(dated[0].published) if dated else "",
        last=shown_time(dated[-1].published) if dated else "",
        span=_span(dated[0].published, dated[-1].published) if len(dated) > 1 else "",
        posts=len(everything),
        timed=len(hours),
        hours=_columns(hours),
        lines=tuple(_lines(dated)),
    )


def time_key(published: str) -> tuple[str, str]:
    """Order posts by time; those of a day without the hour come after, unknown ones last."""
    day, time = _moment(published) or ("~", "")
    return day, time or "~"


def shown_time(published: str) -> str:
    """Return when a post was published, to the minute and in UTC, "" when it is not known."""
    day, time = _moment(published) or ("", "")
    return f"{day} {time[:5]}".strip()


def _moment(published: str) -> tuple[str, str] | None:
    """Return day and time (or "") of a post, in UTC; None when it is not known or no such time."""
    found = _MOMENT.fullmatch(published)
    if found is None:
        return None
    try:
        datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}")
    except ValueError:
        return None
    return found[1], found[2] or ""


def _utc(published: str) -> datetime | None:
    moment = _moment(published)
    if moment is None or not moment[1]:
        return None
    return datetime.fromisoformat("T".join(moment)).replace(tzinfo=timezone.utc)


def _hour(published: str, zone: tzinfo) -> int | None:
    moment = _utc(published)
    try:
        return None if moment is None else moment.astimezone(zone).hour
    except OverflowError:  # the first or last day that there is
        return None


def _lines(dated: Sequence[PostedAt]) -> Iterable[PlatformLine]:
    """Lay out posts over time; one whose hour is not known counts at the start of its day."""
    moments = [(one.platform or UNKNOWN, _start(one.published)) for one in dated]
    if len({moment for _, moment in moments}) < 2:
        return
    start = min(moment for _, moment in moments)
    length = max(moment for _, moment in moments) - start
    parts: dict[str, list[int]] = defaultdict(list)
    most_first = [name for name, _ in by_frequency(name for name, _ in moments)]
    for name, moment in moments:
        shown = name if name in most_first[:MOST_LINES] else OTHERS
        parts[shown].append(min(LINE_PARTS - 1, int((moment - start) / length * LINE_PARTS)))
    highest = max(max(Counter(one).values()) for one in parts.values())
    for name in [*most_first[:MOST_LINES], OTHERS]:
        if name in parts:
            tally = sorted(Counter(parts[name]).items())
            slices = tuple(_slice(part, many, highest, start, length) for part, many in tally)
            yield PlatformLine(name, len(parts[name]), slices)


def _slice(part: int, posts: int, highest: int, start: datetime, length: timedelta) -> TimeSlice:
    height = round(LINE_HEIGHT * posts / highest, 1)
    title = f"from {start + length * (part / LINE_PARTS):%Y-%m-%d %H:%M}: {posts}"
    x = round(100 * part / LINE_PARTS, 2)
    return TimeSlice(title, x, round(LINE_HEIGHT - height, 1), height)


def _start(published: str) -> datetime:
    day, time = _moment(published) or ("0001-01-01", "")
    return datetime.fromisoformat(f"{day}T{time or '00:00'}")


def _span(earliest: str, latest: str) -> str:
    """Say how long it was from the first post to the last."""
    first, last = _utc(earliest), _utc(latest)
    if first is not None and last is not None and last - first < timedelta(days=3):
        minutes = int((last - first).total_seconds() // 60)
        return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
    count = (_start(latest[:10]) - _start(earliest[:10])).days
    return f"{count} {'day' if count == 1 else 'days'}" if count else "one day"


def _columns(hours: Sequence[int]) -> tuple[Hour, ...]:
    """Lay out the strip of posting hours: 24 columns, the busiest hour as high as the strip."""
    tally = Counter(hours)
    most = max(tally.values(), default=1)
    columns = []
    for hour in range(24):
        height = round(STRIP_HEIGHT * tally[hour] / most, 1)
        y = round(STRIP_HEIGHT - height, 1)
        columns.append(Hour(hour, tally[hour], hour * COLUMN, y, height))
    return tuple(columns)
