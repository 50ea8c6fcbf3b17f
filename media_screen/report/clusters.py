"""Groups files that repeat one another: the picture of a campaign, as far as the posts tell it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from media_screen.errors import MediaScreenError
from media_screen.results.rows import ResultRow
from media_screen.results.words import RANK

MOST_CLUSTERS = 200  # on the batch page, the largest; the pages of files name the others
MOST_LISTED = 100  # files of a cluster that are listed, the first posted
MOST_NAMED = 6  # platforms or accounts named in words
STRIP_HEIGHT, COLUMN = 36, 9  # px of the strip of hours, and of one hour in it
LINE_HEIGHT, LINE_PARTS = 30, 60  # px of the line of posts over time, and its equal parts

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(?:Z|\+00:00))?")


class TimeZoneError(MediaScreenError, ValueError):
    """No time zone has this name."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a cluster."""

    row: ResultRow
    posted: str  # in UTC as shown; "" when not known
    first: bool  # the earliest post of the cluster


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
    """One equal part of the time from the first post to the last: its posts, and where it is."""

    posts: int
    title: str
    x: float  # percent along the line
    y: float  # px
    height: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """Files that repeat one another, the earliest post first; `key` names it on the pages."""

    key: str
    members: tuple[Member, ...]
    exact: int  # files whose bytes another file of the cluster has too
    accounts: int
    unattributed: int  # files without a word about who posted them
    platforms: tuple[tuple[str, int], ...]
    labels: tuple[tuple[str, int], ...]
    posted: tuple[str, str] | None  # first and last, in UTC
    span: str
    timed: int  # posts whose hour is known
    hours: tuple[Hour, ...]
    line: tuple[TimeSlice, ...]  # the parts with posts; none when all were posted at one time

    @property
    def listed(self) -> tuple[Member, ...]:
        """The files that a page lists."""
        return self.members[:MOST_LISTED]


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


def find_clusters(rows: Sequence[ResultRow], zone: tzinfo) -> list[Cluster]:
    """Return the clusters of two files and more, the largest first."""
    groups = [group for group in _joined(rows) if len(group) > 1]
    clusters = [_cluster(group, zone) for group in groups]
    return sorted(clusters, key=lambda one: (-len(one.members), one.key))


def _joined(rows: Sequence[ResultRow]) -> Iterable[list[ResultRow]]:
    """Join rows that have one hash, or of which one names the hash of another."""
    parent: dict[str, str] = {}

    def top(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = name = parent[parent[name]]
        return name

    for row in rows:
        if row.sha256 and row.repeats:
            parent[top(row.sha256)] = top(row.repeats)
    groups: dict[str, list[ResultRow]] = defaultdict(list)
    for row in rows:
        if row.sha256:
            groups[top(row.sha256)].append(row)
    return groups.values()


def _cluster(rows: list[ResultRow], zone: tzinfo) -> Cluster:
    ordered = sorted(rows, key=lambda row: (_moment_key(row), row.path))
    dated = bool(_moment(ordered[0]))
    members = tuple(
        Member(row, _shown(row), first=dated and place == 0) for place, row in enumerate(ordered)
    )
    hashes = Counter(row.sha256 for row in rows)
    accounts = {row.account for row in rows if row.account}
    posted = [member.posted for member in members if member.posted]
    labels = Counter(row.label for row in rows)
    hours = [hour for row in rows if (hour := _hour(row, zone)) is not None]
    return Cluster(
        key=min(row.key for row in rows),
        members=members,
        exact=sum(count for count in hashes.values() if count > 1),
        accounts=len(accounts),
        unattributed=sum(1 for row in rows if not row.account),
        platforms=_counted(row.platform for row in rows if row.platform),
        labels=tuple(sorted(labels.items(), key=lambda item: RANK[item[0]])),
        posted=(posted[0], posted[-1]) if posted else None,
        span=_span([row for row in ordered if _moment(row)]),
        timed=len(hours),
        hours=_columns(hours),
        line=_line(rows),
    )


def _counted(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


# --- time ----------------------------------------------------------------------------------------


def _moment(row: ResultRow) -> tuple[str, str] | None:
    """Return day and time (or "") of a post, in UTC; None when it is not known or no such time."""
    found = _MOMENT.fullmatch(row.published)
    if found is None:
        return None
    try:
        datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}")
    except ValueError:
        return None
    return found[1], found[2] or ""


def _moment_key(row: ResultRow) -> tuple[str, str]:
    """Order posts by time; those of a day without the hour come after, unknown ones last."""
    day, time = _moment(row) or ("~", "")
    return day, time or "~"


def _shown(row: ResultRow) -> str:
    day, time = _moment(row) or ("", "")
    return f"{day} {time[:5]}".strip()


def _utc(row: ResultRow) -> datetime | None:
    moment = _moment(row)
    if moment is None or not moment[1]:
        return None
    return datetime.fromisoformat("T".join(moment)).replace(tzinfo=timezone.utc)


def _hour(row: ResultRow, zone: tzinfo) -> int | None:
    moment = _utc(row)
    try:
        return None if moment is None else moment.astimezone(zone).hour
    except OverflowError:  # the first or last day that there is
        return None


def _line(rows: Sequence[ResultRow]) -> tuple[TimeSlice, ...]:
    """Lay out posts over time; one whose hour is not known counts at the start of its day."""
    moments = sorted(moment for row in rows if (moment := _start(row)) is not None)
    if len(moments) < 2 or moments[0] == moments[-1]:
        return ()
    length = moments[-1] - moments[0]
    tally = Counter(
        min(LINE_PARTS - 1, int((moment - moments[0]) / length * LINE_PARTS)) for moment in moments
    )
    most = max(tally.values())
    parts = []
    for part, posts in sorted(tally.items()):
        height = round(LINE_HEIGHT * posts / most, 1)
        start = moments[0] + length * (part / LINE_PARTS)
        title = f"from {start:%Y-%m-%d %H:%M}: {posts}"
        x = round(100 * part / LINE_PARTS, 2)
        parts.append(TimeSlice(posts, title, x, round(LINE_HEIGHT - height, 1), height))
    return tuple(parts)


def _start(row: ResultRow) -> datetime | None:
    moment = _moment(row)
    return None if moment is None else datetime.fromisoformat(f"{moment[0]}T{moment[1] or '00:00'}")


def _span(dated: Sequence[ResultRow]) -> str:
    """Say how long it was from the first post to the last; rows are in order."""
    if len(dated) < 2:
        return ""
    first, last = _utc(dated[0]), _utc(dated[-1])
    if first is not None and last is not None and last - first < timedelta(days=3):
        minutes = int((last - first).total_seconds() // 60)
        return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
    days = [datetime.fromisoformat((_moment(row) or ("", ""))[0]) for row in (dated[0], dated[-1])]
    count = (days[1] - days[0]).days
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
