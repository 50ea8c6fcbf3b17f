"""Official posts of a scan are the originals that its other files are compared with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from media_screen import sidecar as sidecars
from media_screen.batch.originals import official_posts
from media_screen.batch.scan import Progress, Summary, scan
from media_screen.batch.worker import Limits
from media_screen.evidence import Verdict
from media_screen.footage.catalogue import Catalogue
from media_screen.media import SAMPLE_RATE, identify
from media_screen.people.cache import CATALOGUE, ORIGINALS, PROXIES
from media_screen.people.registry import load_people
from media_screen.screen import Config
from media_screen.sidecar import stream
from tests.footage.making import Scene, voice
from tests.making import RATE, records, touch, write_sound

OWN, OTHER = "UC0000000000000000000001", "UC0000000000000000000002"
SECONDS = 12.0


def write_scene(path: Path, scene: int, *, crf: int = 23) -> Path:
    """A recording of a scene with a voice."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=RATE, options={"crf": str(crf)})
        video.width, video.height, video.pix_fmt = 240, 180, "yuv420p"
        sound = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        for number in range(round(SECONDS * RATE)):
            frame = av.VideoFrame.from_ndarray(Scene(scene).at(number / RATE), format="rgb24")
            frame.pts = number
            container.mux(video.encode(frame))
        container.mux(video.encode())
        write_sound(container, sound, voice(SECONDS, scene)[None], SAMPLE_RATE, "mono")
    return path


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A post, and the same compressed once more."""
    folder = tmp_path_factory.mktemp("films")
    write_scene(folder / "post.mp4", 1)
    write_scene(folder / "copy.mp4", 1, crf=33)
    write_scene(folder / "other.mp4", 2)
    return folder


@pytest.fixture
def downloads(films: Path, tmp_path: Path) -> Path:
    """A post of the person's own channel, and a copy of it on another one."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    for name, channel in (("post.mp4", OWN), ("copy.mp4", OTHER)):
        shutil.copy(films / name, folder / name)
        tell(folder / name, channel_id=channel)
    return folder


def tell(file: Path, **fields: Any) -> None:
    """Write the sidecar of a file."""
    record = {
        "extractor_key": "Youtube",
        "id": "0000000000a",
        "webpage_url": "https://www.youtube.com/watch?v=0000000000a",
        "ext": "mp4",
        "duration": SECONDS,
        **fields,
    }
    file.with_suffix(".info.json").write_text(json.dumps(record), "utf-8")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    (folder / "ada/official").mkdir(parents=True)
    (folder / "ada/person.toml").write_text(
        'name = "Ada Example"\n'
        f'[[channel]]\nplatform = "youtube"\nid = "{OWN}"\nhandle = "adaexample"\n'
    )
    return folder


def screen(downloads: Path, people: Path, out: Path, **options: Any) -> Summary:
    detectors = ("channel", "catalogue", "original")
    config = Config(people=people, device="cpu", threads=1, detectors=detectors)
    return scan([downloads], out, config, **options)


def labels(out: Path) -> dict[str, str]:
    return {Path(one["media"]["path"]).name: one["label"] for one in records(out)}


def matched(out: Path, name: str) -> list[str]:
    (record,) = (one for one in records(out) if Path(one["media"]["path"]).name == name)
    return [one["match"]["reference"] for one in record["evidence"] if one.get("match")]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_copy_of_an_official_post_is_told_though_nothing_is_enrolled(
    downloads: Path, people: Path, tmp_path: Path, workers: int
) -> None:
    out = tmp_path / "out"
    told: list[tuple[str, int, int]] = []

    def on_post(path: Path, done: int, total: int) -> None:
        told.append((path.name, done, total))

    verdicts: list[Verdict] = []

    def on_result(verdict: Verdict, _: Progress) -> None:
        verdicts.append(verdict)

    screen(downloads, people, out, workers=workers, on_post=on_post, on_result=on_result)
    assert labels(out) == {"post.mp4": "official", "copy.mp4": "official_copy"}
    assert (matched(out, "post.mp4"), matched(out, "copy.mp4")) == ([], ["post.mp4"])
    assert told == [("post.mp4", 0, 1), ("post.mp4", 1, 1)]
    sha256, _ = identify(downloads / "post.mp4")
    assert [path.stem for path in (out / ORIGINALS / PROXIES).iterdir()] == [sha256]
    assert not list((people / ".media_screen").glob("proxies/*")), "people are left as they are"
    (copy,) = (one for one in verdicts if one.label == "official_copy")
    assert any(one.reference_s is not None for one in copy.thumbnails), "shown side by side"
    again = screen(downloads, people, out)
    assert (again.screened, again.kept) == (0, 2)


def test_the_very_same_file_on_another_channel_is_a_copy(
    downloads: Path, people: Path, tmp_path: Path
) -> None:
    shutil.copy(downloads / "post.mp4", downloads / "copy.mp4")
    screen(downloads, people, tmp_path / "out")
    assert labels(tmp_path / "out") == {"post.mp4": "official", "copy.mp4": "official_copy"}
    assert matched(tmp_path / "out", "copy.mp4") == ["post.mp4"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"uploader_id": "@adaexample"}, id="a-handle"),
        pytest.param({"uploader": "Ada Example", "channel": "Ada Example"}, id="a-name"),
        pytest.param({"channel_id": OWN, "duration": 99.0}, id="another-length"),
        pytest.param({"channel_id": OWN, "ext": "webm"}, id="another-kind-of-file"),
        pytest.param({"channel_id": OWN, "extractor_key": "TikTok"}, id="another-site"),
    ],
)
def test_what_does_not_prove_the_channel_makes_no_original(
    downloads: Path, people: Path, tmp_path: Path, fields: dict[str, Any]
) -> None:
    tell(downloads / "post.mp4", **fields)
    out = tmp_path / "out"
    screen(downloads, people, out)
    assert not {"official", "official_copy"} & set(labels(out).values())
    assert not (out / ORIGINALS).exists()


def test_enrolled_footage_and_posts_are_looked_for_together(
    downloads: Path, people: Path, films: Path, tmp_path: Path
) -> None:
    shutil.copy(films / "other.mp4", people / "ada/official/other.mp4")
    shutil.copy(films / "other.mp4", downloads / "again.mp4")
    out = tmp_path / "out"
    screen(downloads, people, out)
    assert matched(out, "copy.mp4") == ["post.mp4"] and matched(out, "again.mp4") == ["other.mp4"]
    with Catalogue.open(out / ORIGINALS / CATALOGUE) as catalogue:
        entries = {(one.person, one.reference, one.kind) for one in catalogue.entries()}
    assert entries == {("ada", name, "official") for name in ("post.mp4", "other.mp4")}
    with Catalogue.open(people / ".media_screen" / CATALOGUE) as catalogue:
        assert [one.reference for one in catalogue.entries()] == ["other.mp4"]


def test_a_post_that_is_enrolled_is_no_further_original(
    downloads: Path, people: Path, tmp_path: Path
) -> None:
    shutil.copy(downloads / "post.mp4", people / "ada/official/enrolled.mp4")
    screen(downloads, people, tmp_path / "out")
    assert not (tmp_path / "out" / ORIGINALS).exists()
    assert matched(tmp_path / "out", "copy.mp4") == ["enrolled.mp4"]


def test_when_the_posts_change_all_is_screened_again(
    downloads: Path, people: Path, films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    screen(downloads, people, out)
    shutil.copy(films / "other.mp4", downloads / "second.mp4")
    tell(downloads / "second.mp4", channel_id=OWN)
    first = (out / ORIGINALS / PROXIES).glob("*").__next__()
    before = first.stat().st_mtime_ns
    more = screen(downloads, people, out)
    assert (more.screened, more.kept) == (3, 0)
    assert first.stat().st_mtime_ns == before, "what a former scan read is used again"
    for name in ("post", "second"):
        (downloads / f"{name}.mp4").unlink()
        (downloads / f"{name}.info.json").unlink()
    fewer = screen(downloads, people, out)
    assert (fewer.screened, fewer.kept) == (1, 0)
    assert labels(out)["copy.mp4"] != "official_copy" and not (out / ORIGINALS).exists()


def broken(path: Path) -> None:
    path.write_bytes(b"no video" * 100)


def pipe(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nowhere.mp4")


@pytest.mark.parametrize(
    ("spoil", "limits"),
    [
        pytest.param(broken, Limits(), id="broken"),
        pytest.param(pipe, Limits(), id="gone"),
        pytest.param(lambda _: None, Limits(size_bytes=1000), id="too-large"),
    ],
)
def test_a_post_that_can_not_be_read_stops_nothing(
    downloads: Path, people: Path, tmp_path: Path, spoil: Any, limits: Limits
) -> None:
    spoil(downloads / "post.mp4")
    summary = screen(downloads, people, tmp_path / "out", limits=limits)
    assert summary.screened == 2 and not (tmp_path / "out" / ORIGINALS).exists()


NAMED = f'"channel_id": "{OWN}", "duration": 12.0'
UNREAD = {
    "a-number-without-end": '"x": ' + "1" * 1_000_000,
    "more-values-than-are-read": '"x": [' + "1, " * 2_000 + "1]",
    "more-bytes-than-are-read": '"x": "' + "y" * 4_000_000 + '"',
    "lists-in-lists": '"x": ' + "[" * 2_000,
    "no-json": "x",
}


@pytest.mark.parametrize("text", UNREAD.values(), ids=UNREAD)
def test_a_sidecar_of_which_not_all_is_read_costs_only_itself(
    downloads: Path, people: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Sidecars are read where no time limit holds, so that their own bounds have to."""
    monkeypatch.setattr(sidecars, "MAX_WHOLE", 1_000)
    monkeypatch.setattr(stream, "MAX_EVENTS", 1_000)
    monkeypatch.setattr(stream, "MAX_BYTES", 3_000_000)
    post = (downloads / "post.info.json").read_text()
    (downloads / "copy.info.json").write_text(f"{post[:-1]}, {text}, {NAMED}}}")
    files = [downloads / "copy.mp4", downloads / "post.mp4"]
    found = official_posts(files, load_people(people))
    assert [one.path.name for one in found] == ["post.mp4"]


def test_a_long_text_in_a_sidecar_costs_nothing(downloads: Path, people: Path) -> None:
    tell(downloads / "post.mp4", x="y" * 9_000_000, channel_id=OWN)
    (found,) = official_posts([downloads / "post.mp4"], load_people(people))
    assert found.person == "ada"


def test_a_folder_of_somebody_else_is_not_emptied(
    downloads: Path, people: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    touch(out, f"{ORIGINALS}/mine.mp4", f"{ORIGINALS}/{PROXIES}/mine.mp4")
    (downloads / "post.info.json").unlink()
    screen(downloads, people, out)
    assert len(list((out / ORIGINALS).rglob("mine.mp4"))) == 2


def test_a_picture_is_no_original(people: Path, tmp_path: Path) -> None:
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    cv2.imwrite(str(downloads / "post.jpg"), np.full((64, 64, 3), 90, np.uint8))
    tell(downloads / "post.jpg", channel_id=OWN, ext="jpg", duration=None)
    screen(downloads, people, tmp_path / "out")
    assert not (tmp_path / "out" / ORIGINALS).exists()
