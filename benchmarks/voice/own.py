"""Compares clones with recordings of the very person whom they imitate, and tabulates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from media_screen.arrays import Doubles, Rows
from media_screen.evaluation import metrics
from media_screen.people.own_videos import LEAST_OWN
from training.voice_spoof.prepare import CONDITIONS, Prepared
from training.voice_spoof.train import Fold

Recordings = Mapping[str, float]  # the mean score of each of a person's files
SHRUNK = 8  # with n recordings, n / (n + SHRUNK) of what they have beyond others is taken off


def own_shift(scores: Sequence[float], *, usual: float) -> float:
    """Return how far a score is taken down for what a person's own recordings score."""
    return (float(np.mean(scores)) - usual) * len(scores) / (len(scores) + SHRUNK)


@dataclass(frozen=True)
class PersonWindow:
    """How a window of a person, or of a clone of that person, was scored.

    The line was fitted to nothing of that page, nor to anything of the system's family.
    """

    person: str
    system: str
    file: str
    fake: bool
    condition: int
    score: float


def windows_of_people(
    data: Prepared, rows: Rows, fold: Fold, values: Doubles
) -> Iterator[PersonWindow]:
    """Give the windows of a fold of which it is known who speaks, or who is imitated."""
    for row, value in zip(rows.tolist(), values.tolist(), strict=True):
        sound = data.sound(row)
        known = sound.speaker and sound.collection in fold.collections and not sound.made_here
        if known and (not sound.fake or sound.family in fold.families):
            person = f"{sound.collection} {sound.speaker}"
            condition = data.rows[row].condition
            yield PersonWindow(person, sound.system, sound.name, sound.fake, condition, value)


def recordings(windows: Sequence[PersonWindow]) -> dict[tuple[str, int], Recordings]:
    """Return the mean score of each genuine file, by person and channel."""
    scores: dict[tuple[str, int], dict[str, list[float]]] = {}
    for one in windows:
        if not one.fake:
            files = scores.setdefault((one.person, one.condition), {})
            files.setdefault(one.file, []).append(one.score)
    return {
        key: {file: float(np.mean(own)) for file, own in files.items()}
        for key, files in scores.items()
    }


def paired(windows: Sequence[PersonWindow]) -> dict[str, Any]:
    """Return how often a clone scores higher than the person's recordings, ties half, by system."""
    own = recordings(windows)
    clones = [one for one in windows if one.fake and (one.person, one.condition) in own]
    rows = {}
    for system in [*sorted({one.system for one in clones}), "all"]:
        row: dict[str, Any] = {}
        for number, name in enumerate(CONDITIONS):
            wins = [
                float(np.sign(one.score - _mean(own[one.person, number])) / 2 + 0.5)
                for one in clones
                if system in (one.system, "all") and one.condition == number
            ]
            row[name] = {"pairs": len(wins), "clone_higher": round(float(np.mean(wins)), 3)}
        rows[system] = row
    return rows


def beside_own(windows: Sequence[PersonWindow], *, usual: float) -> dict[str, Any]:
    """Return what a score is worth alone, and beside the person's own recordings, by channel.

    A genuine recording stands beside the others of the same person; only people of whom that
    leaves enough are counted.
    """
    own, rows = recordings(windows), {}
    for number, name in enumerate(CONDITIONS):
        alone: list[float] = []
        relative: list[float] = []
        fake: list[bool] = []
        people = {
            person: files
            for (person, condition), files in own.items()
            if condition == number and len(files) > LEAST_OWN
        }
        for files in people.values():
            for file, score in files.items():
                others = tuple(value for other, value in files.items() if other != file)
                alone.append(score)
                relative.append(score - own_shift(others, usual=usual))
                fake.append(False)
        for one in windows:
            if one.fake and one.condition == number and one.person in people:
                taken = own_shift(tuple(people[one.person].values()), usual=usual)
                alone.append(one.score)
                relative.append(one.score - taken)
                fake.append(True)
        rows[name] = {
            "people": len(people),
            "genuine": fake.count(False),
            "clones": fake.count(True),
            "alone": _measures(np.array(alone), np.array(fake)),
            "beside": _measures(np.array(relative), np.array(fake)),
        }
    return rows


def _measures(scores: Doubles, fake: Any) -> dict[str, float]:
    return {
        "auc": round(metrics.auc(scores, fake), 3),
        "detected_at_5": round(metrics.tpr_at_fpr(scores, fake, 0.05), 3),
        "detected_at_1": round(metrics.tpr_at_fpr(scores, fake, 0.01), 3),
    }


def _mean(files: Recordings) -> float:
    return float(np.mean(list(files.values())))


def markdown(pairs: Mapping[str, Any], beside: Mapping[str, Any]) -> list[str]:
    """Return both tables as lines of Markdown."""
    lines = [
        "### Clones against recordings of the person",
        "",
        "How often a clone scores higher than the mean of the recordings, on the same page and "
        "through the same channel, of the person whom it imitates. Half is chance.",
        "",
        f"| system | clones | {' | '.join(CONDITIONS)} |",
        "|" + "---|" * (2 + len(CONDITIONS)),
    ]
    for system, row in pairs.items():
        cells = " | ".join(f"{row[name]['clone_higher']:.0%}" for name in CONDITIONS)
        lines.append(f"| {system} | {row[CONDITIONS[0]]['pairs']} | {cells} |")
    lines += [
        "",
        "### Beside the person's own recordings",
        "",
        f"For people of whom more than {LEAST_OWN} recordings are there: what the score is worth "
        "alone, and relative to the person's other recordings (by their mean beyond that of other "
        "genuine speech, shrunk). What is not better beside them is only told, and moves no ratio.",
        "",
        "| channel | people | genuine / clones | alone: AUC, at 5%, at 1% | beside own ones |",
        "|" + "---|" * 5,
    ]
    for name, row in beside.items():
        cells = " | ".join(
            f"{row[way]['auc']}, {row[way]['detected_at_5']:.0%}, {row[way]['detected_at_1']:.0%}"
            for way in ("alone", "beside")
        )
        lines.append(f"| {name} | {row['people']} | {row['genuine']} / {row['clones']} | {cells} |")
    return lines
