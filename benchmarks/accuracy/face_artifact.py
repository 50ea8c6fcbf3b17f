"""The face_artifact line and networks beside it: held-out scores, pairs, unusual looks, tables.

Runs that WORK holds no scores of keep those that are there.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from benchmarks.accuracy import clips as labelled
from benchmarks.accuracy import heldout, ratios
from benchmarks.accuracy.cells import interval_of
from benchmarks.accuracy.faces_apart import (
    DFDC,
    LOOKS,
    PORTRAITS,
    kept_actors,
    portraits,
    unusual_looks,
)
from benchmarks.accuracy.heldout import Held
from benchmarks.accuracy.measured import Subset, VersionRow, calibrated, fit, measured, paired
from benchmarks.accuracy.ratios import Ratio
from benchmarks.markdown import interval, table
from benchmarks.places import RECORDS
from media_screen.detectors import DETECTORS
from media_screen.detectors.face_artifact.forged import is_good
from media_screen.evaluation import controls, metrics
from media_screen.fusion.judge import threshold
from media_screen.media import Media, MediaError
from training.face_artifact import crops as crop_store
from training.face_artifact.crops import ORIGINAL, Crop, CropSource, read_sources
from training.face_artifact.folds import split
from training.face_artifact.settings import read_settings
from training.record import ship

NAME = "face_artifact"
STILLS = ("real_face", "fake_face")
SHIPPED = "shipped"
ENSEMBLE = "ensemble"
PERCENTILES = 21  # of the scores of genuine clips, from 0 to 100%, for the words of the evidence
SAME = "same"  # the shipped one on the files that the others were tried on
RUNS = {
    "shipped": "**face_artifact**: a network that sees the face whole, and a line over it",
    SAME: "**face_artifact**, on the clips that those below were tried on",
    "line": "what was shipped before: a line over texture and EfficientNet-Lite0",
    "network": "EfficientNet-Lite0 trained on pseudo-fakes and real fakes",
    "plain": "plain backbone: a line on what EfficientNet-Lite0 knows from ImageNet",
    "meso4": "Meso4, the same data",
    "sbi-mouth": "self-blends and mouth blends only",
    "clip": "a line on CLIP ViT-B/16",
    ENSEMBLE: "what was shipped before and CLIP, mean of ranks",
}
SCORES, PSEUDO, ODDS = (
    RECORDS / NAME / f"{part}.csv"
    for part in (
        "scores_by_network",
        "pseudo_fakes",
        "metadata_odds",
    )
)


def gather(work: Path, media: Path, more: Path) -> None:
    """Pool what training left in `work`, and write the small tables that are kept."""
    folds = read_settings().folds
    listed = read_sources(media, more)
    sources = [s for s in listed if s.kind in ("real_video", "fake_video", *STILLS)]
    fold_of = dict(split(listed, folds))
    kept = heldout.read(SCORES) if SCORES.is_file() else []
    others = [one for one in kept if one.run not in (SHIPPED, SAME)]
    shipped = list(heldout.pooled(work, SHIPPED, folds, sources))
    shipped = list(heldout.with_missing(shipped, sources, fold_of))
    tried = {one.sha256 for one in others}
    same = [replace(one, run=SAME) for one in shipped if one.sha256 in tried]
    heldout.write(SCORES, [*shipped, *same, *others])
    _gather_conditions(work, folds)
    _gather_pseudo(work, folds)
    for left, record in (("dfdc.csv", DFDC), ("portraits.csv", PORTRAITS)):
        if (work / left).is_file():
            record.write_bytes((work / left).read_bytes())
    if NAME in {detector.name for detector in DETECTORS}:
        labelled.gather(media, more)
        known = {one.sha256 for one in labelled.read()}
        clips = [one for one in _clips(shipped, SHIPPED) if one.version in heldout.VERSIONS]
        _ship(clips, known)
    _gather_odds(media, read_sources(media), crop_store.read_lines(work / "store"))


def _ship(shipped: Sequence[Held], fused: set[str]) -> None:
    """Write what fusion learns from, for the files it knows, and the calibration of the network.

    A content that two collections hold counts once.
    """
    found = {
        (one.sha256, one.version): Ratio(
            one.sha256, one.version, told.score, told.llr if told.state == "scored" else None
        )
        for one, told in zip(shipped, calibrated(shipped), strict=True)
        if one.sha256 in fused
    }
    ratios.write(ratios.path_of(NAME), list(found.values()))
    genuine = [
        one.score
        for one in shipped
        if one.score is not None and not one.fake and one.version == heldout.VERSIONS[0]
    ]
    steps = np.quantile(genuine, np.linspace(0, 1, PERCENTILES))
    record = {key: round(value, 4) for key, value in fit(shipped).to_dict().items()}
    ship(f"{NAME}/calibration.json", {**record, "genuine_percentiles": steps.round(4).tolist()})


def _gather_conditions(work: Path, folds: int) -> None:
    clips: dict[tuple[str, str, int], list[tuple[float, bool]]] = defaultdict(list)
    for fold in range(folds):
        with (work / f"{SHIPPED}-{fold}.conditions.csv").open(newline="") as stream:
            for row in csv.DictReader(stream):
                said = float(row["logit"]), row["judged"] == "True"
                clips[row["condition"], row["path"], fold].append(said)
    rows = [
        (name, fold, round(float(np.mean([logit for logit, _ in own])), 4), int(own[0][1]))
        for (name, _, fold), own in sorted(clips.items())
    ]
    _write(LOOKS, ("condition", "fold", "score", "judged"), rows)


def _gather_pseudo(work: Path, folds: int) -> None:
    rows = []
    for fold in range(folds):
        with (work / f"{SHIPPED}-{fold}.pseudo.csv").open(newline="") as stream:
            rows += [(r["kind"], fold, r["genuine"], r["forged"]) for r in csv.DictReader(stream)]
    _write(PSEUDO, ("kind", "fold", "genuine", "forged"), rows)


def _write(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def _gather_odds(media: Path, sources: Sequence[CropSource], lines: Sequence[Crop]) -> None:
    """Write what technical facts alone tell of the original clips, and how the face is seen.

    Faces are larger, sharper and more frontal in the forged clips of this gathering, which no
    metadata say: size, sharpness, pose and place are a control of their own.
    """
    seen: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for line in lines:
        if line.version == ORIGINAL and is_good(line.size_px, line.inside):
            turned = abs(line.yaw_deg) / 45
            seen[line.path].append((np.log(line.size_px), line.sharpness, line.inside, turned))
    clips, infos = [], []
    for source in sources:
        if source.kind.endswith("video") and source.path in seen:
            try:
                with Media.open(media / source.path) as opened:
                    infos.append(opened.info)
                clips.append(source)
            except MediaError:
                continue
    fake, collections = [clip.fake for clip in clips], [clip.collection for clip in clips]
    views = np.array([np.mean(seen[clip.path], axis=0) for clip in clips])
    views = np.hstack([views, (views - views.mean(axis=0)) ** 2])
    alone = controls.metadata_scores(infos, fake, collections)
    both = controls.metadata_scores(infos, fake, collections, views)
    rows = [
        (clip.sha256, int(clip.fake), clip.collection, round(float(one), 4), round(float(two), 4))
        for clip, one, two in zip(clips, alone, both, strict=True)
    ]
    _write(ODDS, ("sha256", "fake", "collection", "metadata", "with_views"), rows)


def _clips(found: Sequence[Held], run: str) -> list[Held]:
    return [one for one in found if one.run == run and one.kind.endswith("video")]


def tables() -> tuple[str, dict[str, object]]:
    """Return the tables as Markdown, and the same numbers for eval.json."""
    found = heldout.read(SCORES)
    rows = [
        measured(
            [one for one in _clips(found, run) if one.version == version], slices=run == SHIPPED
        )
        for run in RUNS
        for version in heldout.VERSIONS
        if _clips(found, run)
    ]
    stills = [one for one in found if one.run == SHIPPED and one.kind.endswith("face")]
    odds = _read_odds()
    control = {name: asdict(_area(odds, name)) for name in ("metadata", "with_views")}
    pairs = _pair_rows(found)
    facts, views = (interval_of(control[name]) for name in ("metadata", "with_views"))
    lines = [
        "# face_artifact, held out",
        "",
        "`python -m benchmarks.accuracy --detector face_artifact`",
        "",
        "Every clip was scored by a line or network that saw nothing of its collection, people or "
        f"method of forging (groups of collections, {len({o.fold for o in found})} folds). Ratios "
        "were calibrated on the other folds; the threshold is that of the verdict, "
        f"{threshold()}. Intervals are bootstraps over people.",
        "",
        f"Of {len(odds)} of these clips, which were gathered first, codec, size, length and rate "
        f"alone reach an AUC of {facts}, and with size, sharpness, pose and place of the face "
        f"{views} (collections held out): so were they gathered. Of all clips metadata alone "
        "reach what [accuracy.md](accuracy.md) tells. Among pairs of a forged and a genuine one "
        "of the first that these can't tell apart, the AUC is:",
        "",
        *_alike(found, odds),
        "",
        "## Clips",
        "",
        *_overall(rows),
        "",
        "## AUC fold by fold",
        "",
        *_by_fold(found),
        "",
        "## Forged against its own source",
        "",
        *pairs,
        "",
        "## Actors of DFDC that were kept apart",
        "",
        *kept_actors(),
        "",
        "## Genuine stills by age, sex and group, as UTKFace labels them",
        "",
        "One picture each of people that the network was not trained on; a clip is judged by the "
        "mean of six faces, so that single pictures reach a threshold more often.",
        "",
        *portraits(),
        "",
        "## By method (fakes of the method against the genuine clips of its fold)",
        "",
        *_parts([row for row in rows if row.run == SHIPPED], "methods"),
        "",
        "## By collection",
        "",
        *_parts([row for row in rows if row.run == SHIPPED], "collections"),
        "",
        "## Stills, which the detector leaves out (StyleGAN2 against news, web and mask pictures)",
        "",
        *_stills(stills),
        "",
        "## Genuine faces that look unusual",
        "",
        *unusual_looks(_clips(found, SHIPPED)),
    ]
    record = {
        "command": "python -m benchmarks.accuracy --detector face_artifact",
        "threshold": threshold(),
        "control_auc": control,
        "rows": [asdict(row) for row in rows],
    }
    return "\n".join(lines) + "\n", record


OVERALL = (
    "network",
    "version",
    "AUC",
    "EER",
    "detected at 5% false alarms",
    "at 1%",
    "false alarms at the threshold",
    "detected",
    "Cllr (least)",
    "not judged",
)


def _overall(rows: Sequence[VersionRow]) -> list[str]:
    cells = []
    for row in rows:
        found, cost, decided = row.overall.separation, row.overall.cost, row.overall.decisions
        if found is None or cost is None:
            continue
        cells.append(
            (
                RUNS[row.run],
                row.version,
                interval(found.auc.value, found.auc.low, found.auc.high),
                f"{found.eer:.0%}",
                f"{found.tpr_at_5:.0%}",
                f"{found.tpr_at_1:.0%}",
                f"{decided.false_alarms:.1%}",
                f"{decided.detections:.0%}",
                f"{cost.cllr:.2f} ({cost.min_cllr:.2f})",
                f"{row.overall.counts.abstention_rate:.1%}",
            )
        )
    return table(OVERALL, cells)


def _read_odds() -> list[dict[str, str]]:
    with ODDS.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _area(odds: Sequence[dict[str, str]], name: str) -> metrics.Interval:
    fake = [row["fake"] == "1" for row in odds]
    groups = [row["collection"] for row in odds]
    scores = [float(row[name]) for row in odds]
    return metrics.bootstrap(metrics.auc, scores, fake, groups=groups)


def _alike(found: Sequence[Held], odds: Sequence[dict[str, str]]) -> list[str]:
    """Return the AUC of each run among clips of alike odds, without an interval."""
    of_hash = {row["sha256"]: row for row in odds}
    rows = []
    for run in (run for run in RUNS if _clips(found, run)):
        for version in heldout.VERSIONS:
            own = [
                one
                for one in _clips(found, run)
                if one.version == version and one.score is not None and one.sha256 in of_hash
            ]
            scores, fake = [one.score or 0.0 for one in own], [one.fake for one in own]
            alone, both = (
                controls.matched_auc(
                    scores, fake, [float(of_hash[one.sha256][name]) for one in own]
                )
                for name in ("metadata", "with_views")
            )
            rows.append((RUNS[run], version, f"{alone:.2f}", f"{both:.2f}"))
    return table(("network", "version", "metadata alike", "and the view of the face"), rows)


def _by_fold(found: Sequence[Held]) -> list[str]:
    """Return the AUC in each fold, of every run that was not made from ranks within folds."""
    folds = sorted({one.fold for one in found})
    rows = []
    for run in (run for run in RUNS if run != ENSEMBLE and _clips(found, run)):
        for version in heldout.VERSIONS:
            areas = []
            for fold in folds:
                own = [
                    (one.score, one.fake)
                    for one in _clips(found, run)
                    if (one.version, one.fold) == (version, fold) and one.score is not None
                ]
                scores, fake = zip(*own, strict=True)
                areas.append(metrics.auc(scores, fake))
            rows.append((RUNS[run], version, *(f"{area:.2f}" for area in areas)))
    return table(("network", "version", *(f"fold {fold}" for fold in folds)), rows)


def _parts(rows: Sequence[VersionRow], which: str) -> list[str]:
    lines = [
        "| | files | " + " | ".join(row.version for row in rows) + " |",
        "|---|---|" + "---|" * len(rows),
    ]
    by_name: dict[str, list[Subset]] = defaultdict(list)
    for row in rows:
        for part in getattr(row, which):
            by_name[part.name].append(part)
    for name, parts in by_name.items():
        counts = parts[0].measures.counts
        cells = " | ".join(_cell(part) for part in parts)
        lines.append(f"| {name} | {counts.genuine}+{counts.forged} | {cells} |")
    return lines


def _cell(part: Subset) -> str:
    found, decided, counts = part.measures.separation, part.measures.decisions, part.measures.counts
    texts = [] if found is None else [f"AUC {found.auc.value:.2f}"]
    if counts.judged_forged:
        texts.append(f"{decided.detections:.0%} detected")
    if counts.judged_genuine and found is None:
        texts.append(f"{decided.false_alarms:.0%} false alarms")
    return ", ".join(texts) or "not judged"


def _pair_rows(found: Sequence[Held]) -> list[str]:
    lines = []
    for version in heldout.VERSIONS:
        clips = [one for one in _clips(found, SHIPPED) if one.version == version]
        genuine = {(one.collection, one.identity): one.sha256 for one in clips if not one.fake}
        pairs = [
            (one.sha256, genuine[one.collection, one.identity.split("_")[0]])
            for one in clips
            if one.fake and (one.collection, one.identity.split("_")[0]) in genuine
        ]
        share, count = paired(clips, pairs)
        what = "clips of one person and collection"
        lines.append((what, version, count, f"{share:.0%}"))
    with PSEUDO.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    for kind in sorted({row["kind"] for row in rows}):
        of_kind = [row for row in rows if row["kind"] == kind]
        forged = np.array([float(row["forged"]) for row in of_kind])
        genuine_scores = np.array([float(row["genuine"]) for row in of_kind])
        labels = np.repeat([True, False], len(of_kind))
        area = metrics.auc(np.concatenate([forged, genuine_scores]), labels)
        share = metrics.paired_share(forged, genuine_scores)
        what = f"pseudo-fakes: {kind.replace('_', ' ')}, AUC {area:.2f}"
        lines.append((what, "original", len(of_kind), f"{share:.0%}"))
    return table(("what", "version", "pairs", "the forged one scores higher"), lines)


def _stills(held: Sequence[Held]) -> list[str]:
    """Return how single pictures fare, which the detector leaves out."""
    judged = [one for one in held if one.score is not None]
    scores, fake = [one.score or 0.0 for one in judged], [one.fake for one in judged]
    found = metrics.bootstrap(metrics.auc, scores, fake)
    at_5, at_1 = (metrics.tpr_at_fpr(scores, fake, share) for share in (0.05, 0.01))
    cells = (
        f"{len(judged) - sum(fake)}+{sum(fake)}",
        interval(found.value, found.low, found.high),
        f"{at_5:.0%}",
        f"{at_1:.0%}",
        f"{1 - len(judged) / len(held):.1%}",
    )
    return table(("files", "AUC", "at 5%", "at 1% false alarms", "not judged"), [cells])
