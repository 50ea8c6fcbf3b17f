"""Lists what is compared with its original: copies of all kinds, forgeries, and their copies.

Genuine are all attacks of `benchmarks.provenance` on all genuine clips, and two of them one after
the other; forged are those of `forgeries`, the pairs of the media folder, and pairs of public
repositories (`training/original/pairs.tsv`) where they are laid out. Another recording of the same
person is neither: it has no original.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks.original.forgeries import (
    BY_AUTOENCODER,
    FORGERIES,
    Autoencoder,
    FollowedFace,
    Forgery,
    follow,
    forge,
)
from benchmarks.provenance import attacks
from benchmarks.provenance.clips import (
    DESYNCED,
    PAIRED_FAKES,
    RELATIONS,
    SWAP_FOLDER,
    SWAPS,
    SourceClip,
    Workshop,
    sources,
)
from media_screen.arrays import Image
from media_screen.faces.detect import FaceDetector
from media_screen.faces.mesh import mesh_net
from training.original.pairs import read_pairs

SMALL_SIDE = 240  # px; YouTube's 240p, as in `evaluation.reencode`
CLIP_S = 4.0  # two windows; a clip costs as little as this allows
# What leaves the picture that of the original. In a film joined from several there is more than
# one original, which `benchmarks.provenance` measures.
COPIES = tuple(name for name in RELATIONS if name not in ("exact", "joined", "repictured", "music"))
SIMPLE = ("scale", "caption", "crop", "mirror", "border", "colour", "letterbox", "watermark")
TWOS = 2  # for each clip: two attacks, one after the other
KINDS_EACH = 5  # forgeries of each clip, of all kinds in turn
EACH_DECODED = 3  # of so many clips one goes through an autoencoder, which takes a second a frame
_METHOD = re.compile(r" \(| or |\+ | \+|,")  # what follows says how sure the method is
# In these the forged file shows the same face, as far as can be seen: an actor with a filter, and a
# head that was drawn anew. They are compared, and counted by themselves.
ALIKE = ("eyecantell-0002", "eyecantell-0003")

Rate = Literal["interlaced", "variable rate"]  # how a copy's frames are given, against an even rate
# A forgery as it was made, as a small copy that a platform makes, and with captions and a headline.
Form = Literal["full", "small", "captioned"]


@dataclass(frozen=True)
class Question:
    """One file that is compared with its original; `make` builds it when it is not there.

    `group` is held out together: all that shows one person.
    """

    kind: str
    forged: bool
    form: Form
    group: str
    name: str
    original: Callable[[], Path]
    make: Callable[[], Path]

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return f"{self.kind}/{self.form}/{self.name}"


class Forge:
    """Builds forgeries below a folder, once; faces of a few clips are held."""

    def __init__(self, workshop: Workshop, autoencoder: Callable[[], Autoencoder]) -> None:
        self._workshop = workshop
        self._autoencoder = autoencoder
        self._faces: dict[str, FollowedFace] = {}
        self._detector: FaceDetector | None = None

    def made(self, kind: Forgery, source: SourceClip, others: Sequence[SourceClip]) -> Path:
        """Return one forgery of a clip; raises NoFaceError where no face can be followed."""
        out = self._workshop.folder / "forged" / _slug(kind) / f"{_slug(source.path)}.mp4"
        if not out.exists():
            rng = np.random.default_rng(attacks.seed_of(source.path, kind))
            face = self._followed(source)
            other = next(
                (one for one in map(self._followed, _turned(others, rng)) if one.usable), None
            )
            if not face.usable or other is None:
                raise NoFaceError(f"no face can be followed in {source.path}")
            out.parent.mkdir(parents=True, exist_ok=True)
            network = self._autoencoder() if kind == BY_AUTOENCODER else None
            attacks.save(forge(kind, face, other, rng, autoencoder=network), out, crf=20)
        return out

    def _followed(self, source: SourceClip) -> FollowedFace:
        if source.path not in self._faces:
            if len(self._faces) > 8:
                self._faces.clear()
            self._detector = self._detector or FaceDetector.load()
            path = self._workshop.master(source.path)
            clip = attacks.load(path, most_s=self._workshop.most_s)
            self._faces[source.path] = follow(clip, self._detector, mesh_net())
        return self._faces[source.path]


class NoFaceError(RuntimeError):
    """A clip has no face to forge."""


def gathered(
    media: Path, work: Path, pairs: Path | None, autoencoder: Path | None = None
) -> list[Question]:
    """List everything in a fixed order; `pairs` is where public pairs are laid out.

    `autoencoder` is a folder with the weights of TAEF2; without it there are no forgeries by it.
    """
    workshop = Workshop(media, work / "clips", most_s=CLIP_S)
    clips = sources(media)
    found = [*_copies(workshop, clips), *_twos(workshop, clips), *_other_takes(workshop, clips)]
    found += _rates(workshop, clips)
    found += _forged(workshop, clips, autoencoder)
    known = [*_pairs_of_media(media), *(_public(pairs) if pairs else ())]
    found += known
    forged = [one for one in found if one.forged]
    return [*found, *(_posted(one, form, work) for form in _MADE for one in forged)]


def _copies(workshop: Workshop, clips: Sequence[SourceClip]) -> Iterator[Question]:
    heard = [clip for clip in clips if clip.sound]
    for clip in clips:
        for attack in COPIES:
            if attack in ("revoiced", "tempo_+10") and not clip.sound:
                continue
            make = partial(workshop.attacked, clip, attack, heard)
            yield _genuine(workshop, clip, attack, make)


def _twos(workshop: Workshop, clips: Sequence[SourceClip]) -> Iterator[Question]:
    for clip in clips:
        rng = np.random.default_rng(attacks.seed_of(clip.path, "twos"))
        for _ in range(TWOS):
            first, second = rng.choice(SIMPLE, 2, replace=False).tolist()
            make = partial(_two, workshop, clip, first, second)
            yield _genuine(workshop, clip, f"{first} and {second}", make)


def _two(workshop: Workshop, clip: SourceClip, first: str, second: str) -> Path:
    out = workshop.folder / f"{first}-{second}" / f"{_slug(clip.path)}.mp4"
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(attacks.seed_of(clip.path, first, second))
        once = attacks.load(workshop.attacked(clip, first, []), most_s=CLIP_S)
        attacks.save(workshop.changed(once, second, rng, []), out, crf=30, sound_rate=32_000)
    return out


def _genuine(workshop: Workshop, clip: SourceClip, kind: str, make: Callable[[], Path]) -> Question:
    return Question(
        kind, False, "full", clip.identity, clip.path, partial(workshop.master, clip.path), make
    )


def _other_takes(workshop: Workshop, clips: Sequence[SourceClip]) -> Iterator[Question]:
    """Give, for people with several recordings, one of them beside another as its original."""
    by_person: dict[str, list[SourceClip]] = {}
    for clip in clips:
        by_person.setdefault(clip.identity, []).append(clip)
    for own in by_person.values():
        for one, other in pairwise(own):
            yield Question(
                "another take",
                False,
                "full",
                one.identity,
                one.path,
                partial(workshop.master, other.path),
                partial(workshop.master, one.path),
            )


def _rates(workshop: Workshop, clips: Sequence[SourceClip]) -> Iterator[Question]:
    """Give half of all clips interlaced, and the other half at a rate that varies."""
    for number, clip in enumerate(clips):
        kind: Rate = "interlaced" if number % 2 else "variable rate"
        yield _genuine(workshop, clip, kind, partial(_rated, workshop, clip, kind))


def _rated(workshop: Workshop, clip: SourceClip, kind: Rate) -> Path:
    out = workshop.folder / kind / f"{_slug(clip.path)}.mp4"
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(attacks.seed_of(clip.path, kind))
        loaded = attacks.load(workshop.master(clip.path), most_s=CLIP_S)
        if kind == "interlaced":
            attacks.save(attacks.woven(loaded, rng), out, crf=26, interlaced=True)
        else:
            thinned, times = attacks.thinned(loaded, rng)
            attacks.save(thinned, out, crf=26, shown_s=times)
    return out


def _forged(
    workshop: Workshop, clips: Sequence[SourceClip], autoencoder: Path | None
) -> Iterator[Question]:
    forger = Forge(workshop, partial(_autoencoder, autoencoder))
    official = [clip for clip in clips if clip.official]
    for number, clip in enumerate(official):
        others = [other for other in official if other.identity != clip.identity]
        kinds = [
            FORGERIES[(number * KINDS_EACH + step) % len(FORGERIES)] for step in range(KINDS_EACH)
        ]
        if autoencoder is not None and number % EACH_DECODED == 0:
            kinds.append(BY_AUTOENCODER)
        for kind in kinds:
            yield Question(
                kind,
                True,
                "full",
                clip.identity,
                clip.path,
                partial(workshop.master, clip.path),
                partial(forger.made, kind, clip, others),
            )


@cache
def _autoencoder(folder: Path) -> Autoencoder:
    """Return what a diffusion model's tiny autoencoder makes of a picture, on one thread."""
    import torch

    from training.face_artifact.forging import Decoder

    torch.set_num_threads(1)
    network = Decoder(folder).eval()

    def given_back(image: Image) -> Image:
        with torch.no_grad():
            picture = torch.from_numpy(image).permute(2, 0, 1)[None].float()
            found = network(picture)[0].permute(1, 2, 0).round().numpy()
        return np.asarray(found, np.uint8)

    return given_back


def _pairs_of_media(media: Path) -> Iterator[Question]:
    people = {row.path: row.identity for row in sources(media)}
    known = [(fake, source, f"pair: {fake.split('/')[0]}") for fake, source, _ in PAIRED_FAKES]
    for fake_number, number in SWAPS:
        source = f"eyecantell/eyecantell-{number:04d}.mp4"
        kind = "pair: same face" if Path(source).stem in ALIKE else "pair: eyecantell"
        known.append((f"{SWAP_FOLDER}{fake_number:04d}.mp4", source, kind))
    for fake, source, kind in known:
        yield _pair(
            kind,
            people.get(source, source),
            fake,
            media / "real_video" / source,
            media / "fake_video" / fake,
        )
    heard = media / "real_video" / "syncnet-fcn" / "syncnet-fcn-0001.avi"
    for number in (1, 2, 3):
        late = media / "fake_video" / DESYNCED.format(number)
        yield _pair("late sound", "syncnet", late.name, heard, late, forged=False)


def _public(folder: Path) -> Iterator[Question]:
    for pair in read_pairs():
        original, forged = pair.sides(folder)
        kind = f"public: {_METHOD.split(pair.method)[0]}"
        if original.exists() and forged.exists():
            yield _pair(kind, pair.identity, f"{pair.number} {pair.identity}", original, forged)


def _pair(
    kind: str, group: str, name: str, original: Path, other: Path, *, forged: bool = True
) -> Question:
    return Question(
        kind, forged, "full", group, name, partial(_there, original), partial(_there, other)
    )


def _there(path: Path) -> Path:
    return path


def _posted(one: Question, form: Form, work: Path) -> Question:
    """Return the same in another form."""
    out = work / form / _slug(one.kind) / f"{_slug(one.name)}.mp4"
    make = partial(_reposted, one, form, out)
    return Question(one.kind, True, form, one.group, one.name, one.original, make)


def _reposted(one: Question, form: Form, out: Path) -> Path:
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        _MADE[form](one, out)
    return out


def _save_small(one: Question, out: Path) -> None:
    """Write it at half the size, and compressed until it shows."""
    clip = attacks.load(one.make(), most_s=2 * CLIP_S, short_side=SMALL_SIDE)
    attacks.save(clip, out, crf=30, sound_rate=32_000)


def _save_captioned(one: Question, out: Path) -> None:
    clip = attacks.load(one.make(), most_s=2 * CLIP_S)
    rng = np.random.default_rng(attacks.seed_of(one.name, one.kind))
    attacks.save(attacks.captioned(clip, rng), out, crf=26, sound_rate=48_000)


_MADE: Mapping[Form, Callable[[Question, Path], None]] = {
    "small": _save_small,
    "captioned": _save_captioned,
}


def _turned(clips: Sequence[SourceClip], rng: np.random.Generator) -> Iterator[SourceClip]:
    start = int(rng.integers(len(clips)))
    yield from (*clips[start:], *clips[:start])


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.rsplit(".", 1)[0]).strip("-")
