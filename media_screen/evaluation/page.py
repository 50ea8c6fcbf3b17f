"""The evaluation as one self-contained HTML page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from media_screen.evaluation import tables
from media_screen.evaluation.measure import Evaluation, Version
from media_screen.evaluation.plots import Plot
from media_screen.files import write_atomically
from media_screen.results.text import visible


def write_page(evaluation: Evaluation, plots: Sequence[Plot], path: Path) -> None:
    """Write the page to `path`, with the plots inside it."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("media_screen.evaluation"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("evaluation.html").render(**_context(evaluation, plots))
    write_atomically(path, [page.encode("utf-8")])


def _finalize(value: Any) -> Any:
    # Names of methods and people come from the manifest: nothing hidden in them reaches the page.
    return value if isinstance(value, Markup) else visible(str(value))


def _context(evaluation: Evaluation, plots: Sequence[Plot]) -> dict[str, Any]:
    style = "\n".join(
        (files("media_screen") / place).read_text("utf-8")
        for place in ("report/static/common.css", "evaluation/templates/evaluation.css")
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    forged = sum(item.fake for item in evaluation.items)
    return {
        "style": Markup(style),
        "policy": "default-src 'none'; img-src data:; "
        f"style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        "total": len(evaluation.items),
        "genuine": len(evaluation.items) - forged,
        "forged": forged,
        "threshold": evaluation.threshold,
        "notes": evaluation.notes,
        "versions": [_version(version, plots) for version in evaluation.versions],
    }


def _version(version: Version, plots: Sequence[Plot]) -> dict[str, Any]:
    return {
        "name": version.name,
        "words": tables.version_words(version.name),
        "tables": tables.overall_tables(version),
        "slices": tables.slice_tables(version),
        "sentences": tables.sentences(version),
        "plots": [_plot(plot) for plot in plots if plot.version == version.name],
    }


def _plot(plot: Plot) -> dict[str, str]:
    # As the source of an image, an SVG runs no script and loads nothing.
    data = base64.b64encode(plot.svg.read_bytes()).decode()
    return {
        "title": plot.title,
        "explanation": plot.explanation,
        "data": f"data:image/svg+xml;base64,{data}",
    }
