"""Clocks and lengths: what plays is measured from the packets, whatever the header says."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from av.stream import Disposition
from hypothesis import given
from hypothesis import strategies as st

from media_screen.evidence import Span
from media_screen.media import Frame, Media, index, moments
from media_screen.media.index import KeyFrame, Timeline
from media_screen.screen.examination import matched_length
from tests.making import RATE, write_video

LENGTH = 6.0  # s, of the films below
ONE_KEY = {"g": "9999", "x264-params": "scenecut=0"}


def levels(seconds: float, *, first: int = 0) -> list[np.ndarray]:
    """Pictures of one grey each, which rises by 10 a second: a picture tells its time."""
    return [
        np.full((64, 96, 3), first + round(10 * n / RATE), np.uint8)
        for n in range(round(seconds * RATE))
    ]


def level(frame: Frame) -> float:
    return float(frame.image.mean())


def film(path: Path, **how: object) -> Path:
    return write_video(path, levels(LENGTH), sounds=1, **how)  # type: ignore[arg-type]


def joined(folder: Path) -> Path:
    """Two films with clocks of their own, one after the other: an advertisement and the rest."""
    parts = [
        write_video(folder / f"{n}.ts", levels(LENGTH / 2, first=30 * n), sounds=1) for n in (0, 1)
    ]
    path = folder / "joined.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def far(folder: Path) -> Path:
    times = [100_000 * RATE + n for n in range(round(LENGTH * RATE))]
    return write_video(folder / "far.mkv", levels(LENGTH), times=times)


def claims(value: float) -> Callable[[Path], Path]:
    """A Matroska file whose header says that it lasts so many milliseconds."""

    def make(folder: Path) -> Path:
        path = film(folder / "claims.mkv")
        data = bytearray(path.read_bytes())
        at = data.index(b"\x44\x89\x88") + 3
        data[at : at + 8] = struct.pack(">d", value)
        path.write_bytes(data)
        return path

    return make


def claims_mp4(units: int) -> Callable[[Path], Path]:
    """An MP4 file whose movie header says that it lasts so many units."""

    def make(folder: Path) -> Path:
        path = film(folder / "claims.mp4")
        data = bytearray(path.read_bytes())
        at = data.index(b"mvhd") + 4 + 16
        data[at : at + 4] = units.to_bytes(4, "big")
        path.write_bytes(data)
        return path

    return make


FILMS = [
    pytest.param(joined, id="clock-starts-again"),
    pytest.param(far, id="clock-starts-late"),
    pytest.param(lambda folder: film(folder / "a.mkv", options=ONE_KEY), id="one-key-frame"),
    pytest.param(claims(1000.0), id="understated"),
    pytest.param(claims(float("nan")), id="not-a-number"),
    pytest.param(claims(-5000.0), id="negative"),
    pytest.param(claims(1e15), id="huge"),
    pytest.param(claims(0.0), id="nothing"),
    pytest.param(claims_mp4(1), id="mp4-understated"),
    pytest.param(claims_mp4(0), id="mp4-nothing"),
    pytest.param(claims_mp4(0xFFFFFFFF), id="mp4-unknown"),
    pytest.param(claims_mp4(0x7FFFFFFF), id="mp4-huge"),
]


@pytest.mark.parametrize("make", FILMS)
def test_all_that_plays_is_measured_and_found(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    with Media.open(make(tmp_path)) as media:
        assert media.info.duration_s == pytest.approx(LENGTH, abs=0.25)
        frames = list(media.window(Span(0.0, 60.0), fps=5))
        survey = list(media.survey(gap_s=1.0))
        late = list(media.window(Span(5.0, 6.0), fps=5))
        missed = list(media.missed)
    assert not missed
    for seen in (frames, survey):
        assert [f.time_s for f in seen] == sorted(f.time_s for f in seen)
        assert np.max(np.diff([0.0, *(f.time_s for f in seen), LENGTH])) < 2.3
    for frame in (*frames, *survey, *late):
        assert level(frame) == pytest.approx(10 * frame.time_s, abs=4)
    assert len(late) == pytest.approx(5, abs=1) and late[0].time_s > 4.8


def test_sound_goes_on_where_the_clock_starts_again(tmp_path: Path) -> None:
    with Media.open(joined(tmp_path)) as media:
        assert media.audio(Span(0.0, 60.0)).size / 16_000 == pytest.approx(LENGTH, abs=0.25)
        late = media.audio(Span(4.5, 5.5))
    assert np.abs(np.fft.rfft(late)).argmax() == pytest.approx(440, abs=2)


def flashes(folder: Path) -> Path:
    """White for 8 ms and black for 72 ms, over and over; every key frame is white."""
    pictures = [np.full((64, 96, 3), 255 * (n % 2 == 0), np.uint8) for n in range(200)]
    path = folder / "flashes.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=RATE, options={"g": "10", "bf": "0"})
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        packets = []
        for n, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = n
            packets += video.encode(frame)
        packets += video.encode()
        for n, packet in enumerate(packets):
            packet.pts = packet.dts = n // 2 * 80 + n % 2 * 8
            packet.time_base = Fraction(1, 1000)
            container.mux(packet)
    return path


@pytest.mark.parametrize("look", ["survey", "window"])
@pytest.mark.parametrize("seed", ["a", "b"])
def test_what_flashes_up_is_not_what_is_shown(tmp_path: Path, look: str, seed: str) -> None:
    with Media.open(flashes(tmp_path)) as media:
        media.seed = seed
        span = Span(0.0, media.info.duration_s)
        frames = list(media.survey() if look == "survey" else media.window(span, fps=5))
        again = list(media.survey() if look == "survey" else media.window(span, fps=5))
    assert [f.time_s for f in frames] == [f.time_s for f in again]
    assert len(frames) >= 6 and np.mean([level(frame) > 128 for frame in frames]) <= 0.35


def two_pictures(folder: Path, *, default: int | None) -> Path:
    """Two tracks of pictures, dark and bright; the second is larger."""
    path = folder / "two.mkv"
    with av.open(str(path), "w") as container:
        tracks = []
        for width in (96, 192):
            track = container.add_stream("libx264", rate=RATE)
            track.width, track.height, track.pix_fmt = width, width // 2, "yuv420p"
            tracks.append(track)
        for number, track in enumerate(tracks):
            track.disposition = Disposition.default if default == number else 0
        for n in range(50):
            for number, track in enumerate(tracks):
                grey = np.full((track.height, track.width, 3), 40 + 160 * number, np.uint8)
                frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
                frame.pts = n
                container.mux(track.encode(frame))
        for track in tracks:
            container.mux(track.encode())
    return path


@pytest.mark.parametrize(("default", "judged"), [(None, 0), (0, 0), (1, 1)])
def test_the_track_is_judged_that_players_show_and_the_other_is_told(
    tmp_path: Path, default: int | None, judged: int
) -> None:
    with Media.open(two_pictures(tmp_path, default=default)) as media:
        frame = next(iter(media.survey()))
        assert level(frame) == pytest.approx((40, 200)[judged], abs=4)
        assert media.other_pictures == (1 - judged,)
        assert [one.judged for one in media.info.streams] == [judged == 0, judged == 1]
        assert any("1 further track of pictures" in why for why in media.unseen())
        assert matched_length(media) == math.inf, "a match of one track vouches for the file"
    with Media.open(tmp_path / "two.mkv", picture=1 - judged) as media:
        assert level(next(iter(media.survey()))) == pytest.approx((200, 40)[judged], abs=4)


@pytest.mark.parametrize("brand", [b"avif", b"heic", b"mif1"])
def test_a_brand_does_not_make_a_video_a_picture(tmp_path: Path, brand: bytes) -> None:
    path = write_video(tmp_path / "a.mp4", levels(2.0), options={"movflags": "frag_keyframe"})
    data = bytearray(path.read_bytes())
    at = data.index(b"ftyp") + 4
    data[at : at + 4] = brand
    path.write_bytes(data)
    with Media.open(path) as media:
        assert media.info.kind == "video" and media.info.duration_s == pytest.approx(2, abs=0.1)


def packets(times: list[float], *, number: int = 0, lasts: float = 0.04) -> list[SimpleNamespace]:
    stream = SimpleNamespace(
        type="video",
        average_rate=25,
        base_rate=25,
        time_base=0.001,
        index=number,
        codec_context=None,
    )
    return [
        SimpleNamespace(
            size=9,
            pos=n,
            pts=round(t * 1000),
            dts=round(t * 1000),
            duration=round(lasts * 1000),
            is_keyframe=n % 25 == 0,
            is_discard=False,
            stream=stream,
            stream_index=number,
        )
        for n, t in enumerate(times)
    ]


@given(
    lengths=st.lists(st.integers(30, 400), min_size=1, max_size=6),
    starts=st.lists(st.floats(-1e5, 1e5), min_size=6, max_size=6),
    sent=st.booleans(),
)
def test_no_clock_loses_or_invents_time(
    lengths: list[int], starts: list[float], sent: bool
) -> None:
    """Stretches of packets with clocks that start anywhere: all of them play, one after another."""
    times = [
        start + n / 25
        for length, start in zip(lengths, starts, strict=False)
        for n in range(length)
    ]
    line = index.read(packets(times), sent=sent).timelines[0]
    whole = sum(lengths) / 25
    pauses = starts[: len(lengths)]
    held = sum(
        min(max(0.0, after - (before + length / 25)), index.LONGEST_PAUSE)
        for before, after, length in zip(pauses, pauses[1:], lengths, strict=False)
    )
    assert line.packets == len(times)
    assert whole - 0.5 * len(lengths) <= line.duration_s <= whole + held + 0.1
    moved, place = [], 0
    for n, time in enumerate(times):
        while place + 1 < len(line.moves) and n >= line.moves[place + 1][0]:
            place += 1
        moved.append(time + line.moves[place][1] / 1000)
    assert min(np.diff(moved), default=0) >= -index.BACKWARDS - 0.01
    assert moved[0] == pytest.approx(0, abs=0.01) and moved[-1] < line.end_s


@given(
    shown=st.lists(st.tuples(st.floats(0.001, 0.05), st.floats(0.1, 3.0)), min_size=1, max_size=9)
)
def test_a_survey_looks_at_moments_and_not_at_flashes(shown: list[tuple[float, float]]) -> None:
    keys, time = [], 0.0
    for flash, rest in shown:
        keys.append(KeyFrame(time, round(time * 1000), flash, (flash + rest) / 2))
        time += flash + rest
    plan = moments.survey(Timeline(0.0, time, 99, tuple(keys)), gap_s=5.0, seed="s")
    usual = [k for k in keys if k.shown_s >= moments.KEY_SHARE * k.usual_s]
    assert list(plan.keys) == usual
    assert len(plan.moments) >= len(keys) - len(usual)
    assert all(0 <= moment <= time for moment in plan.moments)


def test_moments_by_chance_are_left_out_where_all_is_looked_at_anyway() -> None:
    line = Timeline(0.0, 60.0, 1800, (KeyFrame(0.0, 0, 0.04, 0.04),))
    every = moments.by_chance(line, seed="s")
    windows = (Span(5.0, 20.0), Span(40.0, 45.0))
    left = moments.by_chance(line, seed="s", without=windows)
    assert len(every) == moments.CHANCES and not moments.by_chance(line, seed=None)
    assert left == tuple(one for one in every if not (5 <= one < 20 or 40 <= one < 45))
    plain = moments.survey(line, gap_s=99.0, seed="s", chances=False)
    assert set(moments.survey(line, gap_s=99.0, seed="s").moments) == {*plain.moments, *every}


def test_a_picture_without_a_decoder_is_told(tmp_path: Path) -> None:
    frames = [np.full((48, 64, 3), 90, np.uint8)] * 50
    path = write_video(tmp_path / "a.mkv", frames, codec="mpeg4", sounds=1)
    known = path.read_bytes()
    assert known.count(b"V_MPEG4/ISO/ASP") == 1
    path.write_bytes(known.replace(b"V_MPEG4/ISO/ASP", b"V_XXXXX/YYY/ZZZ"))
    with Media.open(path) as media:
        assert media.info.kind == "audio"
        assert list(media.unseen()) == ["picture track 1 can't be decoded: not looked at"]
