"""Looks at what comments under the files of a campaign do together.

Copied texts, minutes with far more comments than usual, authors who write under several files, and
the names that are accused. There may be hundreds of thousands: they are read one after the other,
and of each only numbers are kept, of each different text one copy.

All of it is context: who comments in chorus says nothing of whether a picture is forged.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from media_screen.arrays import Array, Doubles, Flags, Ints, Rows
from media_screen.coordination.posts import MAX_LISTED, said
from media_screen.coordination.ties import Share, in_turns, of_several
from media_screen.coordination.wordings import Texts, Wordings
from media_screen.evidence import CommentActivity, SharedWording
from media_screen.sidecar import Comment, CommentsError, read_comments

FindNames = Callable[[str], Iterable[str]]

MAX_COMMENTS = 1_000_000  # read of one campaign; 500,000 take some 750 MB
# A burst is a minute with ten comments and more, and with five times as many as the minutes of the
# half hours before and after it have on average, counted as one more than they are. At a steady
# pace, whatever it is, fewer than one minute in a million is, and twenty where the pace varies by
# half from minute to minute (benchmarks/results/coordination.md).
# A wave that goes on for an hour is no burst.
BURST_LEAST, BURST_TIMES, BURST_AROUND = 10, 5, 30  # comments, times, minutes to either side
# Of comments with exact times one in 60 is on the full minute. YouTube tells "2 hours ago", so
# that the times of a file whose comments mostly are on it were rounded, and say no minute.
_ROUNDED_SHARE = 0.5
_ASKED = 65_536  # different texts whose names are remembered: copies are not searched again
_LEFT_OUT = "only {} of {} comments by accounts that posted are compared in time"
_NO_TIME = float("nan")
_BY_NAME = "\0"  # before the name of an author without an id; no text of a sidecar holds it
MAX_SHARES = 20_000  # comments that are compared in time; 12 s where all are of one minute


@dataclass(frozen=True, slots=True)
class Comments:
    """What was found in the comments of a campaign.

    `shares` say which account wrote which wording when, for the `accounts` that were asked for and
    wordings that several of them wrote. `problems` are sentences on files that could not be read to
    their end, and on what there was too much of.
    """

    activity: CommentActivity
    wordings: tuple[SharedWording, ...]
    shares: tuple[Share, ...]
    problems: tuple[str, ...]


def look_through(
    sidecars: Mapping[str, Path],
    *,
    find_names: FindNames | None = None,
    platforms: Mapping[str, str] | None = None,
    accounts: frozenset[str] = frozenset(),
) -> Comments:
    """Read the comments of the sidecars of a campaign and say what they do together.

    `sidecars` are by the key of their file; one that several files have is read once, and a
    comment that two sidecars hold counts once. `find_names` gives the names in a text. `accounts`
    are ids whose own comments are given back as `shares`; the ids of authors become ids of
    accounts by the platform of the file, from `platforms`. What is damaged is read as far as it
    goes.
    """
    table = _CommentTable(find_names)
    problems: list[str] = []
    once = {path: key for key, path in sorted(sidecars.items(), reverse=True)}
    for path, key in reversed(once.items()):
        try:
            for comment in read_comments(path):
                if len(table.file) >= MAX_COMMENTS:
                    problems.append(f"only the first {MAX_COMMENTS} comments were read")
                    break
                table.add(key, comment)
        except CommentsError as error:
            problems.append(str(error))
    return table.found(platforms or {}, accounts, tuple(dict.fromkeys(problems)))


class _CommentTable:
    """Comments as columns of numbers, 20 bytes each, and their different texts and authors."""

    def __init__(self, find_names: FindNames | None) -> None:
        self.file, self.author, self.text = array("i"), array("i"), array("i")
        self.moment_s = array("d")
        self._keys: dict[str, int] = {}
        self._authors: dict[str, int] = {}
        self._shown: list[str] = []  # of the authors, their names
        self._texts = Texts()
        self._seen: set[int] = set()
        self._names: Counter[str] = Counter()
        self._find = find_names and lru_cache(_ASKED)(lambda text: tuple(set(find_names(text))))

    def add(self, key: str, comment: Comment) -> None:
        """Take one comment in; one that was there before counts once."""
        if comment.id:
            mark = hash((comment.id, comment.author_id, comment.text))
            if mark in self._seen:
                return
            self._seen.add(mark)
        # A name is marked: whoever calls itself by the id of another account is not that account.
        who = comment.author_id or (comment.author and f"{_BY_NAME}{comment.author}")
        author = self._authors.setdefault(who, len(self._authors)) if who else -1
        name = comment.author or comment.author_id
        if author == len(self._shown):
            self._shown.append(name)
        elif author >= 0:  # of several names the first by letters, whichever was read first
            self._shown[author] = min(self._shown[author], name)
        self.file.append(self._keys.setdefault(key, len(self._keys)))
        self.author.append(author)
        self.text.append(self._texts.add(comment.text))
        self.moment_s.append(_NO_TIME if comment.moment_s is None else comment.moment_s)
        if self._find:
            self._names.update(self._find(comment.text))

    def found(
        self, platforms: Mapping[str, str], accounts: frozenset[str], problems: tuple[str, ...]
    ) -> Comments:
        """Look at all comments that were taken in."""
        columns = _CommentColumns(
            keys=np.array(list(self._keys) or [""]),
            file=np.asarray(self.file, np.intp),
            author=np.asarray(self.author, np.intp),
            text=np.asarray(self.text, np.intp),
            moment_s=np.asarray(self.moment_s, np.float64),
        )
        wordings = self._texts.wordings()
        activity = CommentActivity(
            read=len(self.file),
            authors=len(self._authors),
            recurring=_recurring(columns, self._shown),
            bursts=_bursts(columns),
            names=tuple(self._names.most_common(MAX_LISTED)),
        )
        shared = tuple(_shared(columns, wordings, self._texts.texts, self._shown))
        posters = sorted(accounts)
        account = self._posters(columns, platforms, posters)
        rows = _comparable(columns, wordings, account)
        shares = tuple(
            Share(
                what=self._texts.texts[wordings.leader[columns.text[row]]],
                account=posters[account[row]],
                post=f"comment {row}",
                moment_s=float(columns.moment_s[row]),
            )
            for row in rows[:MAX_SHARES]
        )
        left_out = [_LEFT_OUT.format(MAX_SHARES, len(rows))] if len(rows) > MAX_SHARES else []
        return Comments(activity, shared, shares, (*problems, *left_out))

    def _posters(
        self, columns: _CommentColumns, platforms: Mapping[str, str], accounts: Sequence[str]
    ) -> Rows:
        """Return which of some accounts wrote each comment, -1 for none of them."""
        ids, files = list(self._authors), len(columns.keys)
        number = {account: at for at, account in enumerate(accounts)}
        own = {account.partition(":")[2] for account in accounts}
        written: Rows = np.full(len(columns.author), -1, np.intp)
        rows = np.flatnonzero(
            np.isin(columns.author, [at for at, id_ in enumerate(ids) if id_ in own])
        )
        places, place = np.unique(
            columns.author[rows] * files + columns.file[rows], return_inverse=True
        )
        platform = [platforms.get(str(key), "") for key in columns.keys]
        found = [
            number.get(f"{platform[at % files]}:{ids[at // files]}", -1) for at in places.tolist()
        ]
        written[rows] = np.asarray(found, np.intp)[place]
        return written


@dataclass(frozen=True, slots=True)
class _CommentColumns:
    """The comments as arrays, one entry each; -1 is an author or a text that is not known."""

    keys: Array  # of the files, by number
    file: Rows
    author: Rows
    text: Rows
    moment_s: Doubles


def _rounded(columns: _CommentColumns) -> Flags:
    """Say of each file whether the times of its comments were rounded to minutes or coarser."""
    known = ~np.isnan(columns.moment_s)
    full = known & (columns.moment_s % 60 == 0)
    files = len(columns.keys)
    of = np.bincount(columns.file[known], minlength=files)
    return np.bincount(columns.file[full], minlength=files) > _ROUNDED_SHARE * of


def _comparable(columns: _CommentColumns, wordings: Wordings, account: Rows) -> Rows:
    """Return comments whose text several accounts wrote at known times, all accounts in turn."""
    timed = ~np.isnan(columns.moment_s) & ~_rounded(columns)[columns.file]
    rows = np.flatnonzero((account >= 0) & (columns.text >= 0) & timed)
    text = wordings.leader[columns.text[rows]]
    rows = rows[of_several(text, account[rows])]
    text = wordings.leader[columns.text[rows]]
    return rows[in_turns(text, account[rows], columns.moment_s[rows])]


def _bursts(columns: _CommentColumns) -> tuple[tuple[str, int], ...]:
    """Find minutes with far more comments than those around them, over all files together."""
    exact = ~np.isnan(columns.moment_s) & ~_rounded(columns)[columns.file]
    minutes, counts = np.unique(columns.moment_s[exact] // 60, return_counts=True)
    found = [(said(60 * minutes[at]), int(counts[at])) for at in bursts_of(minutes, counts)]
    return tuple(sorted(found, key=lambda burst: (-burst[1], burst[0]))[:MAX_LISTED])


def bursts_of(minutes: Doubles, counts: Ints) -> Ints:
    """Return which of some minutes are bursts; `minutes` are sorted, all with comments."""
    before = np.append(0, np.cumsum(counts))
    low = np.searchsorted(minutes, minutes - BURST_AROUND, "left")
    high = np.searchsorted(minutes, minutes + BURST_AROUND, "right")
    around = (before[high] - before[low] - counts) / (2 * BURST_AROUND)
    return np.flatnonzero((counts >= BURST_LEAST) & (counts >= BURST_TIMES * (around + 1)))


def _recurring(columns: _CommentColumns, shown: list[str]) -> tuple[tuple[str, int], ...]:
    """Count the files under which each author wrote, for those who wrote under several."""
    known = columns.author >= 0
    files = max(len(columns.keys), 1)
    places = np.unique(columns.author[known] * files + columns.file[known])
    authors, counts = np.unique(places // files, return_counts=True)
    found = [(shown[authors[at]], int(counts[at])) for at in np.flatnonzero(counts > 1)]
    return tuple(sorted(found, key=lambda pair: (-pair[1], pair[0]))[:MAX_LISTED])


def _shared(
    columns: _CommentColumns, wordings: Wordings, texts: list[str], shown: list[str]
) -> Iterator[SharedWording]:
    """Give the wordings that several authors used, those of most authors first."""
    rows = np.flatnonzero((columns.text >= 0) & (columns.author >= 0))
    if not len(rows):
        return
    leader = wordings.leader[columns.text[rows]]
    uses = np.unique(leader * (columns.author.max() + 1) + columns.author[rows])
    leaders, authors = np.unique(uses // (columns.author.max() + 1), return_counts=True)
    several = np.flatnonzero(authors > 1)
    ranked = sorted(several, key=lambda at: (-authors[at], texts[leaders[at]]))[:MAX_LISTED]
    order = np.argsort(leader, kind="stable")
    leader, rows = leader[order], rows[order]
    for number in leaders[ranked]:
        low, high = np.searchsorted(leader, [number, number + 1])
        own = rows[low:high]
        times = columns.moment_s[own]
        times = times[~np.isnan(times)]
        names = sorted({shown[at] for at in columns.author[own]})
        yield SharedWording(
            text=texts[number],
            where="comment",
            accounts=tuple(names[:MAX_LISTED]),
            files=tuple(sorted({str(columns.keys[at]) for at in columns.file[own]})[:MAX_LISTED]),
            count=len(own),
            alike=round(float(wordings.alike[columns.text[own]].min()), 3),
            first=said(times.min()) if len(times) else "",
            last=said(times.max()) if len(times) else "",
        )
