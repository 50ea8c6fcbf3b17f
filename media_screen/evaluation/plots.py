"""Draws the curves of an evaluation with matplotlib (extra `evaluate`), as PNG and SVG."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from media_screen.arrays import Doubles
from media_screen.evaluation import metrics
from media_screen.evaluation.measure import Evaluation, System, Version

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MISSING = "plots need matplotlib, which is not installed: pip install 'media_screen[evaluate]'"
_DPI = 150  # of the PNG, sharp on the page of a report
_SIDE = 3.6  # inches of one panel
_RATES = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99)  # marked on the axes of the DET plot
_BINS = 20  # of histograms
_GENUINE, _FORGED = "#0b57a4", "#b3261e"
_LABELS = ("genuine", "forged")


@dataclass(frozen=True, slots=True)
class Plot:
    """One drawn figure: what it shows, of which version of the files, and where it lies."""

    title: str
    version: str
    explanation: str
    png: Path
    svg: Path


@dataclass(frozen=True, slots=True)
class _JudgedFiles:
    name: str
    scores: Doubles
    llrs: Doubles
    labels: Any  # True for forged


def available() -> bool:
    """Tell whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def draw(evaluation: Evaluation, folder: Path) -> tuple[Plot, ...]:
    """Draw every plot of every version into `folder`; what can't be drawn is left out.

    Raises ModuleNotFoundError when matplotlib is missing; see `available`.
    """
    matplotlib = _import_matplotlib()
    folder.mkdir(parents=True, exist_ok=True)
    plots = []
    # A fixed salt and no date: the same results give the same files.
    with matplotlib.rc_context({"svg.hashsalt": "media_screen", "font.size": 8}):
        for version in evaluation.versions:
            judged = _judged(evaluation, version)
            for kind, (title, explanation, make) in _PLOTS.items():
                figure = make(judged)
                if figure is not None:
                    png, svg = (folder / f"{version.name}-{kind}.{end}" for end in ("png", "svg"))
                    figure.savefig(png, dpi=_DPI)
                    figure.savefig(svg, metadata={"Date": None})
                    plots.append(Plot(title, version.name, explanation, png, svg))
    return tuple(plots)


def _import_matplotlib() -> Any:
    """Import matplotlib without the cache of fonts that it would make below HOME.

    A cache that the user has named is used; else the fonts are listed anew, which takes a second.
    """
    if "matplotlib" in sys.modules or "MPLCONFIGDIR" in os.environ:
        return importlib.import_module("matplotlib")
    with tempfile.TemporaryDirectory(prefix="media_screen-") as cache:
        os.environ["MPLCONFIGDIR"] = cache
        try:
            importlib.import_module("matplotlib.figure")
        finally:
            del os.environ["MPLCONFIGDIR"]
    return sys.modules["matplotlib"]


def _judged(evaluation: Evaluation, version: Version) -> list[_JudgedFiles]:
    """Return the scores of each system that judged files of both classes."""
    found = []
    for system in version.systems:
        if system.overall.separation is not None:
            found.append(_of(system, [item.fake for item in evaluation.items]))
    return found


def _of(system: System, fakes: Sequence[bool]) -> _JudgedFiles:
    scored = [
        (outcome, fake)
        for outcome, fake in zip(system.outcomes, fakes, strict=True)
        if outcome.state == "scored"
    ]
    return _JudgedFiles(
        name=system.name,
        scores=np.array([outcome.score for outcome, _ in scored]),
        llrs=np.array([outcome.llr for outcome, _ in scored]),
        labels=np.array([fake for _, fake in scored]),
    )


def _figure(columns: int) -> tuple[Figure, Sequence[Axes]]:
    # Without pyplot, which would look for a display and keep every figure in memory.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_SIDE * columns, _SIDE), layout="constrained")
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])


def _roc(judged: Sequence[_JudgedFiles]) -> Figure | None:
    if not judged:
        return None
    figure, (axes,) = _figure(1)
    for system in judged:
        curve = metrics.roc(system.scores, system.labels)
        area = metrics.auc(system.scores, system.labels)
        label = f"{system.name} ({area:.2f})"
        axes.plot(curve.false_alarms, curve.detections, label=label)
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", linewidth=1)
    axes.set(xlabel="false alarms", ylabel="detections", xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="lower right")
    return figure


def _det(judged: Sequence[_JudgedFiles]) -> Figure | None:
    if not judged:
        return None
    from scipy.special import ndtri

    figure, (axes,) = _figure(1)
    edge = _RATES[0]
    for system in judged:
        curve = metrics.roc(system.scores, system.labels)
        rates = [
            np.clip(rate, edge, 1 - edge) for rate in (curve.false_alarms, 1 - curve.detections)
        ]
        axes.plot(*ndtri(rates), label=system.name)
    ticks, names = ndtri(_RATES), [f"{rate:.1%}".replace(".0%", "%") for rate in _RATES]
    axes.plot(ticks, ticks, color="grey", linestyle=":", linewidth=1)
    limits = (ticks[0], ticks[-1])
    axes.set(xlabel="false alarms", ylabel="misses", xlim=limits, ylim=limits)
    axes.set_xticks(ticks, names, rotation=45)
    axes.set_yticks(ticks, names)
    axes.legend(loc="upper right")
    return figure


def _tippett(judged: Sequence[_JudgedFiles]) -> Figure | None:
    return _panels([system for system in judged if system.llrs.any()], _tippett_panel)


def _tippett_panel(axes: Axes, system: _JudgedFiles) -> None:
    widest = max(3.0, float(np.abs(system.llrs).max()) / np.log(10))
    low, high = -widest, widest
    for label, colour in enumerate((_GENUINE, _FORGED)):
        llrs = np.sort(system.llrs[system.labels == bool(label)]) / np.log(10)
        share = 1 - np.arange(len(llrs)) / len(llrs)
        ends = np.concatenate([[low], llrs, [high]]), np.concatenate([[1], share, [0]])
        axes.plot(*ends, color=colour, label=_LABELS[label], drawstyle="steps-pre")
    axes.axvline(0, color="grey", linestyle=":", linewidth=1)
    axes.set(xlabel="log10 likelihood ratio", ylabel="share with this ratio or more")
    axes.legend(loc="lower left")


def _calibration(judged: Sequence[_JudgedFiles]) -> Figure | None:
    return _panels([system for system in judged if system.llrs.any()], _calibration_panel)


def _calibration_panel(axes: Axes, system: _JudgedFiles) -> None:
    """Draw the stated ratio against the one that was observed, in steps of equal numbers."""
    order = np.argsort(system.llrs, kind="stable")
    parts = np.array_split(order, min(8, max(2, len(order) // 10)))
    totals = system.labels.sum(), (~system.labels).sum()
    stated, observed = [], []
    for part in parts:
        forged, genuine = system.labels[part].sum(), (~system.labels[part]).sum()
        # Half a file is added to each class: a step with one class only has a finite ratio.
        ratio = (forged + 0.5) / (totals[0] + 1) / ((genuine + 0.5) / (totals[1] + 1))
        stated.append(float(system.llrs[part].mean()))
        observed.append(float(np.log(ratio)))
    ends = min(stated + observed), max(stated + observed)
    axes.plot(ends, ends, color="grey", linestyle=":", linewidth=1)
    axes.plot(stated, observed, marker="o", color=_FORGED)
    axes.set(xlabel="stated log likelihood ratio", ylabel="observed log likelihood ratio")


def _histogram(judged: Sequence[_JudgedFiles]) -> Figure | None:
    return _panels(judged, _histogram_panel)


def _histogram_panel(axes: Axes, system: _JudgedFiles) -> None:
    edges = np.histogram_bin_edges(system.scores, bins=_BINS)
    for label, colour in enumerate((_GENUINE, _FORGED)):
        chosen = system.scores[system.labels == bool(label)]
        weights = np.full(len(chosen), 1 / len(chosen))
        axes.hist(
            chosen, edges.tolist(), weights=weights, color=colour, alpha=0.5, label=_LABELS[label]
        )
    axes.set(xlabel="score", ylabel="share of files of the class")
    axes.legend()


def _panels(
    judged: Sequence[_JudgedFiles], panel: Callable[[Axes, _JudgedFiles], None]
) -> Figure | None:
    if not judged:
        return None
    figure, all_axes = _figure(len(judged))
    for axes, system in zip(all_axes, judged, strict=True):
        panel(axes, system)
        axes.set_title(system.name)
    return figure


# Kind to title, what to look for, and the function that draws it.
_PLOTS: dict[str, tuple[str, str, Callable[[Sequence[_JudgedFiles]], Figure | None]]] = {
    "roc": (
        "ROC",
        "Detections against false alarms; the dotted line is luck, in brackets the AUC.",
        _roc,
    ),
    "det": (
        "DET",
        "Misses against false alarms on normal-deviate axes, lower is "
        "better; the dotted line is where both are equal.",
        _det,
    ),
    "tippett": (
        "Tippett",
        "How many files get at least this likelihood ratio; genuine ones should "
        "fall before 0, forged ones after it.",
        _tippett,
    ),
    "calibration": (
        "Calibration",
        "Stated against observed ratio; points on the dotted line mean that the ratios hold.",
        _calibration,
    ),
    "histogram": (
        "Scores",
        "Scores of genuine and forged files; each class adds up to 1.",
        _histogram,
    ),
}
KINDS = tuple(_PLOTS)
