"""A picture of who did the same: accounts as dots, what ties them as lines, laid out by force.

The same accounts and ties give the same picture: nothing in it is drawn by chance. The layout is
that of Fruchterman and Reingold (Graph drawing by force-directed placement, 1991), with a pull to
the middle, so that parts without a tie to each other stay in the picture.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media_screen.evidence import TIE_KINDS, AccountTie, CampaignAccount, TieKind
from media_screen.results.text import shorten, visible

if TYPE_CHECKING:
    from media_screen.arrays import Doubles, Ints

MOST_DRAWN = 200  # accounts, those with most ties; the table lists the others
MOST_LINES = 500  # ties; beyond, lines cover one another
# px, for up to so many accounts: few need no picture that is wider than a screen.
SIZES = ((12, 640, 280), (60, 940, 440), (MOST_DRAWN, 1200, 620))
MARGIN_X, MARGIN_Y = 70, 24  # px around the dots: half a label must fit
STEPS = 60  # of the layout; dots hardly move after
THICKEST = 17  # times that two accounts did alike; more give no thicker line
LONGEST_NAME = 18  # characters of a label
_FONT, _LINE = 11.0, 12.0  # px of the letters of a label (campaign.css), and of its height
# Widths of letters (em): of DejaVu Sans, the widest of the fonts that systems show pages in.
_NARROW, _SMALL, _CAPITAL, _BROAD, _FOREIGN, _EMOJI = 0.42, 0.65, 0.8, 1.03, 1.1, 1.5
_NARROW_ONES, _BROAD_ONES = frozenset(" !'(),-./:;IJ[\\]fijlrt|"), frozenset("#%&+<=>@MW^mw~")
_GOLDEN = math.pi * (3 - math.sqrt(5))  # turn between two seeds of a sunflower

TIE_WORDS: Mapping[TieKind, str] = {
    "media": "the same media",
    "title": "the same title",
    "description": "the same description",
    "comment": "the same comment",
    "link": "the same link",
    "tag": "the same tags",
}


@dataclass(frozen=True, slots=True)
class Dot:
    """One account: where it is (px), and its name where there is room for it."""

    x: int
    y: int
    radius: float
    title: str
    schemed: bool  # its name is made by a scheme
    label: str
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class TieLine:
    """One tie that is drawn (px)."""

    kind: TieKind
    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    title: str


@dataclass(frozen=True, slots=True)
class TieCount:
    """How many pairs of accounts a kind of tie joins."""

    kind: TieKind
    words: str
    pairs: int


@dataclass(frozen=True, slots=True)
class NetworkView:
    """The picture, and what it leaves out."""

    width: int
    height: int
    dots: tuple[Dot, ...]
    lines: tuple[TieLine, ...]
    kinds: tuple[TieCount, ...]
    pairs: int
    accounts: int


def draw_network(
    accounts: Sequence[CampaignAccount], ties: Sequence[AccountTie]
) -> NetworkView | None:
    """Lay out accounts and ties, or return None when nothing ties two of them."""
    known = {account.id: account for account in accounts}
    held = [tie for tie in ties if tie.one in known and tie.other in known and tie.one != tie.other]
    if not held:
        return None
    tied = Counter(end for tie in held for end in (tie.one, tie.other))
    most_first = sorted(known, key=lambda each: (-tied[each], -len(known[each].posts), each))
    drawn = [known[each] for each in most_first if tied[each]][:MOST_DRAWN]
    number = {account.id: place for place, account in enumerate(drawn)}
    lines = _chosen([tie for tie in held if tie.one in number and tie.other in number])
    size = next((width, height) for most, width, height in SIZES if len(drawn) <= most)
    places = _placed(len(drawn), [(number[tie.one], number[tie.other]) for tie in lines], size)
    tally = Counter(tie.by for tie in held)
    return NetworkView(
        width=size[0],
        height=size[1],
        dots=tuple(_dots(drawn, places, tied, size)),
        lines=tuple(_tie_lines(lines, number, places)),
        kinds=tuple(
            TieCount(kind, TIE_WORDS[kind], tally[kind]) for kind in TIE_KINDS if tally[kind]
        ),
        pairs=len(held),
        accounts=len(known),
    )


def _chosen(ties: Sequence[AccountTie]) -> list[AccountTie]:
    """Choose the ties to draw: of each kind what holds its groups together, then the strongest."""
    by_strength = sorted(ties, key=lambda tie: (-tie.count, tie.apart_s, tie.one, tie.other))
    if len(ties) <= MOST_LINES:
        return by_strength
    needed: list[AccountTie] = []
    rest: list[AccountTie] = []
    groups: dict[TieKind, dict[str, str]] = defaultdict(dict)
    for tie in by_strength:
        one, other = (_top(groups[tie.by], end) for end in (tie.one, tie.other))
        groups[tie.by][one] = other
        (rest if one == other else needed).append(tie)
    return needed + rest[: max(0, MOST_LINES - len(needed))]


def _top(parent: dict[str, str], name: str) -> str:
    while parent.setdefault(name, name) != name:
        parent[name] = name = parent[parent[name]]
    return name


# --- layout --------------------------------------------------------------------------------------


def _placed(
    count: int, pairs: Sequence[tuple[int, int]], size: tuple[int, int]
) -> list[tuple[int, int]]:
    """Place dots so that tied ones are near each other and no two are too near; px."""
    import numpy as np  # late: most folders of results have no network to draw

    # Seeds of a sunflower, to a digit that no machine's sine differs in. What follows adds in one
    # order and rounds alike everywhere, so that the picture is the same on every machine.
    x, y = (
        np.array([round(math.sqrt(each + 0.5) * turn(each * _GOLDEN), 3) for each in range(count)])
        for turn in (math.cos, math.sin)
    )
    ties = _Ties.of(count, pairs)
    reach = math.sqrt(count) + 1
    for step in range(STEPS):
        heat = 0.35 * reach * (1 - step / STEPS)  # how far a dot may go in one step
        force_x, force_y = _forces(x, y, ties)
        far = np.sqrt(force_x * force_x + force_y * force_y)
        part = np.minimum(1.0, heat / np.maximum(far, 1e-9))
        x, y = x + force_x * part, y + force_y * part
    return _fitted(x.tolist(), y.tolist(), size)


@dataclass(frozen=True, slots=True)
class _Ties:
    """Which dots are tied, each pair once, and how strongly."""

    one: Ints
    other: Ints
    strength: Doubles

    @staticmethod
    def of(count: int, pairs: Sequence[tuple[int, int]]) -> _Ties:
        """Return the ties of `count` dots; those of one pair that is named several times."""
        import numpy as np

        kinds = Counter(pairs)
        one, other = np.array(list(kinds)).T
        ends = np.bincount(np.concatenate((one, other)), minlength=count)
        # Several kinds of tie pull little more than one, and a crowd is not drawn into a point.
        strength = 0.3 * np.minimum(list(kinds.values()), 2) / np.maximum(ends[one], ends[other])
        return _Ties(one, other, strength)


def _forces(x: Doubles, y: Doubles, ties: _Ties) -> tuple[Doubles, Doubles]:
    """Return what moves each dot: away from all others, along its ties, and to the middle."""
    import numpy as np

    gap_x, gap_y = x - x[:, None], y - y[:, None]  # from the dot of the row to that of the column
    push = 1.0 / np.maximum(gap_x * gap_x + gap_y * gap_y, 1e-4)
    away_x, away_y = gap_x[ties.other, ties.one], gap_y[ties.other, ties.one]
    pull = ties.strength * np.sqrt(away_x * away_x + away_y * away_y)
    return (
        _force(x, gap_x * push, away_x * pull, ties),
        _force(y, gap_y * push, away_y * pull, ties),
    )


def _force(at: Doubles, pushes: Doubles, pulls: Doubles, ties: _Ties) -> Doubles:
    """Add up what moves each dot along one axis."""
    import numpy as np

    force = pushes.sum(axis=0) - 0.05 * at  # row by row, in order
    np.subtract.at(force, ties.one, pulls)
    np.add.at(force, ties.other, pulls)
    return np.asarray(force)


def _fitted(
    xs: Sequence[float], ys: Sequence[float], size: tuple[int, int]
) -> list[tuple[int, int]]:
    """Stretch the places to the picture, the one way no more than twice as far as the other."""
    wide = (size[0] - 2 * MARGIN_X) / max(max(xs) - min(xs), 1e-6)
    high = (size[1] - 2 * MARGIN_Y) / max(max(ys) - min(ys), 1e-6)
    wide, high = min(wide, 2 * high), min(high, 2 * wide)
    middle = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    return [
        (
            round(size[0] / 2 + (x - middle[0]) * wide),
            round(size[1] / 2 + (y - middle[1]) * high),
        )
        for x, y in zip(xs, ys, strict=True)
    ]


# --- drawing -------------------------------------------------------------------------------------


def _tie_lines(
    ties: Sequence[AccountTie], number: Mapping[str, int], places: Sequence[tuple[int, int]]
) -> Iterator[TieLine]:
    beside: Counter[tuple[str, str]] = Counter()
    for tie in ties:
        (x1, y1), (x2, y2) = places[number[tie.one]], places[number[tie.other]]
        # Ties of several kinds run side by side.
        aside = 3 * beside[tie.one, tie.other]
        beside[tie.one, tie.other] += 1
        length = max(math.sqrt((x2 - x1) ** 2 + (y2 - y1) ** 2), 1.0)
        dx, dy = aside * (y2 - y1) / length, aside * (x1 - x2) / length
        yield TieLine(
            kind=tie.by,
            x1=round(x1 + dx, 1),
            y1=round(y1 + dy, 1),
            x2=round(x2 + dx, 1),
            y2=round(y2 + dy, 1),
            width=round(1.4 + 0.5 * math.sqrt(min(max(tie.count - 1, 0), THICKEST)), 1),
            title=f"{TIE_WORDS[tie.by]}, {tie.count}\u00d7: {account_name(tie.one)} and "
            f"{account_name(tie.other)}",
        )


def account_name(account: str) -> str:
    """Return an id of an account as shown."""
    return shorten(visible(account), 60)


def _dots(
    accounts: Sequence[CampaignAccount],
    places: Sequence[tuple[int, int]],
    tied: Mapping[str, int],
    size: tuple[int, int],
) -> Iterator[Dot]:
    radii = [min(4 + math.sqrt(len(account.posts)), 11.0) for account in accounts]
    taken = [
        (x - radius, y - radius, x + radius, y + radius)
        for (x, y), radius in zip(places, radii, strict=True)
    ]
    for account, (x, y), radius in zip(accounts, places, radii, strict=True):
        name = shorten(visible(account.handle or account.name or account.id), LONGEST_NAME)
        label = _labelled(name, (x, y, radius), taken, size)
        posts = len(account.posts)
        yield Dot(
            x=x,
            y=y,
            radius=round(radius, 1),
            title=f"{account_name(account.id)}: {posts} {'post' if posts == 1 else 'posts'}, "
            f"{tied[account.id]} {'tie' if tied[account.id] == 1 else 'ties'}",
            schemed=bool(account.scheme),
            label=name if label else "",
            label_x=label[0] if label else 0.0,
            label_y=label[1] if label else 0.0,
            anchor=label[2] if label else "",
        )


def _labelled(
    name: str,
    dot: tuple[int, int, float],
    taken: list[tuple[float, float, float, float]],
    size: tuple[int, int],
) -> tuple[float, float, str] | None:
    """Find room for a label beside, below or above its dot, and take it; None without room."""
    width = label_width(name)
    x, y, radius = dot
    gap = radius + 3
    for left, top, at, anchor in (
        (x + gap, y - _LINE / 2, x + gap, "start"),
        (x - gap - width, y - _LINE / 2, x - gap, "end"),
        (x - width / 2, y + gap - 2, float(x), "middle"),
        (x - width / 2, y - gap - _LINE + 2, float(x), "middle"),
    ):
        box = (left, top, left + width, top + _LINE)
        inside = left >= 0 and top >= 0 and box[2] <= size[0] and box[3] <= size[1]
        if inside and not any(_overlap(box, other) for other in taken):
            taken.append(box)
            return round(at, 1), round(top + _LINE - 2, 1), anchor
    return None


def label_width(name: str) -> float:
    """Return how wide a label is at most, px."""
    return _FONT * sum(map(_letter_width, name))


def _letter_width(letter: str) -> float:
    if not letter.isascii():
        return _EMOJI if ord(letter) >= 0x1F000 else _FOREIGN
    if letter in _NARROW_ONES or letter in _BROAD_ONES:
        return _NARROW if letter in _NARROW_ONES else _BROAD
    return _CAPITAL if letter.isupper() else _SMALL


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
