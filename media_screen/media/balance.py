"""Measures how the two sides of a sound differ, and what a mix of them leaves unheard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media_screen.evidence import Span
from media_screen.media.sound import SAMPLE_RATE, Mix

if TYPE_CHECKING:
    import numpy as np

CELL = 0.5  # s; over so long is compared, about two syllables
# Share of the power of a side that a mix may leave out. A tenth is 10 dB under the rest: of two
# voices that far apart the weaker is background.
UNHEARD = 0.1
# Power of a mix, as a share of both sides, that coding noise may have: 20 dB under them. A mix in
# which the sides all but cancel holds little else.
_NOISE = 0.01
_AUDIBLE = 1e-6  # power, -60 dB of full scale, under which nothing is heard
_FAINT = 10**-2.5  # of the loud moments of the file: what is 25 dB quieter is its background
_LOUD = 90  # percentile of moments that counts as loud
_GAP = 1.0  # s between stretches that are taken for one
_LEAST = 1.0  # s of stretches in all, under which there is nothing to hear apart
_OPPOSED = 4.0  # power of the difference over that of the sum, from which phases are opposite


class Balance:
    """Gathers the powers of both sides and what they share, half a second at a time."""

    def __init__(self) -> None:
        self._starts: list[float] = []
        self._cells: list[np.ndarray] = []  # power of left, power of right, their product

    def add(self, start_s: float, sides: np.ndarray) -> None:
        """Take in two sides from a time on (see `Block`); of one there is nothing to compare."""
        import numpy as np

        if len(sides) != 2 or not sides.shape[1]:
            return
        left, right = sides
        edges = np.arange(0, left.size, round(CELL * SAMPLE_RATE))
        lengths = np.diff(np.append(edges, left.size))
        products = (left**2, right**2, left * right)
        powers = [np.add.reduceat(product, edges) / lengths for product in products]
        self._cells.append(np.stack(powers, axis=1))
        self._starts += (start_s + edges / SAMPLE_RATE).tolist()

    @property
    def mix(self) -> Mix:
        """Both sides together, or their difference where they are in opposite phase."""
        left, right, shared = self._powers().sum(axis=0)
        opposed = left + right - 2 * shared > _OPPOSED * (left + right + 2 * shared)
        return Mix.APART if opposed else Mix.BOTH

    def unheard(self, mix: Mix) -> tuple[Span, ...]:
        """Return where a mix leaves out what is heard on the sides, () for less than a second."""
        import numpy as np

        cells = np.flatnonzero(_left_out(self._powers(), mix) > UNHEARD)
        spans: list[Span] = []
        for start in (self._starts[cell] for cell in cells):
            first = spans.pop() if spans and start - spans[-1].end < _GAP else Span(start, start)
            spans.append(Span(first.start, start + CELL))
        return tuple(spans) if len(cells) * CELL >= _LEAST else ()

    def others(self, mix: Mix) -> tuple[Mix, ...]:
        """Return the further mixes in which to hear what this one leaves out, none that repeats."""
        import numpy as np

        powers = self._powers()
        left_out = powers[_left_out(powers, mix) > UNHEARD]
        if len(left_out) * CELL < _LEAST:
            return ()
        left, right, shared = left_out.sum(axis=0)
        both = np.array([[left, shared], [shared, right]])
        chosen = [np.array(mix.value)]
        found = []
        for other in Mix:
            weights = np.array(other.value)
            if weights @ both @ weights < _NOISE * np.trace(both):
                continue  # coding noise
            if all(_news(weights, known, both) > UNHEARD for known in chosen):
                chosen.append(weights)
                found.append(other)
        return tuple(found)

    def _powers(self) -> np.ndarray:
        """Return cells x (power of the left, power of the right, mean of their product)."""
        import numpy as np

        return np.concatenate([np.zeros((0, 3), np.float32), *self._cells]).astype(np.float64)


def _left_out(powers: np.ndarray, mix: Mix) -> np.ndarray:
    """Return for each cell the share of a side, the larger one, that can't be told from a mix.

    A side that is only background counts as told.
    """
    import numpy as np

    left, right, shared = powers.T
    total = left + right
    least = max(_AUDIBLE, _FAINT * float(np.percentile(total, _LOUD)) if total.size else 0.0)
    one, other = mix.value
    told = (one * left + other * shared, one * shared + other * right)  # products with the mix
    power = np.maximum(one * told[0] + other * told[1] + _NOISE * total, least * _NOISE)
    shares = [
        np.where(side > least, 1.0 - product**2 / (power * np.maximum(side, least)), 0.0)
        for side, product in zip((left, right), told, strict=True)
    ]
    return np.asarray(np.maximum(*shares))


def _news(weights: np.ndarray, known: np.ndarray, both: np.ndarray) -> float:
    """Return the share of a mix that is not in another one, of sides with these powers."""
    shared = weights @ both @ known
    power = known @ both @ known + _NOISE * (both[0, 0] + both[1, 1])
    return float(1.0 - shared**2 / (power * (weights @ both @ weights)))
