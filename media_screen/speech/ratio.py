"""Turns the likeness of two voices into a likelihood ratio that they are one person's.

Cosines are normalised with a cohort of other speakers (adaptive symmetric normalisation: Matejka et
al., "Analysis of Score Normalization in Multilingual Speaker Recognition", Interspeech 2017), then
calibrated for how much was heard and how clean it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from media_screen.arrays import Floats
from media_screen.weights.calibration import Calibration

if TYPE_CHECKING:
    from media_screen.speech.voices import Voice

COHORT = "voice_identity/cohort.npy"
CALIBRATION = "voice_identity/calibration.json"
NEAREST = 70  # speakers of the cohort that are compared with


@dataclass(frozen=True)
class Cohort:
    """Embeddings of many other speakers, rows of unit length, and how many neighbours count."""

    embeddings: Floats
    nearest: int = NEAREST

    def normalised(self, one: Floats, other: Floats) -> float:
        """Return how far the cosine of two voices is above those with their nearest strangers.

        In standard deviations of the cosines with the `nearest` most similar of the cohort,
        averaged over both voices.
        """
        cosine = float(one @ other)
        scores = []
        for voice in (one, other):
            near = np.sort(self.embeddings @ voice)[-self.nearest :]
            scores.append((cosine - float(near.mean())) / max(float(near.std()), 1e-3))
        return float(np.mean(scores))


@dataclass(frozen=True)
class SpeechRow:
    """The line from score to log-likelihood ratio from so many seconds and so clean a speech on."""

    least_seconds: float
    least_snr_db: float
    line: Calibration


@dataclass(frozen=True)
class CalibrationBySpeech:
    """Turn a normalised score into a natural-log likelihood ratio, positive for one person.

    Of the rows that hold, the last counts.
    """

    rows: tuple[SpeechRow, ...]

    def llr(self, score: float, *, seconds: float, snr_db: float) -> float:
        """Return the bounded ratio for a score of so many seconds of speech."""
        holding = [r for r in self.rows if r.least_seconds <= seconds and r.least_snr_db <= snr_db]
        return (holding[-1] if holding else self.rows[0]).line.llr(score)


def read_calibration(record: Mapping[str, Any]) -> CalibrationBySpeech:
    """Read the record of a calibration; raises KeyError or ValueError when it is not one."""
    rows = tuple(
        SpeechRow(
            float(row["least_seconds"]),
            float(row["least_snr_db"]),
            Calibration.of_row(row, record["limits"]),
        )
        for row in record["rows"]
    )
    if not rows:
        raise ValueError("expected at least one row")
    return CalibrationBySpeech(rows)


@cache
def calibration() -> CalibrationBySpeech:
    """Return the calibration that belongs to the shipped embedder and cohort."""
    from media_screen import weights

    return read_calibration(weights.record(CALIBRATION))


@cache
def cohort() -> Cohort:
    """Return the shipped cohort, checked against its recorded hash."""
    from media_screen import weights

    rows = np.load(weights.path(COHORT), allow_pickle=False).astype(np.float32)
    return Cohort(rows)


def compare(voice: Voice, reference: Floats) -> tuple[float, float]:
    """Return the cosine of a voice with a reference, and the log-likelihood ratio of one person."""
    embedding = voice.embedding
    score = cohort().normalised(embedding, reference)
    ratio = calibration().llr(score, seconds=voice.seconds, snr_db=voice.snr_db)
    return float(embedding @ reference), ratio
