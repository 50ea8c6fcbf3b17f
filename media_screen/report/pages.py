"""Rendering the pages: templates with autoescape always on, and nothing fetched from anywhere."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timezone, tzinfo
from functools import partial
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import jinja2
from markupsafe import Markup

from media_screen.evidence import BY_URGENCY
from media_screen.files import open_regular, private_folder, write_atomically
from media_screen.report import beside, clusters, offsets, timeline
from media_screen.report.file_view import THUMB_HEIGHT, file_view
from media_screen.results import scale, text, words
from media_screen.results.rows import ReadResults, ResultRow, broken_line, read_line, read_results
from media_screen.results.saved_line import BAD_RECORD, parse_line
from media_screen.results.thumbs import Picture, read_thumbnails
from media_screen.results.written import written_lines

RESULTS = "results.jsonl"
CLUSTERS_FIRST = 3  # groups of copies before the others fold away, so that the table stays near
FELLOWS = 5  # other files of the cluster that the page of a file names
BROKEN_SHOWN = 20  # broken lines described on the batch page; more are only counted
LACKING_SHOWN = 8  # things that nothing was looked for with, above the table of a batch

OTHERWISE_MARKED = {"incomplete"}  # the list of marks offers "failure" for it

_log = logging.getLogger(__name__)
_PAGE_NAME = re.compile(r"[0-9a-f]{16}\.html")


def write_report(
    out: Path, *, time_zone: str = "UTC", tell: Callable[[str], object] = _log.warning
) -> Path:
    """Write the report of a results folder and return its first page, `OUT/report/index.html`.

    The pages follow from `OUT/results.jsonl` and `OUT/thumbs/` alone; `time_zone` is that of the
    times at which posts were published. `tell` hears what was left out and what can't be told:
    lines that no scan into the folder wrote, say. Raises FileNotFoundError when the folder does not
    exist (one without results gives a page that says so) and TimeZoneError for an unknown zone.
    """
    zone = clusters.find_zone(time_zone)
    if not out.is_dir():
        raise FileNotFoundError(f"no such results folder: {out}")
    source = out / RESULTS
    environment = make_environment(zone)
    folder = out / "report" / "files"
    for own in (folder.parent, folder):
        private_folder(own)
    # One open file for both passes: a scan that goes on meanwhile can't shift what was read.
    with open_regular(source) if source.exists() else BytesIO() as stream:
        results = read_results(stream, written_lines(out))
        while True:
            groups = clusters.find_clusters(results.rows, zone)
            if _write_file_pages(environment, out, stream, results, groups):
                break  # else some could not be shown: number, group and link the others anew
    _drop_stale_pages(folder, results)
    for note in results.notes():
        tell(note)
    index = out / "report" / "index.html"
    context = index_context(results, _written(source), zone) | clusters_context(groups, time_zone)
    context["covers"] = {row.key: _cover(read_thumbnails(out, row.key)) for row in results.rows}
    page = environment.get_template("index.html").stream(context)
    page.enable_buffering(64)
    write_atomically(index, (chunk.encode("utf-8") for chunk in page))
    return index


def make_environment(zone: tzinfo = timezone.utc) -> jinja2.Environment:
    """Return the template environment: every value is made visible and escaped, always.

    Times of posts are shown in `zone`.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("media_screen.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (
        text.clock,
        text.duration,
        text.file_name,
        text.measured,
        text.shorten,
        text.shorten_path,
        text.signed,
        words.credentials_words,
        words.detector_words,
        words.flag_words,
        words.label_words,
        words.place_words,
        words.plain,
        words.reason_words,
        words.relation_words,
        words.standing_words,
        timeline.finding_name,
    ):
        environment.filters[function.__name__] = function
    environment.filters["day"] = partial(text.day, zone=zone)
    environment.filters["posted"] = partial(text.posted, zone=zone)
    environment.globals["citation"] = scale.CITATION
    return environment


def _finalize(value: Any) -> Any:
    # The last step before escaping, for every expression of every template: no metadata reaches
    # a page with a hidden or reordering character in it.
    return value if isinstance(value, Markup) else text.visible(str(value))


def _assets(page: str) -> dict[str, Any]:
    static = files("media_screen.report") / "static"
    style, script = (
        "\n".join((static / name).read_text("utf-8") for name in names)
        for names in (("common.css", f"{page}.css"), ("common.js", f"{page}.js"))
    )
    policy = (
        "default-src 'none'; img-src 'self'; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return {"style": Markup(style), "script": Markup(script), "policy": policy}


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _write_file_pages(
    environment: jinja2.Environment,
    out: Path,
    stream: IO[bytes],
    results: ReadResults,
    groups: list[clusters.Cluster],
) -> bool:
    """Write one page for each row; return False when records that can't be shown were dropped."""
    template = environment.get_template("file.html")
    of_file = {member.row.key: group for group in groups for member in group.members}
    linked = {group.key for group in groups[: clusters.MOST_CLUSTERS]}
    assets = _assets("file")
    shown: list[ResultRow] = []
    for place, row in enumerate(results.rows):
        line = read_line(stream, row)
        try:
            verdict = parse_line(line)
            page = template.render(
                **assets,
                **_neighbours(results.rows, place),
                cluster=of_file.get(row.key),
                cluster_linked=row.key in of_file and of_file[row.key].key in linked,
                beside=_beside(of_file.get(row.key), row),
                verdict=verdict,
                view=file_view(verdict, read_thumbnails(out, row.key)),
                thumbs=f"../../thumbs/{row.key}/",
                thumb_height=THUMB_HEIGHT,
                curve_height=offsets.HEIGHT,
                mouth_height=beside.HEIGHT,
            )
        except (*BAD_RECORD, jinja2.TemplateError) as error:
            results.broken.append(broken_line(row.line, error, line))
            continue
        shown.append(row)
        path = out / "report" / "files" / f"{row.key}.html"
        write_atomically(path, [page.encode("utf-8")])
    complete = len(shown) == len(results.rows)
    results.rows = shown
    return complete


def _neighbours(rows: list[ResultRow], place: int) -> dict[str, Any]:
    return {
        "place": place + 1,
        "total": len(rows),
        "previous": rows[place - 1] if place else None,
        "next": rows[place + 1] if place + 1 < len(rows) else None,
    }


def _beside(cluster: clusters.Cluster | None, row: ResultRow) -> list[clusters.Member]:
    """Return the first other files of a cluster, for the page of one of them."""
    first = cluster.members[: FELLOWS + 1] if cluster else ()
    return [member for member in first if member.row.key != row.key][:FELLOWS]


def _cover(pictures: tuple[Picture, ...]) -> Picture | None:
    """Choose the picture of a row: the middle frame, as the first is often black, or a face."""
    own = [picture for picture in pictures if picture.reference_s is None]
    frames = [picture for picture in own if picture.track is None] or own[:1]
    return frames[len(frames) // 2] if frames else None


def _drop_stale_pages(folder: Path, results: ReadResults) -> None:
    # A page whose record is gone would be found by its old address and believed.
    wanted = {f"{row.key}.html" for row in results.rows}
    for page in list(folder.iterdir()):
        if _PAGE_NAME.fullmatch(page.name) and page.name not in wanted:
            page.unlink()


def _written(source: Path) -> str:
    # The time of the results, not of the rendering: the same results give the same pages.
    if not source.exists():
        return ""
    moment = datetime.fromtimestamp(source.stat().st_mtime, tz=timezone.utc)
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def index_context(
    results: ReadResults, written: str, zone: tzinfo = timezone.utc
) -> dict[str, Any]:
    """Work out what the batch page shows."""
    rows = results.rows
    unjudged = [row for row in rows if row.label == "unable_to_evaluate"]
    days = sorted(text.day(row.published, zone) for row in rows if _is_day(row.published))
    broken = sorted(results.broken, key=lambda line: line.number)
    return _assets("index") | {
        "rows": rows,
        "written": written,
        "posted": (days[0], days[-1]) if days else None,
        "counts": list(_counts(rows)),
        "persons": sorted({row.person for row in rows if row.person}),
        "platforms": sorted({row.platform for row in rows if row.platform}),
        "marks": sorted({flag for row in rows for flag in row.flags} - OTHERWISE_MARKED),
        "unjudged": len(unjudged),
        "unjudged_reasons": Counter(r for row in unjudged for r in row.reasons).most_common(5),
        "failed": sum(1 for row in rows if row.failures),
        "lacking": sorted({why for row in rows for why in row.lacking})[:LACKING_SHOWN],
        "broken": broken[:BROKEN_SHOWN],
        "broken_total": len(broken),
        "rank": words.RANK,
    }


def clusters_context(groups: list[clusters.Cluster], time_zone: str) -> dict[str, Any]:
    """Work out what the batch page shows of files that repeat one another."""
    return {
        "clusters": groups[: clusters.MOST_CLUSTERS],
        "clusters_first": CLUSTERS_FIRST,
        "clusters_total": len(groups),
        "clustered": sum(len(group.members) for group in groups),
        "zone": time_zone,
        "strip_height": clusters.STRIP_HEIGHT,
        "column": clusters.COLUMN,
        "line_height": clusters.LINE_HEIGHT,
        "line_part": round(100 / clusters.LINE_PARTS, 2),
        "most_named": clusters.MOST_NAMED,
    }


def _counts(rows: list[ResultRow]) -> Iterator[dict[str, Any]]:
    tally = Counter(row.label for row in rows)
    most = max(tally.values(), default=0)
    for label in BY_URGENCY:
        share = 100 * tally[label] / most if most else 0.0
        yield {
            "label": label,
            "words": words.LABELS[label],
            "count": tally[label],
            "share": round(share, 2),
        }


def _is_day(published: str) -> bool:
    return re.match(r"\d{4}-\d\d-\d\d", published) is not None
