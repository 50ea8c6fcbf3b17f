"""The labelled clips that ratios are joined with: what each is, and what its container says.

Kept by hash in results/clips.csv, so that tables are made and fusion is trained without the media.
The facts are those of the originals, for the control of re-encoded copies too: they tell at least
as much as what the copies keep of them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.accuracy.ratios import RESULTS
from media_screen.evaluation.manifest import Item
from media_screen.evidence import MediaInfo

FILE = RESULTS / "clips.csv"
_LABEL = ("label", "method", "collection", "identity")
_FACTS = ("container", "video_codec", "audio_codec", "width", "height", "fps", "duration_s",
          "size_bytes")  # fmt: skip
# Desynchronised genuine clips: forged for a check of synchrony, genuine for all others, so neither.
SHIFTED = "AV offset"


@dataclass(frozen=True)
class Clip:
    """A labelled clip, with the facts of its file for the control of metadata."""

    fake: bool
    method: str
    collection: str
    identity: str
    media: MediaInfo

    @property
    def sha256(self) -> str:
        """The hash of the file."""
        return self.media.sha256

    @property
    def item(self) -> Item:
        """The clip as evaluations take it."""
        return Item(Path(self.sha256), self.fake, self.method, self.collection, self.identity)


def write(clips: Iterable[Clip], path: Path = FILE) -> None:
    """Write the clips, in an order that does not change."""
    ordered = sorted(clips, key=lambda one: one.sha256)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("sha256", *_LABEL, *_FACTS))
        for one in ordered:
            label = "fake" if one.fake else "real", one.method, one.collection, one.identity
            writer.writerow((one.sha256, *label, *(getattr(one.media, fact) for fact in _FACTS)))


def read(path: Path = FILE) -> tuple[Clip, ...]:
    """Read the clips back."""
    with path.open(newline="", encoding="utf-8") as stream:
        return tuple(_clip(row) for row in csv.DictReader(stream))


def _clip(row: dict[str, str]) -> Clip:
    media = MediaInfo(
        path=row["sha256"], sha256=row["sha256"], kind="video", size_bytes=int(row["size_bytes"]),
        duration_s=float(row["duration_s"]), width=int(row["width"]), height=int(row["height"]),
        fps=float(row["fps"]), container=row["container"], video_codec=row["video_codec"],
        audio_codec=row["audio_codec"],
    )  # fmt: skip
    fake = row["label"] == "fake"
    return Clip(fake, row["method"], row["collection"], row["identity"], media)


def labelled(media: Path) -> list[dict[str, str]]:
    """Return the rows of the manifest that are genuine or forged clips."""
    with (media / "manifest.tsv").open(encoding="utf-8", newline="") as stream:
        return [
            row
            for row in csv.DictReader(stream, delimiter="\t")
            if row["kind"] in ("real_video", "fake_video") and not row["method"].startswith(SHIFTED)
        ]
