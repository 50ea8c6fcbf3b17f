"""Fuses the held-out ratios of all detectors, and measures each of them and the sum.

The files become verdicts as a scan would give them, with ratios of networks and weights that saw
nothing of the file's group, so that `media_screen.evaluation` measures them like any others. Each
detector is measured on the files whose label is about what it judges (`benchmarks.accuracy.clips`),
the sum on both sets.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from benchmarks.accuracy.clips import LabelledClip, subject
from benchmarks.accuracy.ratios import VERSIONS, Ratio
from media_screen.arrays import Doubles
from media_screen.evaluation.logistic import balanced, regress
from media_screen.evaluation.measure import (
    Evaluation,
    Measures,
    Metadata,
    System,
    Version,
    guess,
    measure,
)
from media_screen.evaluation.measure import measure_version as measured
from media_screen.evaluation.outcomes import Outcome
from media_screen.evidence import SENSITIVITIES, Abstention, Evidence, Sensitivity, Verdict
from media_screen.fusion.combination import Combination, Subject
from training import fusion
from training.fusion import RatioTable

Said = Mapping[str, Mapping[tuple[str, str], Ratio]]  # detector, then hash and version
Totals = Mapping[tuple[str, str], float]  # by hash and version
Controls = Mapping[Subject, Metadata | None]  # of metadata, on the files of each subject
SUBJECTS: tuple[Subject, ...] = get_args(Subject)
Files = Literal["clips", "speech", "all"]
FILES: tuple[Files, ...] = get_args(Files)
ORIGINAL = VERSIONS[0]
SLICED = VERSIONS[:2]  # those whose results are also given by method, collection and person


@dataclass(frozen=True)
class Added:
    """What one detector adds: the sum measured with it and without it, on one version."""

    detector: str
    version: str
    counted: bool
    with_it: Measures
    without: Measures


@dataclass(frozen=True)
class Alarms:
    """How many genuine files reach the threshold of a sensitivity in one of their versions.

    `judged` are those on which a detector that counts spoke, `flagged` those that reach the shipped
    threshold, `flagged_unseen` those that reach one that was worked out without their collection.
    """

    sensitivity: Sensitivity
    files: Files
    judged: int
    flagged: int
    flagged_unseen: int


@dataclass(frozen=True)
class Indicated:
    """A subject's own sum on originals, and one that also learns what an abstention means."""

    about: Subject
    plain: Measures
    with_indicators: Measures


@dataclass(frozen=True)
class Learned:
    """The combination to ship, the detectors that count in it, and what it was learned from."""

    combination: Combination
    counted: tuple[str, ...]
    said: Said
    table: RatioTable
    controls: Controls


@dataclass(frozen=True)
class Measured:
    """All that is reported: of the detectors, of their sum, and of what each adds to it."""

    sets: Mapping[Subject, Evaluation]
    added: tuple[Added, ...]
    alarms: tuple[Alarms, ...]
    indicated: tuple[Indicated, ...]


def learn(
    clips: Sequence[LabelledClip],
    ratios: Mapping[str, Sequence[Ratio]],
    groups: Mapping[Subject, Mapping[str, str]],
) -> Learned:
    """Find which detectors count, and train.

    `groups` says for each subject, by hash, what is held out together.
    """
    said: Said = {
        name: {(one.sha256, one.version): one for one in own} for name, own in ratios.items()
    }
    controls = {about: _control(labelled(clips, about), about) for about in SUBJECTS}
    alone = {
        about: measure_set(clips, said, {}, about, controls, sliced=False) for about in SUBJECTS
    }
    counted = tuple(name for name in said if believed(alone[subject(name)], name))
    table = examples(clips, said, groups)
    return Learned(fusion.combine(table, counted), counted, said, table, controls)


def _control(clips: Sequence[LabelledClip], about: Subject) -> Metadata | None:
    """Work out the control of metadata once: facts are those of originals, for copies, too."""
    further = None
    if about == "sound":
        further = np.array([one.sound.numbers for one in clips if one.sound is not None])
    return guess([one.item for one in clips], [one.media for one in clips], further)


def measure_all(clips: Sequence[LabelledClip], learned: Learned) -> Measured:
    """Measure everything at the threshold that is shipped, which should be what was learned."""
    table, counted = learned.table, learned.counted
    totals = fusion.held_out(table, counted)
    of_clip = _by_clip(clips, totals)
    sets = {
        about: Evaluation(
            tuple(one.item for one in labelled(clips, about)),
            measure_set(clips, learned.said, of_clip, about, learned.controls),
        )
        for about in SUBJECTS
    }
    return Measured(
        sets,
        tuple(_added(clips, learned)),
        tuple(_alarms(clips, learned, totals)),
        tuple(_indicated(clips, learned)),
    )


def labelled(clips: Sequence[LabelledClip], about: Subject) -> list[LabelledClip]:
    """Return the files whose label is about a subject."""
    return [one for one in clips if about in one.subjects]


def measure_set(
    clips: Sequence[LabelledClip],
    said: Said,
    totals: Totals,
    about: Subject,
    controls: Controls,
    *,
    sliced: bool = True,
) -> tuple[Version, ...]:
    """Measure the detectors of a subject, and sums, on each version of what is labelled for it."""
    chosen = labelled(clips, about)
    found = []
    for version in VERSIONS:
        own = {
            name: ratios
            for name, ratios in said.items()
            if subject(name) == about and _ran(chosen, version, ratios)
        }
        verdicts = [_verdict(one, version, own, totals) for one in chosen]
        if own:
            items = [one.item for one in chosen]
            parts = sliced and version in SLICED
            found.append(measured(version, items, verdicts, metadata=controls[about], sliced=parts))
    return tuple(found)


def _ran(clips: Sequence[LabelledClip], version: str, own: Mapping[tuple[str, str], Ratio]) -> bool:
    """Say whether a detector was run on this version of genuine and of forged files."""
    return len({one.fake for one in clips if (one.sha256, version) in own}) > 1


def believed(versions: Sequence[Version], detector: str) -> bool:
    """Say whether a detector counts: it must on originals, and on all copies it was run on."""
    found = {version.name: system_of(version, detector) for version in versions}
    return found.get(ORIGINAL) is not None and all(
        better_than_controls(system) for system in found.values() if system is not None
    )


def better_than_controls(system: System) -> bool:
    """Say whether a detector does better than a coin, and than what metadata give away.

    Both intervals, that of its AUC and that among pairs which metadata can't tell apart, must lie
    over one half. To beat the AUC of the metadata outright is not asked for: where genuine and
    forged clips differ in size, metadata tell them apart better than any honest detector could.
    """
    if system.overall.separation is None or not system.calibrated:
        return False
    return system.overall.separation.auc.low > 0.5 and (
        system.control is not None and system.control.matched.low > 0.5
    )


def system_of(version: Version, name: str) -> System | None:
    """Return a detector's measures on a version, None when it was not run there."""
    return next((system for system in version.systems if system.name == name), None)


def examples(
    clips: Sequence[LabelledClip], said: Said, groups: Mapping[Subject, Mapping[str, str]]
) -> RatioTable:
    """Return the table that fusion is trained on, a row for each file and version."""
    names = {about: tuple(name for name in said if subject(name) == about) for about in SUBJECTS}
    columns = [name for own in names.values() for name in own]
    nothing = Ratio("", "")
    llrs = [
        [_number(said[name].get((one.sha256, version), nothing).llr) for name in columns]
        for version in VERSIONS
        for one in clips
    ]
    rows = tuple(clips) * len(VERSIONS)
    return RatioTable(
        detectors=names,
        llrs=np.array(llrs, dtype=np.float64).reshape(len(rows), len(columns)),
        fake=np.array([one.fake for one in rows], dtype=bool),
        clip=tuple(one.sha256 for one in rows),
        collection=tuple(one.collection for one in rows),
        group={
            about: tuple(groups[about][one.sha256] if about in one.subjects else "" for one in rows)
            for about in SUBJECTS
        },
    )


def _number(llr: float | None) -> float:
    return math.nan if llr is None else llr


def _by_clip(clips: Sequence[LabelledClip], totals: Doubles) -> Totals:
    """Return the sum of each file and version on which a counted detector spoke."""
    keys = [(one.sha256, version) for version in VERSIONS for one in clips]
    return {
        key: float(total) for key, total in zip(keys, totals, strict=True) if not math.isnan(total)
    }


def _verdict(clip: LabelledClip, version: str, said: Said, totals: Totals) -> Verdict:
    key = clip.sha256, version
    evidence, abstentions = [], []
    for name, own in said.items():
        one = own.get(key)
        if one is not None and one.llr is not None:
            evidence.append(Evidence(name, "manipulation", one.score, one.llr, "held out"))
        elif one is not None:
            abstentions.append(Abstention(name, "not_applicable", "it abstained"))
    return Verdict(
        label="no_finding",
        media=clip.media,
        llr={"manipulation": totals[key]} if key in totals else {},
        evidence=tuple(evidence),
        abstentions=tuple(abstentions),
    )


def _added(clips: Sequence[LabelledClip], learned: Learned) -> list[Added]:
    """Measure the sum with and without each detector that gives ratios."""
    table, counted, found = learned.table, learned.counted, []
    for number, name in enumerate(table.names):
        if not np.nan_to_num(table.llrs[:, number]).any():
            continue  # every ratio is 0: it adds nothing whatever its weight
        with_it = [one for one in table.names if one in counted or one == name]
        without = [one for one in counted if one != name]
        both = [_by_clip(clips, fusion.held_out(table, chosen)) for chosen in (with_it, without)]
        chosen = labelled(clips, subject(name))
        for version in VERSIONS:
            if not _ran(chosen, version, learned.said[name]):
                continue
            first, second = (_of_sum(chosen, version, totals) for totals in both)
            found.append(Added(name, version, name in counted, first, second))
    return found


def _of_sum(clips: Sequence[LabelledClip], version: str, totals: Totals) -> Measures:
    sums = [totals.get((clip.sha256, version)) for clip in clips]
    found = [
        Outcome("abstained") if total is None else Outcome("scored", total, total) for total in sums
    ]
    return measure([clip.item for clip in clips], found)


def _alarms(clips: Sequence[LabelledClip], learned: Learned, totals: Doubles) -> list[Alarms]:
    """Count the genuine files that are marked, each in the worst of its versions."""
    table = learned.table
    highest: dict[str, float] = {}
    for key, total in zip(table.clip, totals, strict=True):
        if not math.isnan(total):
            highest[key] = max(highest.get(key, -math.inf), float(total))
    genuine = [one for one in clips if not one.fake and one.sha256 in highest]
    collections = np.array(table.collection)
    unseen = {
        name: fusion.thresholds(table.take(collections != name), totals[collections != name])
        for name in {one.collection for one in genuine}
    }
    found = []
    for sensitivity in SENSITIVITIES:
        shipped = learned.combination.thresholds[sensitivity].llr
        for files in FILES:
            own = [one for one in genuine if files in ("all", _kind(one))]
            flagged = sum(highest[one.sha256] >= shipped for one in own)
            others = sum(
                highest[one.sha256] >= unseen[one.collection][sensitivity].llr for one in own
            )
            found.append(Alarms(sensitivity, files, len(own), flagged, others))
    return found


def _kind(clip: LabelledClip) -> Files:
    return "speech" if clip.media.kind == "audio" else "clips"


def _indicated(clips: Sequence[LabelledClip], learned: Learned) -> list[Indicated]:
    """Measure sums that also learn what an abstention means, to see whether they should.

    Besides each ratio there is a column that is 1 where its detector said nothing, and an offset.
    """
    table, found = learned.table, []
    for about in SUBJECTS:
        own = [name for name in table.detectors[about] if name in learned.counted]
        if not own:
            continue
        groups = np.array(table.group[about])
        llrs = table.columns(own)
        facts = np.hstack([np.nan_to_num(llrs), np.isnan(llrs)])
        totals = np.full(len(groups), np.nan)
        for group in set(table.group[about]) - {""}:
            rows, others = groups == group, (groups != group) & (groups != "")
            fake = table.fake[others]
            share = balanced(fake, np.ones(len(fake)))
            slopes, offset = regress(facts[others], fake, share, fusion.L2 / len(fake))
            totals[rows] = facts[rows] @ slopes + offset
        chosen = labelled(clips, about)
        plain, indicated = (
            _of_sum(chosen, ORIGINAL, _by_clip(clips, sums))
            for sums in (fusion.held_out(table, own), totals)
        )
        found.append(Indicated(about, plain, indicated))
    return found
