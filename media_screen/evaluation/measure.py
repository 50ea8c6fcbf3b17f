"""Works out all that an evaluation reports, from what was said about each labelled file."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from media_screen.arrays import Doubles, Flags
from media_screen.evaluation import controls, metrics
from media_screen.evaluation.controls import Shuffled
from media_screen.evaluation.manifest import Item
from media_screen.evaluation.metrics import Interval
from media_screen.evaluation.outcomes import Outcome, outcomes
from media_screen.evidence import MediaInfo, Verdict
from media_screen.fusion.judge import threshold

ORIGINAL = "original"
Kind = Literal["method", "collection", "identity"]  # of a slice
KINDS: tuple[Kind, ...] = get_args(Kind)
ROUNDS = 1000  # of the bootstrap; the ends of an interval then vary by about a tenth of its width
SLICE_ROUNDS = 200  # of a slice, of which there are many and all are wide


@dataclass(frozen=True, slots=True)
class Counts:
    """How many files there are, and how many of them were judged, that is, got a score."""

    genuine: int
    forged: int
    judged_genuine: int
    judged_forged: int
    abstained: int
    failed: int

    @property
    def abstention_rate(self) -> float:
        """Share of all files, 0 to 1, on which the detector abstained."""
        return self.abstained / (self.genuine + self.forged)

    @property
    def failure_rate(self) -> float:
        """Share of all files, 0 to 1, that could not be read or on which the detector broke."""
        return self.failed / (self.genuine + self.forged)


@dataclass(frozen=True, slots=True)
class Separation:
    """How well the scores of judged files tell forged from genuine.

    `covered_auc` counts all files: one that was not judged ties with every other, so a detector
    can't look better by abstaining on what is hard.
    """

    auc: Interval
    covered_auc: float
    eer: float
    tpr_at_1: float  # detections at 1% false alarms
    tpr_at_5: float


@dataclass(frozen=True, slots=True)
class Decisions:
    """What happens at the shipped threshold; None where there is no file of the class.

    The first two are shares of the judged genuine and forged files, `detections_of_all` of all
    forged files: one that was not judged was not detected.
    """

    false_alarms: float | None
    detections: float | None
    detections_of_all: float | None


@dataclass(frozen=True, slots=True)
class Cost:
    """How well the log likelihood ratios of judged files hold: Cllr and its minimum in bits.

    `ece` is that of the probabilities that follow from the ratios and the share of forged files.
    """

    cllr: float
    min_cllr: float
    ece: float


@dataclass(frozen=True, slots=True)
class Measures:
    """How well one detector does on a set of files.

    `separation` is None unless files of both classes were judged, `cost` also when every ratio is
    0: such a detector informs and weighs nothing.
    """

    counts: Counts
    separation: Separation | None
    decisions: Decisions
    cost: Cost | None


@dataclass(frozen=True, slots=True)
class Slice:
    """The measures on a part of the files: one method, collection or identity.

    Files of a method are measured against all genuine files, other parts among themselves.
    """

    kind: Kind
    name: str
    measures: Measures


@dataclass(frozen=True, slots=True)
class Control:
    """What metadata and luck alone reach on the files that a detector judged.

    `margin` is the AUC of the detector less that of the metadata, with its interval; metadata that
    do worse than a coin count as a coin. `matched` is the AUC among pairs of files that the
    metadata can't tell apart: what is left where genuine and forged files differ in size or codec.
    """

    metadata_auc: float
    margin: Interval
    matched: Interval
    shuffled: Shuffled

    @property
    def beaten(self) -> bool:
        """Whether the detector beats the metadata by a clear margin: the interval is above 0."""
        return self.margin.drawn and self.margin.low > 0


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the technical facts of the files give away.

    `scores` are the log odds of forged for each file, 0 for one that could not be read, `auc` is
    what they reach, `shuffled` what they reach when they are learned from shuffled labels.
    """

    scores: Doubles = field(repr=False)
    auc: Interval
    shuffled: Shuffled


@dataclass(frozen=True, slots=True)
class System:
    """One detector, or all of them fused, on one version of the files."""

    name: str
    calibrated: bool  # False when every ratio is 0: it informs and weighs nothing
    overall: Measures
    control: Control | None
    slices: tuple[Slice, ...]
    outcomes: tuple[Outcome, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Version:
    """All systems on the originals, or on copies made by one recipe.

    `metadata` and `metadata_shuffled` are the control of metadata over all readable files, and what
    it reaches when it is trained on shuffled labels; None when it can't be trained.
    """

    name: str
    systems: tuple[System, ...]
    metadata: Interval | None
    metadata_shuffled: Shuffled | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that an evaluation found; `notes` are sentences about what to mind."""

    items: tuple[Item, ...]
    versions: tuple[Version, ...]
    threshold: float = field(default_factory=threshold)
    notes: tuple[str, ...] = ()


def measure_version(
    name: str,
    items: Sequence[Item],
    verdicts: Sequence[Verdict | None],
    *,
    metadata: Metadata | None = None,
    sliced: bool = True,
) -> Version:
    """Measure every detector and the fused ratio on one version of the files, and on its parts.

    `metadata` stands in for the control that is worked out from the verdicts. Without `sliced` the
    parts, which take most of the time, are left out.
    """
    if metadata is None:
        media = [verdict.media if verdict else MediaInfo("") for verdict in verdicts]
        metadata = guess(items, media)
    guessed = None if metadata is None else metadata.scores
    systems = tuple(
        _system(name, items, found, guessed, sliced=sliced)
        for name, found in outcomes(verdicts).items()
    )
    if metadata is None:
        return Version(name, systems, None, None)
    return Version(name, systems, metadata.auc, metadata.shuffled)


def guess(
    items: Sequence[Item], media: Sequence[MediaInfo], further: Doubles | None = None
) -> Metadata | None:
    """Work out the control of metadata; None when too few files of a class can be read.

    `further` are facts of each file, shape (n, k), beside those of its streams.
    """
    fake = np.array([item.fake for item in items], dtype=bool)
    readable = np.array([info.kind != "unknown" for info in media], dtype=bool)
    if min(fake[readable].sum(), (~fake[readable]).sum()) < controls.LEAST_FILES:
        return None
    chosen = [info for info, use in zip(media, readable, strict=True) if use]
    where = [item.collection for item, use in zip(items, readable, strict=True) if use]
    more = None if further is None else further[readable]
    scores = np.zeros(len(items))
    scores[readable] = controls.metadata_scores(chosen, fake[readable], where, more)
    groups = _pick(resampling_groups(items), readable)
    return Metadata(
        scores,
        metrics.bootstrap(metrics.auc, scores[readable], fake[readable], groups=groups),
        controls.shuffled_metadata(chosen, fake[readable], where, more),
    )


def resampling_groups(items: Sequence[Item]) -> list[Hashable]:
    """Return what is drawn as a whole for intervals: the files of one identity in a collection.

    Clips of one person from one source are not independent. A file without identity stands alone.
    """
    return [
        (item.collection, item.identity) if item.identity else row for row, item in enumerate(items)
    ]


def _system(
    name: str,
    items: Sequence[Item],
    found: tuple[Outcome, ...],
    metadata: Doubles | None,
    *,
    sliced: bool,
) -> System:
    return System(
        name=name,
        calibrated=any(outcome.llr for outcome in found),
        overall=measure(items, found),
        control=None if metadata is None else _control(items, found, metadata),
        slices=_slices(items, found) if sliced else (),
        outcomes=found,
    )


def measure(items: Sequence[Item], found: Sequence[Outcome], *, rounds: int = ROUNDS) -> Measures:
    """Measure one detector on a set of files; `rounds` are those of the bootstrap."""
    fake = np.array([item.fake for item in items], dtype=bool)
    judged = np.array([outcome.state == "scored" for outcome in found], dtype=bool)
    scores = np.array([outcome.score for outcome in found])[judged]
    llrs = np.array([outcome.llr for outcome in found])[judged]
    labels = fake[judged]
    states = [outcome.state for outcome in found]
    counts = Counts(
        genuine=int((~fake).sum()),
        forged=int(fake.sum()),
        judged_genuine=int((~labels).sum()),
        judged_forged=int(labels.sum()),
        abstained=states.count("abstained"),
        failed=states.count("failed"),
    )
    decisions = _decisions(llrs, labels, counts)
    if not _both(labels):
        return Measures(counts, None, decisions, None)
    area = metrics.bootstrap(
        metrics.auc, scores, labels, groups=_pick(resampling_groups(items), judged), rounds=rounds
    )
    return Measures(
        counts,
        _separation(scores, labels, area, counts),
        decisions,
        _cost(llrs, labels) if llrs.any() else None,
    )


def _separation(scores: Doubles, labels: Flags, area: Interval, counts: Counts) -> Separation:
    pairs = counts.genuine * counts.forged
    covered = counts.judged_genuine * counts.judged_forged / pairs
    return Separation(
        auc=area,
        covered_auc=0.5 + covered * (area.value - 0.5),
        eer=metrics.eer(scores, labels),
        tpr_at_1=metrics.tpr_at_fpr(scores, labels, 0.01),
        tpr_at_5=metrics.tpr_at_fpr(scores, labels, 0.05),
    )


def _decisions(llrs: Doubles, labels: Flags, counts: Counts) -> Decisions:
    flagged = llrs >= threshold()
    alarms, hits = int((flagged & ~labels).sum()), int((flagged & labels).sum())
    return Decisions(
        false_alarms=alarms / counts.judged_genuine if counts.judged_genuine else None,
        detections=hits / counts.judged_forged if counts.judged_forged else None,
        detections_of_all=hits / counts.forged if counts.forged else None,
    )


def _cost(llrs: Doubles, labels: Flags) -> Cost:
    prior = np.log(labels.sum() / (~labels).sum())
    probabilities = np.exp(-np.logaddexp(0, -(llrs + prior)))
    return Cost(
        cllr=metrics.cllr(llrs, labels),
        min_cllr=metrics.min_cllr(llrs, labels),
        ece=metrics.ece(probabilities, labels),
    )


def _control(items: Sequence[Item], found: Sequence[Outcome], metadata: Doubles) -> Control | None:
    """Compare a detector with the control of metadata, on the files that it judged."""
    judged = np.array([outcome.state == "scored" for outcome in found], dtype=bool)
    labels = np.array([item.fake for item in items], dtype=bool)[judged]
    if not _both(labels):
        return None
    scores = np.array([outcome.score for outcome in found])[judged]
    margin = metrics.bootstrap(
        lambda both, fake: metrics.auc(both[:, 0], fake) - max(0.5, metrics.auc(both[:, 1], fake)),
        np.column_stack([scores, metadata[judged]]),
        labels,
        groups=_pick(resampling_groups(items), judged),
    )
    matched = metrics.bootstrap(
        lambda both, fake: controls.matched_auc(both[:, 0], fake, both[:, 1]),
        np.column_stack([scores, metadata[judged]]),
        labels,
        groups=_pick(resampling_groups(items), judged),
    )
    return Control(
        metadata_auc=metrics.auc(metadata[judged], labels),
        margin=margin,
        matched=matched,
        shuffled=controls.shuffled_auc(scores, labels),
    )


def _slices(items: Sequence[Item], found: Sequence[Outcome]) -> tuple[Slice, ...]:
    """Measure each method against all genuine files, and each collection and identity by itself."""
    parts: dict[tuple[Kind, str], list[int]] = {}
    genuine = [row for row, item in enumerate(items) if not item.fake]
    for row, item in enumerate(items):
        if item.fake and item.method:
            parts.setdefault(("method", item.method), [*genuine]).append(row)
        if item.collection:
            parts.setdefault(("collection", item.collection), []).append(row)
        if item.identity:
            parts.setdefault(("identity", item.identity), []).append(row)
    slices = []
    for kind, name in sorted(parts, key=lambda part: (KINDS.index(part[0]), part[1])):
        rows = parts[kind, name]
        chosen = [items[row] for row in rows], [found[row] for row in rows]
        slices.append(Slice(kind, name, measure(*chosen, rounds=SLICE_ROUNDS)))
    return tuple(slices)


def _both(labels: Flags) -> bool:
    return bool(labels.any() and not labels.all())


def _pick(groups: Sequence[Hashable], use: Flags) -> list[Hashable]:
    return [group for group, chosen in zip(groups, use, strict=True) if chosen]
