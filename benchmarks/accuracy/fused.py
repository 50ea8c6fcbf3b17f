"""Fuses the held-out ratios of all detectors, and measures each of them and the sum.

The clips become verdicts as a scan would give them, with ratios of networks and weights that saw
nothing of the clip's group, so that `media_screen.evaluation` measures them like any others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.clips import Clip
from benchmarks.accuracy.ratios import VERSIONS, Ratio
from media_screen.combination import Combination
from media_screen.evaluation.logistic import balanced, regress
from media_screen.evaluation.measure import Evaluation, Measures, System, Version, measure
from media_screen.evaluation.measure import measure_version as measured
from media_screen.evaluation.outcomes import Outcome
from media_screen.evidence import Abstention, Evidence, Verdict
from media_screen.training import fusion
from media_screen.training.fusion import Examples, Floats

Said = Mapping[str, Mapping[tuple[str, str], Ratio]]  # detector, then hash and version


@dataclass(frozen=True)
class Added:
    """What one detector adds: the sum measured with it and without it, on one version."""

    detector: str
    version: str
    counted: bool
    with_it: Measures
    without: Measures


@dataclass(frozen=True)
class Learned:
    """The combination to ship, the detectors that count in it, and what it was learned from."""

    combination: Combination
    counted: tuple[str, ...]
    said: Said
    table: Examples


@dataclass(frozen=True)
class Measured:
    """All that is reported of the detectors, of their sum, and of what each adds to it.

    `with_indicators` is the sum that also learns from abstentions; None when no detector counts.
    """

    evaluation: Evaluation
    added: tuple[Added, ...]
    with_indicators: Measures | None


def learn(
    clips: Sequence[Clip], ratios: Mapping[str, Sequence[Ratio]], groups: Mapping[str, str]
) -> Learned:
    """Find which detectors count, and train; `groups` says by hash what is held out together."""
    said: Said = {
        name: {(one.sha256, one.version): one for one in own} for name, own in ratios.items()
    }
    alone = {version: _measured(clips, version, said, {}, sliced=False) for version in VERSIONS}
    counted = tuple(name for name in said if believed(alone, said[name], name))
    table = examples(clips, said, groups)
    return Learned(fusion.combine(table, counted), counted, said, table)


def measure_all(clips: Sequence[Clip], learned: Learned) -> Measured:
    """Measure everything at the threshold that is shipped, which should be what was learned."""
    table, counted = learned.table, learned.counted
    totals = _totals(table, clips, counted)
    versions = tuple(_measured(clips, version, learned.said, totals) for version in VERSIONS)
    return Measured(
        Evaluation(tuple(one.item for one in clips), versions),
        tuple(_added(table, clips, counted)),
        _indicated(table, clips, counted) if counted else None,
    )


def believed(
    versions: Mapping[str, Version], own: Mapping[tuple[str, str], Ratio], detector: str
) -> bool:
    """Say whether a detector counts: it must on originals, and on copies if it was run on any."""
    ran = {version for _, version in own}
    return VERSIONS[0] in ran and all(
        better_than_controls(found, detector) for name, found in versions.items() if name in ran
    )


def better_than_controls(version: Version, detector: str) -> bool:
    """Say whether a detector does better than a coin, and than what metadata give away.

    Both intervals, that of its AUC and that among pairs which metadata can't tell apart, must lie
    over one half. To beat the AUC of the metadata outright is not asked for: where genuine and
    forged clips differ in size, metadata tell them apart better than any honest detector could.
    """
    system = system_of(version, detector)
    if system is None or system.overall.separation is None or not system.calibrated:
        return False
    control = system.control
    return system.overall.separation.auc.low > 0.5 and (
        control is not None and control.matched.low > 0.5
    )


def system_of(version: Version, name: str) -> System | None:
    """Return a detector's measures on a version, None when it said nothing there."""
    return next((system for system in version.systems if system.name == name), None)


def examples(clips: Sequence[Clip], said: Said, groups: Mapping[str, str]) -> Examples:
    """Return the table that fusion is trained on, a row for each clip and version."""
    names = tuple(said)
    nothing = Ratio("", "")
    llrs = [
        [_number(said[name].get((one.sha256, version), nothing).llr) for name in names]
        for version in VERSIONS
        for one in clips
    ]
    rows = tuple(clips) * len(VERSIONS)
    return Examples(
        detectors=names,
        llrs=np.array(llrs, dtype=np.float64).reshape(len(rows), len(names)),
        fake=np.array([one.fake for one in rows], dtype=bool),
        clip=tuple(one.sha256 for one in rows),
        collection=tuple(one.collection for one in rows),
        group=tuple(groups[one.sha256] for one in rows),
    )


def _number(llr: float | None) -> float:
    return math.nan if llr is None else llr


def _totals(
    table: Examples, clips: Sequence[Clip], counted: Sequence[str]
) -> dict[tuple[str, str], float]:
    """Return the held-out sum of each clip and version on which a counted detector spoke."""
    return _by_clip(clips, fusion.held_out(table, counted))


def _by_clip(clips: Sequence[Clip], totals: Floats) -> dict[tuple[str, str], float]:
    keys = [(one.sha256, version) for version in VERSIONS for one in clips]
    return {
        key: float(total) for key, total in zip(keys, totals, strict=True) if not math.isnan(total)
    }


def _measured(
    clips: Sequence[Clip],
    version: str,
    said: Said,
    totals: Mapping[tuple[str, str], float],
    *,
    sliced: bool = True,
) -> Version:
    """Measure detectors and sums on one version of the clips, as verdicts that were saved."""
    verdicts = [_verdict(clip, version, said, totals) for clip in clips]
    return measured(version, [clip.item for clip in clips], verdicts, sliced=sliced)


def _verdict(
    clip: Clip, version: str, said: Said, totals: Mapping[tuple[str, str], float]
) -> Verdict:
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


def _added(table: Examples, clips: Sequence[Clip], counted: Sequence[str]) -> list[Added]:
    """Measure the sum with and without each detector that gives ratios."""
    found = []
    for number, name in enumerate(table.detectors):
        if not np.nan_to_num(table.llrs[:, number]).any():
            continue  # every ratio is 0: it adds nothing whatever its weight
        with_it = [one for one in table.detectors if one in counted or one == name]
        without = [one for one in counted if one != name]
        both = [_totals(table, clips, chosen) for chosen in (with_it, without)]
        for version in VERSIONS:
            first, second = (_of_sum(clips, version, totals) for totals in both)
            found.append(Added(name, version, name in counted, first, second))
    return found


def _of_sum(
    clips: Sequence[Clip], version: str, totals: Mapping[tuple[str, str], float]
) -> Measures:
    sums = [totals.get((clip.sha256, version)) for clip in clips]
    found = [
        Outcome("abstained") if total is None else Outcome("scored", total, total) for total in sums
    ]
    return measure([clip.item for clip in clips], found)


def _indicated(table: Examples, clips: Sequence[Clip], counted: Sequence[str]) -> Measures:
    """Measure a sum that also learns what an abstention means, to see whether it should.

    Besides each ratio there is a column that is 1 where its detector said nothing, and an offset.
    """
    columns = [table.detectors.index(name) for name in counted]
    llrs = table.llrs[:, columns]
    facts = np.hstack([np.nan_to_num(llrs), np.isnan(llrs)])
    groups = np.array(table.group)
    totals = np.full(len(groups), np.nan)
    for group in set(table.group):
        own = groups == group
        fake = table.fake[~own]
        share = balanced(fake, np.ones(len(fake)))
        slopes, offset = regress(facts[~own], fake, share, fusion.L2 / len(fake))
        totals[own] = facts[own] @ slopes + offset
    return _of_sum(clips, VERSIONS[0], _by_clip(clips, totals))
