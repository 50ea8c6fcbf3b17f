"""Finds texts that are the same, or nearly, among many: by shingles, MinHash, and a second look.

A text is reduced to its letters and digits, without case, links and handles, and cut into
overlapping pieces ("shingles"): of five characters, of two where Chinese, Japanese or Korean is
written without spaces. Two texts are alike by the share of pieces they have in common (the Jaccard
index). MinHash signatures find who might be alike among hundreds of thousands; each such pair is
then compared by its pieces themselves, so that nothing is called alike by chance of a hash.

That several accounts use one wording is context. It is no evidence that anything is forged.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from media_screen.arrays import Array, Doubles, Flags, Ints, Rows
from media_screen.coordination.letters import PILED, WORD
from media_screen.sidecar.links import IN_LINK

# How alike two texts have to be. With a word changed nine of ten short texts still are; of 38,000
# tweets and reviews three in a thousand are so like another one, nearly all of them copies or set
# phrases, and none once their words were dealt anew (benchmarks/results/coordination.md).
LIKENESS = 0.6
# Shorter texts are phrases that everybody writes ("Breaking news", "Thank you for sharing"). In
# letters; a sign of Chinese counts as three, since a word of two signs is one of six letters.
LEAST_LETTERS = 24
MAX_TEXT = 2_000  # characters of a text that are compared and shown; later ones are mostly links

_WIDE = "\u2e80"  # from here on Unicode has the scripts that are written without spaces
_NARROW_SHINGLE, _WIDE_SHINGLE = 5, 2  # characters
_LETTERS_OF_WIDE = 3

# Of pairs that are .6 alike 4% are missed, of .7 6 in 10,000; of unrelated texts (.05) 12 in a
# million have to be compared.
_BANDS, _ROWS = 40, 5
_SEED = 20  # any; the same in every run, and nothing of it is kept
# Memory is measured at 130 characters a text, and at MAX_TEXT.
_CHUNK = 512  # texts whose signatures are made at once; 8 MB to 48 MB
_KNOWN_SETS = 1_000  # sets of pieces kept for texts that many are compared with; 15 MB to 250 MB

# Han follows both without a space.
_LINK_OR_HANDLE = re.compile(
    rf"(?:https?://|www\.){IN_LINK}+|[@\uff20](?:(?![\u2e80-\U0010ffff])[{WORD}.-])+", re.I
)
_NO_LETTERS = re.compile(rf"(?:[^{WORD}]|_)+")
_PILED = re.compile(f"[{PILED}]")
# What is not seen between letters, and breaks a word for a program: soft hyphens, joiners, marks
# of direction.
_UNSEEN = re.compile("[\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")


def normal(text: str) -> str:
    """Return what two spellings of one text share: letters and digits, no case, single spaces."""
    text = _LINK_OR_HANDLE.sub(" ", text[:MAX_TEXT])
    if not text.isascii():
        text = _PILED.sub("", unicodedata.normalize("NFKC", _UNSEEN.sub("", text)))
    return _NO_LETTERS.sub(" ", text.casefold()).strip()[:MAX_TEXT]


def is_long_enough(text: str) -> bool:
    """Say whether a text that is `normal` is longer than what everybody writes."""
    if text.isascii():
        return len(text) - text.count(" ") >= LEAST_LETTERS
    wide = sum(char >= _WIDE for char in text)
    return len(text) - text.count(" ") + (_LETTERS_OF_WIDE - 1) * wide >= LEAST_LETTERS


def shingles(text: str) -> frozenset[str]:
    """Return the overlapping pieces of a text that is `normal`, each once."""
    pieces = (text[at : at + _NARROW_SHINGLE] for at in range(len(text)))
    cut = [piece[:_WIDE_SHINGLE] if piece[0] >= _WIDE else piece for piece in pieces]
    # The last ones are cut off by the end of the text.
    tail = [piece for piece in cut[1 - _NARROW_SHINGLE :] if len(piece) == _width(piece)]
    return frozenset(cut[: 1 - _NARROW_SHINGLE] + tail)


def _width(piece: str) -> int:
    return _WIDE_SHINGLE if piece[0] >= _WIDE else _NARROW_SHINGLE


def likeness(a: frozenset[str], b: frozenset[str]) -> float:
    """Return the share of pieces that two texts have in common, 0 to 1 (Jaccard)."""
    both = len(a & b)
    return both / (len(a) + len(b) - both) if both else 0.0


@dataclass(frozen=True, slots=True)
class Wordings:
    """Which of several different texts are one wording.

    `leader` has, for each text, the number of the one that stands for its wording: the one used
    most among those that are alike; `alike` is how alike the two are, 0 to 1.
    """

    leader: Rows
    alike: Doubles


class Texts:
    """Different texts, with how often each is used; what differs in case or links is one text."""

    def __init__(self) -> None:
        self.texts: list[str] = []  # as they were written
        self.counts: list[int] = []
        self._number_of: dict[int, int] = {}

    def add(self, text: str) -> int:
        """Count a text and return its number, -1 for one that is too short to tell anything."""
        text = text[:MAX_TEXT]
        plain = normal(text)
        if not is_long_enough(plain):
            return -1
        number = self._number_of.setdefault(hash(plain), len(self.texts))
        if number == len(self.texts):
            self.texts.append(text)
            self.counts.append(0)
        self.counts[number] += 1
        # Of several ways to write it the first by letters: not the one that was read first.
        self.texts[number] = min(self.texts[number], text)
        return number

    def wordings(self, *, at_least: float = LIKENESS) -> Wordings:
        """Return which texts are alike; the order in which they were added changes nothing."""
        order = sorted(range(len(self.texts)), key=lambda at: (-self.counts[at], self.texts[at]))
        sorted_texts = [self.texts[at] for at in order]
        leader, alike = _leaders(sorted_texts, at_least)
        back: Rows = np.empty(len(order), np.intp)
        back[order] = np.arange(len(order))
        numbers = np.asarray(order, np.intp)
        return Wordings(numbers[leader[back]] if len(order) else leader, alike[back])


def _leaders(texts: Sequence[str], at_least: float) -> tuple[Rows, Doubles]:
    """Put each text to the first one that it is enough alike; `texts` come in order of weight."""
    leader: Rows = np.arange(len(texts))
    alike: Doubles = np.ones(len(texts))
    known = lru_cache(_KNOWN_SETS)(lambda number: shingles(normal(texts[number])))
    for first, text in _candidates(texts):
        if leader[text] != text:
            continue
        best = int(leader[first])  # settled: it comes before
        found = likeness(known(best), known(text))
        if found >= at_least:
            leader[text], alike[text] = best, found
    return leader, alike


def _candidates(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Give pairs of texts that may be alike, the lower number first, by the higher one."""
    if len(texts) < 2:
        return
    keys = np.concatenate(
        [_bands(texts[at : at + _CHUNK]) for at in range(0, len(texts), _CHUNK)], axis=0
    )
    pairs: Ints = np.empty(0, np.int64)
    for band in keys.T:
        pairs = np.union1d(pairs, _pairs_of(band))
    for pair in pairs:
        text, first = divmod(int(pair), len(texts))
        yield first, text


def _pairs_of(band: Array) -> Ints:
    """Pair each text with the first one that has the same key; all numbers in one integer."""
    order = np.argsort(band, kind="stable")
    keys = band[order]
    starts: Flags = np.append(True, keys[1:] != keys[:-1])
    first = order[np.maximum.accumulate(np.where(starts, np.arange(len(keys)), 0))]
    again = ~starts
    return order[again].astype(np.int64) * len(band) + first[again]


def _bands(texts: Sequence[str]) -> Array:
    """Return the keys of the bands of each text, (texts, bands) uint32: equal where they agree."""
    import rensa  # here, because few scans compare texts

    flat, ends = _hashed([normal(text) for text in texts])
    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(flat, ends, _BANDS * _ROWS, _SEED)
    rows = np.asarray(matrix.to_rows(), np.uint64).reshape(len(texts), _BANDS, _ROWS)
    keys: Array = (_mixed(rows, axis=2) >> np.uint64(32)).astype(np.uint32)
    return keys


def _hashed(texts: Sequence[str]) -> tuple[Array, Array]:
    """Return the hashes of all pieces of all texts one after the other, and where each begins."""
    lengths = np.fromiter(map(len, texts), np.intp, len(texts))
    points = np.frombuffer("".join(texts).encode("utf-32-le", "replace"), np.uint32)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(points))  # to the text's end
    is_wide = points >= ord(_WIDE)
    padded = np.append(points, np.zeros(_NARROW_SHINGLE, np.uint32)).astype(np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(padded, _NARROW_SHINGLE)[: len(points)]
    hashes = np.where(is_wide, _mixed(windows[:, :_WIDE_SHINGLE], 1), _mixed(windows, 1))
    kept = left >= np.where(is_wide, _WIDE_SHINGLE, _NARROW_SHINGLE)
    number = np.repeat(np.arange(len(texts)), lengths)[kept]
    counts = np.bincount(number, minlength=len(texts))
    return hashes[kept], np.append(0, np.cumsum(counts)).astype(np.uint64)


def _mixed(values: Array, axis: int) -> Array:
    """Fold numbers along an axis into one of 64 bits (multiply and add, overflow wanted)."""
    total: Array = np.zeros(values.shape[:axis], np.uint64)
    for at in range(values.shape[axis]):
        total = (total ^ (total >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15) + values[..., at]
    mixed: Array = (total ^ (total >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return mixed
