"""Exports hold what a verdict supports, for the tools that read them, whatever metadata holds."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from dataclasses import replace
from datetime import datetime, timezone
from importlib import resources
from pathlib import Path
from typing import Literal

import jsonschema
import pytest

from media_screen.evidence import ACCUSING, LABELS, Label, Match, Provenance, Span, Verdict
from media_screen.exports import FORMATS, ExportError, export
from media_screen.exports.claims import published, statement, techniques
from media_screen.exports.csv import COLUMNS
from media_screen.results.campaigns import CAMPAIGNS
from media_screen.testing import make_verdict
from tests.exports.made import PACKAGES, campaign, written
from tests.report.records import HOSTILE, every_label, hostile, write_results

LONG = "=cmd|' /C calc'!A0 " + "\u5287" * 50_000
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1+1", "|calc", LONG)


def nasty(text: str) -> Verdict:
    """A suspected file of known content in which every free text is the given one."""
    verdict = hostile(text)
    return replace(verdict, media=replace(verdict.media, sha256="cd" * 32))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


# --- every format ----------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", [*HOSTILE, *FORMULAS], ids=lambda text: ascii(text[:20]))
def test_hostile_texts_are_written_out_and_cut(form: str, text: str) -> None:
    joined, files = campaign(text=text)
    found = written(form, [nasty(text), make_verdict(), *files], [joined])
    found.encode("utf-8")  # no lone surrogates
    if FORMATS[form].endswith(".json"):
        found = json.dumps(json.loads(found), ensure_ascii=False)
    assert text[-2_001:] not in found or len(text) < 2_001
    for char in ("\u202e", "\u200b", "\u2066", "\x1b", "\x00", "\ufffe"):
        assert char not in found


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in ("csv", "csv_files")])
def test_people_have_the_names_by_which_they_are_enrolled(form: str) -> None:
    joined, files = campaign()
    named = [replace(one, names={"xin-liu": "Xin the Enrolled"}) for one in files]
    found = json.loads(written(form, named, [joined])) if FORMATS[form].endswith(".json") else {}
    texts = [text for text in _texts_in(found) if "xin-liu" in text]
    assert not texts


def _texts_in(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts_in(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts_in(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_results_give_the_same_bytes(form: str) -> None:
    joined, files = campaign()
    verdicts = [*every_label(), make_verdict(), *files]
    assert written(form, verdicts, [joined]) == written(form, list(verdicts), [joined])


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_to_tell_is_a_valid_document(form: str, tmp_path: Path) -> None:
    assert written(form, []) or not FORMATS[form].endswith((".json", ".csv"))
    write_results(tmp_path, [])
    path, count = export(tmp_path, form)
    assert count == 0 and path == tmp_path / FORMATS[form] and path.is_file()


def test_saved_results_are_exported_without_their_broken_lines(tmp_path: Path) -> None:
    results = write_results(tmp_path, every_label())
    with results.open("a") as stream:
        stream.write("{broken\n")
    path, count = export(tmp_path, "csv", output=tmp_path / "mine.csv")
    assert count == len(LABELS) and path.name == "mine.csv"
    assert sorted(row["label"] for row in rows(path.read_text("utf-8"))) == sorted(LABELS)


def test_campaigns_are_read_beside_the_results(tmp_path: Path) -> None:
    joined, files = campaign()
    write_results(tmp_path, files)
    (tmp_path / CAMPAIGNS).write_text(json.dumps(joined.to_dict()) + "\n", "utf-8")
    path, count = export(tmp_path, "csv")
    assert count == len(files)
    assert {row["campaign_reason"] for row in rows(path.read_text("utf-8"))} == {joined.reason}


@pytest.mark.parametrize(("form", "package"), PACKAGES.items())
def test_a_missing_package_is_named(
    form: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_results(tmp_path, [])
    monkeypatch.setitem(sys.modules, package, None)
    for name in {form, "stix"}:
        monkeypatch.delitem(sys.modules, f"media_screen.exports.{name}", raising=False)
    with pytest.raises(ExportError, match=re.escape(f"pip install 'media_screen[{form}]'")):
        export(tmp_path, form)


# --- what is claimed -------------------------------------------------------------------------

DEEPFAKE = {"video": "T0087.001", "image": "T0086.002", "audio": "T0088.001"}


@pytest.mark.parametrize("label", LABELS)
def test_only_labels_that_suspect_something_are_told_of(label: Label) -> None:
    verdict = make_verdict(label)
    told = json.loads(written("mediareview", [verdict]))["@graph"]
    assert bool(told) == (label in ACCUSING)
    assert (label in ACCUSING) == (
        label in ("suspected_impersonation", "altered_official", "synthetic_media")
    )


@pytest.mark.parametrize("kind", DEEPFAKE)
def test_techniques_follow_what_was_manipulated(kind: Literal["video", "image", "audio"]) -> None:
    verdict = make_verdict()
    verdict = replace(verdict, media=replace(verdict.media, kind=kind))
    assert [one.id for one in techniques(verdict)] == [DEEPFAKE[kind], "T0143.003"]


def test_an_imitating_channel_alone_is_no_deepfake() -> None:
    verdict = make_verdict(llr={"identity": 5.1}, probability_bounds=None)
    assert [one.id for one in techniques(verdict)] == ["T0143.003"]
    (review,) = json.loads(written("mediareview", [verdict]))["@graph"]
    assert "mediaAuthenticityCategory" not in review


@pytest.mark.parametrize(("relation", "technique"), [("revoiced", "T0088"), ("copy", "T0087")])
def test_changed_footage_is_not_said_to_be_made_by_ai(relation: str, technique: str) -> None:
    match = Match("ada", "talk.mp4", relation, Span(0, 4), Span(0, 4), 1.0, 0.0)  # type: ignore[arg-type]
    verdict = make_verdict("altered_official", llr={}, provenance=Provenance(match=match))
    assert [one.id for one in techniques(verdict)] == [technique]
    (review,) = json.loads(written("mediareview", [verdict]))["@graph"]
    assert review["mediaAuthenticityCategory"] == "https://schema.org/TransformedContent"
    assert "talk.mp4" in review["originalMediaContextDescription"]


def test_a_statement_gives_propositions_strength_and_limits() -> None:
    text = statement(make_verdict())
    for part in (
        "H1, the media was manipulated",
        "H2, it is a genuine recording",
        "3.40",
        "Moderate support",
        "1 file in 100",
        "attributes the file to nobody",
        "credentials: there is no manifest",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)),
        ("2026-01-02", datetime(2026, 1, 2, tzinfo=timezone.utc)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_of_posts(text: str, expected: datetime | None) -> None:
    verdict = make_verdict()
    assert verdict.post is not None
    assert published(replace(verdict, post=replace(verdict.post, published=text))) == expected
    assert published(replace(verdict, post=None)) is None


# --- CSV -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", FORMULAS, ids=lambda text: ascii(text[:20]))
def test_no_cell_is_a_formula(text: str) -> None:
    (row,) = rows(written("csv", [nasty(text)]))
    assert tuple(row) == COLUMNS
    for cell in row.values():
        assert not cell.lstrip().startswith(tuple("=+@|\uff1d")) and len(cell) < 32_000
        assert not re.match(r"\s*-(?!\d+(\.\d+)?$)", cell)


def test_numbers_stay_numbers() -> None:
    (row,) = rows(written("csv", [make_verdict(llr={"manipulation": -1.5})]))
    assert float(row["llr_manipulation"]) == -1.5 and row["llr_identity"] == ""
    assert row["names"] == "" and row["title"] == "A talk"


# --- STIX ------------------------------------------------------------------------------------


def test_the_bundle_is_read_by_the_library_and_hangs_together() -> None:
    stix2 = pytest.importorskip("stix2")
    copy = replace(make_verdict(), media=replace(make_verdict().media, path="again.mp4"))
    bundle = stix2.parse(written("stix", [make_verdict(), copy, *every_label()]))
    ids = [one.id for one in bundle.objects]
    assert len(ids) == len(set(ids))
    for one in bundle.objects:
        refs = [*one.get("object_refs", ()), *(one[key] for key in one if key.endswith("_ref"))]
        assert set(refs) <= set(ids), f"{one.type} refers to what is not in the bundle"
        assert "confidence" not in one
    kinds = {one.type for one in bundle.objects}
    assert kinds == {
        "identity",
        "file",
        "url",
        "user-account",
        "observed-data",
        "indicator",
        "relationship",
        "attack-pattern",
        "note",
    }
    (pattern,) = {
        one.pattern
        for one in bundle.objects
        if one.type == "indicator" and "ab" * 32 in one.pattern
    }
    assert pattern == f"[file:hashes.'SHA-256' = '{'ab' * 32}']"


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_hostile_bundles_are_read_by_the_library(text: str) -> None:
    stix2 = pytest.importorskip("stix2")
    bundle = stix2.parse(written("stix", [nasty(text)]), allow_custom=False)
    assert {"file", "indicator", "note"} <= {one.type for one in bundle.objects}


def test_a_later_export_updates_the_same_objects() -> None:
    pytest.importorskip("stix2")
    first = json.loads(written("stix", [make_verdict()]))["objects"]
    later = json.loads(written("stix", [make_verdict(summary="Something else.")]))["objects"]
    assert [one["id"] for one in first] == [one["id"] for one in later]
    assert [one.get("created") for one in first] == [one.get("created") for one in later]


# --- MISP ------------------------------------------------------------------------------------

SITES = {
    "youtube": "youtube-video",
    "twitter": "twitter-post",
    "facebook": "facebook-post",
    "tiktok": "microblog",
}
ACCOUNTS = {
    "youtube": "youtube-channel",
    "twitter": "twitter-account",
    "facebook": "facebook-account",
    "tiktok": "user-account",
}


@pytest.mark.parametrize("platform", SITES)
def test_the_event_is_loaded_by_the_library_and_follows_its_schema(platform: str) -> None:
    pymisp = pytest.importorskip("pymisp")
    verdict = make_verdict()
    assert verdict.post is not None
    verdict = replace(verdict, post=replace(verdict.post, platform=platform))
    (told,) = json.loads(written("misp", [verdict]))["response"]
    event = pymisp.MISPEvent()
    event.load(json.dumps(told))
    names = {one.name for one in event.objects}
    assert {"file", SITES[platform], "impersonation", "annotation"} <= names
    assert ACCOUNTS[platform] in names
    uuids = {one.uuid for one in event.objects}
    for one in event.objects:
        assert {ref.referenced_uuid for ref in one.references} <= uuids
        assert not any(attribute.to_ids for attribute in one.attributes)
    assert any(a.value == "ab" * 32 for o in event.objects for a in o.attributes)
    schema = json.loads(resources.files("pymisp").joinpath("data/schema-lax.json").read_text())
    jsonschema.validate(told, schema)


@pytest.mark.parametrize("text", [*HOSTILE, LONG], ids=lambda text: ascii(text[:20]))
def test_hostile_events_load(text: str) -> None:
    pymisp = pytest.importorskip("pymisp")
    event = pymisp.MISPEvent()
    (told,) = json.loads(written("misp", [nasty(text)]))["response"]
    event.load(json.dumps(told))
    assert event.objects


def test_an_account_is_linked_only_by_an_id_of_its_site() -> None:
    pytest.importorskip("pymisp")
    verdict = make_verdict()
    assert verdict.post is not None
    odd = replace(verdict, post=replace(verdict.post, channel_id="x/../y", url="javascript:1"))
    text = written("misp", [odd])
    assert "youtube.com" not in text and "javascript" not in text
    assert "youtube.com/channel/UC0000000000000000000000" in written("misp", [verdict])


# --- MediaReview -----------------------------------------------------------------------------

# The properties of schema.org 29 that are used, and what holds them.
REVIEW = {
    "@type",
    "@id",
    "name",
    "abstract",
    "reviewBody",
    "datePublished",
    "author",
    "itemReviewed",
    "mediaAuthenticityCategory",
    "originalMediaContextDescription",
}
ITEM = {"@type", "name", "sha256", "contentUrl", "contentSize", "duration", "uploadDate", "about"}


def test_a_review_says_what_was_changed_and_that_it_is_a_screening() -> None:
    document = json.loads(written("mediareview", [make_verdict()]))
    assert document["@context"] == "https://schema.org"
    (review,) = document["@graph"]
    assert set(review) <= REVIEW and set(review["itemReviewed"]) <= ITEM
    assert review["@type"] == "MediaReview"
    assert review["mediaAuthenticityCategory"] == "https://schema.org/TransformedContent"
    assert "automatic screening" in review["abstract"]
    item = review["itemReviewed"]
    assert item["@type"] == "VideoObject" and item["sha256"] == "ab" * 32
    assert item["duration"] == "PT41.2S" and item["uploadDate"] == "2026-01-02T03:04:05Z"
    assert item["contentUrl"].startswith("https://www.youtube.com/")
