"""Rendering the pages: templates with autoescape always on, and nothing fetched from anywhere."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone, tzinfo
from functools import partial
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import jinja2
from markupsafe import Markup

from media_screen.evidence import ANSWERS, BY_URGENCY, DecidedFile
from media_screen.files import open_regular, private_folder, write_atomically
from media_screen.languages import English, Language, find_language
from media_screen.report import beside, offsets, posting, timeline, variants
from media_screen.report.batch_table import CampaignRow, TableBlock, person_names, table_blocks
from media_screen.report.campaign_view import MemberFacts, campaign_view, cover, member_facts
from media_screen.report.decided import (
    answer_words,
    campaign_decisions,
    entry_words,
    file_records,
)
from media_screen.report.file_view import THUMB_HEIGHT, file_view
from media_screen.report.media_links import MediaLinks
from media_screen.report.standing import Standing, standings
from media_screen.report.wording import WordedEnvironment
from media_screen.results import scale, text, words
from media_screen.results.campaigns import CAMPAIGNS, ReadCampaigns, read_campaign_lines
from media_screen.results.changes import FolderChanges
from media_screen.results.deciding import file_of
from media_screen.results.ledger import LEDGER, FileRecord, read_ledger
from media_screen.results.rows import (
    BrokenLine,
    ReadResults,
    ResultRow,
    broken_line,
    read_line,
    read_results,
)
from media_screen.results.saved_line import BAD_RECORD, parse_line
from media_screen.results.thumbs import read_thumbnails
from media_screen.results.written import written_lines
from media_screen.weights.calibration import percent

RESULTS = "results.jsonl"
MOST_NAMED = 6  # platforms named in words
MOST_OPEN = 4  # changed files that are shown unasked: the queue comes first
BROKEN_SHOWN = 20  # broken lines described on the batch page; more are only counted
LACKING_SHOWN = 8  # things that nothing was looked for with, above the table of a batch

OTHERWISE_MARKED = {"incomplete"}  # the list of marks offers "failure" for it

_log = logging.getLogger(__name__)
STYLED = re.compile(r'(content: " ?)([a-z]{2}[a-z ]*[a-z])( ?")')  # words in a style
_PAGE_NAME = re.compile(r"([0-9a-f]{16}|c-[0-9a-f]{12})\.html")


def write_report(
    out: Path,
    *,
    time_zone: str = "UTC",
    language: str = "en",
    media: Mapping[str, str] | None = None,
    tell: Callable[[str], object] = _log.warning,
) -> Path:
    """Write the report of a results folder and return its first page, `OUT/report/index.html`.

    The pages follow from `OUT/results.jsonl`, `OUT/campaigns.jsonl`, `OUT/ledger.jsonl` and
    `OUT/thumbs/` alone; `time_zone` is that of the times at which posts were published, `language`
    that of the pages ("en", "fr" or "zh-Hant"). Pages link to the files that were screened where
    these still lie, or to `media`: names within the folder by the keys of files. `tell` hears what
    was left out and what can't be told: lines that no scan into the folder wrote, say. Raises
    FileNotFoundError when the folder does not exist (one without results gives a page that says
    so), and TimeZoneError and LanguageError for an unknown zone and language.
    """
    zone = posting.find_zone(time_zone)
    if not out.is_dir():
        raise FileNotFoundError(f"no such results folder: {out}")
    source = out / RESULTS
    environment = make_environment(zone, find_language(language))
    files, pages = (out / "report" / name for name in ("files", "campaigns"))
    for own in (files.parent, files, pages):
        private_folder(own)
    campaigns, ledger = read_campaign_lines(out), read_ledger(out)
    links = MediaLinks(out, media)
    # One open file for both passes: a scan that goes on meanwhile can't shift what was read.
    with open_regular(source) if source.exists() else BytesIO() as stream:
        results = read_results(stream, written_lines(out))
        records = file_records(ledger, results.rows)
        blocks = None
        while blocks is None:  # some could not be shown: number, group and link the others anew
            blocks = _write_pages(
                environment, out, stream, results, campaigns, links, records, (zone, time_zone)
            )
    shown = [block for block in blocks if block.campaign]
    _drop_stale_pages(files, [row.key for row in results.rows])
    _drop_stale_pages(pages, [block.campaign.campaign.id for block in shown if block.campaign])
    for note in (*results.notes(), *campaigns.notes(), *ledger.notes()):
        tell(note)
    index = out / "report" / "index.html"
    context = index_context(results, _written(source), zone, language)
    context["left_out"] += _left_out(CAMPAIGNS, campaigns.broken)
    context["left_out"] += _left_out(LEDGER, ledger.broken)
    context |= {
        "blocks": blocks,
        "records": records,
        "campaigns": len(shown),
        "in_campaigns": sum(len(block.rows) for block in shown),
        "searched": campaigns.searched,
        "broken_campaigns": bool(campaigns.broken),
        "changes": FolderChanges.read(out),
        "most_open": MOST_OPEN,
        "covers": {row.key: cover(read_thumbnails(out, row.key)) for row in results.rows},
    }
    page = environment.get_template("index.html").stream(context)
    page.enable_buffering(64)
    write_atomically(index, (chunk.encode("utf-8") for chunk in page))
    return index


def _write_pages(
    environment: jinja2.Environment,
    out: Path,
    stream: IO[bytes],
    results: ReadResults,
    campaigns: ReadCampaigns,
    links: MediaLinks,
    records: Mapping[str, FileRecord],
    zone: tuple[tzinfo, str],
) -> tuple[TableBlock, ...] | None:
    """Write the pages of files and campaigns; return the table of the batch page.

    None when records that can't be shown were dropped.
    """
    standing = standings(results.rows, campaigns.campaigns)
    blocks = table_blocks(results.rows, standing)
    results.rows = [row for block in blocks for row in block.rows]
    facts = _write_file_pages(environment, out, stream, results, links, standing, records)
    if facts is None:
        return None
    shown = [block.campaign for block in blocks if block.campaign]
    bad = _write_campaign_pages(environment, out, shown, results.rows, facts, records, zone)
    for name, error in bad.items():
        campaigns.leave_out(name, error)
    return None if bad else blocks


def make_environment(
    zone: tzinfo = timezone.utc, language: Language | None = None
) -> WordedEnvironment:
    """Return the template environment: every value is made visible and escaped, always.

    Times of posts are shown in `zone`, words in `language`, English by default.
    """
    language = language or find_language("en")
    environment = WordedEnvironment(
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
        text.seconds,
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
        words.check_words,
        percent,
        answer_words,
        entry_words,
        timeline.finding_name,
        variants.passed_words,
        variants.shared_words,
    ):
        environment.filters[function.__name__] = function
    environment.filters["day"] = partial(text.day, zone=zone)
    environment.filters["posted"] = partial(text.posted, zone=zone)
    environment.globals["campaign_decisions"] = campaign_decisions
    environment.words = None if language.english else language.message
    environment.filters["say"] = language.say
    environment.tests["english"] = lambda value: isinstance(value, English)
    environment.globals["language"] = language.code
    environment.globals["citation"] = scale.CITATION
    environment.globals["reach"] = partial(_reach, language)
    return environment


def _reach(language: Language, views: int | None, followers: int | None) -> str:
    told = text.reach(views, followers)
    if language.english:
        return told
    # The views of a face are other ones.
    parts = told.replace(" view", " post view").split(" \u00b7 ")
    return " \u00b7 ".join(map(language.say, parts))


def _finalize(value: Any) -> Any:
    # The last step before escaping, for every expression of every template: no metadata reaches
    # a page with a hidden or reordering character in it.
    return value if isinstance(value, Markup) else text.visible(str(value))


def page_assets(page: str, *, language: str = "en", images: str = "'self'") -> dict[str, Any]:
    """Return style, script and policy of a kind of page: index, file, campaign or enrolment.

    The words that a style puts beside values on small screens are those of `language`.
    """
    static = files("media_screen.report") / "static"
    names = ("common", page) if page in ("index", "enrolment") else ("common", "record", page)
    styles = (*names, "decided")
    style, script = (
        "\n".join(
            (static / f"{name}.{kind}").read_text("utf-8")
            for name in some
            if (static / f"{name}.{kind}").is_file()
        )
        for kind, some in (("css", styles), ("js", names))
    )
    style = styled_words(style, find_language(language))
    media = "media-src 'self'; " if page == "file" else ""
    policy = (
        f"default-src 'none'; img-src {images}; "
        f"{media}style-src '{source_hash(style)}'; script-src '{source_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return {"style": Markup(style), "script": Markup(script), "policy": policy}


def styled_words(style: str, language: Language) -> str:
    """Return a style with its words in a language: those of the headings that they stand for."""

    def said(found: re.Match[str]) -> str:
        before, words, after = found.groups()
        told = language.message(words.capitalize())
        return before + told[:1].lower() + told[1:].replace('"', "") + after

    return style if language.english else STYLED.sub(said, style)


def source_hash(content: str) -> str:
    """Return a script or style as a policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _write_file_pages(
    environment: jinja2.Environment,
    out: Path,
    stream: IO[bytes],
    results: ReadResults,
    links: MediaLinks,
    standing: Mapping[str, Standing],
    records: Mapping[str, FileRecord],
) -> dict[str, MemberFacts] | None:
    """Write one page for each row; return what the pages of campaigns need of their files.

    None when records that can't be shown were dropped.
    """
    template = environment.get_template("file.html")
    rows = {row.key: row for row in results.rows}
    assets = page_assets("file", language=str(environment.globals["language"]))
    shown: list[ResultRow] = []
    facts: dict[str, MemberFacts] = {}
    for place, row in enumerate(results.rows):
        line = read_line(stream, row)
        stands = standing.get(row.key)
        try:
            verdict = parse_line(line)
            pictures = read_thumbnails(out, row.key)
            own = links.of(verdict, line)
            page = template.render(
                **assets,
                **_neighbours(results.rows, place),
                standing=stands,
                **decision_context(file_of(row), records.get(row.key)),
                verdict=verdict,
                through=rows.get(verdict.passed.key) if verdict.passed else None,
                view=file_view(verdict, pictures, links=own),
                handed_on=own.handed_on,
                thumbs=f"../../thumbs/{row.key}/",
                thumb_height=THUMB_HEIGHT,
                curve_height=offsets.HEIGHT,
                mouth_height=beside.HEIGHT,
            )
        except (*BAD_RECORD, jinja2.TemplateError) as error:
            results.broken.append(broken_line(row.line, error, line))
            continue
        if stands is not None:
            facts[row.key] = member_facts(verdict, pictures)
        shown.append(row)
        path = out / "report" / "files" / f"{row.key}.html"
        write_atomically(path, [page.encode("utf-8")])
    complete = len(shown) == len(results.rows)
    results.rows = shown
    return facts if complete else None


def _write_campaign_pages(
    environment: jinja2.Environment,
    out: Path,
    shown: Sequence[CampaignRow],
    rows: Sequence[ResultRow],
    facts: Mapping[str, MemberFacts],
    records: Mapping[str, FileRecord],
    zone: tuple[tzinfo, str],
) -> dict[str, Exception]:
    """Write one page for each campaign; return what is wrong with those that can't be shown."""
    template = environment.get_template("campaign.html")
    assets = page_assets("campaign", language=str(environment.globals["language"]))
    by_key = {row.key: row for row in rows}
    campaigns = [row.campaign for row in shown]
    bad: dict[str, Exception] = {}
    for place, (campaign, row) in enumerate(zip(campaigns, shown, strict=True)):
        own = {file.key: by_key[file.key] for file in campaign.files if file.key in by_key}
        try:
            page = template.render(
                **assets,
                **_neighbours(campaigns, place),
                campaign=campaign,
                decisions=campaign_decisions(campaign, records),
                records=records,
                view=campaign_view(campaign, row.titles, own, facts, zone[0]),
                zone=zone[1],
                strip_height=posting.STRIP_HEIGHT,
                column=posting.COLUMN,
                line_height=posting.LINE_HEIGHT,
                line_part=round(100 / posting.LINE_PARTS, 2),
                most_named=MOST_NAMED,
            )
        except (*BAD_RECORD, jinja2.TemplateError) as error:
            bad[campaign.id] = error
            continue
        path = out / "report" / "campaigns" / f"{campaign.id}.html"
        write_atomically(path, [page.encode("utf-8")])
    return bad


def decision_context(file: DecidedFile, record: FileRecord | None) -> dict[str, Any]:
    """Work out what `parts/decision.html` shows of a file."""
    then = record.label_then(file.subject) if record else ""
    known = then if then in words.RANK else ""
    return {"record": record, "label": file.label, "then": known}


def _neighbours(pages: Sequence[Any], place: int) -> dict[str, Any]:
    return {
        "place": place + 1,
        "total": len(pages),
        "previous": pages[place - 1] if place else None,
        "next": pages[place + 1] if place + 1 < len(pages) else None,
    }


def _drop_stale_pages(folder: Path, names: Iterable[str]) -> None:
    # A page whose record is gone would be found by its old address and believed.
    wanted = {f"{name}.html" for name in names}
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
    results: ReadResults, written: str, zone: tzinfo = timezone.utc, language: str = "en"
) -> dict[str, Any]:
    """Work out what the batch page shows."""
    rows = results.rows
    unjudged = [row for row in rows if row.label == "unable_to_evaluate"]
    days = sorted(text.day(row.published, zone) for row in rows if _is_day(row.published))
    return page_assets("index", language=language) | {
        "rows": rows,
        "written": written,
        "posted": (days[0], days[-1]) if days else None,
        "counts": list(_counts(rows)),
        "persons": _persons(rows),
        "platforms": sorted({row.platform for row in rows if row.platform}),
        "marks": sorted({flag for row in rows for flag in row.flags} - OTHERWISE_MARKED),
        "unjudged": len(unjudged),
        "unjudged_reasons": Counter(r for row in unjudged for r in row.reasons).most_common(5),
        "failed": sum(1 for row in rows if row.failures),
        "lacking": sorted({why for row in rows for why in row.lacking})[:LACKING_SHOWN],
        "left_out": _left_out(RESULTS, results.broken),
        "rank": words.RANK,
        "rank_of": words.rank_of,
        "answers": ANSWERS,
    }


def _left_out(file: str, broken: Sequence[BrokenLine]) -> list[dict[str, Any]]:
    """Work out what the batch page says of the lines of a file that were left out, if any."""
    lines = sorted(broken, key=lambda line: line.number)[:BROKEN_SHOWN]
    return [{"file": file, "lines": lines, "count": len(broken)}] if broken else []


def _counts(rows: list[ResultRow]) -> Iterator[dict[str, Any]]:
    tally = Counter(row.label for row in rows)
    for label in BY_URGENCY:
        yield {"label": label, "words": words.LABELS[label], "count": tally[label]}


def _persons(rows: Sequence[ResultRow]) -> list[tuple[str, str]]:
    """Return the people whom labels concern, each with slug and name, by name."""
    return sorted(person_names(rows).items(), key=lambda item: (item[1].casefold(), item[0]))


def _is_day(published: str) -> bool:
    return re.match(r"\d{4}-\d\d-\d\d", published) is not None
