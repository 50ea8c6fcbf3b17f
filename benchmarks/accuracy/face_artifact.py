"""The face_artifact network: held-out scores of its runs, pairs, unusual looks, and tables."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import tomli

from benchmarks.accuracy import heldout, ratios, splits
from benchmarks.accuracy.heldout import Held
from benchmarks.accuracy.measured import Part, Row, calibrated, fit, measured, paired
from benchmarks.accuracy.ratios import Ratio
from media_screen import weights
from media_screen.detectors import DETECTORS
from media_screen.evaluation import controls, metrics
from media_screen.fusion import threshold
from media_screen.media import Media, MediaError
from media_screen.training.face_artifact.crops import Source, read_sources
from media_screen.training.face_artifact.folds import split

RESULTS = Path(__file__).parent.parent / "results"
NAME = "face_artifact"
SHIPPED = "shipped"
RUNS = {
    "shipped": "**face_artifact**: EfficientNet-Lite0, pseudo-fakes and real fakes",
    "plain": "plain backbone: a line on what EfficientNet-Lite0 knows from ImageNet",
    "meso4": "Meso4, the same data",
    "sbi-mouth": "self-blends and mouth blends only",
    "clip": "a line on CLIP ViT-B/16",
    "ensemble": "face_artifact and CLIP, mean of ranks",
}
HELD, CONDITIONS, PSEUDO = (f"{NAME}_{part}.csv" for part in ("heldout", "conditions", "pseudo"))


def gather(work: Path, media: Path) -> None:
    """Pool what training left in `work`, and write the small tables that are kept."""
    folds = tomli.loads((weights.models_dir() / NAME / "train.toml").read_text("utf-8"))["folds"]
    sources = [
        s
        for s in read_sources(media)
        if s.kind in ("real_video", "fake_video", "real_face", "fake_face")
    ]
    fold_of = dict(split(read_sources(media), folds))
    splits.save(media)
    found: list[Held] = []
    for run in RUNS:
        if all((work / f"{run}-{fold}.csv").is_file() for fold in range(folds)):
            found += heldout.pooled(work, run, folds, sources)
    found = list(heldout.with_missing(found, sources, fold_of))
    found += _ensemble(found)
    heldout.write(RESULTS / HELD, found)
    _gather_conditions(work, folds)
    _gather_pseudo(work, folds)
    if NAME in {detector.name for detector in DETECTORS}:
        _ship([one for one in _clips(found, SHIPPED) if one.version in heldout.VERSIONS])
    control = _metadata(media, sources)
    (RESULTS / f"{NAME}_metadata.json").write_text(json.dumps(control, indent=1) + "\n", "utf-8")


def _ship(shipped: Sequence[Held]) -> None:
    """Write what fusion learns from, and the calibration of the network."""
    ratios.write(
        ratios.path_of(NAME, RESULTS),
        [
            Ratio(one.sha256, one.version, told.score, told.llr if told.state == "scored" else None)
            for one, told in zip(shipped, calibrated(shipped), strict=True)
        ],
    )
    record = fit(shipped).to_dict()
    text = json.dumps({key: round(value, 4) for key, value in record.items()}, indent=1)
    (weights.models_dir() / NAME / "calibration.json").write_text(text + "\n", "utf-8")


def _ensemble(found: Sequence[Held]) -> list[Held]:
    """Average the ranks, within a fold, of the shipped run and the CLIP probe."""
    ranked: dict[tuple[str, str], list[tuple[Held, float]]] = defaultdict(list)
    for run in (SHIPPED, "clip"):
        for version in heldout.VERSIONS:
            for fold in {one.fold for one in found}:
                part = [
                    one for one in _clips(found, run)
                    if one.version == version and one.fold == fold and one.score is not None
                ]  # fmt: skip
                order = np.argsort(np.argsort([one.score or 0.0 for one in part]))
                for one, rank in zip(part, order, strict=True):
                    ranked[one.sha256, version].append((one, float(rank) / max(1, len(part) - 1)))
    return [
        Held(
            **{**asdict(pair[0][0]), "run": "ensemble", "score": round(pair[0][1] + pair[1][1], 4)}
        )
        for pair in ranked.values()
        if len(pair) == 2
    ]


def _gather_conditions(work: Path, folds: int) -> None:
    clips: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    for fold in range(folds):
        with (work / f"{SHIPPED}-{fold}.conditions.csv").open(newline="") as stream:
            for row in csv.DictReader(stream):
                clips[row["condition"], row["path"], fold].append(float(row["logit"]))
    rows = [
        (name, fold, round(float(np.mean(v)), 4)) for (name, _, fold), v in sorted(clips.items())
    ]
    _write(RESULTS / CONDITIONS, ("condition", "fold", "score"), rows)


def _gather_pseudo(work: Path, folds: int) -> None:
    rows = []
    for fold in range(folds):
        with (work / f"{SHIPPED}-{fold}.pseudo.csv").open(newline="") as stream:
            rows += [(r["kind"], fold, r["genuine"], r["forged"]) for r in csv.DictReader(stream)]
    _write(RESULTS / PSEUDO, ("kind", "fold", "genuine", "forged"), rows)


def _write(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def _metadata(media: Path, sources: Sequence[Source]) -> dict[str, float]:
    """Return what codec, size, length and rate alone tell of the original clips."""
    clips, infos = [], []
    for source in sources:
        if source.kind.endswith("video"):
            try:
                with Media.open(media / source.path) as opened:
                    infos.append(opened.info)
                clips.append(source)
            except MediaError:
                continue
    fake = [clip.fake for clip in clips]
    scores = controls.metadata_scores(infos, fake, [clip.collection for clip in clips])
    found = metrics.bootstrap(metrics.auc, scores, fake, groups=[clip.collection for clip in clips])
    return {key: round(value, 3) for key, value in asdict(found).items()}


def _clips(found: Sequence[Held], run: str) -> list[Held]:
    return [one for one in found if one.run == run and one.kind.endswith("video")]


def tables() -> tuple[str, dict[str, object]]:
    """Return the tables as Markdown, and the same numbers for eval.json."""
    found = heldout.read(RESULTS / HELD)
    rows = [
        measured(
            [one for one in _clips(found, run) if one.version == version], slices=run == SHIPPED
        )
        for run in RUNS
        for version in heldout.VERSIONS
        if _clips(found, run)
    ]
    stills = [one for one in found if one.run == SHIPPED and one.kind.endswith("face")]
    control = json.loads((RESULTS / f"{NAME}_metadata.json").read_text("utf-8"))
    pairs = _pair_rows(found)
    lines = [
        "# face_artifact, held out",
        "",
        "`python -m benchmarks.accuracy --detector face_artifact`",
        "",
        f"Every clip was scored by a network that saw nothing of its collection, its people or its "
        f"method of forging (groups of collections, {len({o.fold for o in found})} folds). Ratios "
        "were calibrated on the other folds; the threshold is that of the verdict, "
        f"{threshold()}. Intervals are bootstraps over people.",
        "",
        "Codec, size, length and rate alone (the control of metadata, collections held out) reach "
        f"an AUC of {control['value']:.2f} ({control['low']:.2f} to {control['high']:.2f}).",
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
        "## By method (fakes of the method against the genuine clips of its fold)",
        "",
        *_parts([row for row in rows if row.run == SHIPPED], "methods"),
        "",
        "## By collection",
        "",
        *_parts([row for row in rows if row.run == SHIPPED], "collections"),
        "",
        "## Stills (StyleGAN2 faces, never seen in training, against news, web and mask pictures)",
        "",
        *_overall([measured(stills, slices=False)]),
        "",
        "## Genuine faces that look unusual",
        "",
        *_conditions(found),
    ]
    record = {
        "command": "python -m benchmarks.accuracy --detector face_artifact",
        "threshold": threshold(),
        "metadata_control_auc": control,
        "rows": [asdict(row) for row in rows],
        "stills": asdict(measured(stills, slices=False)),
    }
    return "\n".join(lines) + "\n", record


def _overall(rows: Sequence[Row]) -> list[str]:
    lines = [
        "| network | version | AUC | EER | detected at 5% false alarms | false alarms at the "
        "threshold | detected | Cllr (least) | not judged |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        found, cost, decided = row.overall.separation, row.overall.cost, row.overall.decisions
        if found is None or cost is None:
            continue
        area, counts = found.auc, row.overall.counts
        cells = (
            RUNS[row.run],
            row.version,
            f"{area.value:.2f} ({area.low:.2f} to {area.high:.2f})",
            f"{found.eer:.0%}",
            f"{found.tpr_at_5:.0%}",
            f"{decided.false_alarms:.1%}",
            f"{decided.detections:.0%}",
            f"{cost.cllr:.2f} ({cost.min_cllr:.2f})",
            f"{counts.abstention_rate:.1%}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _by_fold(found: Sequence[Held]) -> list[str]:
    """Return the AUC in each fold, of every run that was not made from ranks within folds."""
    folds = sorted({one.fold for one in found})
    lines = [
        "| network | version | " + " | ".join(f"fold {fold}" for fold in folds) + " |",
        "|---|---|" + "---|" * len(folds),
    ]
    for run in (run for run in RUNS if run != "ensemble" and _clips(found, run)):
        for version in heldout.VERSIONS:
            areas = []
            for fold in folds:
                own = [
                    (one.score, one.fake) for one in _clips(found, run)
                    if (one.version, one.fold) == (version, fold) and one.score is not None
                ]  # fmt: skip
                scores, fake = zip(*own, strict=True)
                areas.append(metrics.auc(scores, fake))
            cells = " | ".join(f"{area:.2f}" for area in areas)
            lines.append(f"| {RUNS[run]} | {version} | {cells} |")
    return lines


def _parts(rows: Sequence[Row], which: str) -> list[str]:
    lines = [
        "| | files | " + " | ".join(row.version for row in rows) + " |",
        "|---|---|" + "---|" * len(rows),
    ]
    by_name: dict[str, list[Part]] = defaultdict(list)
    for row in rows:
        for part in getattr(row, which):
            by_name[part.name].append(part)
    for name, parts in by_name.items():
        counts = parts[0].measures.counts
        cells = " | ".join(_cell(part) for part in parts)
        lines.append(f"| {name} | {counts.genuine}+{counts.forged} | {cells} |")
    return lines


def _cell(part: Part) -> str:
    found, decided, counts = part.measures.separation, part.measures.decisions, part.measures.counts
    texts = [] if found is None else [f"AUC {found.auc.value:.2f}"]
    if counts.judged_forged:
        texts.append(f"{decided.detections:.0%} detected")
    if counts.judged_genuine and found is None:
        texts.append(f"{decided.false_alarms:.0%} false alarms")
    return ", ".join(texts) or "not judged"


def _pair_rows(found: Sequence[Held]) -> list[str]:
    lines = ["| what | version | pairs | the forged one scores higher |", "|---|---|---|---|"]
    for version in heldout.VERSIONS:
        clips = [one for one in _clips(found, SHIPPED) if one.version == version]
        genuine = {(one.collection, one.identity): one.sha256 for one in clips if not one.fake}
        pairs = [
            (one.sha256, genuine[one.collection, one.identity.split("_")[0]])
            for one in clips
            if one.fake and (one.collection, one.identity.split("_")[0]) in genuine
        ]
        share, count = paired(clips, pairs)
        lines.append(
            "| clips of one person and source (EyeCanTell, HyperLips, FF++) | "
            f"{version} | {count} | {share:.0%} |"
        )
    with (RESULTS / PSEUDO).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    for kind in sorted({row["kind"] for row in rows}):
        of_kind = [row for row in rows if row["kind"] == kind]
        forged = np.array([float(row["forged"]) for row in of_kind])
        genuine_scores = np.array([float(row["genuine"]) for row in of_kind])
        labels = np.repeat([True, False], len(of_kind))
        area = metrics.auc(np.concatenate([forged, genuine_scores]), labels)
        share = metrics.paired_share(forged, genuine_scores)
        lines.append(
            f"| pseudo-fakes: {kind.replace('_', ' ')}, AUC {area:.2f} | original | "
            f"{len(of_kind)} | {share:.0%} |"
        )
    return lines


def _conditions(found: Sequence[Held]) -> list[str]:
    """Return what share of genuine clips raises an alarm under each condition."""
    lines = [
        "| look | clips | false alarms at the threshold | mean shift of the logit |",
        "|---|---|---|---|",
    ]
    lookup = {
        fold: fit([one for one in _clips(found, SHIPPED) if one.fold != fold])
        for fold in {one.fold for one in found}
    }
    with (RESULTS / CONDITIONS).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    plain = np.mean([float(row["score"]) for row in rows if row["condition"] == "plain"])
    for name in dict.fromkeys(row["condition"] for row in rows):
        of_name = [row for row in rows if row["condition"] == name]
        flagged = [
            lookup[int(row["fold"])].llr(float(row["score"])) >= threshold() for row in of_name
        ]
        shift = np.mean([float(row["score"]) for row in of_name]) - plain
        lines.append(
            f"| {name.replace('_', ' ')} | {len(of_name)} | {np.mean(flagged):.0%} | {shift:+.2f} |"
        )
    return lines
