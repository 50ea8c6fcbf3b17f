"""Key frames: which are chosen, how they are named, and what is said where there are none."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from media_screen.cli.main import main
from media_screen.evidence import Evidence, MediaInfo, Span, Thumbnail, TrackSummary, Verdict
from media_screen.keyframes import write_keyframes
from media_screen.keyframes.sheet import contact_sheet
from media_screen.media import Media
from media_screen.results.folder import Results
from media_screen.results.named import NamedFileError
from tests.making import BLUE, RATE, RED, WHITE, write_video
from tests.report import records

WIDTH, HEIGHT = 640, 360


def filled(colour: tuple[int, int, int], width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Results of a clip of three shots, of which the last repeats the first."""
    clip = tmp_path / "a clip.mp4"
    shots = (RED, WHITE, RED)
    write_video(clip, [filled(colour) for colour in shots for _ in range(2 * RATE)])
    return results_of(tmp_path / "out", clip)


def results_of(out: Path, clip: Path, **changes: object) -> Path:
    sha256 = hashlib.sha256(clip.read_bytes()).hexdigest()
    info = MediaInfo(str(clip), sha256, "video", clip.stat().st_size, 6.0, WIDTH, HEIGHT)
    verdict = Verdict(
        label="suspected_impersonation",
        media=info,
        person="xin-liu",
        names={"xin-liu": "=Xin Liu"},
        tracks=(TrackSummary(0, Span(2, 4), 9, 120.0, "xin-liu", 0.7),),
        evidence=(
            Evidence("lip_sync", "manipulation", 0.9, 2.0, "=HYPERLINK(1)", Span(2.2, 2.6), 0),
            Evidence("voice_spoof", "manipulation", 0.9, 2.0, "heard", Span(5.0, 5.5)),
        ),
        thumbnails=(Thumbnail(3.2, records.TINY_JPEG, 0),),
    )
    with Results(out) as results:
        results.add(clip, replace(verdict, **changes), "")  # type: ignore[arg-type]
    return out


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "keyframes.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("lossless", [False, True], ids=["jpeg", "png"])
def test_evidence_faces_and_shots_are_written(out: Path, tmp_path: Path, lossless: bool) -> None:
    (one,) = write_keyframes(out, (), tmp_path / "frames", lossless=lossless)
    rows = table(tmp_path / "frames")
    assert {row["kind"] for row in rows} == {"shot", "evidence", "face"} and one.count == len(rows)
    assert sum("shot from" in row["why"] for row in rows) == 2  # of three, two are the same
    told = {row["kind"]: row for row in rows}
    assert float(told["face"]["time_s"]) == 3.2 and "=Xin Liu" in told["face"]["why"]
    assert 2.2 <= float(told["evidence"]["time_s"]) <= 2.6
    assert not any("heard" in row["why"] for row in rows)  # no picture shows it
    for row in rows:
        name = Path(row["picture"]).name
        assert re.fullmatch(r"\d\dh\d\dm\d\d\.\d{3}s_(evidence|face|shot)\.(jpg|png)", name)
        image = cv2.imread(str(tmp_path / "frames" / row["picture"]))
        assert image is not None and image.shape[:2] == (HEIGHT, WIDTH)
        at = float(row["time_s"])
        colour = image[..., ::-1].reshape(-1, 3).mean(axis=0)
        assert np.abs(colour - (WHITE if 2 <= at < 4 else RED)).max() < 40, at
    records_of = json.loads((tmp_path / "frames" / "keyframes.json").read_text())
    assert [one["picture"] for one in records_of] == [row["picture"] for row in rows]


def test_the_sheet_shows_each_with_its_time(out: Path, tmp_path: Path) -> None:
    (one,) = write_keyframes(out, (), tmp_path / "frames")
    sheet = cv2.imread(str(one.folder / "contact-sheet.jpg"))
    assert sheet is not None and sheet.shape[1] > 300 * one.count
    white = sheet.min(axis=2) > 200
    assert white.sum() > 300 * 150
    words = sheet[250:290, 10:330].max(axis=2)
    assert (words > 150).any()  # a time is written below each


def test_sexual_content_can_not_be_made_out_on_a_sheet(tmp_path: Path) -> None:
    checks = np.kron(np.indices((18, 32)).sum(axis=0) % 2, np.ones((10, 10))).astype(np.uint8) * 255
    cell = np.repeat(checks[..., None], 3, axis=2)
    plain = contact_sheet([("0:01.0", cell)])[80:170, 80:250]
    blurred = contact_sheet([("0:01.0", cell)], blurred=True)[80:170, 80:250]
    assert plain.std() > 100 and blurred.std() < 20


def test_frames_are_as_large_as_the_file_has_them(tmp_path: Path) -> None:
    clip = tmp_path / "large.mp4"
    write_video(clip, [filled(BLUE, 2560, 1440)] * 5)
    with Media.open(clip) as media:
        assert [one.image.shape for one in media.at([0.0], full_size=True)] == [(1440, 2560, 3)]
        assert [one.image.shape for one in media.at([0.0])] == [(1080, 1920, 3)]


def gone(clip: Path) -> None:
    clip.unlink()


def changed(clip: Path) -> None:
    write_video(clip, [filled(BLUE)] * RATE)


def broken(clip: Path) -> None:
    clip.write_bytes(b"no media")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [(gone, "not there any more"), (changed, "not the one that was screened"), (broken, "scan it")],
)
def test_what_is_gone_or_changed_is_said_and_the_rest_goes_on(
    tmp_path: Path, spoil: Callable[[Path], None], why: str
) -> None:
    out = tmp_path / "out"
    for name in ("first.mp4", "second.mp4"):
        write_video(tmp_path / name, [filled(RED)] * RATE)
        results_of(out, tmp_path / name, evidence=(), tracks=(), thumbnails=())
    spoil(tmp_path / "first.mp4")
    result = CliRunner().invoke(main, ["keyframes", str(out), "-o", str(tmp_path / "frames")])
    assert result.exit_code == 1 and why in result.output
    assert [Path(row["file"]).name for row in table(tmp_path / "frames")] == ["second.mp4"]


def test_files_are_chosen_by_name_or_path(out: Path, tmp_path: Path) -> None:
    for name in ("a clip.mp4", str(tmp_path / "a clip.mp4")):
        assert write_keyframes(out, [name], tmp_path / "frames")[0].count
    with pytest.raises(NamedFileError, match="neither such a file"):
        write_keyframes(out, ["other.mp4"], tmp_path / "none")
    assert not (tmp_path / "none").exists()


def shades_with_hole(path: Path, hole: range) -> Path:
    """20 s of pictures that each have their own grey, some of which can't be decoded."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mjpeg", rate=10)
        video.width, video.height, video.pix_fmt = 320, 240, "yuvj420p"
        for number in range(200):
            grey = np.full((240, 320, 3), number, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(video.encode())
    data, at = bytearray(path.read_bytes()), 0
    for number in range(200):
        at = data.index(b"00dc", at) + 8
        size = int.from_bytes(data[at - 4 : at], "little")
        if number in hole:
            data[at : at + size] = bytes(size)
        at += size
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("moments", "greys", "lost"),
    [
        pytest.param([3.0, 7.0, 15.0], {3.0: 30, 15.0: 150}, ["0:07.0"], id="between"),
        pytest.param([7.0, 8.0, 15.0], {15.0: 150}, ["0:07.0", "0:08.0"], id="first"),
        pytest.param([3.0, 7.0], {3.0: 30}, ["0:07.0"], id="last"),
        pytest.param([5.2, 15.0], {5.2: 49, 15.0: 150}, [], id="soon-after-a-picture"),
        pytest.param([3.0, 15.0], {3.0: 30, 15.0: 150}, [], id="none"),
    ],
)
def test_a_moment_that_can_not_be_decoded_has_no_picture(
    tmp_path: Path, moments: list[float], greys: dict[float, int], lost: list[str]
) -> None:
    """And that of another moment does not stand in its place."""
    clip = shades_with_hole(tmp_path / "a.avi", range(50, 90))
    pieces = tuple(
        Evidence(detector, "manipulation", 0.9, 2.0, f"at {one}", Span(one - 0.01, one + 0.01))
        for detector, one in zip(("lip_sync", "face_artifact", "onscreen"), moments, strict=False)
    )
    out = results_of(tmp_path / "out", clip, evidence=pieces, tracks=(), thumbnails=())
    told: list[str] = []
    write_keyframes(out, (), tmp_path / "frames", lossless=True, tell=told.append)
    found = {}
    for row in table(tmp_path / "frames"):
        if row["kind"] == "evidence":
            image = cv2.imread(str(tmp_path / "frames" / row["picture"]))
            assert image is not None
            found[round(float(row["time_s"]), 1)] = image.mean()
    assert found == pytest.approx(greys, abs=3)
    said = [line for line in told if "can't be decoded" in line]
    assert len(said) == bool(lost) and re.findall(r"\d:\d\d\.\d", " ".join(said)) == lost


@pytest.mark.parametrize("text", records.HOSTILE, ids=range(len(records.HOSTILE)))
def test_hostile_texts_make_no_names_and_no_formulas(tmp_path: Path, text: str) -> None:
    clip = tmp_path / "x.mp4"
    write_video(clip, [filled(RED)] * RATE)
    piece = Evidence("lip_sync", "manipulation", 0.9, 2.0, f"={text}", Span(0.2, 0.6))
    shown = f"../../{text.replace(chr(0), '')}/../.mp4"
    own = MediaInfo(
        shown, hashlib.sha256(clip.read_bytes()).hexdigest(), "video", 1, 1.0, WIDTH, HEIGHT
    )
    out = results_of(tmp_path / "out", clip, media=own, evidence=(piece,), tracks=())
    (one,) = write_keyframes(out, (), tmp_path / "frames")
    assert one.count and one.folder.parent == tmp_path / "frames"
    assert re.fullmatch(r"[A-Za-z0-9._-]+", one.folder.name) and one.folder.name[0] not in ".-"
    for row in table(tmp_path / "frames"):
        assert not any(value.startswith(("=", "+", "@", "-")) for value in row.values())


def test_nothing_suspected_asks_for_names(tmp_path: Path) -> None:
    records.write_results(tmp_path, [records.quiet("no_finding", "a.mp4", None, None)])
    result = CliRunner().invoke(main, ["keyframes", str(tmp_path), "-o", str(tmp_path / "frames")])
    assert result.exit_code == 2 and "name the files" in result.output
