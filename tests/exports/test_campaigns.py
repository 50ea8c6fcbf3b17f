"""What exports say of a campaign: all that is suspected in it, and nothing of the others."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from importlib import resources
from itertools import product
from typing import Any

import jsonschema
import pytest

from media_screen.evidence import ACCUSING, CAMPAIGN_ROLES, LABELS, CampaignRole, Label
from media_screen.exports.postings import claims_of, techniques_of
from media_screen.testing import make_verdict
from tests.exports.made import (
    CAMPAIGN,
    FAKE,
    GENUINE,
    Row,
    account_of,
    campaign,
    hash_of,
    posted,
    written,
)


def bundle(verdicts: Any, campaigns: Any = (), form: str = "stix") -> list[dict[str, Any]]:
    objects: list[dict[str, Any]] = json.loads(written(form, verdicts, campaigns))["objects"]
    return objects


def related(objects: list[dict[str, Any]]) -> set[str]:
    """All ids that a relationship joins."""
    ends = ("source_ref", "target_ref")
    return {one[end] for one in objects if one["type"] == "relationship" for end in ends}


# --- who is accused ------------------------------------------------------------------------------

# Whether a file of a role and a label is suspected, when it has the label for itself or only from
# another file: the official post never, one that quotes only for itself.
TABLE = [
    pytest.param(role, label, own, expected, id=f"{role}-{label}-{'own' if own else 'passed'}")
    for role, label, own in product(CAMPAIGN_ROLES, LABELS, (True, False))
    for expected in [label in ACCUSING and (role == "member" or (role == "quotes" and own))]
]


@pytest.mark.parametrize("form", ["stix", "opencti", "misp", "mediareview", "graphml"])
@pytest.mark.parametrize(("role", "label", "own", "accused"), TABLE)
def test_only_suspected_files_and_their_accounts_are_accused(
    form: str, role: CampaignRole, label: Label, own: bool, accused: bool
) -> None:
    row: Row = ("clip", "youtube", role, label, label if own else "no_finding")
    joined, files = campaign((FAKE[0], row))
    text = written(form, files, [joined])
    if form in ("stix", "opencti"):
        objects = json.loads(text)["objects"]
        patterns = " ".join(one.get("pattern", "") for one in objects)
        assert (hash_of("clip") in patterns) == accused
        ids = {one["id"] for one in objects if one.get("account_login") == "by_clip"}
        ids |= {one["id"] for one in objects if hash_of("clip") in str(one.get("hashes"))}
        assert len(ids) == 2, "each post is told of with its account"
        assert (ids <= related(objects)) == accused and bool(ids & related(objects)) == accused
    elif form == "graphml":
        assert text.count(">True</data>") == 1 + accused
    else:
        assert (hash_of("clip") in text) == accused
        assert ("by_clip" in text) == (accused and form == "misp")


@pytest.mark.parametrize("form", ["stix", "opencti", "misp", "graphml"])
def test_an_official_account_is_not_accused_by_another_file_of_its_own(form: str) -> None:
    joined, files = campaign((FAKE[0], FAKE[2]))
    account = account_of("talk", "youtube")
    blamed = replace(joined.files[0], account=account)
    joined = replace(joined, files=(blamed, joined.files[1]))
    text = written(form, files, [joined])
    if form in ("stix", "opencti"):
        objects = json.loads(text)["objects"]
        ids = {one["id"] for one in objects if one.get("account_login") == "by_talk"}
        assert ids and not ids & related(objects)
        assert "channel" not in {one["type"] for one in objects}
    else:
        assert "by_talk" not in text if form == "misp" else ">True</data>" not in text


def test_techniques_are_those_that_the_suspected_accounts_show() -> None:
    def ids(rows: Any) -> list[str]:
        joined, files = campaign(rows)
        (claim,) = claims_of(files, [joined])
        return [one.id for one in techniques_of(claim)]

    assert ids(FAKE) == ["T0084.001", "T0087.001", "T0119.002", "T0143.003"]
    same_site = (FAKE[0], (*FAKE[1][:1], "youtube", *FAKE[1][2:]))
    assert "T0119.002" not in ids(same_site) and "T0084.001" in ids(same_site)
    assert ids((FAKE[0], FAKE[2])) == ["T0087.001", "T0143.003"]
    assert ids(GENUINE) == []


def test_who_comments_by_the_name_of_an_account_posted_no_text_of_its() -> None:
    joined, files = campaign(FAKE)
    commented = tuple(replace(one, where="comment") for one in joined.wordings)
    (claim,) = claims_of(files, [replace(joined, wordings=commented)])
    assert [one.id for one in techniques_of(claim)] == ["T0087.001", "T0119.002", "T0143.003"]


# --- CSV -----------------------------------------------------------------------------------------


def test_a_row_names_the_campaign_and_where_its_label_comes_from() -> None:
    joined, files = campaign()
    text = written("csv", [*files, make_verdict()], [joined])
    fake, copy, *_, alone = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    for row in (fake, copy):
        assert row["campaign"] == CAMPAIGN
        assert row["campaign_label"] == "suspected_impersonation"
        assert row["campaign_reason"] == joined.reason
    assert (fake["own_label"], fake["passed_through"]) == ("", "")
    assert (copy["own_label"], copy["passed_through"]) == ("no_finding", "fake.mp4")
    assert not alone["campaign"] and not alone["campaign_label"]


# --- STIX ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["stix", "opencti"])
@pytest.mark.parametrize(
    ("rows", "kind", "other"),
    [
        pytest.param(FAKE, "campaign", "grouping", id="suspected"),
        pytest.param(GENUINE, "grouping", "campaign", id="harmless"),
    ],
)
def test_a_bundle_is_a_campaign_where_it_accuses_and_a_grouping_otherwise(
    form: str, rows: Any, kind: str, other: str
) -> None:
    stix2 = pytest.importorskip("stix2")
    joined, files = campaign(rows)
    text = written(form, files, [joined])
    stix2.parse(text, allow_custom=form == "opencti")
    objects = json.loads(text)["objects"]
    kinds = [one["type"] for one in objects]
    assert kinds.count(kind) == 1 and other not in kinds
    assert kinds.count("observed-data") == kinds.count("user-account") == len(rows)
    assert kinds.count("indicator") == (2 if kind == "campaign" else 0)
    ids = [one["id"] for one in objects]
    assert len(ids) == len(set(ids)) and related(objects) <= set(ids)


def test_relations_say_who_posted_what() -> None:
    joined, files = campaign()
    objects = bundle(files, [joined])
    by_id = {one["id"]: one for one in objects}
    told = {
        (by_id[one["source_ref"]].get("account_login"), by_id[one["target_ref"]]["type"])
        for one in objects
        if one["type"] == "relationship" and one["source_ref"].startswith("user-account")
    }
    assert told == {
        (f"by_{name}", kind) for name in ("fake", "copy") for kind in ("file", "campaign")
    }
    for one in objects:
        if one["type"] == "observed-data":
            kinds = [ref.split("--")[0] for ref in one["object_refs"]]
            assert kinds == ["file", "url", "user-account"]


def test_what_is_not_suspected_has_a_note_that_says_so() -> None:
    joined, files = campaign()
    (note,) = (one for one in bundle(files, [joined]) if one.get("abstract") == "Not suspected")
    assert len(note["object_refs"]) == 2


def test_a_grown_campaign_keeps_its_ids() -> None:
    joined, files = campaign(FAKE)
    small, few = campaign(FAKE[:2])
    later, first = bundle(files, [joined]), bundle(few, [small])
    assert {one["id"] for one in first} <= {one["id"] for one in later}
    (whole,) = (one for one in later if one["type"] == "campaign")
    assert whole["aliases"] == ["c-ffffffffffff"]
    assert whole["first_seen"] == "2026-01-02T03:04:05Z"


# --- MISP ----------------------------------------------------------------------------------------


def test_each_campaign_is_an_event_and_the_other_files_are_one() -> None:
    pymisp = pytest.importorskip("pymisp")
    joined, files = campaign()
    text = written("misp", [*files, make_verdict(), posted(("x", "x", *FAKE[0][2:]))], [joined])
    events = json.loads(text)["response"]
    assert len(events) == 2
    schema = json.loads(resources.files("pymisp").joinpath("data/schema-lax.json").read_text())
    for told in events:
        jsonschema.validate(told, schema)
        event = pymisp.MISPEvent()
        event.load(json.dumps(told))
        uuids = [one.uuid for one in event.objects]
        assert len(uuids) == len(set(uuids))
        refers = {ref.referenced_uuid for one in event.objects for ref in one.references}
        assert refers <= set(uuids)
    whole = events[0]["Event"]
    assert CAMPAIGN in whole["info"] and "2 files" in whole["info"]
    names = [one["name"] for one in whole["Object"]]
    assert names.count("file") == 2 and names.count("annotation") == 1
    assert {"youtube-channel", "user-account"} <= set(names)
    links = {one["value"]: one["comment"] for one in whole["Attribute"]}
    assert "nothing is suspected" in links["https://youtube.example/talk"]
    tags = {one["name"] for one in whole["Tag"]}
    assert 'misp-galaxy:disarm-techniques="Post across Platform"' in tags
    assert not any("Impersonated Persona" in tag for tag in tags), "the galaxy has no such entry"


def test_an_event_of_a_campaign_keeps_its_uuid_when_files_come() -> None:
    def uuid(rows: Any) -> str:
        joined, files = campaign(rows)
        (event,) = json.loads(written("misp", files, [joined]))["response"]
        return str(event["Event"]["uuid"])

    assert uuid(FAKE) == uuid(FAKE[:2])


@pytest.mark.parametrize(("form", "place"), [("misp", "response"), ("mediareview", "@graph")])
def test_a_harmless_campaign_is_not_told_of(form: str, place: str) -> None:
    joined, files = campaign(GENUINE)
    assert json.loads(written(form, files, [joined]))[place] == []


# --- MediaReview ---------------------------------------------------------------------------------


def test_a_claim_has_one_review_however_many_copies_there_are() -> None:
    joined, files = campaign()
    (review,) = json.loads(written("mediareview", files, [joined]))["@graph"]
    item = review["itemReviewed"]
    assert item["@type"] == "MediaReviewItem" and item["name"] == "Watch this"
    assert [one["sha256"] for one in item["mediaItemAppearance"]] == [
        hash_of("fake"),
        hash_of("copy"),
    ]
    assert review["originalMediaLink"] == "https://youtube.example/talk"
    assert review["reviewBody"].startswith(files[0].summary)
