"""Speech is found where somebody speaks, and told from music, noise and silence."""

from __future__ import annotations

import numpy as np
import pytest

from media_screen.evidence import Span
from media_screen.media import SAMPLE_RATE
from media_screen.speech import (
    MIN_WINDOW,
    WINDOW,
    Speech,
    SpeechSegment,
    find_speech,
    lacks_speech,
    speech_windows,
)
from media_screen.speech.listen import Listener
from tests.speech.making import blocks, chords, message, noise


@pytest.fixture(scope="module")
def spoken() -> Speech:
    return find_speech(blocks(message()))


def segment(start: float, end: float, kind: str = "speech", snr_db: float = 20.0) -> SpeechSegment:
    return SpeechSegment(Span(start, end), kind, snr_db, 8000.0, -20.0, 0.0)  # type: ignore[arg-type]


def test_made_speech_is_speech(spoken: Speech) -> None:
    assert spoken.seconds() > 0.6 * spoken.duration_s
    assert spoken.seconds("music") == 0.0
    assert spoken.duration_s == pytest.approx(len(message()) / SAMPLE_RATE, abs=0.04)


@pytest.mark.parametrize(
    ("sound", "kind"),
    [
        pytest.param(chords(8.0), "music", id="chords"),
        pytest.param(noise(8.0), "other", id="noise"),
    ],
)
def test_what_is_no_speech_is_told_apart(sound: np.ndarray, kind: str) -> None:
    heard = find_speech(blocks(sound))
    assert heard.seconds() == 0.0
    assert heard.seconds(kind) > 6.0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "samples",
    [np.zeros(0), np.zeros(100), np.zeros(5 * SAMPLE_RATE)],
    ids=["nothing", "a moment", "silence"],
)
def test_silence_has_no_segments(samples: np.ndarray) -> None:
    assert find_speech(blocks(samples)).segments == ()


def test_the_size_of_blocks_changes_nothing(spoken: Speech) -> None:
    assert find_speech(blocks(message(), 0.73)).segments == spoken.segments


@pytest.mark.parametrize("decibels", [-50.0, -45.0, -30.0, -12.0, 6.0], ids="{:+.0f} dB".format)
def test_speech_is_found_at_any_level(spoken: Speech, decibels: float) -> None:
    # In 16 bits, as a copy is kept; a pause between what is said goes with it.
    copy = np.clip(np.rint(message() * 10 ** (decibels / 20) * 32_767) / 32_767, -1.0, 1.0)
    heard = find_speech(blocks(copy.astype(np.float32)))
    assert heard.seconds() == pytest.approx(spoken.seconds(), rel=0.05)
    assert heard.seconds("music") == 0.0
    levels = [one.spoken[0].level_db for one in (heard, spoken)]
    assert levels[0] - levels[1] == pytest.approx(min(decibels, 6.0), abs=1.5)


@pytest.mark.parametrize("decibels", [-45.0, -30.0], ids="{:+.0f} dB".format)
@pytest.mark.parametrize(
    "sound", [pytest.param(chords(8.0), id="chords"), pytest.param(noise(8.0), id="noise")]
)
def test_what_is_quiet_and_no_speech_is_not_taken_for_it(
    sound: np.ndarray, decibels: float
) -> None:
    assert find_speech(blocks(sound * 10 ** (decibels / 20))).seconds() == 0.0


def test_a_pause_in_loud_speech_is_not_raised(spoken: Speech) -> None:
    pause = noise(3.0, 1e-3)
    heard = find_speech(blocks(np.concatenate([message(), pause]), 1.0))
    assert heard.seconds() == pytest.approx(spoken.seconds(), rel=0.05)


def test_what_is_not_listened_to_is_neither_speech_nor_silence(spoken: Speech) -> None:
    sound = np.concatenate([message(), noise(20.0), message()])
    end = len(sound) / SAMPLE_RATE - spoken.duration_s
    heard = find_speech(blocks(sound, 1.0), hear=lambda block: block.start >= end - 1.0)
    assert heard.skipped_s == pytest.approx(end, abs=1.1)
    assert heard.spoken and heard.spoken[0].span.start > end - 1.1
    assert heard.seconds() == pytest.approx(spoken.seconds(), abs=0.5)
    # The stretch that nobody heard is not the quiet against which the speech is compared.
    assert heard.spoken[0].snr_db == pytest.approx(spoken.spoken[0].snr_db, abs=6.0)
    nothing = find_speech(blocks(message(), 1.0), hear=lambda block: False)
    assert nothing.segments == () and nothing.skipped_s == nothing.duration_s


def test_it_says_how_much_was_listened_to() -> None:
    lack = lacks_speech(Speech((), 3600.0, 3000.0))
    assert lack == ("no_speech", "nobody speaks in the 600 s of it that were listened to")


@pytest.mark.parametrize("snr_db", [5.0, 15.0, 25.0])
def test_the_ratio_of_speech_to_noise_is_measured(snr_db: float) -> None:
    clean = message()
    level = np.sqrt(np.mean(clean**2)) * 10 ** (-snr_db / 20)
    heard = find_speech(blocks(clean + noise(len(clean) / SAMPLE_RATE, level)))
    measured = np.average(
        [one.snr_db for one in heard.spoken], weights=[one.span.duration for one in heard.spoken]
    )
    assert measured == pytest.approx(snr_db, abs=5.0)


@pytest.mark.parametrize("limit", [3000.0, 5000.0])
def test_the_highest_frequency_is_measured(limit: float) -> None:
    spectrum = np.fft.rfft(message())
    spectrum[np.fft.rfftfreq(len(message()), 1 / SAMPLE_RATE) > limit] = 0
    heard = find_speech(blocks(np.fft.irfft(spectrum, len(message()))))
    for one in heard.spoken:
        assert one.bandwidth_hz == pytest.approx(limit, abs=500.0)


def test_windows_cover_speech_and_are_neither_long_nor_short(spoken: Speech) -> None:
    windows = speech_windows(spoken, count=99)
    assert windows
    for window in windows:
        assert MIN_WINDOW <= window.duration <= WINDOW + 1e-6
        assert spoken.within(window) > 0.5 * window.duration


def test_few_windows_are_spread_over_the_file() -> None:
    speech = Speech(tuple(segment(10.0 * n, 10.0 * n + 3.0) for n in range(50)), 500.0)
    windows = speech_windows(speech, count=5)
    assert len(windows) == 5
    assert windows[0].start == 0.0 and windows[-1].start == 490.0


@pytest.mark.parametrize(
    ("segments", "reason"),
    [
        pytest.param((), "no_speech", id="silence"),
        pytest.param((segment(0, 9, "other"),), "no_speech", id="noise only"),
        pytest.param((segment(0, 9, "music"),), "music", id="music only"),
        pytest.param((segment(0, 1),), "too_short", id="a word"),
        pytest.param((segment(0, 1), segment(5, 6)), "too_short", id="two words far apart"),
        pytest.param((segment(0, 9, snr_db=-4.0),), "low_quality", id="drowned"),
        pytest.param((segment(0, 1.0), segment(1.2, 3.0)), None, id="one short pause"),
    ],
)
def test_it_says_why_voices_cannot_be_judged(
    segments: tuple[SpeechSegment, ...], reason: str | None
) -> None:
    lack = lacks_speech(Speech(segments, 10.0))
    assert (lack[0] if lack else None) == reason


def test_voice_activity_is_a_probability_for_each_frame() -> None:
    heard = Listener.load().hear(blocks(message()[: 2 * SAMPLE_RATE]))
    assert len(heard.activity) == len(heard.bands) == 63  # 2 s in frames of 512, the last filled
    assert heard.activity.min() >= 0.0 and heard.activity.max() <= 1.0
    assert heard.scores.shape[1] == 3
