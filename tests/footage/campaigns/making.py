"""Files and what they share, without any media."""

from __future__ import annotations

from typing import Any

from media_screen.evidence import SharedFootage, Span
from media_screen.footage.campaigns import ScreenedFile, Suspicion

SECONDS = 40.0  # length of each file


def shares(
    other: str,
    kind: str = "repeat",
    part: str = "both",
    here: tuple[float, float] = (0.0, SECONDS),
    there: tuple[float, float] = (0.0, SECONDS),
) -> SharedFootage:
    """What a file shares with another one, which is named by its content."""
    spans = Span(*here), Span(*there)
    share = (spans[0].duration / SECONDS, spans[1].duration / SECONDS)
    if kind == "excerpt":
        share = (1.0, share[1])  # a shorter file
    return SharedFootage(f"{other}.mp4", other, kind, part, *spans, *share)  # type: ignore[arg-type]


def suspected(
    *spans: tuple[float, float],
    alone: str = "",
    label: str = "suspected_impersonation",
    person: str | None = "ann",
) -> Suspicion:
    """What a file is suspected of; `alone` are parts that suffice for it, one word each."""
    found, parts = tuple(Span(*span) for span in spans), frozenset(alone.split())
    return Suspicion(label, person, "Looks fabricated.", parts, found)  # type: ignore[arg-type]


def file(name: str, *shared: SharedFootage, **fields: Any) -> ScreenedFile:
    """A file whose key, content and name are the same; by itself nothing was found in it."""
    suspicion = fields.get("suspicion")
    label = suspicion.label if suspicion else "unverified_appearance"
    own: dict[str, Any] = {"sha256": name, "label": label, "person": "ann", "summary": "By itself."}
    return ScreenedFile(name, f"{name}.mp4", **(own | fields | {"shared": shared}))


def by_key(*files: ScreenedFile) -> dict[str, ScreenedFile]:
    return {one.key: one for one in files}
