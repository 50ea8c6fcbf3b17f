"""The small copy of an original shows and plays the same, at the same times, or is not there."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest

from media_screen.evidence import Span
from media_screen.footage.original import proxy
from media_screen.footage.original.proxy import (
    LEFTOVER_S,
    PROXY_FPS,
    PROXY_LINES,
    Proxies,
    ProxyError,
)
from media_screen.look import Look, Looker, OnFrame
from media_screen.media import SAMPLE_RATE, Frame, Media
from media_screen.people.references import read_video, write_proxy
from tests.footage.making import voice
from tests.making import RATE, quarters, write_sound_file, write_video, write_wave
from tests.media.test_times import film, level, levels

ORIGINAL, OTHER = "a" * 64, "b" * 64
ALL = Span(0.0, 1e6)


def varied(folder: Path) -> Path:
    """Frames at 25, 12.5 and 5 a second, and one of 2 s."""
    steps = [1] * 30 + [2] * 20 + [5] * 10 + [50] + [1] * 20
    times = [0, *np.cumsum(steps).tolist()]
    frames = [np.full((64, 96, 3), 10 + 2 * n, np.uint8) for n in range(len(times))]
    return write_video(folder / "varied.mp4", frames, times=times, sounds=1, sound_s=9.0)


def late(folder: Path) -> Path:
    """Pictures that come 1.2 s after the sound."""
    times = [30 + n for n in range(100)]
    return write_video(
        folder / "late.mkv", levels(4.0, first=20), times=times, sounds=1, sound_s=5.0
    )


def early(folder: Path) -> Path:
    """Pictures that begin .8 s before a second track, which is looked at."""
    path = folder / "early.mkv"
    with av.open(str(path), "w") as container:
        tracks = [container.add_stream("libx264", rate=RATE) for _ in range(2)]
        for number, track in enumerate(tracks):
            track.width, track.height, track.pix_fmt = 96, 64, "yuv420p"
            track.disposition = av.stream.Disposition.default if number else 0
        for index, image in enumerate(levels(4.0, first=20)):
            for number, track in enumerate(tracks):
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts = index + 20 * number
                container.mux(track.encode(frame))
        for track in tracks:
            container.mux(track.encode())
    return path


B_FRAMES = {"bf": "3", "x264-params": "b-adapt=0"}
CLIPS = {
    "mp4": lambda folder: film(folder / "a.mp4"),
    "b-frames": lambda folder: film(folder / "a.mp4", options=B_FRAMES),
    "transport-stream": lambda folder: film(folder / "a.ts", options=B_FRAMES),
    "matroska": lambda folder: film(folder / "a.mkv", options=B_FRAMES),
    "old": lambda folder: film(folder / "a.avi", codec="mpeg4", sound_codec="mp3"),
    "varied-rate": varied,
    "pictures-late": late,
    "looks-at-a-later-track": early,
    "pictures-only": lambda folder: write_video(folder / "a.mp4", levels(3.0, first=20)),
    "moving-picture": lambda folder: write_video(
        folder / "a.gif", levels(3.0, first=20), codec="gif", pixels="gray"
    ),
}


@pytest.fixture
def proxies(tmp_path: Path) -> Proxies:
    return Proxies((tmp_path / "proxies",))


def copied(proxies: Proxies, original: Path) -> Path:
    with proxies.writer(ORIGINAL) as writer:
        write_proxy(original, writer)
        writer.finish()
    path = proxies.path(ORIGINAL)
    assert path is not None
    return path


def seen(path: Path, fps: float | None = None) -> list[tuple[float, float]]:
    """When each frame comes, and its mean grey level."""
    with Media.open(path) as media:
        span = ALL if fps is None else Span(0.0, media.info.duration_s)
        return [(frame.time_s, level(frame)) for frame in media.window(span, fps=fps)]


@pytest.mark.parametrize("make", CLIPS.values(), ids=CLIPS)
def test_each_frame_is_shown_when_it_is_in_the_original(
    make: Callable[[Path], Path], tmp_path: Path, proxies: Proxies
) -> None:
    original = make(tmp_path)
    wanted = seen(original, PROXY_FPS)
    found = seen(copied(proxies, original))
    if wanted[0][0] > 0 and len(found) > len(wanted):
        first, grey = found.pop(0)
        assert first == 0.0 and grey < 1, "nothing is shown until then"
    assert len(found) == len(wanted) > 30
    for (time_s, grey), (its_time_s, its_grey) in zip(found, wanted, strict=True):
        assert time_s == pytest.approx(its_time_s, abs=1e-3)
        assert grey == pytest.approx(its_grey, abs=4)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.wav", "late.mkv"])
def test_sound_is_heard_when_it_is_in_the_original(
    name: str, tmp_path: Path, proxies: Proxies
) -> None:
    said = voice(5.0, seed=1)
    original = write_wave(tmp_path / "a.wav", said[None])
    if name != "a.wav":
        original = with_sound(tmp_path / name, said, late_s=1.2 if name == "late.mkv" else 0.0)
    with Media.open(original) as media, Media.open(copied(proxies, original)) as small:
        heard, again = media.audio(ALL), small.audio(ALL)
        assert small.info.kind == media.info.kind
    length = min(heard.size, again.size)
    both = np.fft.rfft(heard[:length], 2 * length), np.fft.rfft(again[:length], 2 * length)
    shift = int(np.argmax(np.fft.irfft(both[1] * both[0].conj())))
    assert min(shift, 2 * length - shift) <= SAMPLE_RATE / 1000
    assert again.size == pytest.approx(heard.size, abs=2048)  # AAC comes in blocks of 1024


def with_sound(path: Path, samples: np.ndarray, *, late_s: float) -> Path:
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=RATE)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        sound = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        for index, image in enumerate(levels(6.0)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts = index
            container.mux(video.encode(frame))
        container.mux(video.encode())
        block = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        block.rate, block.pts = SAMPLE_RATE, round(late_s * SAMPLE_RATE)
        container.mux(sound.encode(block))
        container.mux(sound.encode())
    return path


@pytest.mark.parametrize(
    ("size", "small"),
    [
        pytest.param((1280, 720), (568, 320), id="large"),
        pytest.param((360, 640), (320, 568), id="portrait"),
        pytest.param((240, 180), (240, 180), id="small-stays"),
        pytest.param((322, 321), (320, 320), id="odd"),
        pytest.param((640, 10), (640, 16), id="a-strip"),
    ],
)
def test_a_proxy_is_small_and_of_the_same_shape(
    size: tuple[int, int], small: tuple[int, int], proxies: Proxies
) -> None:
    with proxies.writer(ORIGINAL) as writer:
        writer.add_frame(0.0, quarters(*size))
        writer.finish()
    path = proxies.path(ORIGINAL)
    assert path is not None
    with Media.open(path) as media:
        assert (media.info.width, media.info.height) == small
        assert min(small) <= PROXY_LINES
        assert media.info.audio_codec == ""


def test_pictures_that_change_their_size_are_fitted_into_the_first(proxies: Proxies) -> None:
    white = np.full((200, 100, 3), 255, np.uint8)
    with proxies.writer(ORIGINAL) as writer:
        writer.add_frame(0.0, np.full((120, 160, 3), 255, np.uint8))
        writer.add_frame(0.5, white)
        writer.finish()
    with Media.open(cast("Path", proxies.path(ORIGINAL))) as media:
        first, second = (frame.image for frame in media.window(ALL))
    assert first.shape == second.shape == (120, 160, 3) and first.min() > 240
    assert second[:, 55:105].min() > 230 and second[:, :45].max() < 20 > second[:, 115:].max()


def test_moments_are_reached_by_seeking(proxies: Proxies) -> None:
    with proxies.writer(ORIGINAL) as writer:
        for number in range(40):  # slides, half a second each
            writer.add_frame(number / 2, quarters(96, 64))
        writer.finish()
    with Media.open(cast("Path", proxies.path(ORIGINAL))) as media:
        assert [key.time_s for key in media.pictures.keys] == [2.0 * n for n in range(10)]


def test_a_proxy_appears_when_it_is_whole_and_is_private(proxies: Proxies) -> None:
    (folder,) = proxies.folders
    with proxies.writer(ORIGINAL) as writer:
        writer.add_frame(0.0, quarters())
        assert proxies.path(ORIGINAL) is None and len(list(folder.iterdir())) == 1
        writer.finish()
    path = folder / f"{ORIGINAL}.mp4"
    assert list(folder.iterdir()) == [path] and proxies.nbytes == path.stat().st_size
    assert (
        stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(folder.stat().st_mode) == 0o700
    )


def test_what_is_broken_off_leaves_nothing(proxies: Proxies) -> None:
    with pytest.raises(KeyboardInterrupt), proxies.writer(ORIGINAL) as writer:
        writer.add_frame(0.0, quarters())
        raise KeyboardInterrupt
    assert list(proxies.folders[0].iterdir()) == []


def full(*_: object) -> int:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("target", "why"),
    [
        pytest.param("os.fsync", "No space left", id="disk-full"),
        pytest.param("media_screen.footage.original.proxy.new_file", "No space", id="no-file"),
    ],
)
def test_what_goes_wrong_is_told_at_the_end_and_leaves_nothing(
    target: str, why: str, proxies: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, full)
    with proxies.writer(ORIGINAL) as writer:
        for number in range(3):
            writer.add_frame(number, quarters())
        with pytest.raises(ProxyError, match=why):
            writer.finish()
    assert proxies.path(ORIGINAL) is None and not any(proxies.folders[0].iterdir())


def test_without_an_encoder_it_is_told(proxies: Proxies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "_PICTURES", "nothing264")
    with proxies.writer(ORIGINAL) as writer:
        writer.add_frame(0.0, quarters())
        with pytest.raises(ProxyError, match="nothing264"):
            writer.finish()
    assert not any(proxies.folders[0].iterdir())


def test_folders_are_looked_through_in_order(tmp_path: Path) -> None:
    both = Proxies((tmp_path / "new", tmp_path / "old"))
    for folder, names in (("old", (ORIGINAL, OTHER)), ("new", (ORIGINAL,))):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / f"{name}.mp4").write_bytes(b"x")
    assert both.path(ORIGINAL) == tmp_path / "new" / f"{ORIGINAL}.mp4"
    assert both.path(OTHER) == tmp_path / "old" / f"{OTHER}.mp4"
    assert both.without(OTHER).path(OTHER) is None
    assert both.without(OTHER).path(ORIGINAL) is not None


@pytest.mark.parametrize("name", ["", "../secret", "A" * 64, "a" * 63 + "/", "unknown"])
def test_no_file_is_found_by_what_is_no_hash(name: str, tmp_path: Path) -> None:
    (tmp_path / "proxies").mkdir()
    (tmp_path / "secret.mp4").write_bytes(b"x")
    assert Proxies((tmp_path / "proxies",)).path(name) is None


def test_those_of_others_and_leftovers_go_and_nothing_else(proxies: Proxies) -> None:
    (folder,) = proxies.folders
    folder.mkdir()
    part = f".{OTHER}.mp4.{'0' * 16}.tmp"
    names = [f"{ORIGINAL}.mp4", f"{OTHER}.mp4", part, part.replace("0", "1"), "notes.mp4", ".b.tmp"]
    for name in names:
        (folder / name).write_bytes(b"x")
    long_ago = time.time() - LEFTOVER_S - 10
    os.utime(folder / part, (long_ago, long_ago))
    proxies.drop_others({ORIGINAL})
    assert {path.name for path in folder.iterdir()} == {names[0], *names[3:]}
    Proxies().drop_others(())
    assert Proxies().path(ORIGINAL) is None and Proxies().nbytes == 0


class Faceless:
    """Gives no face, and counts the frames that it is shown."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def look_at(self, frames: list[Frame], span: Span, *, on_frame: OnFrame) -> Look:
        for frame in frames:
            self.times.append(frame.time_s)
            on_frame(frame.time_s, frame.image)
        return Look(shots=(span,), tracks=(), frames=len(self.times), small_faces=0)


@pytest.mark.parametrize("make", CLIPS.values(), ids=CLIPS)
def test_a_reference_is_fingerprinted_and_copied_in_one_decode(
    make: Callable[[Path], Path], tmp_path: Path, proxies: Proxies
) -> None:
    original = make(tmp_path)
    alone, together = Faceless(), Faceless()
    _, before = read_video(cast("Looker", alone), original)
    with proxies.writer(ORIGINAL) as writer:
        _, after = read_video(cast("Looker", together), original, proxy=writer)
        writer.finish()
    in_one = seen(Path(cast("Path", proxies.path(ORIGINAL))))
    # Not byte by byte: on some processors the encoder's own choices differ from run to run.
    by_itself = seen(copied(proxies, original))
    assert [time_s for time_s, _ in in_one] == [time_s for time_s, _ in by_itself]
    levels = [[grey for _, grey in one] for one in (in_one, by_itself)]
    assert levels[0] == pytest.approx(levels[1], abs=1.0)
    assert len(together.times) == pytest.approx(len(alone.times), abs=1)
    gaps = np.subtract(together.times[: len(alone.times)], alone.times[: len(together.times)])
    assert np.abs(gaps).max() <= 1 / PROXY_FPS + 1 / RATE
    assert np.array_equal(before.peak_frames, after.peak_frames)


def test_a_sound_file_has_a_proxy_of_sound(tmp_path: Path, proxies: Proxies) -> None:
    original = write_sound_file(tmp_path / "a.mp3", codec="libmp3lame", seconds=3.0)
    with Media.open(copied(proxies, original)) as media:
        assert (media.info.kind, media.info.audio_codec) == ("audio", "aac")
        assert media.info.duration_s == pytest.approx(3.0, abs=0.2)
