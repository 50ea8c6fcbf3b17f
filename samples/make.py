"""Make the samples anew: a fictional enrolled person and a download folder with known verdicts.

    python samples/make.py [--out samples] [--seed 7]

Needs, beside the default install: scikit-image (pictures) and hibari-tts (speech). What is written
is described in samples/README.md. The same versions on the same machine give the same bytes.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from samples.making import lines, scenery, sidecars
from samples.making.film import (
    SIZE,
    Frame,
    Recording,
    Shot,
    mark,
    read_frames,
    read_sound,
    shoot,
    still,
    to_bytes,
    write_sound,
    write_video,
)
from samples.making.puppet import Look, Pose, Puppet, reference_portrait, stock
from samples.making.sidecars import Post, write_person, write_sidecar
from samples.making.voice import FPS, OTHER, PERSON, RATE, Sound, Speaker, Voice, in_room, tune

SLUG = "irena-valequist"
# Pixels, the reposted copy. libx264 gives the same bytes every time only for widths that are a
# multiple of 128: others leave padding in the rows that nothing clears.
SMALL = (384, 216)
EXCERPT_S = (3.0, 11.0)  # what the repost keeps of the official video
LEAVES = 3  # seed of a pattern that leaves the mouth in the light
BROKEN_BYTES = 48_000  # kept of the video whose download broke off


class Workshop:
    """Makes the files of one run; holds the puppet, the voice and the seed."""

    def __init__(self, out: Path, seed: int) -> None:
        self.seed = seed
        self.person = out / "people" / SLUG
        self.downloads = out / "downloads"
        self.out = out
        self.expected: list[tuple[str, str, str]] = []
        self.puppet, self.voice = Puppet(), Voice()
        for folder in (out / "people", self.downloads):
            shutil.rmtree(folder, ignore_errors=True)
        for name in ("faces", "voice", "official"):
            (self.person / name).mkdir(parents=True)
        self.downloads.mkdir(parents=True)

    def expect(self, path: Path, label: str, shows: str) -> None:
        """Note the label that a file of the download folder is made for."""
        self.expected.append((path.relative_to(self.out).as_posix(), label, shows))

    def stage(
        self,
        number: int,
        look: Look,
        background: scenery.Background,
        color: scenery.Color,
        shots: tuple[tuple[float, Shot], ...],
        overlay: Callable[[np.ndarray], None] | None = None,
    ) -> Recording:
        """Return a recording's set-up; `number` sets it apart from the others' chance."""
        seed = self.seed * 100 + number
        scene = background(np.random.default_rng(seed))
        pullover = scenery.clothes(color, stock(("grass", "gravel", "brick")[number % 3]))
        return Recording(look, scene, pullover, shots, seed, overlay)

    def film(
        self, path: Path, recording: Recording, text: str, *, wet: float, crf: int = 27
    ) -> float:
        """Shoot a video in which the puppet says the text; return its seconds."""
        dry = self.voice.say(text, PERSON, recording.seed)
        frames = int(len(dry) / RATE * FPS)
        sound = in_room(dry, recording.seed, wet=wet, decay_s=0.08 + wet / 5)
        write_video(path, shoot(self.puppet, recording, dry, frames), sound, crf=crf)
        return frames / FPS

    def speech(self, text: str, speaker: Speaker, number: int, wet: float) -> Sound:
        dry = self.voice.say(text, speaker, self.seed * 100 + number)
        return in_room(dry, self.seed * 100 + number, wet=wet, decay_s=0.1)


def make_person(shop: Workshop) -> list[Path]:
    """Write the enrolled person; return her official videos."""
    write_person(shop.person / "person.toml")
    jpeg = [cv2.IMWRITE_JPEG_QUALITY, 92]
    faces = shop.person / "faces"
    cv2.imwrite(str(faces / "portrait.jpg"), reference_portrait(), jpeg)
    left = Look(light=(-0.8, -0.3), contrast=0.35, yaw=0.12)
    right = Look(light=(0.8, -0.4), contrast=0.4, yaw=-0.14, pitch=0.04)
    for number, (name, look, background) in enumerate(
        (("office.jpg", left, scenery.shelves), ("quay.jpg", right, scenery.gravel)), start=80
    ):
        shot = ((0.0, Shot(1.75, -4)),)
        setting = shop.stage(number, look, background, (0.3, 0.3, 0.34), shot)
        picture = still(shop.puppet, setting, Pose(open=0.1 * (number - 79)))
        cv2.imwrite(str(faces / name), picture[:, 140:500], jpeg)
    write_sound(
        shop.person / "voice" / "introduction.flac",
        shop.speech(lines.ENROLLED, PERSON, 90, 0.1),
        "flac",
    )
    return [_update(shop), _questions(shop)]


def _update(shop: Workshop) -> Path:
    path = shop.person / "official" / "harbour-update-14.mp4"
    look = Look(light=(-0.9, -0.3), contrast=0.6, gain=(0.92, 1.0, 1.06), yaw=0.15)
    shots = ((0.0, Shot(1.36, -20, 0.47)), (5.2, Shot(1.8, 0, 0.56)), (10.4, Shot(1.45, -14, 0.4)))
    seconds = shop.film(
        path, shop.stage(1, look, scenery.brick, (0.42, 0.2, 0.12), shots), lines.UPDATE, wet=0.25
    )
    text = "North quay closed until Friday. Made for demonstration; the person is fictional."
    post = Post(sidecars.YOUTUBE, "demo-irv-01", "2026-03-02T09:00:00", "Harbour update 14", text)
    write_sidecar(path, post, seconds, SIZE)
    return path


def _questions(shop: Workshop) -> Path:
    path = shop.person / "official" / "your-questions-june.mp4"
    look = Look(light=(0.9, -0.2), contrast=0.7, gain=(1.04, 1.0, 0.97), yaw=-0.2, pitch=0.05)
    shots = ((0.0, Shot(1.75, -2, 0.42)), (6.0, Shot(1.4, -16, 0.6)))
    seconds = shop.film(
        path,
        shop.stage(2, look, scenery.shelves, (0.2, 0.36, 0.22), shots),
        lines.QUESTIONS,
        wet=0.1,
    )
    text = "Your questions about the old basin. Made for demonstration; the person is fictional."
    post = Post(
        sidecars.YOUTUBE,
        "demo-irv-02",
        "2026-05-11T15:30:00",
        "Your questions: the green basin",
        text,
    )
    write_sidecar(path, post, seconds, SIZE)
    return path


def make_own_post(shop: Workshop) -> None:
    path = shop.downloads / "Footpath opened [demo-irv-03].mp4"
    look = Look(light=(-0.2, -0.9), contrast=0.4, gain=(0.98, 1.04, 1.0), pitch=-0.07, brow=0.3)
    shots = ((0.0, Shot(1.5, -18, 0.36, -0.03)), (4.6, Shot(1.9, 4, 0.5)))
    stage = shop.stage(3, look, scenery.park, (0.22, 0.12, 0.5), shots)
    stage = replace(stage, shadows=scenery.leaf_shadows(np.random.default_rng(LEAVES)))
    seconds = shop.film(path, stage, lines.FOOTPATH, wet=0.04)
    post = Post(
        sidecars.YOUTUBE,
        "demo-irv-03",
        "2026-06-20T08:15:00",
        "Footpath opened",
        "The footpath to the mill.",
    )
    write_sidecar(path, post, seconds, SIZE)
    shop.expect(path, "official", "a new recording, published on the enrolled channel")


def make_copy(shop: Workshop, official: Path) -> None:
    path = shop.downloads / "7300000000000000001.mp4"
    small = (
        cv2.resize(f, SMALL, interpolation=cv2.INTER_AREA)
        for f in read_frames(official, *EXCERPT_S)
    )
    write_video(path, small, read_sound(official, *EXCERPT_S), crf=31, sound_rate=40_000)
    post = Post(
        sidecars.REPOSTER,
        "7300000000000000001",
        "2026-03-04T19:12:00",
        "quay closed again #harbour",
        "#harbour #ferry",
    )
    write_sidecar(path, post, EXCERPT_S[1] - EXCERPT_S[0], SMALL)
    shop.expect(
        path, "official_copy", "8 s of an official video, scaled down, on a stranger's account"
    )


def make_revoiced(shop: Workshop, official: Path) -> None:
    path = shop.downloads / "dockside_rumours-1990000000000000001.mp4"
    frames = list(read_frames(official))
    sound = shop.speech(lines.REVOICED, OTHER, 4, 0.12)
    wanted = int(len(frames) / FPS * RATE)
    sound = np.pad(sound, (0, max(0, wanted - len(sound))))[:wanted]
    write_video(path, frames, sound, crf=29)
    post = Post(
        sidecars.REVOICER,
        "1990000000000000001",
        "2026-03-05T22:40:00",
        "she said WHAT about the quay",
        "listen",
    )
    write_sidecar(path, post, len(frames) / FPS, SIZE)
    shop.expect(path, "altered_official", "the picture of an official video with another voice")


def make_imitation(shop: Workshop) -> None:
    path = shop.downloads / "my-new-channel.mp4"
    look = Look(
        light=(0.6, -0.6),
        contrast=0.55,
        gain=(1.1, 0.98, 0.9),
        yaw=0.2,
        pitch=0.06,
        glasses="round",
    )
    shots = ((0.0, Shot(1.85, 2, 0.62)), (4.8, Shot(1.5, -14, 0.44)))
    seconds = shop.film(
        path,
        shop.stage(5, look, scenery.studio, (0.55, 0.52, 0.5), shots),
        lines.IMITATOR,
        wet=0.15,
    )
    post = Post(
        sidecars.LOOKALIKE,
        "demo-imit01",
        "2026-07-01T03:20:00",
        "My new channel (the old one is closed)",
        "Follow me.",
    )
    write_sidecar(path, post, seconds, SIZE)
    shop.expect(
        path,
        "suspected_impersonation",
        "other footage, on a channel whose handle imitates hers (a Cyrillic letter)",
    )


def make_interview(shop: Workshop) -> None:
    path = shop.downloads / "northern-desk-interview.mp4"
    look = Look(
        light=(-0.9, 0.2),
        contrast=0.5,
        gain=(1.0, 0.97, 1.05),
        yaw=-0.24,
        pitch=-0.05,
        brow=0.5,
        glasses="narrow",
    )
    shots = ((0.0, Shot(1.42, -18, 0.3)), (4.4, Shot(1.7, -4, 0.34)))
    stage = shop.stage(6, look, scenery.newsroom, (0.7, 0.78, 0.8), shots, scenery.lower_third)
    seconds = shop.film(path, stage, lines.INTERVIEW, wet=0.3)
    post = Post(
        sidecars.NEWS,
        "demo-news01",
        "2026-02-14T18:00:00",
        "After the storm: what next for the harbour?",
        "Interview.",
    )
    write_sidecar(path, post, seconds, SIZE)
    shop.expect(
        path,
        "unverified_appearance",
        "other footage, on a channel that is neither hers nor imitates it",
    )


def _pan(
    picture: Frame, frames: int, start: tuple[float, float], end: tuple[float, float]
) -> Iterator[Frame]:
    """Yield frames that move over a still picture (places are fractions of the free way)."""
    scale = 1.35 * max(SIZE[0] / picture.shape[1], SIZE[1] / picture.shape[0])
    free = (picture.shape[1] * scale - SIZE[0], picture.shape[0] * scale - SIZE[1])
    for index in range(frames):
        part = index / frames
        x, y = (free[i] * (start[i] + (end[i] - start[i]) * part) for i in (0, 1))
        view = cv2.warpAffine(picture, np.array([[scale, 0, -x], [0, scale, -y]]), SIZE)
        yield to_bytes(mark(view.astype(np.float32) / 255))


def make_unrelated(shop: Workshop) -> None:
    path = shop.downloads / "slow-pictures-cat-and-coffee.mp4"

    def frames() -> Iterator[Frame]:
        yield from _pan(stock("chelsea"), 125, (0.0, 0.1), (0.3, 0.45))
        yield from _pan(stock("coffee"), 125, (0.9, 0.9), (0.2, 0.1))

    write_video(path, frames(), tune(10.0, shop.seed), crf=29)
    post = Post(
        sidecars.HOBBY,
        "demo-slow01",
        "2026-04-01T12:00:00",
        "A cat, then a coffee",
        "Slow pictures.",
    )
    write_sidecar(path, post, 10.0, SIZE)
    shop.expect(path, "no_finding", "a cat and a cup, with plucked tones: no person at all")


def make_stills_and_sound(shop: Workshop) -> None:
    picture = shop.downloads / "forwarded-picture.jpg"
    look = Look(light=(0.9, -0.4), contrast=0.9, gain=(0.95, 0.98, 1.08), yaw=0.3, pitch=-0.1)
    stage = shop.stage(7, look, scenery.sky, (0.3, 0.5, 0.62), ((0.0, Shot(1.65, -8, 0.58)),))
    cv2.imwrite(
        str(picture),
        still(shop.puppet, stage, Pose(open=0.25, brow=0.6)),
        [cv2.IMWRITE_JPEG_QUALITY, 88],
    )
    shop.expect(picture, "unverified_appearance", "a picture of the person, without a sidecar")
    sound = shop.downloads / "voice-message.m4a"
    write_sound(sound, shop.speech(lines.STRANGER, OTHER, 8, 0.1), "aac", 48_000)
    shop.expect(sound, "no_finding", "speech of nobody enrolled, without picture or sidecar")


def make_unreadable(shop: Workshop, official: Path) -> None:
    broken = shop.downloads / "broken-download.mp4"
    whole = shop.downloads / "whole.mp4"
    sound = read_sound(official, 0, 6)
    write_video(whole, read_frames(official, 0, 6), sound, index_first=False)
    broken.write_bytes(whole.read_bytes()[:BROKEN_BYTES])
    whole.unlink()
    post = Post(
        sidecars.HOBBY,
        "demo-slow02",
        "2026-04-02T12:00:00",
        "A download that broke off",
        "No index.",
    )
    write_sidecar(broken, post, 6.0, SIZE)
    shop.expect(
        broken, "unable_to_evaluate", "a video cut off before its index (moov): it can't be opened"
    )
    page = shop.downloads / "not-a-video.mp4"
    page.write_text(
        "<html><body>Sign in to confirm that you are not a robot.</body></html>\n" * 8,
        encoding="utf-8",
    )
    shop.expect(page, "unable_to_evaluate", "a web page that was saved under the name of a video")


def main() -> None:
    """Parse the arguments and write everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    shop = Workshop(options.out, options.seed)
    update, questions = make_person(shop)
    make_own_post(shop)
    make_copy(shop, update)
    make_revoiced(shop, questions)
    make_imitation(shop)
    make_interview(shop)
    make_unrelated(shop)
    make_stills_and_sound(shop)
    make_unreadable(shop, questions)
    rows = ["file\tlabel\tshows", *("\t".join(row) for row in shop.expected)]
    (options.out / "expected.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
