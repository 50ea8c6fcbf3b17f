"""What detectors say of a person's own videos, and what a file's score means beside them.

A studio, a webcam or a filter moves a detector's scores. Of an enrolled person there are genuine
videos to see by how much: where these score high, a high score says less, and where all of them
score low, it says more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from media_screen.weights.calibration import UsualScores

LEAST_OWN = 3  # videos or recordings of a person; fewer say little about what they score
# How often a detector may be wrong about a person's own videos before it is of no use for them.
LEAST_WRONG, SHARE_WRONG = 2, 0.2
# Of videos in one setting this many count: they share a camera, a light and an encoder, and are not
# independent of one another.
MOST_OF_SETTING = 4
# Variance of the videos of one person over that between people, by which the mean of few is drawn
# to the usual one. Measured: 0.1 on clips of 15 people and 1.3 on single pictures of 54. Of 1.35, 2
# and 3 the last raises fewest false alarms (benchmarks/results/person.md).
WITHIN_TO_BETWEEN = 3.0
PRIOR_SPREAD = 3.0  # videos that the usual spread of one person's videos counts for
# Cosine of two mean pictures from which two videos are taken for one setting: nine in ten pairs of
# one set and of halves of one video reach it, and 1 in 700 pairs of other people's videos.
SAME_SETTING = 0.85
SCENE_SIDE = 12  # px, side of the mean picture that tells settings apart


@dataclass(frozen=True, slots=True)
class OwnScore:
    """What one detector says of one video: its score, and its ratio before it is set beside any."""

    score: float
    llr: float


@dataclass(frozen=True, slots=True)
class OwnVideo:
    """One official video as it was screened, without what is known of that very video.

    `scene` is its mean picture as a unit vector, empty for sound; `error` says why it could not be
    screened, "" where it was.
    """

    sha256: str
    file: str
    scores: Mapping[str, OwnScore]
    scene: tuple[float, ...] = ()
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return what is kept of it, by its hash."""
        scores = {name: [one.score, one.llr] for name, one in self.scores.items()}
        return {"scores": scores, "scene": list(self.scene), "error": self.error}

    @staticmethod
    def from_dict(sha256: str, file: str, record: Mapping[str, Any]) -> OwnVideo:
        """Read it back, for a file that may have another name by now."""
        scores = {str(name): OwnScore(*map(float, one)) for name, one in record["scores"].items()}
        scene = tuple(map(float, record["scene"]))
        return OwnVideo(sha256, file, scores, scene, str(record["error"]))


@dataclass(frozen=True, slots=True)
class OwnScores:
    """What one detector says of a person's own videos or recordings (`things`), and their settings.

    `settings` has the number of the setting of each, () where every one counts for itself.
    """

    person: str
    things: str
    scores: tuple[float, ...]
    llrs: tuple[float, ...] = ()
    settings: tuple[int, ...] = ()

    def below(self, score: float) -> int:
        """Return how many of them score lower."""
        return sum(score > one for one in self.scores)

    def beside(self, score: float) -> str:
        """Say where a score stands among them, as a part of a sentence."""
        return (
            f", and than {self.below(score)} of {len(self.scores)} {self.things} of {self.person}"
        )

    def relative(self, llr: float, usual: UsualScores) -> float:
        """Return a ratio taken relative to theirs.

        Theirs are compared with the `usual` ones of genuine media: what is as unusual for the
        person as a usual ratio is for others counts as that. Their mean and spread are those of a
        normal distribution whose mean varies from person to person, drawn to the usual ones the
        more, the fewer there are. A ratio is lowered to 0 at most, for no record vouches for a
        file. One above their mean is raised to what the settings can show at most: how few of them
        reach it.
        """
        if len(self.llrs) < LEAST_OWN:
            return llr
        mean, spread = _predicted(self._independent(), usual)
        moved = usual.mean + (llr - mean) * usual.spread / spread
        if moved <= llr:
            return max(moved, min(llr, 0.0))
        return min(moved, max(llr, self._shown(llr))) if llr > mean else llr

    def _shown(self, llr: float) -> float:
        """Return the ratio that is shown by how many settings reach one (rule of succession)."""
        reaching = {n for n, own in zip(self._numbers, self.llrs, strict=True) if own >= llr}
        return math.log((1 + len(set(self._numbers))) / (1 + len(reaching)))

    @property
    def _numbers(self) -> Sequence[int]:
        return self.settings or range(len(self.llrs))

    def _independent(self) -> list[float]:
        """Return the ratios that count: of each setting the highest few."""
        own = sorted(zip(self._numbers, self.llrs, strict=True), key=lambda one: (one[0], -one[1]))
        by_setting = (list(group) for _, group in groupby(own, key=lambda one: one[0]))
        return [llr for group in by_setting for _, llr in group[:MOST_OF_SETTING]]


def _predicted(own: Sequence[float], usual: UsualScores) -> tuple[float, float]:
    """Return mean and spread of what a further genuine video of a person is expected to score."""
    count = len(own)
    variance = usual.spread**2
    between = variance / (1 + WITHIN_TO_BETWEEN)
    within = variance - between
    total = math.fsum(own)
    mean = (total + WITHIN_TO_BETWEEN * usual.mean) / (count + WITHIN_TO_BETWEEN)
    apart = math.fsum((one - total / count) ** 2 for one in own)
    spread = (PRIOR_SPREAD * within + apart) / (PRIOR_SPREAD + count - 1)
    unsure = between * WITHIN_TO_BETWEEN / (count + WITHIN_TO_BETWEEN)  # of the mean itself
    return mean, math.sqrt(spread + unsure)


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """What detectors say of all own videos of a person that were screened."""

    person: str
    videos: tuple[OwnVideo, ...] = ()
    lacking: int = 0  # official files that were not screened yet

    @property
    def screened(self) -> tuple[OwnVideo, ...]:
        """Those about which a detector said something."""
        return tuple(video for video in self.videos if video.scores)

    @property
    def detectors(self) -> tuple[str, ...]:
        """The detectors that said something of some of them."""
        return tuple(sorted({name for video in self.videos for name in video.scores}))

    def scores_of(self, detector: str, *, without: str = "") -> OwnScores:
        """Return what a detector says of them, but for the one with the hash `without`."""
        numbers = settings([video.scene for video in self.videos])
        own = [
            (video.scores[detector], number)
            for video, number in zip(self.videos, numbers, strict=True)
            if detector in video.scores and video.sha256 != without
        ]
        return OwnScores(
            self.person,
            "own videos",
            tuple(one.score for one, _ in own),
            tuple(one.llr for one, _ in own),
            tuple(number for _, number in own),
        )


def settings(scenes: Sequence[Sequence[float]]) -> list[int]:
    """Return the number of the setting of each scene: alike, or alike to one that is alike.

    What shows no picture is a setting of its own.
    """
    numbers = list(range(len(scenes)))
    for place, scene in enumerate(scenes):
        for other in range(place):
            if scene and len(scenes[other]) == len(scene) and _alike(scene, scenes[other]):
                into, joined = sorted((numbers[place], numbers[other]))
                numbers = [into if number == joined else number for number in numbers]
    return numbers


def _alike(one: Sequence[float], other: Sequence[float]) -> bool:
    return math.fsum(a * b for a, b in zip(one, other, strict=True)) >= SAME_SETTING


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """How often a detector is wrong about a person's own videos, at one threshold.

    `over` counts videos whose ratio reaches it alone, `over_beside` those that do relative to the
    person's other videos; `highest` is the ratio of `video`.
    """

    detector: str
    videos: int
    over: int
    over_beside: int
    highest: float
    video: str

    @property
    def useless(self) -> bool:
        """Whether it is so often wrong that it is of no use for this person."""
        return self.over >= LEAST_WRONG and self.over >= SHARE_WRONG * self.videos


def false_alarms(
    record: PersonRecord,
    detector: str,
    *,
    threshold: float,
    usual: UsualScores | None = None,
) -> FalseAlarms | None:
    """Return how often a detector is wrong about a person's own videos; None where it says nothing.

    Each video is set beside the others, where it is known what is `usual`.
    """
    own = [video for video in record.videos if detector in video.scores]
    if not own:
        return None
    llrs = [video.scores[detector].llr for video in own]
    beside = [
        record.scores_of(detector, without=video.sha256).relative(llr, usual) if usual else llr
        for video, llr in zip(own, llrs, strict=True)
    ]
    first = max(range(len(own)), key=lambda place: llrs[place])
    return FalseAlarms(
        detector,
        len(own),
        sum(llr >= threshold for llr in llrs),
        sum(llr >= threshold for llr in beside),
        llrs[first],
        own[first].file,
    )


def scores_beside(
    records: Iterable[PersonRecord], person: str | None, detector: str, *, without: str = ""
) -> OwnScores | None:
    """Return the own scores of a person, but for one video's; None where they are too few."""
    for record in records:
        if record.person == person:
            own = record.scores_of(detector, without=without)
            return own if len(own.scores) >= LEAST_OWN else None
    return None
