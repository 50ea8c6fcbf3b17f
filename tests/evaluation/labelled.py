"""Labelled items with the verdicts that a screening could have given on them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from media_screen.evaluation.manifest import Item
from media_screen.evidence import Abstention, Evidence, Failure, MediaInfo, Span, Verdict


def evidence(detector: str, score: float, llr: float, *, track: int | None = None) -> Evidence:
    span = None if track is None else Span(0.0, 1.0)
    return Evidence(detector, "manipulation", score, llr, "why", span=span, track=track)


def verdict(
    path: Path | str,
    pieces: Sequence[Evidence] = (),
    *,
    llr: float | None = None,
    media: MediaInfo | None = None,
    abstentions: Sequence[Abstention] = (),
    failures: Sequence[Failure] = (),
) -> Verdict:
    return Verdict(
        label="no_finding",
        media=media or info(path),
        llr={} if llr is None else {"manipulation": llr},
        evidence=tuple(pieces),
        abstentions=tuple(abstentions),
        failures=tuple(failures),
    )


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def info(path: Path | str, *, size_bytes: int = 1000, codec: str = "h264") -> MediaInfo:
    return MediaInfo(
        str(path),
        sha256=digest(Path(path).stem),
        kind="video",
        size_bytes=size_bytes,
        duration_s=4.0,
        width=640,
        height=480,
        fps=25.0,
        container="mov",
        video_codec=codec,
    )


def unreadable(path: Path | str) -> Verdict:
    return Verdict(
        label="unable_to_evaluate",
        media=MediaInfo(str(path)),
        abstentions=(Abstention("media", "unreadable", "the file is empty"),),
    )


def gathering(
    folder: Path, *, count: int = 80, seed: int = 0, method: str = "swap"
) -> tuple[list[Item], list[Verdict]]:
    """Items of four collections and their verdicts: `face_artifact` tells them apart fairly well.

    It abstains on every tenth file. File sizes and codecs are drawn alike for both classes.
    """
    random = np.random.default_rng(seed)
    items, verdicts = [], []
    for row in range(count):
        fake = row % 2 == 1
        path = folder / f"{row:03}.mp4"
        items.append(
            Item(
                path,
                fake,
                method if fake else "real",
                f"collection {row // 2 % 4}",
                f"person {row // 2 % 20}",
            )
        )
        score = float(random.normal() + 2.0 * fake)
        media = info(path, size_bytes=int(random.integers(1000, 9000)))
        if row % 10 == 9:
            gone = Abstention("face_artifact", "no_face", "no face is seen")
            verdicts.append(verdict(path, media=media, abstentions=[gone]))
            continue
        llr = 2.0 * score - 2.0
        pieces = [
            evidence("face_artifact", score, llr),
            evidence("face_artifact", 99.0, 9.0, track=0),
        ]
        verdicts.append(verdict(path, pieces, llr=max(-5.0, min(5.0, llr)), media=media))
    return items, verdicts
