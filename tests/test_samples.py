"""The committed samples are complete, small, and are what samples/README.md says."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import av
import pytest

from media_screen.evidence import LABELS
from tests.places import SAMPLES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DOWNLOADS = SAMPLES / "downloads"
PERSON = SAMPLES / "people" / "irena-valequist"
SIDECAR = ".info.json"

MOST_BYTES = 15_000_000
OFFICIAL_SECONDS = (10.0, 20.0)
POST_SECONDS = (5.0, 20.0)
BROKEN = ("broken-download.mp4", "not-a-video.mp4")
MARK = "made for demonstration"

OWN_POST = "Footpath opened [demo-irv-03].mp4"
COPY = "7300000000000000001.mp4"
REVOICED = "dockside_rumours-1990000000000000001.mp4"
IMITATION = "my-new-channel.mp4"
INTERVIEW = "northern-desk-interview.mp4"
UNRELATED = "slow-pictures-cat-and-coffee.mp4"
WITHOUT_SIDECAR = ("forwarded-picture.jpg", "voice-message.m4a", "not-a-video.mp4")

# The field that holds the stable id of the account, by what yt-dlp calls the site.
STABLE_ID = {"Youtube": "channel_id", "TikTok": "uploader_id", "Twitter": "channel_id"}


def expected() -> dict[str, str]:
    with (SAMPLES / "expected.tsv").open(encoding="utf-8", newline="") as stream:
        return {row["file"]: row["label"] for row in csv.DictReader(stream, delimiter="\t")}


def media(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_file() and not p.name.endswith(SIDECAR))


def sidecar(path: Path) -> dict[str, Any]:
    record = json.loads(path.with_suffix(SIDECAR).read_text(encoding="utf-8"))
    assert isinstance(record, dict)
    return record


def official_ids() -> set[str]:
    with (PERSON / "person.toml").open("rb") as stream:
        return {channel["id"] for channel in tomllib.load(stream)["channel"]}


def seconds(path: Path) -> float:
    with av.open(str(path)) as container:
        assert container.duration is not None
        return float(container.duration / av.time_base)


def videos() -> list[Path]:
    found = [*media(PERSON / "official"), *media(DOWNLOADS)]
    return [path for path in found if path.suffix == ".mp4" and path.name not in BROKEN]


def test_the_samples_stay_small() -> None:
    made = {"__pycache__", ".media_screen"}
    files = (p for p in SAMPLES.rglob("*") if not made.intersection(p.parts) and p.is_file())
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


def test_every_download_has_one_expected_label_that_exists() -> None:
    wanted = expected()
    assert set(wanted) == {f"downloads/{path.name}" for path in media(DOWNLOADS)}
    assert set(wanted.values()) <= set(LABELS)


def test_every_file_is_described() -> None:
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert MARK in text.lower()
    assert "Eileen Collins" in text
    for name, label in expected().items():
        assert f"| `{Path(name).name}` |" in text
        assert f"| `{label}` |" in text


def test_the_person_is_complete() -> None:
    with (PERSON / "person.toml").open("rb") as stream:
        record = tomllib.load(stream)
    assert record["name"] == "Irena Valequist"
    assert any("\u4e00" <= char <= "\u9fff" for alias in record["aliases"] for char in alias)
    channels = {(channel["platform"], channel["id"]) for channel in record["channel"]}
    youtube = next(identifier for platform, identifier in channels if platform == "youtube")
    assert youtube.startswith("UC") and len(youtube) == 24
    tiktok = sorted(identifier for platform, identifier in channels if platform == "tiktok")
    assert tiktok[0].isdigit() and tiktok[1].startswith("MS4wLjABAAAA")
    assert any(platform == "x" for platform, _ in channels)
    assert len(media(PERSON / "faces")) == 3
    assert len(media(PERSON / "voice")) == 1
    assert len(media(PERSON / "official")) == 2


def test_sidecars_have_the_accounts_intended() -> None:
    official = official_ids()
    beside = {path.name for path in media(DOWNLOADS) if path.with_suffix(SIDECAR).is_file()}
    assert beside == {path.name for path in media(DOWNLOADS)} - set(WITHOUT_SIDECAR)
    for path in (*media(PERSON / "official"), *(DOWNLOADS / name for name in sorted(beside))):
        record = sidecar(path)
        mine = path.parent.name == "official" or path.name == OWN_POST
        assert (record[STABLE_ID[record["extractor_key"]]] in official) == mine, path.name
        assert record["webpage_url"].startswith("https://")
        assert record["title"] and record["timestamp"] and len(record["upload_date"]) == 8
    assert {sidecar(DOWNLOADS / name)["extractor_key"] for name in beside} == set(STABLE_ID)


def test_the_imitation_differs_from_the_official_handle_by_a_cyrillic_letter() -> None:
    handle = sidecar(DOWNLOADS / IMITATION)["uploader_id"]
    own = sidecar(DOWNLOADS / OWN_POST)["uploader_id"]
    assert handle != own
    assert handle.replace("\u0430", "a") == own


@pytest.mark.parametrize("path", videos(), ids=lambda path: path.name)
def test_videos_are_as_long_as_their_sidecars_say(path: Path) -> None:
    length = seconds(path)
    low, high = OFFICIAL_SECONDS if path.parent.name == "official" else POST_SECONDS
    assert low <= length <= high
    assert abs(length - sidecar(path)["duration"]) <= 1.0


@pytest.mark.parametrize("path", videos(), ids=lambda path: path.name)
def test_videos_are_h264_with_aac_and_say_what_they_are_for(path: Path) -> None:
    with av.open(str(path)) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert picture.codec_context.name == "h264"
        assert picture.codec_context.pix_fmt == "yuv420p"
        assert picture.average_rate == 25
        assert sound.codec_context.name == "aac"
        assert MARK in container.metadata["comment"].lower()
        assert (picture.width, picture.height) == ((384, 216) if path.name == COPY else (640, 360))
        keys = [float(p.pts * p.time_base) for p in container.demux(picture) if p.is_keyframe]
    assert max(b - a for a, b in zip(keys, [*keys[1:], seconds(path)], strict=True)) <= 2.1


def test_sound_alone_opens() -> None:
    for path in (DOWNLOADS / "voice-message.m4a", *media(PERSON / "voice")):
        with av.open(str(path)) as container:
            assert not container.streams.video
            assert next(container.decode(audio=0)).samples > 0
        assert 5.0 <= seconds(path) <= 20.0


def test_pictures_open() -> None:
    for path in (DOWNLOADS / "forwarded-picture.jpg", *media(PERSON / "faces")):
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
        assert min(frame.width, frame.height) >= 200


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_do_not_open(name: str) -> None:
    assert (DOWNLOADS / name).stat().st_size > 0
    with pytest.raises(av.FFmpegError):
        av.open(str(DOWNLOADS / name))


def test_the_intended_labels() -> None:
    labels = {Path(name).name: label for name, label in expected().items()}
    assert labels == {
        OWN_POST: "official",
        COPY: "official_copy",
        REVOICED: "altered_official",
        IMITATION: "suspected_impersonation",
        INTERVIEW: "unverified_appearance",
        UNRELATED: "no_finding",
        "forwarded-picture.jpg": "unverified_appearance",
        "voice-message.m4a": "no_finding",
        "broken-download.mp4": "unable_to_evaluate",
        "not-a-video.mp4": "unable_to_evaluate",
    }
