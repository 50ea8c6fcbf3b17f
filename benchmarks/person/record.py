"""Measures what a person's own videos add to what a detector says of a file.

Nothing is screened: the scores are those that `benchmarks.accuracy` keeps, of networks that saw
nothing of a file's collection or way of forging, or of the person. Each genuine file is set beside
others of the same person, each forged one beside genuine ones of the person whom it shows, so many
of them as are asked for, drawn at random.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy import clips
from benchmarks.accuracy import ratios as kept
from benchmarks.markdown import number, percent, table
from benchmarks.places import RECORDS
from media_screen.arrays import Doubles
from media_screen.evaluation import metrics
from media_screen.evidence import Sensitivity
from media_screen.fusion import combination
from media_screen.people.own_videos import LEAST_OWN, OwnScores
from media_screen.weights.calibration import UsualScores, shipped, usual

ACTORS = "single pictures of DFDC's actors"
COUNTS = (1, 2, 3, 5, 8, 14, 25)  # own videos
SEED = 1
LEAST_FORGED = 5  # files; of fewer nothing is tabulated
# Natural-log ratios by which a camera moves all of a person's files, genuine and forged alike.
MOVED = (1.0, 2.0, 3.0)
LEVELS: tuple[Sensitivity, ...] = ("normal", "high")


@dataclass(frozen=True)
class FilesOfPerson:
    """The ratios of the genuine and of the forged files of one person."""

    genuine: Sequence[float]
    forged: Sequence[float]

    def moved(self, step: float) -> FilesOfPerson:
        """Return what they were if a camera moved all of them."""
        return FilesOfPerson(
            [one + step for one in self.genuine], [one + step for one in self.forged]
        )


@dataclass(frozen=True)
class Worth:
    """What ratios are worth: at the shipped thresholds, by order, and as ratios.

    `worst` is the share of false alarms of the person of whom most are.
    """

    false_alarms: Mapping[str, float]
    detected: Mapping[str, float]
    worst: float
    auc: float
    detected_at_1: float
    cllr: float


@dataclass(frozen=True)
class BesideOwn:
    """What is gained by so many own videos of each person."""

    count: int
    people: int
    genuine: int
    forged: int
    alone: Worth
    beside: Worth


def measure(media: Path | None, work: Path) -> dict[str, Any]:
    """Return what was measured of people with several genuine files; no media are needed."""
    gathered = _gathered()
    detector, actors = gathered[ACTORS]
    return {
        "beside": {
            name: {
                "within_to_between": _apart(people),
                "counts": [asdict(one) for one in _by_count(people, usual(detector))],
            }
            for name, (detector, people) in gathered.items()
        },
        "moved": [
            {"moved": step, **asdict(one)}
            for step in MOVED
            for one in _by_count([person.moved(step) for person in actors], usual(detector))
            if one.count >= LEAST_OWN
        ],
    }


def _gathered() -> dict[str, tuple[str, list[FilesOfPerson]]]:
    return {
        ACTORS: ("face_artifact", _actors()),
        "clips, by face": ("face_artifact", _people("face_artifact")),
        "recordings, by voice": ("voice_spoof", _people("voice_spoof")),
    }


def _actors() -> list[FilesOfPerson]:
    """Read the actors who were kept apart from training: one picture of each clip."""
    line = shipped("face_artifact")
    genuine: dict[str, set[float]] = defaultdict(set)  # an original stands beside each of its fakes
    forged: dict[str, list[float]] = defaultdict(list)
    with (RECORDS / "face_artifact" / "dfdc_actors.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            genuine[row["actor"]].add(line.llr(float(row["genuine"])))
            forged[row["actor"]].append(line.llr(float(row["forged"])))
    return [FilesOfPerson(sorted(genuine[who]), forged[who]) for who in genuine]


def _people(detector: str) -> list[FilesOfPerson]:
    """Read the people of the labelled files, who count as such within one collection."""
    ratios = {
        one.sha256: one.llr
        for one in kept.read(kept.path_of(detector))
        if one.version == "original" and one.llr is not None
    }
    own: dict[tuple[str, str], tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for clip in clips.read():
        ratio = ratios.get(clip.sha256)
        if ratio is not None and clip.identity:
            # A name such as "01" is another person in another collection; those of faces are not.
            where = clip.collection if detector == "voice_spoof" else ""
            own[where, clip.identity][clip.fake].append(ratio)
    return [FilesOfPerson(*files) for files in own.values()]


def _by_count(people: Sequence[FilesOfPerson], known: UsualScores) -> Iterator[BesideOwn]:
    for count in COUNTS:
        enough = [one for one in people if len(one.genuine) > count]
        if sum(len(one.forged) for one in enough) >= LEAST_FORGED:
            yield _beside(enough, count, known)


def _beside(people: Sequence[FilesOfPerson], count: int, known: UsualScores) -> BesideOwn:
    draw = np.random.default_rng(SEED)
    alone: list[float] = []
    beside: list[float] = []
    fake: list[bool] = []
    who: list[int] = []
    for place, person in enumerate(people):
        for ratio, others, forged in _asked(person):
            own = tuple(draw.choice(np.array(others), count, replace=False).tolist())
            alone.append(ratio)
            beside.append(OwnScores("", "", own, own).relative(ratio, known))
            fake.append(forged)
            who.append(place)
    labels, owners = np.array(fake), np.array(who)
    return BesideOwn(
        count,
        len(people),
        fake.count(False),
        fake.count(True),
        _worth(np.array(alone), labels, owners),
        _worth(np.array(beside), labels, owners),
    )


def _asked(person: FilesOfPerson) -> Iterator[tuple[float, Sequence[float], bool]]:
    """Give each file's ratio, the genuine ones it may be set beside, and whether it is forged."""
    for place, ratio in enumerate(person.genuine):
        yield ratio, [*person.genuine[:place], *person.genuine[place + 1 :]], False
    for ratio in person.forged:
        yield ratio, person.genuine, True


def _worth(ratios: Doubles, fake: Any, who: Any) -> Worth:
    thresholds = {level: combination.shipped().thresholds[level].llr for level in LEVELS}
    own = [ratios[(who == one) & ~fake] for one in np.unique(who)]
    return Worth(
        {n: _round(metrics.false_alarm_rate(ratios, fake, t)) for n, t in thresholds.items()},
        {n: _round(metrics.detection_rate(ratios, fake, t)) for n, t in thresholds.items()},
        _round(max(float((one >= thresholds["normal"]).mean()) for one in own)),
        _round(metrics.auc(ratios, fake)),
        _round(metrics.tpr_at_fpr(ratios, fake, 0.01)),
        _round(metrics.cllr(ratios, fake)),
    )


def _round(value: float) -> float:
    return round(value, 4)


def _apart(people: Sequence[FilesOfPerson]) -> float | None:
    """Return the variance of one person's genuine ratios over that between people, None for few."""
    groups = [np.array(one.genuine) for one in people if len(one.genuine) > 1]
    count = sum(map(len, groups))
    if len(groups) < 2:
        return None
    mean = np.concatenate(groups).mean()
    within = sum(float(((one - one.mean()) ** 2).sum()) for one in groups) / (count - len(groups))
    over = sum(len(one) * float((one.mean() - mean) ** 2) for one in groups) / (len(groups) - 1)
    usual_size = (count - sum(len(one) ** 2 for one in groups) / count) / (len(groups) - 1)
    between = (over - within) / usual_size
    return _round(within / between) if between > 0 else None


def markdown(found: Mapping[str, Any]) -> list[str]:
    """Return a table for each kind of media as lines of Markdown."""
    lines = [
        "## Beside the person's own videos",
        "",
        "What a ratio is worth alone, and relative to so many genuine files of the same person "
        f"(from {LEAST_OWN} on; each counts as a setting of its own, which flatters where they are "
        "of one set). Alone / beside: at the shipped thresholds of the sum over detectors, by "
        "order, and Cllr in bits (1: as good as nothing). How far the mean of a person's videos is "
        "drawn to the usual one was chosen on the same actors, of 1.35, 2 and 3. What is not "
        "better beside the own files, as voices, is told beside them and moves no ratio.",
    ]
    head = (
        "own videos",
        "people",
        "genuine / forged",
        "false alarms, normal",
        "of the worst person",
        "detected, normal",
        "false alarms, high",
        "detected, high",
        "AUC",
        "detected at 1% false alarms",
        "Cllr",
    )
    for name, one in found["beside"].items():
        lines += ["", f"### {name[:1].upper()}{name[1:]}", ""]
        if one["within_to_between"] is not None:
            told = f"{one['within_to_between']:.2f} times that between people"
            lines += [f"The variance of one person's genuine files is {told}.", ""]
        lines += table(head, [_row(row) for row in one["counts"]])
    lines += [
        "",
        "### A camera that moves every ratio of a person",
        "",
        "The same actors, if what they are filmed with moved the ratio of each of their pictures, "
        "genuine and forged alike: by calculation, not filmed.",
        "",
    ]
    lines += table(
        ("moved by", *head), [(f"{row['moved']:+.0f}", *_row(row)) for row in found["moved"]]
    )
    return lines


def _row(row: Mapping[str, Any]) -> list[str]:
    def both(show: Callable[[Any], str], *keys: str) -> str:
        values = []
        for way in ("alone", "beside"):
            value = row[way]
            for key in keys:
                value = value[key]
            values.append(show(value))
        return " / ".join(values)

    return [
        str(row["count"]),
        str(row["people"]),
        f"{row['genuine']} / {row['forged']}",
        both(percent, "false_alarms", "normal"),
        both(percent, "worst"),
        both(percent, "detected", "normal"),
        both(percent, "false_alarms", "high"),
        both(percent, "detected", "high"),
        both(number, "auc"),
        both(percent, "detected_at_1"),
        both(number, "cllr"),
    ]
