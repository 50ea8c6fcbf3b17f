"""Tracks that begin late, and tracks that go on under another number: all of them are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from media_screen.evidence import Span
from media_screen.media import SAMPLE_RATE, Frame, Media, reader
from media_screen.media.reader import Reader
from tests.making import RATE, tone, write_sound

MOVED = {"mpegts_start_pid": "0x300", "mpegts_pmt_start_pid": "0x1100", "mpegts_service_id": "7"}
RENUMBERED = {"mpegts_start_pid": "0x300"}  # by a new version of the same table
RENAMED = {**RENUMBERED, "tables_version": "5"}
NOISE = np.random.default_rng(1).integers(-80, 80, (240, 320, 1))


def picture(grey: int, number: int, *, noisy: bool) -> np.ndarray:
    """A picture of one grey on the whole; a noisy one takes many bytes."""
    noise = np.roll(NOISE, 7 * number, axis=(0, 1)) if noisy else np.zeros_like(NOISE)
    return np.repeat(noise + grey, 3, axis=2).astype(np.uint8)


@dataclass(frozen=True)
class Part:
    """A stretch of a file: its pictures and its sound, what they are and from when on they play."""

    grey: int | None = None
    codec: str = "mpeg2video"
    hertz: float | None = None
    sound: str = "mp2"
    seconds: float = 3.0
    since_s: float = 0.0  # by its own clock
    hushed_s: float = 0.0  # until its sound begins
    large: bool = False  # over 5 MB, by which FFmpeg wants to know all tracks
    options: tuple[tuple[str, str], ...] = ()

    def write(self, path: Path, form: str) -> Path:
        with av.open(str(path), "w", format=form, options=dict(self.options)) as container:
            video = sound = None
            if self.grey is not None:
                quality = {"qmin": "1", "qmax": "1"} if self.large else {}
                video = container.add_stream(self.codec, rate=RATE, options=quality)
                video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
                video.bit_rate, video.gop_size = 40_000_000, 12
            if self.hertz is not None:
                sound = container.add_stream(self.sound, rate=48_000, layout="mono")
            for number in range(round(self.seconds * RATE) if video else 0):
                assert video is not None and self.grey is not None
                frame = av.VideoFrame.from_ndarray(
                    picture(self.grey, number, noisy=self.large), format="rgb24"
                )
                frame.pts = number + round(self.since_s * RATE)
                container.mux(video.encode(frame))
            if video:
                container.mux(video.encode())
            if sound and self.hertz is not None:
                container.start_encoding()
                samples = tone(self.seconds - self.hushed_s, 48_000, hertz=self.hertz)
                since_s = self.since_s + self.hushed_s
                write_sound(container, sound, samples, 48_000, "mono", since_s=since_s)
        return path


def joined(form: str, *parts: Part) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        written = [part.write(folder / f"{n}.part", form) for n, part in enumerate(parts)]
        whole = [path.read_bytes() for path in written]
        if form == "flv":
            whole = shifted(whole, [part.seconds for part in parts])
        path = folder / "joined"
        path.write_bytes(b"".join(whole))
        return path

    return make


def shifted(parts: list[bytes], seconds: list[float]) -> list[bytes]:
    """FLV files as one: the header of the first, and the tags of all, one after the other."""
    moved, before = [parts[0][:13]], 0
    for data, lasts in zip(parts, seconds, strict=True):
        at = 13
        while at + 11 <= len(data):
            size = int.from_bytes(data[at + 1 : at + 4], "big")
            stamp = before + int.from_bytes(data[at + 7 : at + 8] + data[at + 4 : at + 7], "big")
            time = (stamp & 0xFFFFFF).to_bytes(3, "big") + bytes([stamp >> 24])
            if data[at] in (8, 9):  # sound and pictures; what else there is claims things
                moved.append(data[at : at + 4] + time + data[at + 8 : at + 15 + size])
            at += 15 + size
        before += round(1000 * lasts)
    return moved


DARK = Part(grey=90, seconds=6.0, large=True)
LIGHT = Part(grey=160, seconds=3.0)
LOUD = Part(grey=160, hertz=440.0)
HEARD = Part(grey=90, hertz=880.0, seconds=6.0, large=True)
BRIEF = Part(grey=90, hertz=880.0, seconds=2.0)


def moved(part: Part, options: dict[str, str] = MOVED) -> Part:
    """The same under other numbers."""
    return replace(part, options=tuple(options.items()))


def newer(part: Part) -> Part:
    """The same in other codecs."""
    return replace(part, codec="libx264", sound="aac")


FILES = [
    pytest.param("mpegts", [DARK, LOUD], id="ts-sound-begins-late"),
    pytest.param("mpegts", [DARK, replace(LOUD, since_s=6.0)], id="ts-sound-by-the-same-clock"),
    pytest.param("vob", [DARK, LOUD], id="vob-sound-begins-late"),
    pytest.param(
        "flv",
        [replace(DARK, codec="flv1"), replace(LOUD, codec="flv1", sound="libmp3lame")],
        id="flv-sound-begins-late",
    ),
    pytest.param(
        "mpegts", [Part(hertz=880.0, seconds=30.0), moved(LOUD)], id="ts-pictures-begin-late"
    ),
    pytest.param("mpegts", [HEARD, moved(LOUD)], id="ts-goes-on-in-another-table"),
    pytest.param("mpegts", [HEARD, moved(LOUD, RENUMBERED)], id="ts-goes-on-in-the-same-table"),
    pytest.param("mpegts", [HEARD, moved(LOUD, RENAMED)], id="ts-goes-on-in-a-new-version"),
    pytest.param("mpegts", [HEARD, moved(newer(LOUD))], id="ts-goes-on-in-another-codec"),
    pytest.param(
        "mpegts",
        [HEARD, moved(newer(replace(LOUD, since_s=6.0)))],
        id="ts-goes-on-by-the-same-clock",
    ),
    pytest.param("mpegts", [BRIEF, moved(newer(LOUD))], id="ts-goes-on-soon-in-another-codec"),
    pytest.param("mpegts", [newer(HEARD), moved(LOUD)], id="ts-goes-back-in-codecs"),
    pytest.param("mpegts", [DARK, moved(newer(LIGHT))], id="ts-without-sound"),
    pytest.param(
        "mpegts",
        [Part(hertz=880.0, seconds=20.0), moved(Part(hertz=440.0, sound="aac"))],
        id="ts-without-pictures",
    ),
    pytest.param(
        "mpegts", [HEARD, moved(newer(LOUD)), replace(BRIEF, grey=120)], id="ts-comes-back"
    ),
]


@pytest.mark.parametrize(("form", "parts"), FILES)
def test_what_begins_late_is_seen_and_heard(tmp_path: Path, form: str, parts: list[Part]) -> None:
    # Decoders with threads hold frames back, also on a machine with one core.
    with Media.open(joined(form, *parts)(tmp_path), threads=4) as media:
        media.seed = "a"
        length = sum(part.seconds for part in parts)
        assert media.info.duration_s == pytest.approx(length, abs=0.4)
        frames = [*media.window(Span(0.0, 99.0), fps=5.0)]
        survey = [*media.survey(gap_s=1.0)]
        sound = media.audio(Span(0.0, 99.0))
        assert not media.missed and not list(media.unseen())
        assert all(one.judged for one in media.info.streams)
        start = 0.0
        for part in parts:
            middle = Span(start + 0.6, start + part.seconds - 0.6)
            assert_seen(part, [one for one in frames if middle.start < one.time_s < middle.end])
            assert_seen(part, [one for one in survey if middle.start < one.time_s < middle.end])
            assert_seen(part, [*media.window(Span(middle.end - 0.4, middle.end), fps=10.0)])
            assert_heard(part, sound[round(middle.start * SAMPLE_RATE) :][:SAMPLE_RATE])
            assert_heard(part, media.audio(Span(middle.start, middle.start + 1.0)))
            start += part.seconds


def assert_seen(part: Part, frames: list[Frame]) -> None:
    assert bool(frames) == (part.grey is not None)
    for frame in frames:
        assert frame.image.mean() == pytest.approx(part.grey, abs=6)


def assert_heard(part: Part, sound: np.ndarray) -> None:
    if part.hertz is None:
        assert not np.any(sound)
    else:
        assert sound.size == SAMPLE_RATE
        assert np.abs(np.fft.rfft(sound)).argmax() == pytest.approx(part.hertz, abs=2)


@pytest.mark.parametrize("form", ["mpegts", "vob"])
def test_a_named_sound_that_begins_late_is_heard(tmp_path: Path, form: str) -> None:
    part = replace(HEARD, hushed_s=5.0, seconds=8.0)
    with Media.open(part.write(tmp_path / "a", form)) as media:
        assert media.info.audio_codec == "mp2" and not list(media.unseen())
        assert_heard(Part(), media.audio(Span(3.0, 4.0)))
        assert_heard(part, media.audio(Span(6.0, 7.0)))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note each time that a container is opened."""
    times: list[int] = []
    plain = Reader._open

    def counted(self: Reader) -> Any:
        times.append(1)
        return plain(self)

    monkeypatch.setattr(Reader, "_open", counted)
    return times


@pytest.mark.parametrize(
    ("form", "part"),
    [
        pytest.param("mpegts", HEARD, id="ts"),
        pytest.param("mpegts", newer(BRIEF), id="ts-h264"),
        pytest.param("vob", HEARD, id="vob"),
        pytest.param("flv", replace(BRIEF, codec="flv1", sound="libmp3lame"), id="flv"),
        pytest.param("matroska", newer(BRIEF), id="matroska"),
    ],
)
def test_a_file_whose_tracks_are_known_is_read_once_for_its_packets(
    tmp_path: Path, opened: list[int], form: str, part: Part
) -> None:
    with Media.open(part.write(tmp_path / "a", form)) as media:
        assert media.info.audio_codec and not list(media.unseen())
    assert len(opened) == 2  # for the packets, and then at the beginning again


def test_a_track_that_stays_hidden_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_probing", lambda size: {})
    with Media.open(joined("mpegts", HEARD, moved(LOUD))(tmp_path)) as media:
        assert len(list(media.window(Span(0.0, 99.0), fps=1.0))) == 6
        (told,) = media.unseen()
    assert told == "tracks that begin in the middle of the file can't be read: not looked at"


def test_streams_behind_data_alone_are_found(tmp_path: Path) -> None:
    path = tmp_path / "a.ts"
    with av.open(str(path), "w", format="mpegts") as container:
        data = container.add_data_stream("bin_data")
        for number in range(6000):
            packet = av.Packet(bytes(1000))
            packet.stream, packet.pts, packet.dts = data, 9000 * number, 9000 * number
            packet.time_base = Fraction(1, 90_000)
            container.mux(packet)
    film = moved(LOUD).write(tmp_path / "b.ts", "mpegts")
    path.write_bytes(path.read_bytes() + film.read_bytes())
    with Media.open(path) as media:
        assert media.info.kind == "video" and media.info.audio_codec == "mp2"


def without_sync(path: Path) -> Path:
    """A transport stream whose sound is broken in each of its packets."""
    newer(BRIEF).write(path, "mpegts")
    path.write_bytes(path.read_bytes().replace(b"\xff\xf1", b"\0\0"))
    return path


def without_packets(path: Path) -> Path:
    """A transport stream that names a sound of which there is nothing."""
    data = newer(BRIEF).write(path, "mpegts").read_bytes()
    packets = [data[at : at + 188] for at in range(0, len(data), 188)]
    path.write_bytes(b"".join(one for one in packets if one[1:3] not in (b"\x41\x01", b"\x01\x01")))
    return path


@pytest.mark.parametrize("write", [without_sync, without_packets])
def test_sound_that_can_not_be_decoded_is_still_told(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    with Media.open(write(tmp_path / "a.ts")) as media:
        assert not media.info.audio_codec
        assert list(media.unseen()) == ["sound track 1 can't be decoded: not listened to"]
        assert len(list(media.window(Span(0.0, 9.0)))) == 2 * RATE
