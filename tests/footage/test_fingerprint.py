"""Fingerprints: what they keep through scaling, coding and borders, and what they refuse."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from media_screen.evidence import Span
from media_screen.footage.catalogue.locate import part_of
from media_screen.footage.fingerprint import Fingerprint, FingerprintBuilder, picture, sound
from media_screen.media import Media
from tests.footage.making import RATE, Picture, Scene, take, voice
from tests.making import write_video


def grey(scene: int, time_s: float = 0.0) -> np.ndarray:
    return picture.to_grey(Scene(scene).at(time_s))


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    coded = cv2.imencode(".jpg", image, [1, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)


CHANGES: dict[str, Picture] = {
    "half size": lambda image: cv2.resize(image, (120, 90), interpolation=cv2.INTER_AREA),
    "coded": lambda image: jpeg(image, 25),
    "darker": lambda image: (image * 0.6 + 20).astype(np.uint8),
    "logo": lambda image: cv2.rectangle(image.copy(), (200, 8), (232, 24), 255, -1),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_hash_survives(change: str) -> None:
    before = picture.fingerprint(grey(1))
    after = picture.fingerprint(CHANGES[change](grey(1)))
    # 31 is PDQ's usual threshold; a logo goes beyond it, and the index looks farther.
    most = 60 if change == "logo" else 31
    assert picture.hamming(before.hash, after.hash) <= most


def test_hashes_of_different_scenes_are_far_apart() -> None:
    prints = [picture.fingerprint(grey(scene)).hash for scene in range(6)]
    distances = [picture.hamming(a, b) for i, a in enumerate(prints) for b in prints[:i]]
    assert min(distances) > 80


def test_the_mirrored_hash_is_that_of_the_mirrored_picture() -> None:
    image = grey(2)
    flipped = picture.fingerprint(np.ascontiguousarray(image[:, ::-1]))
    assert picture.hamming(picture.fingerprint(image).mirrored, flipped.hash) <= 4
    signs = picture.mirror_signs()
    turned = picture.fingerprint(image).descriptor * signs
    assert np.abs(turned - flipped.descriptor).max() <= 3


def test_a_plain_picture_has_no_quality() -> None:
    assert picture.fingerprint(np.full((90, 160), 128, np.uint8)).quality == 0
    assert picture.fingerprint(grey(3)).quality > 20


def test_borders_with_a_caption_are_cut() -> None:
    framed = cv2.copyMakeBorder(grey(4), 40, 60, 0, 0, cv2.BORDER_CONSTANT, value=20)
    cv2.putText(framed, "watch", (20, 262), 0, 0.8, 255, 2)
    left, top, right, bottom = picture.content_box(np.asarray(framed, np.uint8))
    assert (left, right) == (0.0, 1.0)
    assert top == pytest.approx(40 / 280, abs=0.02)
    assert bottom == pytest.approx(220 / 280, abs=0.02)


def test_borders_that_frames_do_not_agree_on_are_kept() -> None:
    boxes = [(0.0, 0.1, 1.0, 0.9), (0.0, 0.1, 1.0, 1.0)] * 5
    assert picture.settled_box(boxes) == (0.0, 0.1, 1.0, 1.0)


def test_a_dark_scene_is_not_taken_for_borders() -> None:
    boxes = [(0.4, 0.4, 0.6, 0.6)] * 10
    assert picture.settled_box(boxes) == picture.FULL


def test_part_of_a_descriptor_is_the_descriptor_of_the_part() -> None:
    image = np.asarray(cv2.resize(grey(5), (256, 256)), np.uint8)
    whole = picture.fingerprint(image).fine.astype(np.float32)
    part = picture.fingerprint(image[32:224, 64:256]).descriptor.astype(np.float32)
    derived = part_of(whole[None], (0.25, 0.125, 1.0, 0.875))[0]
    cosine = derived @ part / np.linalg.norm(derived) / np.linalg.norm(part)
    assert cosine > 0.9


# --- sound ---------------------------------------------------------------------------------------


def peaks(samples: np.ndarray, block: int, start: float = 0.0) -> sound.Peaks:
    picker = sound.PeakPicker()
    for first in range(0, samples.size, block):
        picker.add(start + first / RATE, samples[first : first + block])
    return picker.finish()


def test_peaks_do_not_depend_on_how_sound_is_cut_into_blocks() -> None:
    samples = voice(25.0, 1)
    # Blocks of analysis are counted from the start: only the strongest of a second may differ.
    small, large = peaks(samples, 1111), peaks(samples, samples.size)
    same = set(zip(small.frames.tolist(), small.steps.tolist(), strict=True)) & set(
        zip(large.frames.tolist(), large.steps.tolist(), strict=True)
    )
    assert len(small.frames) > 10 * 25
    assert len(same) > 0.9 * len(large.frames)


def test_a_hole_in_the_sound_keeps_times() -> None:
    samples = voice(4.0, 2)
    picker = sound.PeakPicker()
    picker.add(0.0, samples)
    picker.add(30.0, samples)
    found = picker.finish()
    first = found.frames[found.frames < 10 * sound.FRAMES_PER_S]
    second = found.frames[found.frames >= 10 * sound.FRAMES_PER_S] - 30 * sound.FRAMES_PER_S
    assert len(np.unique(first)) > 20
    assert set(first.tolist()) == set(second.tolist())
    assert picker.seconds == pytest.approx(8.0)


@pytest.mark.parametrize("level", [0.0, 1e-5, 5e-5], ids="{:g} of full scale".format)
def test_silence_has_no_peaks(level: float) -> None:
    hiss = np.random.default_rng(0).normal(0.0, 1.0, 5 * RATE) * level
    assert len(peaks(hiss.astype(np.float32), 4000).frames) == 0


@pytest.mark.parametrize(
    ("decibels", "share"),
    [
        pytest.param(-45, 0.6, id="-45 dB"),
        pytest.param(-30, 0.8, id="-30 dB"),
        pytest.param(-12, 0.95, id="-12 dB"),
        pytest.param(6, 0.95, id="+6 dB"),
    ],
)
@pytest.mark.parametrize("offset", [0.0, 0.2], ids="offset {}".format)
def test_a_copy_at_another_level_keeps_its_peaks(
    decibels: float, share: float, offset: float
) -> None:
    samples = voice(10.0, 1)
    in_16_bits = np.rint((samples * 10 ** (decibels / 20) + offset) * 32_767) / 32_767
    before, after = (
        set(zip(found.frames.tolist(), found.steps.tolist(), strict=True))
        for found in (peaks(samples, 4000), peaks(in_16_bits.astype(np.float32), 4000))
    )
    assert len(before & after) > share * len(before)


def test_pairs_are_undone_by_the_assumed_speed() -> None:
    frames, steps = np.array([0.0, 20.0, 31.0]), np.array([62.0, 74.0, 54.0])
    keys, times = sound.pairs(frames, steps, fan=3)
    fast = sound.Peaks(np.array([0, 16, 25], np.uint32), np.array([81, 93, 73], np.uint8))
    again, again_times = sound.pairs(*sound.moved(fast, 1.25, pitch=True), fan=3)
    assert keys.tolist() == again.tolist()
    assert np.abs(times - again_times).max() < 1.0


# --- builder -------------------------------------------------------------------------------------


def test_frames_may_come_twice_and_out_of_order() -> None:
    scene = Scene(6)
    builder = FingerprintBuilder()
    for time_s in (2.0, 0.0, 1.0, 2.0):
        builder.add_frame(time_s, scene.at(time_s))
    found = builder.finish()
    assert found.times.tolist() == [0.0, 1.0, 2.0]
    assert found.duration_s == 2.0
    expected = picture.fingerprint(picture.to_grey(scene.at(1.0))).hash
    assert picture.hamming(found.hashes[1, 0], expected) == 0


def test_a_reference_keeps_few_small_pictures() -> None:
    query, reference = take(Scene(7), 12.0), take(Scene(7), 12.0, reference=True)
    assert len(query.thumbs) == len(query.times) == 60
    assert 1 <= len(reference.thumbs) <= 6
    assert reference.times.tolist() == query.times.tolist()


def test_nothing_gives_an_empty_fingerprint() -> None:
    found = FingerprintBuilder().finish()
    assert found.empty and found.nbytes == 0 and found.hashes.shape == (0, 3, 32)


@pytest.mark.parametrize(
    ("image", "said"),
    [(np.zeros((9, 9), np.uint8), r"\(9, 9\)"), (np.zeros((9, 9, 3)), "float64")],
)
def test_a_wrong_picture_is_refused(image: np.ndarray, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        FingerprintBuilder().add_frame(0.0, image)


def test_a_wrong_crop_is_refused() -> None:
    with pytest.raises(ValueError, match="112"):
        FingerprintBuilder().add_face(0.0, np.zeros((112, 112, 3), np.uint8))


def test_arrays_are_checked() -> None:
    good = take(Scene(8), 1.0)
    with pytest.raises(ValueError, match=r"hashes.*float64"):
        dataclasses.replace(good, hashes=good.hashes.astype(float))
    with pytest.raises(ValueError, match="one length"):
        dataclasses.replace(good, times=good.times[:-1])


def test_a_coded_file_has_the_fingerprint_of_its_frames(tmp_path: Path) -> None:
    frames = [Scene(9).at(index / 25) for index in range(50)]
    path = write_video(tmp_path / "a.mp4", frames)
    builder = FingerprintBuilder()
    with Media.open(path) as media:
        for frame in media.window(Span(0.0, 2.0), fps=5.0):
            builder.add_frame(frame.time_s, frame.image)
    coded, direct = builder.finish(), take(Scene(9), 2.0)
    assert isinstance(coded, Fingerprint) and len(coded.times) == len(direct.times) == 10
    assert picture.hamming(coded.hashes[:, 0], direct.hashes[:, 0]).max() <= 16


def test_a_fingerprint_travels_as_bytes_and_nothing_else_is_taken_for_one() -> None:
    builder = FingerprintBuilder(duration_s=4.0)
    builder.add_sound(0.0, voice(4.0, 2))
    sent = builder.finish()
    came = Fingerprint.from_bytes(sent.to_bytes())
    for field in dataclasses.fields(Fingerprint):
        np.testing.assert_array_equal(getattr(came, field.name), getattr(sent, field.name))
    for wrong in (b"", b"PK\x03\x04", b"not an archive"):
        with pytest.raises(ValueError, match="not a fingerprint"):
            Fingerprint.from_bytes(wrong)
