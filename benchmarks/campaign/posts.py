"""Builds the posts of `benchmarks.campaign`: fakes, what reposters make of them, and innocent ones.

Everything is derived from the names of the clips, so a second run builds the same files.
"""

from __future__ import annotations

import json
import shutil
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from benchmarks.impersonation import FAKES, OFFICIAL
from benchmarks.provenance import attacks
from benchmarks.provenance.attacks import Clip
from media_screen.arrays import Floats, Image
from media_screen.media import SAMPLE_RATE

Role = Literal["fake", "repost", "news", "genuine", "unrelated"]

LONGEST_S = 8.0  # of each clip: to keep the run short
SHORT_SIDE = 480  # px of the first post
INTRO_S, QUOTE_S, PROGRAMME_S = 3.0, 2.0, 8.0  # of other footage before, of the fake, around it
FACES = 6  # frames of the genuine clip by which a person is enrolled
FIRST_POSTED = 1_700_000_000  # s, Unix time

# Fakes of which no genuine original is in the gathering (below fake_video/).
ALONE = (
    "stableavatar/francis-rings-github-io-0003.mp4",
    "joyhallo/joyhallo-0001.mp4",
    "actavatar/ziqiaopeng-github-io-0004.mp4",
    "hyperlips/hyperlips-0003.mp4",
)
# Footage of news programmes and intros, one for each fake: 12 s at least.
PROGRAMMES = tuple(
    f"web-talking/{number:03d}.mp4"
    for number in (1, 2, 5, 7, 8, 11, 12, 13, 15, 16, 17, 19, 21, 23, 26)
)
# Clips that share nothing with a fake: one studio, one person, one collection several times, and
# other clips of people who are enrolled (Obama) or like the fakes (a face talking to the camera).
UNRELATED = (
    *(f"lipnet/lipnet-{number:04d}.mpg" for number in range(1, 6)),
    *(f"dreamtalk/dreamtalk-{number:04d}.mp4" for number in range(1, 7)),
    *(f"web-talking/{number:03d}.mp4" for number in (4, 6, 20, 24, 33)),
    "edtalk/edtalk-0004.mp4",
    "sadtalker/sadtalker-0001.mp4",
    "visualvoice/visualvoice-0001.mp4",
    "mimictalk/mimictalk-0001.mp4",
)


@dataclass(frozen=True)
class Campaigned:
    """One fake, below fake_video/, with the person it shows and the genuine clip it was made of."""

    fake: str
    person: str = ""
    genuine: str = ""
    official: bool = False  # the genuine clip is an official post, else nobody enrolled it

    @property
    def name(self) -> str:
        """A name that tells it from others."""
        return self.person or Path(self.fake).parent.name


@dataclass(frozen=True)
class Posted:
    """One file that is screened: whose copy it is, how it was made, and what is to be said of it.

    `campaign` is the name of the fake, "" where it has nothing to do with one.
    """

    path: Path
    role: Role
    kind: str
    campaign: str = ""
    official: bool = False


def campaigns() -> list[Campaigned]:
    """Return the fakes; of every second pair the genuine clip is an official post."""
    pairs = [
        Campaigned(fake, person, OFFICIAL[person][0], official=number % 2 == 0)
        for number, (fake, person) in enumerate(FAKES.items())
    ]
    return [*pairs, *map(Campaigned, ALONE)]


# --- kinds of repost -----------------------------------------------------------------------------

Change = Callable[[Clip, np.random.Generator], Clip]


def same(clip: Clip, rng: np.random.Generator) -> Clip:
    """Nothing but the encoding."""
    return clip


def smaller(clip: Clip, rng: np.random.Generator) -> Clip:
    """360 px on the short side."""
    height, width = clip.frames[0].shape[:2]
    share = min(1.0, 360 / min(height, width))
    return _sized(clip, round(width * share), round(height * share))


def cropped(clip: Clip, rng: np.random.Generator) -> Clip:
    """A tenth of width and height cut off, at all sides alike."""
    height, width = clip.frames[0].shape[:2]
    top, left = height // 20, width // 20
    frames = tuple(frame[top : height - top, left : width - left] for frame in clip.frames)
    return _sized(replace(clip, frames=frames), width, height)


def faster(clip: Clip, rng: np.random.Generator) -> Clip:
    """A twentieth faster."""
    return attacks.sped(clip, 1.05)


def headless(clip: Clip, rng: np.random.Generator) -> Clip:
    """Without the first tenth."""
    return attacks.cut(clip, 0.1 * clip.duration_s, clip.duration_s)


def middle(clip: Clip, rng: np.random.Generator) -> Clip:
    """The middle three fifths."""
    return attacks.cut(clip, 0.2 * clip.duration_s, 0.8 * clip.duration_s)


@dataclass(frozen=True)
class Recoding:
    """How a repost is encoded: rate factor of x264, and bits a second of the sound."""

    change: Change
    crf: int = 26
    sound_rate: int = 64_000


EXCERPT, RETITLED, INTRO, SOUND = "middle 60%", "other title", "3 s intro", "sound at 32 kb/s"
NEWS = "2 s in a news clip"
KINDS: Mapping[str, Recoding] = {
    "480p": Recoding(same, crf=27),
    "360p, crf 31": Recoding(smaller, crf=31),
    "mirrored": Recoding(attacks.mirrored),
    "cropped by 10%": Recoding(cropped),
    "letterboxed": Recoding(attacks.letterboxed),
    "captioned": Recoding(attacks.captioned),
    "watermarked": Recoding(attacks.watermarked),
    "5% faster": Recoding(faster),
    "first 10% cut off": Recoding(headless),
    SOUND: Recoding(same, sound_rate=32_000),
    "colours changed": Recoding(attacks.coloured),
    EXCERPT: Recoding(middle),
}
INNOCENT_KINDS = ("480p", "mirrored")


def spliced(parts: Sequence[Clip], like: Clip) -> Clip:
    """Put clips one after another, in the size and rate of one of them."""
    height, width = like.frames[0].shape[:2]
    frames: list[Image] = []
    sounds = []
    for part in parts:
        count = round(part.duration_s * like.fps)
        size = _sized(part, width, height).frames
        frames += [size[min(len(size) - 1, int(i / like.fps * part.fps))] for i in range(count)]
        sounds.append(
            np.resize(
                part.sound if part.sound.size else np.zeros(1, np.float32),
                round(count / like.fps * SAMPLE_RATE),
            )
        )
    heard = any(part.sound.size for part in parts)
    sound = np.concatenate(sounds).astype(np.float32) if heard else like.sound[:0]
    return Clip(tuple(frames), like.fps, sound)


def news(fake: Clip, programme: Clip) -> Clip:
    """A news programme that shows two seconds of a fake."""
    half, start = PROGRAMME_S / 2, (fake.duration_s - QUOTE_S) / 2
    quote = attacks.cut(fake, start, start + QUOTE_S)
    before, after = (attacks.cut(programme, at, at + half) for at in (0.0, half))
    return spliced((before, quote, after), like=programme)


def introduced(fake: Clip, programme: Clip) -> Clip:
    """A fake after other footage, which is not that of the news programme."""
    start = PROGRAMME_S + 1
    return spliced((attacks.cut(programme, start, start + INTRO_S), fake), like=fake)


def _sized(clip: Clip, width: int, height: int) -> Clip:
    size = max(16, width // 2 * 2), max(16, height // 2 * 2)
    frames = tuple(
        np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        for frame in clip.frames
    )
    return replace(clip, frames=frames)


# --- files ---------------------------------------------------------------------------------------


class PostWriter:
    """Writes posts below a folder, each once, with the sidecar that yt-dlp would have written."""

    def __init__(self, media: Path, work: Path) -> None:
        self._media, self._work = media, work
        self._number = 0

    def all(self) -> Iterator[Posted]:
        """Give every post, in a fixed order."""
        for one, programme in zip(campaigns(), PROGRAMMES, strict=False):
            yield from self._campaign(one, programme)
        for name in UNRELATED:
            stem = name.partition(".")[0].replace("/", "-")
            path = self._work / "posts" / "unrelated" / f"{stem}.mp4"
            yield self._post(Posted(path, "unrelated", "unrelated"), partial(self._real, name))

    def enrol(self) -> Path:
        """Write the people whom fakes show, by frames of genuine clips; returns their folder."""
        people = self._work / "people"
        for one in campaigns():
            folder = people / one.person
            if one.person and not (folder / "person.toml").exists():
                self._write_person(folder, one)
        return people

    def _write_person(self, folder: Path, one: Campaigned) -> None:
        clip = self._real(one.genuine)
        (folder / "faces").mkdir(parents=True, exist_ok=True)
        for number in range(FACES):
            frame = clip.frames[number * len(clip.frames) // FACES]
            cv2.imwrite(str(folder / "faces" / f"{number}.png"), frame[..., ::-1])
        if clip.sound.size:
            # With somebody's voice to compare, all that speak are known to do so.
            (folder / "voice").mkdir(exist_ok=True)
            _write_sound(clip.sound, folder / "voice" / "0.wav")
        (folder / "person.toml").write_text(
            f'name = "{_shown(one.person)}"\n[[channel]]\nplatform = "youtube"\n'
            f'id = "{channel_id(one.person)}"\n',
            "utf-8",
        )

    def _campaign(self, one: Campaigned, programme: str) -> Iterator[Posted]:
        folder = self._work / "posts" / one.name
        first = folder / "fake.mp4"
        fake = self._media / "fake_video" / one.fake
        yield self._post(
            Posted(first, "fake", "first post", one.name),
            lambda: attacks.load(fake, most_s=LONGEST_S, short_side=SHORT_SIDE),
            Recoding(same, crf=18),
        )
        clip = _Loaded(lambda: attacks.load(first, most_s=LONGEST_S, short_side=SHORT_SIDE))
        for kind, recoding in KINDS.items():
            if kind == SOUND and not clip().sound.size:
                continue
            post = Posted(folder / f"{_slug(kind)}.mp4", "repost", kind, one.name)
            yield self._post(post, clip, recoding)
        post = Posted(folder / f"{_slug(RETITLED)}.mp4", "repost", RETITLED, one.name)
        yield self._copied(post, first)
        around = _Loaded(lambda: self._real(programme, PROGRAMME_S + 1 + INTRO_S))
        post = Posted(folder / f"{_slug(INTRO)}.mp4", "repost", INTRO, one.name)
        yield self._post(post, lambda: introduced(clip(), around()))
        post = Posted(folder / f"{_slug(NEWS)}.mp4", "news", NEWS, one.name)
        yield self._post(post, lambda: news(clip(), around()))
        if one.genuine:
            yield from self._genuine(one, folder)

    def _genuine(self, one: Campaigned, folder: Path) -> Iterator[Posted]:
        clip = _Loaded(lambda: self._real(one.genuine))
        kind = "genuine, official post" if one.official else "genuine, ordinary post"
        post = Posted(folder / "genuine.mp4", "genuine", kind, one.name, one.official)
        yield self._post(post, clip, Recoding(same, crf=18), one.person if one.official else "")
        for kind in INNOCENT_KINDS:
            path = folder / f"genuine-{_slug(kind)}.mp4"
            post = Posted(path, "genuine", f"genuine, {kind}", one.name)
            yield self._post(post, clip, KINDS[kind])

    def _real(self, name: str, most_s: float = LONGEST_S) -> Clip:
        file = self._media / "real_video" / name
        return attacks.load(file, most_s=most_s, short_side=SHORT_SIDE)

    def _post(
        self,
        post: Posted,
        source: Callable[[], Clip],
        recoding: Recoding = Recoding(same),
        channel: str = "",
    ) -> Posted:
        if not post.path.exists():
            post.path.parent.mkdir(parents=True, exist_ok=True)
            rng = np.random.default_rng(attacks.seed_of(post.campaign, post.kind))
            clip = _even(recoding.change(source(), rng))
            attacks.save(clip, post.path, crf=recoding.crf, sound_rate=recoding.sound_rate)
        return self._told(post, channel)

    def _copied(self, post: Posted, source: Path) -> Posted:
        if not post.path.exists():
            shutil.copyfile(source, post.path)
        return self._told(post, "")

    def _told(self, post: Posted, channel: str) -> Posted:
        self._number += 1
        beside = post.path.with_name(f"{post.path.stem}.info.json")
        if not beside.exists():
            beside.write_text(json.dumps(_sidecar(post, channel, self._number)), "utf-8")
        return post


class _Loaded:
    """A clip that is decoded when it is first asked for."""

    def __init__(self, load: Callable[[], Clip]) -> None:
        self._load = load
        self._clip: Clip | None = None

    def __call__(self) -> Clip:
        if self._clip is None:
            self._clip = self._load()
        return self._clip


def _even(clip: Clip) -> Clip:
    height, width = clip.frames[0].shape[:2]
    return clip if height % 2 == width % 2 == 0 else _sized(clip, width, height)


def _sidecar(post: Posted, channel: str, number: int) -> dict[str, object]:
    """Return what yt-dlp writes of a video on a channel of YouTube, one channel a post."""
    name = channel or f"clips {number}"
    return {
        "extractor_key": "Youtube",
        "extractor": "youtube",
        "id": f"{number:011d}",
        "webpage_url": f"https://www.youtube.com/watch?v={number:011d}",
        "ext": "mp4",
        "title": f"You will not believe this, part {number}",
        "channel": _shown(name),
        "uploader": _shown(name),
        "channel_id": channel_id(name),
        "timestamp": FIRST_POSTED + 60 * number,
    }


def _write_sound(sound: Floats, path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((32_767 * sound).astype("<i2").tobytes())


def _slug(kind: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in kind.replace("%", "")).strip("-")


def _shown(name: str) -> str:
    return name.replace("-", " ").title()


def channel_id(name: str) -> str:
    """Return the stable id of a channel of that name, as YouTube's are made."""
    return "UC" + (name.replace("-", "").replace(" ", "") + "0" * 22)[:22]
