"""Chooses official clips and queries for `benchmarks.provenance`, and builds them once.

Clips of `real_video` are dealt out by identity: half of the identities are official, the others
are negatives. Of an identity with several recordings (MEAD) half of the recordings is official and
the rest is the hardest kind of negative: same person, same studio, other words. Collections are
dealt to a half that sets thresholds and a half that is reported.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.provenance import attacks
from training.manifest import MediaRow, read_media_rows

# Fakes made from a clip that is in real_video: (fake, source, what was changed).
PAIRED_FAKES = (
    ("hyperlips/hyperlips-0002.mp4", "hyperlips/hyperlips-0001.mp4", "lip_sync"),
    ("ff-neuraltextures/icpr2020dfdc-0001.mp4", "icpr2020dfdc/icpr2020dfdc-0001.mp4", "lip_sync"),
    ("ff-faceswap/icpr2020dfdc-0001.mp4", "icpr2020dfdc/icpr2020dfdc-0002.mp4", "swap"),
    ("ff-deepfakes/icpr2020dfdc-0001.mp4", "icpr2020dfdc/icpr2020dfdc-0003.mp4", "swap"),
)
SWAP_FOLDER = "youtube-face-swap-deepfake-likely-deepfa/eyecantell-"
SWAPS = ((1, 1), (2, 3), (3, 2), (4, 5), (5, 4), (9, 6))  # numbers of fake and source
DESYNCED = "av-offset-desynchronised-real-not-genera/syncnet-fcn-000{}.avi"
ALWAYS_OFFICIAL = {source for _, source, _ in PAIRED_FAKES} | {
    *(f"eyecantell/eyecantell-{source:04d}.mp4" for _, source in SWAPS),
    "syncnet-fcn/syncnet-fcn-0001.avi",
}
# Clips of two collections that show the same footage (looked at by eye): finding one as the other
# is right.
SAME_FOOTAGE = (
    {"edtalk/edtalk-0004.mp4", "lia/lia-0004.mov"},
    {"edtalk/edtalk-0002.mp4", "sadtalker/sadtalker-0001.mp4"},
)
LEAST_S = 2.5  # shorter clips are left out: a word is no footage

# Relation that is right for each attack on a whole official clip.
RELATIONS = {
    "exact": "copy",
    "reencode": "copy",
    "scale": "copy",
    "trim": "excerpt",
    "watermark": "copy",
    "caption": "copy",
    "crop": "copy",
    "recut": "copy",
    "mirror": "copy",
    "border": "copy",
    "letterbox": "copy",
    "blur_box": "copy",
    "inset": "copy",
    "speed_-10": "copy",
    "speed_-5": "copy",
    "speed_+5": "copy",
    "speed_+10": "copy",
    "tempo_+10": "copy",
    "colour": "copy",
    "joined": "excerpt",
    "music": "copy",
    "revoiced": "revoiced",
    "repictured": "repictured",
    "repost": "copy",
}
SOUND_ONLY = {"music", "revoiced", "repictured", "tempo_+10"}


@dataclass(frozen=True)
class SourceClip:
    """One clip of the media folder."""

    path: str  # below real_video
    identity: str
    collection: str
    half: str  # "set" or "report"
    official: bool
    sound: bool


@dataclass(frozen=True)
class LookUp:
    """One file to look up; `truth` are the official clips in it, `attack` what was done."""

    name: str
    path: Path
    attack: str
    half: str
    truth: tuple[str, ...]
    sound: bool
    beside: str = ""  # clip that is not official and can be seen or heard in it


def sources(media: Path) -> list[SourceClip]:
    """List the usable clips of real_video in a fixed order, dealt out."""
    rows = [
        row
        for row in read_media_rows(media)
        if row.kind == "real_video" and float(row.duration_s) >= LEAST_S
    ]
    halves = _halves(rows)
    groups: dict[str, list[MediaRow]] = defaultdict(list)
    for row in rows:
        groups[row.identity].append(row)
    found, turn = [], 0
    for identity, members in groups.items():
        turn += len(members) == 1
        for index, row in enumerate(members):
            path = row.path.removeprefix("real_video/")
            official = index % 2 == 0 if len(members) > 1 else turn % 2 == 0
            found.append(
                SourceClip(
                    path=path,
                    identity=re.sub(r"\W+", "-", identity).strip("-").lower(),
                    collection=row.collection,
                    half=halves[row.collection],
                    official=official or path in ALWAYS_OFFICIAL,
                    sound=row.audio == "ok",
                )
            )
    return found


def _halves(rows: list[MediaRow]) -> dict[str, str]:
    """Deal collections, largest first, to the half with fewer clips of their kind.

    Collections with sound and without are dealt separately.
    """
    names = [row.collection for row in rows]
    silent = {row.collection for row in rows if row.audio != "ok"}
    size = {(half, kind): 0 for half in ("set", "report") for kind in (True, False)}
    dealt = {}
    for name in sorted(set(names), key=lambda name: (-names.count(name), name)):
        half = min(("set", "report"), key=lambda half: size[half, name in silent])
        size[half, name in silent] += names.count(name)
        dealt[name] = half
    return dealt


class Workshop:
    """Builds clips below `folder`, once; a file that is there is used again."""

    def __init__(self, media: Path, folder: Path, *, most_s: float) -> None:
        self.media, self.folder, self.most_s = media, folder, most_s
        self._clips: dict[str, attacks.Clip] = {}

    def master(self, path: str) -> Path:
        """Return the official version of a clip: cut to `most_s`, at good quality."""
        out = self._place(path, "exact")
        if not out.exists():
            attacks.save(self._load(self.media / "real_video" / path), out, crf=18)
        return out

    def fake(self, path: str) -> Path:
        """Return a fake of the media folder as it is."""
        return self.media / "fake_video" / path

    def attacked(self, source: SourceClip, attack: str, others: list[SourceClip]) -> Path:
        """Build one attack on one clip; `others` are clips that are not official."""
        out = self._place(source.path, attack)
        if out.exists():
            return out
        clip = self._load(self.master(source.path))
        rng = np.random.default_rng(attacks.seed_of(source.path, attack))
        changed = self.changed(clip, attack, rng, others)
        rates = {"reencode": (36, 24_000), "repost": (33, 32_000)}
        crf, sound_rate = rates.get(attack, (26, 48_000))
        attacks.save(changed, out, crf=crf, sound_rate=sound_rate)
        return out

    def joined(self, trio: tuple[SourceClip, ...]) -> Path:
        """Build one film out of parts of three official clips."""
        out = self._place(trio[0].path, "joined")
        if not out.exists():
            clips = tuple(self._load(self.master(source.path)) for source in trio)
            attacks.save(attacks.joined(clips), out, crf=26, sound_rate=48_000)
        return out

    def changed(
        self, clip: attacks.Clip, attack: str, rng: np.random.Generator, others: list[SourceClip]
    ) -> attacks.Clip:
        """Return a clip after one attack; `others` are clips that are not official."""
        simple = {
            "scale": attacks.scaled_down,
            "trim": attacks.trimmed,
            "watermark": attacks.watermarked,
            "caption": attacks.captioned,
            "crop": attacks.cropped,
            "recut": attacks.recut,
            "mirror": attacks.mirrored,
            "border": attacks.bordered,
            "letterbox": attacks.letterboxed,
            "blur_box": attacks.blur_boxed,
            "colour": attacks.coloured,
            "music": attacks.with_music,
        }
        if attack in simple:
            return simple[attack](clip, rng)
        if attack == "reencode":
            return attacks.scaled_down(clip, rng)
        if attack.startswith(("speed", "tempo")):
            speed = 1 + int(attack.split("_")[1]) / 100
            return attacks.sped(clip, speed, pitch=attack.startswith("speed"))
        if attack == "repost":
            changed = attacks.captioned(attacks.recut(clip, rng), rng)
            return attacks.sped(attacks.mirrored(changed, rng), 1.05)
        behind = self._load(self.master(self._other(attack, rng, others).path))
        if attack == "inset":
            return attacks.inset(clip, rng, behind)
        if attack == "revoiced":
            return attacks.with_sound(clip, behind.sound)
        if attack == "repictured":
            return attacks.with_picture(clip, behind)
        raise ValueError(f"expected an attack of {sorted(RELATIONS)}, got {attack!r}")

    def beside(self, source: SourceClip, attack: str, others: list[SourceClip]) -> str:
        """Return the clip that an attack shows or plays besides the official one, "" for none."""
        if attack not in ("inset", "revoiced", "repictured"):
            return ""
        rng = np.random.default_rng(attacks.seed_of(source.path, attack))
        return self._other(attack, rng, others).path

    @staticmethod
    def _other(attack: str, rng: np.random.Generator, others: list[SourceClip]) -> SourceClip:
        return others[int(rng.integers(len(others)))]

    def _load(self, path: Path) -> attacks.Clip:
        key = str(path)
        if key not in self._clips:
            if len(self._clips) > 12:
                self._clips.clear()
            self._clips[key] = attacks.load(path, most_s=self.most_s)
        return self._clips[key]

    def _place(self, path: str, attack: str) -> Path:
        folder = self.folder / attack
        folder.mkdir(parents=True, exist_ok=True)
        return folder / (re.sub(r"\W+", "-", path.rsplit(".", 1)[0]) + ".mp4")


def queries(
    workshop: Workshop, clips: list[SourceClip], *, quick: bool, part: tuple[int, int] = (0, 1)
) -> Iterator[LookUp]:
    """Build and give every query: attacks, fakes with a known source, and negatives.

    `part` = (n, of) gives every `of`-th official clip and negative only, from the n-th on.
    """
    number, of = part
    official = [clip for clip in clips if clip.official][:: 4 if quick else 1]
    others = [clip for clip in clips if not clip.official and clip.sound]
    for clip in official[number::of]:
        for attack in RELATIONS:
            if attack == "joined" or (attack in SOUND_ONLY and not clip.sound):
                continue
            # What stands beside the clip in a made-up film is from the same half.
            pool = [other for other in others if other.half == clip.half]
            path = (
                workshop.master(clip.path)
                if attack == "exact"
                else workshop.attacked(clip, attack, pool)
            )
            name = f"{attack}/{clip.path}"
            beside = workshop.beside(clip, attack, pool)
            yield LookUp(name, path, attack, clip.half, (clip.path,), clip.sound, beside)
    yield from _joined(workshop, official, part)
    if number == 0:
        yield from _fakes(workshop, clips)
    for clip in [clip for clip in clips if not clip.official][number::of]:
        path = workshop.master(clip.path)
        name = f"negative/{clip.path}"
        yield LookUp(name, path, "negative", clip.half, (), clip.sound, clip.path)


def _joined(
    workshop: Workshop, official: list[SourceClip], part: tuple[int, int]
) -> Iterator[LookUp]:
    trios = []
    for half in ("set", "report"):
        mine = [clip for clip in official if clip.half == half]
        count = len(mine)
        starts = range(0, count - 2, 3)
        trios += [(mine[i], mine[(i + 7) % count], mine[(i + 14) % count]) for i in starts]
    for trio in trios[part[0] :: part[1]]:
        names = tuple(clip.path for clip in trio)
        if len(set(names)) == 3:
            sound = all(clip.sound for clip in trio)
            path = workshop.joined(trio)
            yield LookUp(f"joined/{names[0]}", path, "joined", trio[0].half, names, sound)


def alike(query: LookUp) -> set[str]:
    """Return the official clips that are in a query besides its truth: the same footage."""
    shown = {query.beside, *query.truth}
    return {name for group in SAME_FOOTAGE if group & shown for name in group}


def _fakes(workshop: Workshop, clips: list[SourceClip]) -> Iterator[LookUp]:
    half = {clip.path: clip.half for clip in clips}
    known = [(fake, source, kind) for fake, source, kind in PAIRED_FAKES]
    for fake_number, number in SWAPS:
        source = f"eyecantell/eyecantell-{number:04d}.mp4"
        known.append((f"{SWAP_FOLDER}{fake_number:04d}.mp4", source, "swap"))
    for number in (1, 2, 3):
        known.append((DESYNCED.format(number), "syncnet-fcn/syncnet-fcn-0001.avi", "desynced"))
    for fake, source, kind in known:
        path = workshop.fake(fake)
        yield LookUp(f"{kind}/{fake}", path, kind, half[source], (source,), True)
