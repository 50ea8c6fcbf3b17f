"""The objects of OpenCTI are what its data model defines, and hang together as it allows."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from media_screen.testing import make_verdict
from tests.exports.made import FAKE, campaign, written
from tests.report.records import HOSTILE

TEXT = {"type": "string", "minLength": 1}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}
SDO = "extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba"
SCO = "extension-definition--f93e2c80-4231-4f9a-af8b-95c9bd566a82"

# OpenCTI 6: the converters of modules/channel, narrative and event and of the cyber observables,
# and the attributes that they call mandatory; a media content is known by its address.
FIELDS: dict[str, dict[str, Any]] = {
    "channel": {"channel_types": TEXTS},
    "narrative": {"narrative_types": TEXTS},
    "event": {"event_types": TEXTS, "start_time": TIME, "stop_time": TIME},
    "media-content": {
        "title": TEXT,
        "content": TEXT,
        "media_category": TEXT,
        "url": TEXT,
        "publication_date": TIME,
    },
}
COMMON = {"type": TEXT, "spec_version": {"const": "2.1"}, "id": TEXT, "labels": TEXTS}
DOMAIN = {
    "created": TIME,
    "modified": TIME,
    "created_by_ref": TEXT,
    "name": TEXT,
    "description": TEXT,
    "aliases": TEXTS,
}
# What may join two of them (database/stix.ts and modules/channel); "related-to" joins anything.
RELATIONS = {
    ("campaign", "uses", "channel"),
    ("campaign", "uses", "narrative"),
    ("campaign", "uses", "attack-pattern"),
    ("channel", "publishes", "media-content"),
    ("channel", "belongs-to", "user-account"),
    ("indicator", "based-on", "observed-data"),
    ("indicator", "indicates", "attack-pattern"),
    ("indicator", "indicates", "campaign"),
}


def schema(kind: str) -> dict[str, Any]:
    """The JSON schema of an object of OpenCTI's own kind."""
    observed = kind == "media-content"
    extension = {"extension_type": {"const": "new-sco" if observed else "new-sdo"}}
    own = SCO if observed else SDO
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["type", "id", "extensions", *(["url"] if observed else [*DOMAIN][:4])],
        "properties": COMMON
        | ({} if observed else DOMAIN)
        | FIELDS[kind]
        | {
            "id": {"type": "string", "pattern": rf"^{kind}--[0-9a-f-]{{36}}$"},
            "extensions": {
                "type": "object",
                "required": [own],
                "additionalProperties": False,
                "properties": {
                    own: {
                        "type": "object",
                        "required": ["extension_type"],
                        "properties": extension,
                    }
                },
            },
        },
    }


def objects_of(text: str = "Watch this") -> list[dict[str, Any]]:
    joined, files = campaign(FAKE, text)
    told = written("opencti", [*files, make_verdict()], [joined])
    objects: list[dict[str, Any]] = json.loads(told)["objects"]
    return objects


@pytest.mark.parametrize("text", ["Watch this", *HOSTILE], ids=lambda text: ascii(text[:20]))
def test_its_own_objects_follow_its_definitions(text: str) -> None:
    own = [one for one in objects_of(text) if one["type"] in FIELDS]
    assert {one["type"] for one in own} == set(FIELDS)
    for one in own:
        jsonschema.validate(one, schema(one["type"]))


def test_objects_are_joined_only_as_it_allows() -> None:
    objects = objects_of()
    kinds = {one["id"]: one["type"] for one in objects}
    told = {
        (kinds[one["source_ref"]], one["relationship_type"], kinds[one["target_ref"]])
        for one in objects
        if one["type"] == "relationship"
    }
    assert {one for one in told if one[1] != "related-to"} == RELATIONS


def test_no_two_channels_have_one_name() -> None:
    names = [one["name"] for one in objects_of() if one["type"] == "channel"]
    assert len(names) == len(set(names)) == 3


def test_it_holds_all_that_stix_holds() -> None:
    joined, files = campaign()
    plain = json.loads(written("stix", files, [joined]))["objects"]
    whole = json.loads(written("opencti", files, [joined]))["objects"]
    known = {one["id"]: one for one in whole}
    assert all(known[one["id"]] == one for one in plain)


def test_the_bundle_is_read_by_the_library() -> None:
    stix2 = pytest.importorskip("stix2")
    joined, files = campaign()
    bundle = stix2.parse(written("opencti", files, [joined]), allow_custom=True)
    assert {"channel", "narrative", "event", "media-content"} <= {
        one["type"] for one in bundle.objects
    }
