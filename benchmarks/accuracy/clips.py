"""The labelled files that ratios are joined with: what each is, and what its technical facts are.

Kept by hash in records/labelled_files.csv, so that tables are made and fusion is trained without
the media.
The facts are those of the originals, for the control of re-encoded copies too: they tell at least
as much as what the copies keep of them.

**What is judged on what.** A label is about the picture or about the sound, and a detector is
judged where its evidence is about what the label says (`subjects`, `subject`):

- clips, genuine or forged, are labelled for their picture. Whether the sound of a forged clip was
  made, nobody noted: most speak with the voice of a genuine recording, some with a synthetic one.
- recordings of speech, genuine or synthetic, are labelled for their sound; so are genuine clips
  that have any, because what a genuine clip plays was recorded.

A detector that needs nothing but speech hears the sound; every other one looks at the picture, with
or without the sound (`lip_sync` asks whether the mouth was made to fit).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

from benchmarks.accuracy import sound
from benchmarks.accuracy.sound import SoundFacts
from benchmarks.places import RECORDS
from media_screen.detectors import DETECTORS
from media_screen.evaluation.manifest import Item
from media_screen.evidence import MediaInfo
from media_screen.fusion.combination import Subject
from media_screen.media import Media
from training.manifest import MediaRow, read_media_rows

FILE = RECORDS / "labelled_files.csv"
_LABEL = ("label", "method", "collection", "identity")
_FACTS = (
    "kind",
    "container",
    "video_codec",
    "audio_codec",
    "width",
    "height",
    "fps",
    "duration_s",
    "size_bytes",
)
_SOUND = tuple(field.name for field in fields(SoundFacts))
_KINDS = ("real_video", "fake_video", "real_audio", "fake_audio")


@dataclass(frozen=True)
class LabelledClip:
    """A labelled clip or recording of speech, with the facts of its file for the control.

    `sound` is None for a file without any, and for one whose sound is not labelled.
    """

    fake: bool
    method: str
    collection: str
    identity: str
    media: MediaInfo
    sound: SoundFacts | None = None

    @property
    def sha256(self) -> str:
        """The hash of the file."""
        return self.media.sha256

    @property
    def item(self) -> Item:
        """The clip as evaluations take it."""
        return Item(Path(self.sha256), self.fake, self.method, self.collection, self.identity)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What the label is about."""
        shown: tuple[Subject, ...] = ("picture",) if self.media.kind == "video" else ()
        return shown if self.sound is None else (*shown, "sound")


def subject(detector: str) -> Subject:
    """Return what the evidence of a detector is about; raises ValueError when none is so called."""
    for one in DETECTORS:
        if one.name == detector:
            return "sound" if set(one.needs) == {"speech"} else "picture"
    raise ValueError(f"{detector!r} has held-out ratios and is not among DETECTORS")


def gather(media: Path, more: Path) -> None:
    """Write the clips of two folders with `manifest.tsv`, with the facts of each file.

    Of `more`, what `training.media` laid out, those are left out that show several panels, and
    nobody listened to their sound.
    """
    own = [(media, row) for row in labelled(media, _KINDS)]
    further = [(more, replace(row, audio="")) for row in labelled(more) if not row.panel]
    write(_clip(folder / row.path, row) for folder, row in [*own, *further])


def _clip(path: Path, row: MediaRow) -> LabelledClip:
    with Media.open(path, threads=1) as opened:
        info = replace(opened.info, sha256=row.sha256)
    heard = row.audio == "ok" and not row.fake if info.kind == "video" else True
    return LabelledClip(
        row.fake,
        row.method if row.fake else "",
        row.collection,
        row.identity,
        info,
        sound.read_facts(path) if heard else None,
    )


def write(clips: Iterable[LabelledClip], path: Path = FILE) -> None:
    """Write the clips, in an order that does not change."""
    ordered = sorted(clips, key=lambda one: one.sha256)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("sha256", *_LABEL, *_FACTS, *_SOUND))
        for one in ordered:
            label = "fake" if one.fake else "real", one.method, one.collection, one.identity
            numbers = [f"{value:.4g}" for value in one.sound.numbers] if one.sound else []
            facts = (getattr(one.media, fact) for fact in _FACTS)
            writer.writerow((one.sha256, *label, *facts, *(numbers or [""] * len(_SOUND))))


def read(path: Path = FILE) -> tuple[LabelledClip, ...]:
    """Read the clips back."""
    with path.open(newline="", encoding="utf-8") as stream:
        return tuple(_read(row) for row in csv.DictReader(stream))


def _read(row: dict[str, str]) -> LabelledClip:
    media = MediaInfo(
        path=row["sha256"],
        sha256=row["sha256"],
        kind="audio" if row["kind"] == "audio" else "video",
        size_bytes=int(row["size_bytes"]),
        duration_s=float(row["duration_s"]),
        width=int(row["width"]),
        height=int(row["height"]),
        fps=float(row["fps"]),
        container=row["container"],
        video_codec=row["video_codec"],
        audio_codec=row["audio_codec"],
    )
    heard = SoundFacts(*(float(row[name]) for name in _SOUND)) if row[_SOUND[0]] else None
    fake = row["label"] == "fake"
    return LabelledClip(fake, row["method"], row["collection"], row["identity"], media, heard)


def labelled(media: Path, kinds: tuple[str, ...] = _KINDS[:2]) -> Iterator[MediaRow]:
    """Yield the rows of the manifest that are genuine or forged, each content once."""
    known: set[str] = set()
    for row in read_media_rows(media):
        # Shifted clips are forged for a check of synchrony, genuine for all others, so neither.
        unsure = row.shifted or row.unsure
        if row.kind in kinds and not unsure and row.sha256 not in known:
            known.add(row.sha256)
            yield row
