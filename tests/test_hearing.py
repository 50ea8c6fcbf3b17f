"""A voice is judged wherever it lies: on one side, under noise, in opposite phase, on an offset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from media_screen.case import Case
from media_screen.detectors.voice_spoof import VoiceSpoof
from media_screen.equipment import Equipment
from media_screen.evidence import Span
from media_screen.hearing import Ear, Hearing
from media_screen.media import SAMPLE_RATE, Media, Mix
from media_screen.media.reader import Reader
from tests.footage.making import voice
from tests.making import quarters, write_sound, write_video, write_wave
from tests.pieces import all_evidence
from tests.speech.making import message

SPOKEN = message()[: 8 * SAMPLE_RATE] * 0.5
SILENT = 0 * SPOKEN
NOISE = np.random.default_rng(3).normal(0, 0.2, SPOKEN.size).astype(np.float32)
CODING = np.random.default_rng(4).normal(0, 5e-5, (2, SPOKEN.size)).astype(np.float32)
# Another speaker, as far as a mix tells: the message turned back to front, which is no words.
OTHER = SPOKEN[::-1].copy()


def opened(media: Media) -> Case:
    looker: Any = None
    return Case(media, Equipment(looker=looker, listens=True))


def ears(case: Case) -> tuple[Ear, ...]:
    """What there is to hear in a file that is listened to anew."""
    assert isinstance(case.hearing, Hearing)
    return case.hearing.ears


def raw_of(case: Case) -> float:
    """The mean score of all windows, into however many voices they fall."""
    pieces = [one for one in all_evidence(VoiceSpoof().examine(case)) if one.span is not None]
    windows = [piece.values["windows"] for piece in pieces]
    return float(np.average([piece.values["raw"] for piece in pieces], weights=windows))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> float:
    path = write_wave(tmp_path_factory.mktemp("plain") / "a.wav", SPOKEN[None])
    with Media.open(path) as media:
        return raw_of(opened(media))


SAME = {
    "left only": [SPOKEN, SILENT],
    "inverted": [SPOKEN, -SPOKEN],
    "nearly inverted": [SPOKEN + CODING[0], -0.98 * SPOKEN + CODING[1]],
    "half inverted": [SPOKEN, -0.5 * SPOKEN],
    "noise right": [SPOKEN, NOISE],
    "noise left": [NOISE, SPOKEN],
    "offset": [SPOKEN + 0.2],
    "offsets": [SPOKEN + 0.1, SPOKEN - 0.2],
    "centre of eight": [SILENT, SILENT, SPOKEN, *[SILENT] * 5],
    "fourth of sixteen unnamed": [*[SILENT] * 3, SPOKEN, *[SILENT] * 12],
}


@pytest.mark.parametrize("name", SAME)
def test_channels_don_t_change_what_a_voice_is_judged_as(
    tmp_path: Path, name: str, plain: float
) -> None:
    with Media.open(write_wave(tmp_path / "a.wav", np.stack(SAME[name]))) as media:
        case = opened(media)
        assert case.lacks("speech") is None
        assert raw_of(case) == pytest.approx(plain, abs=0.5)


@pytest.mark.parametrize(
    ("left", "right", "where"),
    [
        (SPOKEN + OTHER, SPOKEN - OTHER, Mix.APART),
        (SPOKEN, OTHER, Mix.RIGHT),
        (OTHER, SPOKEN, Mix.LEFT),
    ],
    ids=["opposite phase", "right", "left"],
)
def test_a_voice_that_the_mix_does_not_hold_alone_is_heard(
    tmp_path: Path, left: np.ndarray, right: np.ndarray, where: Mix
) -> None:
    with Media.open(write_wave(tmp_path / "a.wav", np.stack([left, right]))) as media:
        case = opened(media)
        heard = {ear.mix: ear for ear in ears(case)}
        assert heard[where].clear
        assert {voice.mix for voice in case.voices} >= {Mix.BOTH, where}
        numbers = [voice.number for voice in case.voices]
        assert numbers == list(range(len(numbers)))


def test_what_is_apart_for_a_part_is_listened_to_there_alone(tmp_path: Path) -> None:
    late = np.where(np.arange(SPOKEN.size) < 4 * SAMPLE_RATE, SPOKEN, -SPOKEN)
    with Media.open(write_wave(tmp_path / "a.wav", np.stack([SPOKEN, late]))) as media:
        both, apart = ears(opened(media))
    assert (both.mix, apart.mix) == (Mix.BOTH, Mix.APART)
    assert max(one.span.end for one in both.speech.spoken) < 4.5
    assert min(one.span.start for one in apart.speech.spoken) > 3.5
    spoken = both.speech.seconds() + apart.speech.seconds()
    with Media.open(write_wave(tmp_path / "b.wav", SPOKEN[None])) as media:
        assert spoken == pytest.approx(opened(media).speech.seconds(), abs=1.0)


def test_ordinary_sound_is_heard_once(tmp_path: Path) -> None:
    wide = voice(8.0, 5)[: SPOKEN.size] * 0.05
    sides = np.stack([SPOKEN + wide, SPOKEN - wide])
    with Media.open(write_wave(tmp_path / "a.wav", sides)) as media:
        case = opened(media)
        assert [ear.mix for ear in ears(case)] == [Mix.BOTH]
        assert case.other_sounds == ()


def test_speech_in_opposite_phase_is_a_sound_of_its_own(tmp_path: Path) -> None:
    path = write_wave(tmp_path / "a.wav", np.stack([SPOKEN + OTHER, SPOKEN - OTHER]))
    with Media.open(path) as media:
        places = {sound.place: sound for sound in opened(media).other_sounds}
        assert "in opposite phase on both sides" in places
        found = places["in opposite phase on both sides"]
        assert found.spans and len(found.fingerprint.peak_frames)


def test_further_tracks_are_sounds_of_their_own(tmp_path: Path) -> None:
    frames = [quarters(64, 48)] * 50
    path = write_video(tmp_path / "a.mkv", frames, sounds=2, hertz=(440.0, 1000.0))
    with Media.open(path) as media:
        looker: Any = None
        case = Case(media, Equipment(looker=looker))
        (other,) = case.other_sounds
        assert other.place == "on sound track 2"
        assert sum(span.duration for span in other.spans) == pytest.approx(2.0, abs=0.1)
        assert other.fingerprint.sound_s == pytest.approx(2.0, abs=0.1)
    with Media.open(path, sound=2) as media:
        assert np.abs(np.fft.rfft(media.audio(Span(0.5, 1.5)))).argmax() == pytest.approx(1000, 2)


def tracks(path: Path, *sounds: np.ndarray) -> Path:
    """Write sound tracks of 16 kHz, the first of them the default one."""
    with av.open(str(path), "w") as made:
        streams = [made.add_stream("pcm_s16le", rate=SAMPLE_RATE, layout="mono") for _ in sounds]
        for number, stream in enumerate(streams):
            stream.disposition = 0 if number else Disposition.default
            stream.metadata["language"] = ("eng", "ger")[number % 2]
        for stream, samples in zip(streams, sounds, strict=True):
            write_sound(made, stream, samples[None].astype(np.float32), SAMPLE_RATE, "mono")
    return path


QUIETER = 0.3 * SPOKEN[40:]  # the same, as another codec gives it: moved, at another level
DUBBED = np.concatenate([SPOKEN[: 4 * SAMPLE_RATE], OTHER[4 * SAMPLE_RATE :]])
TRACKS = {
    "the same twice": ([SPOKEN, SPOKEN, QUIETER], set()),
    "silence beside it": ([SPOKEN, SILENT], set()),
    "another voice": ([SPOKEN, OTHER], {"on sound track 2 (ger)"}),
    "half of it another": ([SPOKEN, DUBBED], {"on sound track 2 (ger)"}),
    "voice behind silence": ([SILENT, SPOKEN], {"on sound track 2 (ger)"}),
    "third of three": ([SPOKEN, SPOKEN, OTHER], {"on sound track 3 (eng)"}),
    "fourth is the last": ([SPOKEN, *[SPOKEN] * 3, OTHER], set()),
}


@pytest.mark.parametrize("name", TRACKS)
def test_a_voice_is_judged_on_each_track_that_differs(tmp_path: Path, name: str) -> None:
    sounds, places = TRACKS[name]
    with Media.open(tracks(tmp_path / "a.mka", *sounds)) as media:
        case = opened(media)
        assert case.lacks("speech") is None
        assert {voice.place for voice in case.voices} - {""} == places
        said = [piece.why for piece in VoiceSpoof().examine(case)]
        assert all(any(place in why for why in said) for place in places)
        left_out = [one.why for one in case.remarks if "not judged" in one.why]
        assert bool(left_out) == (len(sounds) > 4)


@pytest.mark.parametrize("unknown", [0, 1, 2])
def test_a_track_without_a_decoder_is_not_another_one(tmp_path: Path, unknown: int) -> None:
    path = tracks(tmp_path / "a.mka", SPOKEN, OTHER, DUBBED)
    head, *rest = path.read_bytes().split(b"A_PCM/INT/LIT")
    assert len(rest) == 3
    names = [b"A_XXX/YYY/ZZZ" if number == unknown else b"A_PCM/INT/LIT" for number in range(3)]
    path.write_bytes(head + b"".join(a + b for a, b in zip(names, rest, strict=True)))
    with Media.open(path) as media:
        case = opened(media)
        heard = {sound.place.split(" (")[0] for sound in case.other_sounds}
        judged = [number for number in range(3) if number != unknown]
        assert heard == {f"on sound track {number + 1}" for number in judged[1:]}
        said = [one.why for one in case.remarks]
    assert f"sound track {unknown + 1} can't be decoded: not listened to" in said


@pytest.mark.parametrize("listens", [True, False], ids=["voices-asked", "catalogue-alone"])
def test_further_tracks_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listens: bool
) -> None:
    """From end to end, that is; the windows of another voice are then read by themselves."""
    whole: Counter[int] = Counter()
    decode, index_all = Reader.decode_from, Reader._indexed
    indexed = []

    def decoding(reader: Reader, kind: Any, start: float, **options: Any) -> Iterator[Any]:
        last = 0.0
        for frame in decode(reader, kind, start, **options):
            last = frame.time + frame.samples / frame.sample_rate
            yield frame
        if kind == "audio" and start < 1.0 and last > 7.5:
            assert reader.audio is not None
            whole[reader.audio.index] += 1

    def indexing(reader: Reader) -> Any:
        indexed.append(reader)
        return index_all(reader)

    monkeypatch.setattr(Reader, "decode_from", decoding)
    monkeypatch.setattr(Reader, "_indexed", indexing)
    with Media.open(tracks(tmp_path / "a.mka", SPOKEN, DUBBED, QUIETER)) as media:
        looker: Any = None
        case = Case(media, Equipment(looker=looker, prints=True, listens=listens))
        assert len(case.other_sounds) == 2
        if listens:
            assert [voice.place for voice in case.voices if voice.place]
    assert whole == {0: 1, 1: 1, 2: 1}
    assert len(indexed) == 1


def test_of_a_track_only_what_differs_is_judged(tmp_path: Path) -> None:
    with Media.open(tracks(tmp_path / "a.mka", SPOKEN, DUBBED)) as media:
        (other,) = [voice for voice in opened(media).voices if voice.place]
    assert other.span.start >= 4.0 - 0.1
