"""Copies at other rates are what they claim to be, and counts are counted by kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.original import page
from benchmarks.original.cost import MinuteCost
from benchmarks.original.forgeries import BY_AUTOENCODER, FORGERIES, FollowedFace, forge
from benchmarks.original.gathered import Form
from benchmarks.original.judging import Judged, Outcome
from benchmarks.original.measuring import MeasuredFile
from benchmarks.provenance import attacks

FPS = 25.0


@pytest.fixture
def clip() -> attacks.Clip:
    rng = np.random.default_rng(0)
    ground = rng.integers(0, 255, (12, 16, 3)).astype(np.uint8).repeat(8, 0).repeat(8, 1)[:94]
    frames = tuple(np.roll(ground, 2 * number, axis=1) for number in range(40))
    return attacks.Clip(frames, FPS, np.zeros(0, np.float32))


def test_woven_frames_are_marked_as_interlaced(clip: attacks.Clip, tmp_path: Path) -> None:
    woven = attacks.woven(clip, np.random.default_rng(0))
    assert (woven.fps, woven.duration_s) == (FPS / 2, clip.duration_s)
    assert np.array_equal(woven.frames[3][::2], clip.frames[6][:92:2])
    assert np.array_equal(woven.frames[3][1::2], clip.frames[7][1:92:2])
    attacks.save(woven, tmp_path / "a.mp4", interlaced=True)
    with av.open(str(tmp_path / "a.mp4")) as made:
        frames = list(made.decode(video=0))
    assert len(frames) == 20 and all(frame.interlaced_frame for frame in frames)


def test_a_varying_rate_is_kept_in_the_file(clip: attacks.Clip, tmp_path: Path) -> None:
    thinned, times = attacks.thinned(clip, np.random.default_rng(0))
    assert len(thinned.frames) == len(times) < 35 and times == sorted(times)
    attacks.save(thinned, tmp_path / "a.mp4", shown_s=times)
    with av.open(str(tmp_path / "a.mp4")) as made:
        read = [float(frame.time or 0.0) for frame in made.decode(video=0)]
    shifted = np.array(read) - read[0] + times[0]  # a file may begin at nought
    assert np.allclose(shifted, times, atol=0.001)
    assert len(set(np.diff(read).round(3))) > 3


def test_what_an_autoencoder_gives_back_stays_within_the_lower_face(clip: attacks.Clip) -> None:
    points = np.random.default_rng(1).uniform((40, 20), (90, 80), (468, 2))
    face = FollowedFace(clip, [points] * len(clip.frames))
    rng = np.random.default_rng(2)
    black = forge(BY_AUTOENCODER, face, face, rng, autoencoder=lambda box: np.zeros_like(box))
    changed = np.abs(black.frames[5].astype(int) - clip.frames[5]).max(axis=2) > 30
    rows, columns = np.nonzero(changed)
    assert changed.sum() > 200
    assert rows.min() > 10 and rows.max() < 90 and columns.min() > 30 and columns.max() < 100
    with pytest.raises(ValueError, match="expected an autoencoder"):
        forge(BY_AUTOENCODER, face, face, rng)
    assert BY_AUTOENCODER not in FORGERIES, "it is made only where the weights lie at hand"


ANSWER = MeasuredFile("k", "crop", False, "full", "p", "copy", "", seen=True)


def judged(kind: str, outcome: Outcome, *, forged: bool = True, form: Form = "full") -> Judged:
    key = f"{kind}/{form}"
    return Judged(replace(ANSWER, key=key, kind=kind, forged=forged, form=form), outcome, 1.0)


def test_forgeries_of_published_tools_are_counted_apart() -> None:
    found = [
        judged("crop", "same", forged=False),
        judged("public: Tool", "changed"),
        judged("pair: other", "unclear"),
        judged("public: Tool", "changed", form="small"),
        judged("public: Tool", "unclear", form="captioned"),
        judged("mouth of another moment", "same"),
        judged("eyes of another moment", "same"),  # counted by itself
        judged("late sound", "changed"),  # neither copy nor forgery
    ]
    record = page.summary(found, 9, [MinuteCost("a.mp4", 60.0, 4, 2.0, 4.0)])
    counts = {name: values[:2] for name, values in record["aims"].items()}
    assert counts["genuine copies vouched for"] == [1, 1]
    assert counts["forgeries accused, original size"] == [1, 3]
    assert counts["of these made by published tools, original size"] == [1, 2]
    assert counts["of these made by published tools, small copies"] == [1, 1]
    assert counts["of these made by published tools, with captions"] == [0, 1]
    assert counts["forgeries that pass as copies"] == [1, 5]
    text = page.markdown(record)
    assert "8 of 9 files" in text and "| a.mp4 | 60 | 4 | 2.0 | 4.0 | 0.50 |" in text
