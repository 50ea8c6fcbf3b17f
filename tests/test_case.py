"""What several detectors ask for is computed once; one that breaks does not break the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

import media_screen.hearing
from media_screen.case import Case
from media_screen.equipment import Equipment
from media_screen.evidence import MediaInfo
from media_screen.footage.fingerprint import Fingerprint
from media_screen.look import Look
from media_screen.media import SAMPLE_RATE, Block, Frame, MediaError, Mix
from media_screen.speech import Speech
from tests.footage.making import Scene, take

SECONDS = 25


class Sound:
    """A sound file that counts how often it is decoded."""

    info = MediaInfo("a.flac", kind="audio", audio_codec="flac", duration_s=float(SECONDS))

    def __init__(self) -> None:
        self.passes = 0

    mix = Mix.BOTH

    def sound(self) -> Iterator[Block]:
        self.passes += 1
        noise = np.random.default_rng(1).normal(0, 0.1, SECONDS * SAMPLE_RATE).astype(np.float32)
        for start in range(0, SECONDS, 10):
            samples = noise[start * SAMPLE_RATE : (start + 10) * SAMPLE_RATE]
            yield Block(float(start), samples[None], samples.size / SAMPLE_RATE)

    def unseen(self) -> Iterator[str]:
        return iter(self.beside)

    beside: tuple[str, ...] = ()


def case(sound: Sound, *, listens: bool = False) -> Case:
    looker: Any = None
    media: Any = sound
    return Case(media, Equipment(looker=looker, prints=True, listens=listens))


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Replace the networks that find speech by a count of the blocks they would get."""
    blocks: list[int] = []

    def find(given: Any, **_: Any) -> Speech:
        blocks.extend(len(samples) for _, samples in given)
        return Speech((), float(SECONDS))

    monkeypatch.setattr(media_screen.hearing, "find_speech", find)
    return blocks


@pytest.mark.parametrize("first", ["speech", "fingerprint"])
def test_sound_is_decoded_once_for_speech_and_fingerprint(first: str, heard: list[int]) -> None:
    sound = Sound()
    asked = case(sound, listens=True)
    getattr(asked, first)
    assert sum(heard) == SECONDS * SAMPLE_RATE or first == "fingerprint"
    assert asked.fingerprint.sound_s == pytest.approx(SECONDS, abs=0.2)
    assert asked.speech.duration_s == SECONDS and sum(heard) == SECONDS * SAMPLE_RATE
    assert sound.passes == 1 and max(asked.waveform) == 100


def test_nobody_who_listens_means_no_speech_is_looked_for(heard: list[int]) -> None:
    sound = Sound()
    assert case(sound).fingerprint.sound_s == pytest.approx(SECONDS, abs=0.2)
    assert sound.passes == 1 and not heard


def test_a_stage_inside_of_another_is_not_counted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 3.0, 4.0, 7.0, 10.0])
    stopped = SimpleNamespace(perf_counter=lambda: next(clock))
    monkeypatch.setattr("media_screen.case.time", stopped)
    asked = case(Sound())
    with asked.timed("outer"):  # 0 to 10
        with asked.timed("inner"):  # 1 to 3
            pass
        with asked.timed("inner"):  # 4 to 7
            pass
    assert asked.timing == {"inner": 5.0, "outer": 5.0}


def test_a_network_that_breaks_leaves_the_fingerprint_whole(
    monkeypatch: pytest.MonkeyPatch, heard: list[int]
) -> None:
    whole = case(Sound()).fingerprint

    def broken(given: Any, **_: Any) -> Speech:
        next(iter(given))
        raise RuntimeError("the network broke")

    monkeypatch.setattr(media_screen.hearing, "find_speech", broken)
    asked = case(Sound(), listens=True)
    assert same(asked.fingerprint, whole)
    with pytest.raises(RuntimeError, match="the network broke"):
        _ = asked.speech


def same(one: Fingerprint, other: Fingerprint) -> bool:
    return one.to_bytes() == other.to_bytes()


class DeadPictures:
    """Stands for the networks; not one picture of its file can be decoded."""

    def look(self, *_: Any, **__: Any) -> Look:
        raise MediaError("not one frame of it can be decoded")


@pytest.mark.parametrize("codec", ["aac", ""], ids=["beside-sound", "alone"])
def test_dead_pictures_beside_sound_leave_the_sound(codec: str, heard: list[int]) -> None:
    class Film(Sound):
        info = replace(Sound.info, kind="video", video_codec="h264", audio_codec=codec)

    looker, media = cast("Any", DeadPictures()), cast("Any", Film())
    film = Case(media, Equipment(looker=looker, prints=True, listens=True))
    if not codec:
        with pytest.raises(MediaError, match="not one frame"):
            _ = film.look
        return
    (remark,) = film.remarks
    assert (remark.detector, remark.reason) == ("media", "unreadable")
    for need in ("frames", "faces"):
        assert film.lacks(need) == ("unreadable", "not one frame of it can be decoded")
    assert film.speech.duration_s == SECONDS and film.fingerprint.sound_s > SECONDS - 1


@pytest.mark.parametrize(
    ("look", "reason", "words"),
    [
        pytest.param({"turns": 2}, "turned", "upside down", id="turned"),
        pytest.param({"further_faces": 1}, "crowd", "1 further face was not", id="one-face"),
        pytest.param({"further_faces": 3}, "crowd", "3 further faces were not", id="faces"),
    ],
)
def test_what_was_not_looked_at_is_told(look: dict[str, Any], reason: str, words: str) -> None:
    class Film(Sound):
        info = replace(Sound.info, kind="video", video_codec="h264")

    class Eyes:
        def look(self, *_: Any, **__: Any) -> Look:
            return Look(shots=(), tracks=(), frames=1, small_faces=0, **look)

    film = Case(cast("Any", Film()), Equipment(looker=cast("Any", Eyes())))
    (remark,) = film.remarks
    assert remark.reason == reason and words in remark.why


def test_what_a_sound_file_holds_besides_is_told() -> None:
    sound = Sound()
    sound.beside = ("the cover picture was not looked at",)
    (remark,) = case(sound).remarks
    assert (remark.reason, remark.why) == ("attached", sound.beside[0])


def test_footage_without_a_face_is_fingerprinted_turned() -> None:
    scene = Scene(3)

    class Film(Sound):
        info = replace(Sound.info, kind="video", video_codec="h264")

        def survey(self) -> Iterator[Frame]:
            return (Frame(time_s / 2, np.rot90(scene.at(time_s / 2), -1)) for time_s in range(10))

    class Eyes:
        def look(self, *_: Any, on_frame: Any, **__: Any) -> Look:
            for frame in Film().survey():
                on_frame(frame.time_s, np.ascontiguousarray(frame.image))
            return Look(shots=(), tracks=(), frames=10, small_faces=0)

    film = Case(cast("Any", Film()), Equipment(looker=cast("Any", Eyes()), prints=True))
    upright = take(scene, 5.0, fps=2.0)
    turned = film.fingerprints_turned()
    alike = [
        np.mean(one.hashes[:, 0] == upright.hashes[:, 0]) for one in (film.fingerprint, *turned)
    ]
    assert alike.index(1.0) == 1 and max(alike[0], *alike[2:]) < 0.6
    assert all(np.array_equal(one.peak_steps, film.fingerprint.peak_steps) for one in turned)
