"""Says how surely a person is recognised by these references, and what to add first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from media_screen import weights
from media_screen.results.plain import counted
from media_screen.weights.calibration import percent

if TYPE_CHECKING:
    from media_screen.people.gallery import Gallery

FACES = "face_embedder/references.json"  # below models/
VOICES = "voice_identity/references.json"
LEAST_GAIN = 0.02  # of the share that is recognised, for which one is sent to look for more


@dataclass(frozen=True, slots=True)
class Amounts:
    """Which share of a person's other pictures or recordings is recognised, by what is enrolled.

    `rows` are (pictures or seconds of speech, least and greatest share from 0 to 1), rising: people
    differ, and groups of people do.
    """

    rows: tuple[tuple[float, float, float], ...]

    def shares(self, amount: float) -> tuple[float, float]:
        """Return the least and the greatest share with so much; nothing is known by nothing."""
        return max(
            ((low, high) for least, low, high in self.rows if least <= amount), default=_NONE
        )

    def gain(self, amount: float) -> float:
        """Return how much more would be recognised with enough, of the least."""
        return self.shares(self.enough())[0] - self.shares(amount)[0]

    def enough(self) -> float:
        """Return the least amount beyond which hardly more is recognised."""
        best = max(low for _, low, _ in self.rows)
        return next(least for least, low, _ in self.rows if best - low < LEAST_GAIN)


_NONE = (0.0, 0.0)


@cache
def amounts(name: str) -> Amounts:
    """Return what was measured of faces or of voices."""
    record: Any = weights.record(name)
    return Amounts(tuple((float(a), float(low), float(high)) for a, low, high in record["rows"]))


def standing(person: str, gallery: Gallery) -> str:
    """Return how surely a person is recognised by what is enrolled, and what to add first."""
    pictures, seconds = _enrolled(person, gallery)
    known = (
        f"{counted(pictures, 'picture or video', 'pictures and videos')} "
        f"({_worth(amounts(FACES), pictures, 'pictures')}), {seconds:.0f} s of speech "
        f"({_worth(amounts(VOICES), seconds, 'recordings')})"
    )
    more = wanted(person, gallery)
    return f"{known}; add first: {more}" if more else known


def wanted(person: str, gallery: Gallery) -> str:
    """Return what would help most to recognise a person, "" where more gives hardly anything."""
    pictures, seconds = _enrolled(person, gallery)
    face, speech = amounts(FACES), amounts(VOICES)
    gain, more = max(
        (face.gain(pictures), f"pictures of other days, {face.enough():.0f} in all"),
        (speech.gain(seconds), f"recordings of the voice, {speech.enough():.0f} s in all"),
    )
    return more if gain >= LEAST_GAIN else ""


def _enrolled(person: str, gallery: Gallery) -> tuple[int, float]:
    """Return how many pictures and videos of a face are enrolled, and how many s of the voice."""
    faces = [one.pictures + one.videos for one in gallery.templates if one.person == person]
    return sum(faces), sum(one.seconds for one in gallery.voices if one.person == person)


def _worth(known: Amounts, amount: float, what: str) -> str:
    """Say how much of the rest of people known by as much was recognised."""
    low, high = known.shares(amount)
    told = f"{percent(low)} to {percent(high)} of other {what} recognised in tests"
    return told if high else "not recognised"
