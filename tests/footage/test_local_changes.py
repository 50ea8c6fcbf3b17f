"""Changes inside a copy: each is named, and what a copy goes through on its way is not one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_screen.evidence import Span
from media_screen.footage.catalogue import Catalogue, MeasuredMatch
from media_screen.footage.catalogue.changes import maximal_runs
from media_screen.footage.catalogue.rest import REST_S, outside
from media_screen.footage.fingerprint import Fingerprint, FingerprintBuilder, picture, sound
from tests.footage.making import RATE, Scene, enrolled, voice

LENGTH, FPS = 12.0, 10.0
Frames = list[np.ndarray]
Clip = tuple[Frames, np.ndarray]


def clip(number: int) -> Clip:
    scene = Scene(number)
    frames = [scene.at(index / FPS) for index in range(int(LENGTH * FPS))]
    return frames, voice(LENGTH, number)


OFFICIAL, OTHER = clip(1), clip(2)


def part(clip: Clip, start: float, end: float) -> Clip:
    frames, heard = clip
    return (
        frames[round(start * FPS) : round(end * FPS)],
        heard[round(start * RATE) : round(end * RATE)],
    )


def joined(*clips: Clip) -> Clip:
    frames = [frame for frames, _ in clips for frame in frames]
    return frames, np.concatenate([heard for _, heard in clips])


def sounding(start: float, end: float, other: np.ndarray) -> Clip:
    """The official clip with other sound from `start` to `end`."""
    frames, heard = OFFICIAL
    heard, place = heard.copy(), slice(round(start * RATE), round(end * RATE))
    heard[place] = other[: heard[place].size]
    return frames, heard


def showing(start: float, end: float, other: Frames) -> Clip:
    """The official clip with other frames from `start` to `end`."""
    first, last = round(start * FPS), round(end * FPS)
    return OFFICIAL[0][:first] + other[: last - first] + OFFICIAL[0][last:], OFFICIAL[1]


def inside(frame: np.ndarray, other: np.ndarray) -> np.ndarray:
    drawn = frame.copy()
    drawn[45:135, 60:180] = other[::2, ::2]
    return np.asarray(drawn)


def mixed(gain: float) -> Clip:
    heard = OFFICIAL[1].copy()
    heard[5 * RATE : 7 * RATE] += gain * OTHER[1][: 2 * RATE]
    return OFFICIAL[0], heard


def printed(clip: Clip) -> Fingerprint:
    frames, heard = clip
    builder = FingerprintBuilder(duration_s=len(frames) / FPS)
    for index, frame in enumerate(frames):
        if index % 2 == 0:
            builder.add_frame(index / FPS, frame)
    builder.add_sound(0.0, heard)
    return builder.finish()


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    made = Catalogue.open(tmp_path_factory.mktemp("local") / "catalogue.sqlite")
    reference = enrolled(Scene(1), LENGTH, sound=OFFICIAL[1])
    made.add("ada", "official.mp4", "1" * 64, reference)
    return made


def unchanged(found: tuple[MeasuredMatch, ...], length: float) -> bool:
    """Whether one match with nothing against it covers the file, as of a copy of the whole."""
    if len(found) != 1 or found[0].changes or found[0].match.relation not in ("copy", "excerpt"):
        return False
    return not outside([found[0].match.query_span], length)


o, x = OFFICIAL, OTHER
EDITS: dict[str, Clip] = {
    "other-voice-1s": sounding(5.0, 6.0, x[1]),
    "other-voice-2s-at-the-start": sounding(0.0, 2.0, x[1]),
    "other-voice-2s-at-the-end": sounding(10.0, 12.0, x[1]),
    "other-voice-half-of-the-time": sounding(3.0, 9.0, x[1]),
    "voice-of-another-moment": sounding(5.0, 7.0, o[1]),
    "muted-2s": sounding(5.0, 7.0, 0 * x[1]),
    "loud-voice-over-it": mixed(2.0),
    "other-picture-1s": showing(5.0, 6.0, x[0]),
    "other-picture-3s": showing(5.0, 8.0, x[0]),
    "other-picture-at-the-start": showing(0.0, 2.0, x[0]),
    "other-picture-at-the-end": showing(10.0, 12.0, x[0]),
    "picture-of-another-moment": showing(5.0, 8.0, o[0]),
    "picture-frozen-2s": showing(5.0, 7.0, [o[0][50]] * 20),
    "picture-black-2s": showing(5.0, 7.0, [o[0][0] * 0] * 20),
    "picture-white-2s": showing(5.0, 7.0, [o[0][0] * 0 + 255] * 20),
    "picture-in-picture-3s": showing(
        5.0, 8.0, [inside(a, b) for a, b in zip(o[0][50:80], x[0], strict=False)]
    ),
    "words-swapped": joined(part(o, 0, 4.5), part(o, 6, 7.5), part(o, 4.5, 6), part(o, 7.5, 12)),
    "short-words-swapped": joined(
        part(o, 0, 5.2), part(o, 6, 6.8), part(o, 5.2, 6), part(o, 6.8, 12)
    ),
    "two-swaps": joined(
        part(o, 0, 2),
        part(o, 3, 4),
        part(o, 2, 3),
        part(o, 4, 8),
        part(o, 9, 10),
        part(o, 8, 9),
        part(o, 10, 12),
    ),
    "halves-swapped": joined(part(o, 6, 12), part(o, 0, 6)),
    "word-doubled": joined(part(o, 0, 6), part(o, 5.3, 12)),
    "sentence-cut-out": joined(part(o, 0, 5), part(o, 7, 12)),
    "word-cut-out": joined(part(o, 0, 6), part(o, 6.7, 12)),
    "second-put-in": joined(part(o, 0, 6), part(x, 3, 4), part(o, 6, 12)),
    "three-seconds-put-in": joined(part(o, 0, 6), part(x, 3, 6), part(o, 6, 12)),
    "end-replaced": joined(part(o, 0, 9.5), part(x, 3, 5.5)),
    "start-replaced": joined(part(x, 3, 5.5), part(o, 2.5, 12)),
    "end-put-on": joined(o, part(x, 3, 6)),
    "start-put-on": joined(part(x, 3, 6), o),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_change_inside_a_copy_is_no_copy(catalogue: Catalogue, edit: str) -> None:
    found = catalogue.find(printed(EDITS[edit]))
    assert found, "the rest of it is official footage"
    assert not unchanged(found, len(EDITS[edit][0]) / FPS)


# Words that are re-ordered and sounds that are exchanged are changes without any picture, too.
HEARD = [name for name, edited in EDITS.items() if not np.array_equal(edited[1], OFFICIAL[1])]


@pytest.mark.parametrize("edit", HEARD)
def test_a_change_in_a_sound_file_is_no_copy(catalogue: Catalogue, edit: str) -> None:
    builder = FingerprintBuilder()
    builder.add_sound(0.0, EDITS[edit][1])
    found = catalogue.find(builder.finish())
    assert found and not unchanged(found, EDITS[edit][1].size / RATE)


def each(change: Callable[[np.ndarray], np.ndarray]) -> Clip:
    return [change(frame) for frame in OFFICIAL[0]], OFFICIAL[1]


NOISE = np.random.default_rng(0)
COPIES: dict[str, Clip] = {
    "same": OFFICIAL,
    "darker": each(lambda frame: (frame * 0.6 + 10).astype(np.uint8)),
    "noisy": each(
        lambda frame: np.clip(frame + NOISE.normal(0, 10, frame.shape), 0, 255).astype(np.uint8)
    ),
    "mirrored": each(lambda frame: np.ascontiguousarray(frame[:, ::-1])),
    "cropped": each(lambda frame: frame[18:170, 20:224]),
    "flash-of-black": showing(5.0, 5.3, [o[0][0] * 0] * 9),
    "half-the-frames": ([o[0][index // 2 * 2] for index in range(len(o[0]))], o[1]),
    "quieter": (o[0], o[1] * 0.2),
    "hissing": (o[0], (o[1] + NOISE.normal(0, 0.2 * o[1].std(), o[1].size)).astype(np.float32)),
    "excerpt": part(o, 3, 11),
    "click": sounding(5.0, 5.1, 0 * x[1]),
}


@pytest.mark.parametrize("copy", COPIES)
def test_what_happens_to_copies_is_no_change(catalogue: Catalogue, copy: str) -> None:
    found = catalogue.find(printed(COPIES[copy]))
    assert unchanged(found, len(COPIES[copy][0]) / FPS), found


def saying(words: np.ndarray, start: float, end: float) -> np.ndarray:
    """Sound that is heard from `start` to `end` of the official clip, and silence around it."""
    heard, place = np.zeros_like(OFFICIAL[1]), slice(round(start * RATE), round(end * RATE))
    heard[place] = words[: heard[place].size]
    return heard


FEW_WORDS = saying(OFFICIAL[1], 4.5, 6.0)
SAID = {
    "the same": (FEW_WORDS, True),
    "more before": (FEW_WORDS + saying(OTHER[1], 0.5, 3.0), False),
    "more after": (FEW_WORDS + saying(OTHER[1], 7.5, 10.0), False),
    "something else": (saying(OTHER[1], 4.5, 6.0), False),
}


@pytest.mark.parametrize("said", SAID)
def test_silence_around_a_few_words_is_no_other_sound(tmp_path: Path, said: str) -> None:
    catalogue = Catalogue.open(tmp_path / "catalogue.sqlite")
    reference = enrolled(Scene(1), LENGTH, sound=FEW_WORDS)
    catalogue.add("ada", "pauses.mp4", "1" * 64, reference)
    heard, same = SAID[said]
    found = catalogue.find(printed((OFFICIAL[0], heard)))
    assert found and unchanged(found, LENGTH) == same


@pytest.mark.parametrize(
    ("edit", "exchanged", "start", "end"),
    [
        ("other-voice-half-of-the-time", "sound", 3.0, 9.0),
        ("voice-of-another-moment", "sound", 5.0, 7.0),
        ("other-picture-3s", "picture", 5.0, 8.0),
        ("picture-of-another-moment", "picture", 5.0, 8.0),
    ],
)
def test_the_stretch_is_named_to_half_a_second(
    catalogue: Catalogue, edit: str, exchanged: str, start: float, end: float
) -> None:
    changes = [one for found in catalogue.find(printed(EDITS[edit])) for one in found.changes]
    (change,) = [one for one in changes if one.part == exchanged]
    assert (change.span.start, change.span.end) == pytest.approx((start, end), abs=0.55)


# --- what says nothing -----------------------------------------------------------------------

SECONDS = np.arange(int(LENGTH * RATE)) / RATE
# Eight digits of a telephone over and over, 0.2 s each.
KEY = (SECONDS / 0.2).astype(int)
ROWS = np.array([697, 770, 852, 941, 697, 852, 941, 941])[KEY % 8]
COLS = np.array([1209, 1336, 1477, 1336, 1477, 1209, 1209, 1477])[KEY % 8]
PLAIN: dict[str, np.ndarray] = {
    "silence": 0.0 * SECONDS,
    "tone": 0.3 * np.sin(2 * np.pi * 1000 * SECONDS),
    "chord": sum(
        (0.1 * np.sin(2 * np.pi * tone * SECONDS) for tone in (440, 554, 659, 880)), 0.0 * SECONDS
    ),
    "beeps": 0.3 * np.sin(2 * np.pi * 1000 * SECONDS) * (SECONDS % 1 < 0.15),
    "buzz": 0.3 * np.sign(np.sin(2 * np.pi * 440 * SECONDS)),
    "hum": 0.3 * np.sign(np.sin(2 * np.pi * 50 * SECONDS)),
    "saw": 0.6 * (100 * SECONDS % 1) - 0.3,
    "warning": 0.2 * np.sin(2 * np.pi * 853 * SECONDS) + 0.2 * np.sin(2 * np.pi * 960 * SECONDS),
    "busy": 0.3 * np.sin(2 * np.pi * 480 * SECONDS) * (SECONDS % 1 < 0.5),
    "siren": 0.3 * np.sin(2 * np.pi * 900 * SECONDS + 95 * np.sin(np.pi * SECONDS)),
    "dialling": 0.2 * np.sin(2 * np.pi * SECONDS * ROWS) + 0.2 * np.sin(2 * np.pi * SECONDS * COLS),
    **{f"tone-{hertz}-hz": 0.3 * np.sin(2 * np.pi * hertz * SECONDS) for hertz in (300, 997, 3500)},
}


def card(number: int) -> np.ndarray:
    """A picture of a countdown."""
    import cv2

    drawn = np.full((180, 240, 3), 40, np.uint8)
    cv2.circle(drawn, (120, 90), 70, (240,) * 3, 2)
    return cv2.putText(drawn, str(number), (85, 125), 0, 3, (240,) * 3, 6)


@pytest.mark.parametrize("kind", PLAIN)
def test_tones_and_silence_match_nothing(tmp_path: Path, kind: str) -> None:
    builder = FingerprintBuilder(reference=True)
    builder.add_sound(0.0, np.concatenate([PLAIN[kind], voice(4.0, 5)]).astype(np.float32))
    with Catalogue.open(tmp_path / "c.sqlite") as made:
        made.add("ada", "a.wav", "a" * 64, builder.finish())
        builder = FingerprintBuilder()
        builder.add_sound(0.0, np.concatenate([PLAIN[kind], voice(4.0, 6)]).astype(np.float32))
        assert made.find(builder.finish()) == ()


def sheet(level: int) -> np.ndarray:
    return np.full((180, 240, 3), level, np.uint8)


def countdown(time_s: float) -> np.ndarray:
    """A leader of film: a hand sweeps around once a second behind the number."""
    import cv2

    drawn = cv2.ellipse(
        sheet(128), (120, 90), (200, 200), -90, 0, 360 * (time_s % 1), (80,) * 3, -1
    )
    drawn = cv2.circle(drawn, (120, 90), 70, (240,) * 3, 2)
    return cv2.putText(drawn, str(9 - int(time_s)), (95, 115), 0, 2.5, (10,) * 3, 6)


def clock(time_s: float) -> np.ndarray:
    import cv2

    drawn = cv2.circle(sheet(30), (120, 90), 80, (230,) * 3, 3)
    hand = round(120 + 70 * np.sin(0.63 * time_s)), round(90 - 70 * np.cos(0.63 * time_s))
    return cv2.line(drawn, (120, 90), hand, (230,) * 3, 4)


def loading(time_s: float) -> np.ndarray:
    import cv2

    turn = 300 * time_s % 360
    return cv2.ellipse(sheet(15), (120, 90), (40, 40), turn, 0, 270, (200,) * 3, 8)


def credits(time_s: float) -> np.ndarray:
    import cv2

    drawn = sheet(0)
    for row, text in enumerate(("PRODUCER A SMITH", "CAMERA B JONES")):
        place = (10, round(200 + 30 * row - 15 * time_s))
        cv2.putText(drawn, text, place, 0, 0.6, (255,) * 3, 1, cv2.LINE_AA)
    return drawn


def bars(time_s: float) -> np.ndarray:
    """Bars of colour over a row of grey ones."""
    drawn = sheet(0)
    colours = [(192 * (n & 2) // 2, 192 * (n & 4) // 4, 192 * (n & 1)) for n in range(7, 0, -1)]
    for place, colour in enumerate(colours):
        drawn[:135, place * 240 // 7 : (place + 1) * 240 // 7] = colour
    drawn[135:, 60:120] = 255
    return drawn


LEADERS: dict[str, Callable[[float], np.ndarray]] = {
    "black": lambda _: sheet(0),
    "fades": lambda time_s: sheet(round(127 + 127 * np.sin(time_s))),
    "title": lambda _: card(1),
    "numbers": lambda time_s: card(9 - int(time_s)),
    "bars": bars,
    "countdown": countdown,
    "clock": clock,
    "loading": loading,
    "credits": credits,
}


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0], ids=["white", "pink", "brown"])
def test_noise_of_one_colour_is_not_one_noise(tmp_path: Path, power: float) -> None:
    def noise(seed: int) -> np.ndarray:
        waves = np.fft.rfft(np.random.default_rng(seed).normal(size=SECONDS.size))
        waves /= np.maximum(np.arange(waves.size), 1) ** power
        found = np.fft.irfft(waves, SECONDS.size)
        return np.asarray(0.2 * found / found.std(), np.float32)

    with Catalogue.open(tmp_path / "c.sqlite") as made:
        builder = FingerprintBuilder(reference=True)
        builder.add_sound(0.0, noise(1))
        made.add("ada", "a.wav", "a" * 64, builder.finish())
        builder = FingerprintBuilder()
        builder.add_sound(0.0, noise(2))
        assert made.find(builder.finish()) == ()


@pytest.mark.parametrize("kind", LEADERS)
def test_leaders_and_cards_match_nothing(tmp_path: Path, kind: str) -> None:
    def led(reference: bool, number: int) -> Fingerprint:
        builder = FingerprintBuilder(reference=reference)
        for index in range(60):
            time_s = index / 5
            shown = LEADERS[kind](time_s) if time_s < 9 else Scene(number).at(time_s)
            builder.add_frame(time_s, shown)
        return builder.finish()

    with Catalogue.open(tmp_path / "c.sqlite") as made:
        made.add("ada", "a.mp4", "a" * 64, led(True, 5))
        assert made.find(led(False, 6)) == ()


def test_a_plain_picture_has_no_quality_and_a_scene_has() -> None:
    assert picture.fingerprint(picture.to_grey(card(3))).quality == 0
    assert picture.fingerprint(picture.to_grey(Scene(3).at(0.0))).quality > 0


def test_a_tone_leaves_no_peaks_and_speech_keeps_its_own() -> None:
    def peaks(samples: np.ndarray) -> int:
        picker = sound.PeakPicker()
        picker.add(0.0, samples.astype(np.float32))
        return len(picker.finish().frames)

    assert peaks(PLAIN["tone"]) == peaks(PLAIN["beeps"]) == 0
    assert peaks(voice(LENGTH, 1)) > 8 * LENGTH


# --- the pieces ------------------------------------------------------------------------------


def test_maximal_runs_are_those_of_ruzzo_and_tompa() -> None:
    scores = [4, -5, 3, -3, 1, 2, -2, 2, -2, 1, 5]  # the example of their paper
    assert maximal_runs(scores) == [(0, 1, 4.0), (2, 3, 3.0), (4, 11, 7.0)]


def plain_runs(values: list[int]) -> list[tuple[int, int, float]]:
    """The same as in the paper without its lists: all runs before a new one are asked again."""
    runs: list[tuple[int, int, int, int]] = []  # first, last + 1, sums before it and up to its end
    for place in np.flatnonzero(np.array(values, int) > 0).tolist():
        first, low, high = place, sum(values[:place]), sum(values[: place + 1])
        while lower := [at for at, run in enumerate(runs) if run[2] < low]:
            if runs[lower[-1]][3] >= high:
                break
            first, _, low, _ = runs[lower[-1]]
            del runs[lower[-1] :]
        runs.append((first, place + 1, low, high))
    return [(first, last, float(high - low)) for first, last, low, high in runs]


@given(st.lists(st.integers(-5, 5), max_size=60))
def test_no_maximal_run_is_lost_where_few_are_asked(values: list[int]) -> None:
    assert maximal_runs(values) == plain_runs(values)


@pytest.mark.parametrize(
    ("period", "runs"),
    [
        pytest.param([1.0, -2.0], 100_000, id="each-run-lower-than-all-before"),
        pytest.param([2.0, -1.0], 1, id="all-one-run"),
        pytest.param([3.0, -1.0, 2.0, -4.0], 50_000, id="pairs-of-runs"),
    ],
)
def test_maximal_runs_of_hours_of_votes_are_found(period: list[float], runs: int) -> None:
    # To ask all runs before each of them would be up to 5,000,000,000 steps.
    values = np.tile(period, 200_000 // len(period))
    assert len(maximal_runs(values)) == runs


@pytest.mark.parametrize(
    ("matched", "rest"),
    [
        ([], [Span(0.0, 10.0)]),
        ([Span(0.0, 10.0)], []),
        ([Span(REST_S, 10.0 - REST_S)], []),
        ([Span(2.0, 7.0)], [Span(0.0, 2.0), Span(7.0, 10.0)]),
        ([Span(6.0, 10.0), Span(0.0, 3.0), Span(2.0, 4.0)], [Span(4.0, 6.0)]),
    ],
)
def test_the_rest_is_what_no_match_covers(matched: list[Span], rest: list[Span]) -> None:
    assert outside(matched, 10.0) == rest
