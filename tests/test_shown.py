"""What a viewer sees and hears is what is judged: films that hold an official one and show another.

Each is screened from end to end: label and sentences are those that a user reads.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from media_screen.config import Config
from media_screen.evidence import Verdict
from media_screen.screen import Screener
from tests.footage.making import RATE, Scene, voice
from tests.speech.making import message

LENGTH, FPS = 12.0, 10
MILLISECOND = Fraction(1, 1000)
Frames = list[np.ndarray]
Sides = np.ndarray  # sides x samples


def frames(number: int) -> Frames:
    scene = Scene(number)
    return [scene.at(index / FPS) for index in range(int(LENGTH * FPS))]


PICTURE, OTHER_PICTURE = frames(1), frames(2)
SOUND, OTHER_SOUND = voice(LENGTH, 1)[None], voice(LENGTH, 2)[None]
SPOKEN = np.resize(0.5 * message(), SOUND.shape)  # words, as the net for speech hears them


def film(
    path: Path,
    pictures: list[Frames],
    sounds: list[Sides],
    *,
    times: list[int] | None = None,
    default: tuple[int, ...] = (0,),
    live: bool = False,
) -> Path:
    """Write tracks of pictures, each at FPS or at times in ms, and of sound; some are default."""
    options = {"live": "1"} if live else {}
    with av.open(str(path), "w", options=options) as container:
        shown = []
        for track in pictures:
            video = container.add_stream("libx264", rate=FPS, options={"crf": "20", "bf": "0"})
            video.height, video.width = track[0].shape[:2]
            video.pix_fmt = "yuv420p"
            shown.append(video)
        heard = [
            container.add_stream("aac", rate=RATE, layout="mono" if len(sides) == 1 else "stereo")
            for sides in sounds
        ]
        for streams in (shown, heard):
            for number, stream in enumerate(streams):
                stream.disposition = Disposition.default if number in default else 0
        for video, track in zip(shown, pictures, strict=True):
            _write_pictures(container, video, track, times)
        for stream, sides in zip(heard, sounds, strict=True):
            _write_sound(container, stream, sides)
    return path


def _write_pictures(
    container: OutputContainer, video: VideoStream, track: Frames, times: list[int] | None
) -> None:
    packets = []
    for index, image in enumerate(track):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        frame.pts = index
        packets += video.encode(frame)
    for index, packet in enumerate([*packets, *video.encode()]):
        if packet.size and times is not None:
            packet.pts = packet.dts = times[index]
            packet.time_base = MILLISECOND
        container.mux(packet)


def _write_sound(container: OutputContainer, stream: AudioStream, sides: Sides) -> None:
    layout = "mono" if len(sides) == 1 else "stereo"
    for start in range(0, sides.shape[1], 1024):
        block = np.ascontiguousarray(sides[:, start : start + 1024], dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    person = tmp_path_factory.mktemp("people") / "ada"
    (person / "official").mkdir(parents=True)
    (person / "person.toml").write_text('name = "Ada Example"\n', "utf-8")
    film(person / "official" / "talk.mp4", [PICTURE], [SOUND])
    return person.parent


@pytest.fixture(scope="module")
def screener(people: Path) -> Screener:
    return screener_with(people, "catalogue")


def screener_with(people: Path, *detectors: str) -> Screener:
    return Screener(Config(people=people, device="cpu", threads=1, detectors=detectors))


def told(verdict: Verdict) -> str:
    """All that is said of a file."""
    whys = [piece.why for piece in verdict.evidence]
    return " ".join([*whys, *(piece.why for piece in verdict.abstentions)])


# --- what is shown is not the original ---------------------------------------------------------


def flashes(path: Path) -> Path:
    """The official picture for 2 ms and another one for 98 ms, ten times a second."""
    both = [frame for pair in zip(PICTURE, OTHER_PICTURE, strict=True) for frame in pair]
    times = [100 * (index // 2) + 2 * (index % 2) for index in range(len(both))]
    return film(path, [both], [SOUND], times=times)


def longer(path: Path, *, live: bool = False) -> Path:
    """The official film, and then another one that is as long."""
    sound = np.concatenate([SOUND, OTHER_SOUND], axis=1)
    return film(path, [PICTURE + OTHER_PICTURE], [sound], live=live)


def understated(path: Path) -> Path:
    """The same in a file whose header says that it ends with the official one."""
    data = bytearray(longer(path).read_bytes())
    place = data.index(b"\x44\x89\x88")  # the length of a Matroska file, a double in ms
    data[place + 3 : place + 11] = struct.pack(">d", 1000 * LENGTH)
    path.write_bytes(data)
    return path


def heard(start: float, end: float) -> Sides:
    """The official sound with another voice from `start` to `end`."""
    changed, place = SOUND.copy(), slice(round(start * RATE), round(end * RATE))
    changed[:, place] = OTHER_SOUND[:, place]
    return np.asarray(changed)


def moved(path: Path) -> Path:
    """Two words of 1.5 s in the other order, with their pictures."""
    order = [(0.0, 4.5), (6.0, 7.5), (4.5, 6.0), (7.5, LENGTH)]
    picture = [frame for a, b in order for frame in PICTURE[round(a * FPS) : round(b * FPS)]]
    sound = [SOUND[:, round(a * RATE) : round(b * RATE)] for a, b in order]
    return film(path, [picture], [np.concatenate(sound, axis=1)])


FORGED = {
    "flashes": (flashes, "the picture is another one"),
    "another-film-follows": (longer, ""),
    "another-film-follows-a-length-that-is-too-short": (understated, ""),
    "another-film-follows-and-no-length": (lambda path: longer(path, live=True), ""),
    "second-picture-track-is-official": (
        lambda path: film(path, [OTHER_PICTURE, PICTURE], [SOUND], default=(0, 1)),
        "1 further track of pictures",
    ),
    "first-picture-track-is-official-and-another-is-default": (
        lambda path: film(path, [PICTURE, OTHER_PICTURE], [SOUND], default=(1,)),
        "1 further track of pictures",
    ),
    "second-sound-track-is-another": (
        lambda path: film(path, [PICTURE], [SOUND, OTHER_SOUND]),
        "another sound is heard",
    ),
    "second-sound-track-is-official": (
        lambda path: film(path, [PICTURE], [OTHER_SOUND, SOUND]),
        "the sound is not the original's",
    ),
    "voice-in-opposite-phase": (
        lambda path: film(path, [PICTURE], [np.concatenate([SOUND + SPOKEN, SOUND - SPOKEN]) / 2]),
        "another sound is heard",
    ),
    "other-voice-on-the-right": (
        lambda path: film(path, [PICTURE], [np.concatenate([SOUND, SPOKEN])]),
        "another sound is heard",
    ),
    "other-voice-for-5-s": (
        lambda path: film(path, [PICTURE], [heard(4.0, 9.0)]),
        "the sound of 0:04 to 0:09",
    ),
    "other-picture-for-3-s": (
        lambda path: film(path, [PICTURE[:50] + OTHER_PICTURE[50:80] + PICTURE[80:]], [SOUND]),
        "the picture of 0:05 to 0:08",
    ),
    "words-moved": (moved, "is not that of the original"),
}


@pytest.mark.parametrize("kind", FORGED)
def test_what_shows_something_else_is_no_official_copy(
    tmp_path: Path, screener: Screener, kind: str
) -> None:
    make, sentence = FORGED[kind]
    verdict = screener.screen(make(tmp_path / "post.mkv"))
    assert verdict.label not in ("official", "official_copy", "no_finding"), told(verdict)
    assert sentence in told(verdict)


@pytest.mark.parametrize("asked", ["container", "voice_spoof"])
def test_what_is_heard_is_judged_whoever_is_asked_beside_the_catalogue(
    tmp_path: Path, people: Path, asked: str
) -> None:
    make, sentence = FORGED["voice-in-opposite-phase"]
    verdict = screener_with(people, "catalogue", asked).screen(make(tmp_path / "post.mkv"))
    assert verdict.label == "altered_official" and sentence in told(verdict)


# --- what is said of a copy --------------------------------------------------------------------

WHOLE = "picture and sound follow the original"
COPIES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "both": (lambda path: film(path, [PICTURE], [SOUND]), WHOLE),
    "without-sound": (lambda path: film(path, [PICTURE], []), "no sound could be compared"),
    "muted": (lambda path: film(path, [PICTURE], [0 * SOUND]), "no sound could be compared"),
    "sound-alone": (lambda path: film(path, [], [SOUND]), "no picture could be compared"),
}


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_said_to_be_one_only_in_what_was_compared(
    tmp_path: Path, people: Path, kind: str
) -> None:
    make, sentence = COPIES[kind]
    screener = screener_with(people, "catalogue", "original")
    verdict = screener.screen(make(tmp_path / "post.mkv"))
    assert verdict.label == "official_copy", told(verdict)
    assert sentence in told(verdict)
    assert (WHOLE in told(verdict)) == (kind == "both")
