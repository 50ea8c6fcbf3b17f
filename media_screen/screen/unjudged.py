"""The verdict on a file that could not be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from media_screen.evidence import Abstention, Failure, MediaInfo, Post, Verdict
from media_screen.fusion.judge import judge

if TYPE_CHECKING:
    from media_screen.sidecar import Sidecar


def unable(
    info: MediaInfo,
    abstentions: Iterable[Abstention] = (),
    failures: Iterable[Failure] = (),
    *,
    post: Post | None = None,
    device: str = "cpu",
    versions: Mapping[str, str] | None = None,
) -> Verdict:
    """Return the verdict on a file that could not be looked at."""
    abstentions, failures = tuple(abstentions), tuple(failures)
    # Why the file can't be read comes before what its sidecar lacks.
    media_first = sorted(abstentions, key=lambda piece: piece.detector != "media")
    judgement = judge((), media_first, failures)
    return Verdict(
        label=judgement.label,
        media=info,
        summary=judgement.summary,
        provenance=judgement.provenance,
        post=post,
        abstentions=abstentions,
        failures=failures,
        flags=judgement.flags,
        device=device,
        versions=versions or {},
    )


def post_of(sidecar: Sidecar | None) -> Post | None:
    """Return what a sidecar says of the publication, None when that is nothing."""
    post = sidecar.post() if sidecar is not None else None
    return None if post == Post() else post
