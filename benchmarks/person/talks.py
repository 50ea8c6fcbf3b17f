"""Measures what is said of mouths in clips as they were posted, in which others are heard.

In the other table of mouths and voices sounds are laid over pictures by program. Here they are what
people made: dubs that leave the picture alone, and talks in which one speaks and others listen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.markdown import percent, table
from benchmarks.person.mouth_and_voice import MouthHeard, goes_together, with_sound, word
from benchmarks.person.watching import WatchedClip, watch_all
from media_screen.arrays import Floats
from media_screen.detectors.lip_sync.fit import WORDS
from media_screen.detectors.lip_sync.sound import mel_levels
from media_screen.detectors.lip_sync.synchrony import SyncNet, sync_net
from media_screen.evidence import Span
from training.manifest import read_media_rows

SAME_FACE = 0.45  # cosine of the faces of two windows that are taken for one person's
LISTENER = "a face beside the one that fits best"
# Kinds of clips, as `training/media/talks.tsv` names them.
KINDS = {
    "own": "one person speaks",
    "dub": "dubbed, the picture left alone",
    "voice_over": "narrated",
    "playback": "mimed to a voice that is played",
    "listener": "somebody else speaks, out of the picture or beside it",
    "several": "several people, of whom one speaks at a time",
}


@dataclass(frozen=True, eq=False)
class WindowHeard:
    """What a mouth came to with the sound of its clip in one window; `face` is of unit length."""

    span: Span
    face: Floats
    heard: MouthHeard


@dataclass(frozen=True)
class TalkClip:
    """A clip of a kind, with the windows of the face that fits best and those of other faces."""

    name: str
    kind: str
    best: tuple[MouthHeard, ...]
    others: tuple[tuple[MouthHeard, ...], ...]


def talk_clip(name: str, kind: str, windows: Sequence[WindowHeard]) -> TalkClip | None:
    """Return what the mouths of a clip came to, None where none could be followed."""
    faces = by_face(windows)
    if not faces:
        return None
    best = max(faces, key=lambda own: sum(one.heard.agreement for one in own))
    spans = [one.span for one in best]
    beside = ([one for one in own if one.span in spans] for own in faces if own is not best)
    others = tuple(tuple(one.heard for one in own) for own in beside if own)
    return TalkClip(name, kind, tuple(one.heard for one in best), others)


def by_face(windows: Sequence[WindowHeard]) -> list[list[WindowHeard]]:
    """Return the windows of each face together; two faces of one window are never one."""
    faces: list[list[WindowHeard]] = []
    for one in windows:
        for own in faces:
            alike = float(own[0].face @ one.face) >= SAME_FACE
            if alike and all(one.span != other.span for other in own):
                own.append(one)
                break
        else:
            faces.append([one])
    return faces


def heard_in(clip: WatchedClip, net: SyncNet) -> Iterator[WindowHeard]:
    """Give what the mouths of a clip came to, window by window."""
    mels = mel_levels(clip.sound)
    for mouth in clip.mouths:
        heard = with_sound(net, mouth, mels, mouth.span.start, several=mouth.several)
        if heard is not None:
            yield WindowHeard(mouth.span, mouth.face, heard)


def measure(media: Path | None, work: Path) -> dict[str, Any]:
    """Return what was said of each kind; `media` is what `training.media --talks` laid out."""
    if media is None:
        raise ValueError("expected --media with the clips of training.media --talks, got none")
    net = sync_net()
    clips = [
        found
        for clip in watch_all(read_media_rows(media), media, work / "talks")
        if len(clip.sound)
        and (found := talk_clip(clip.row.path, clip.row.method, list(heard_in(clip, net))))
    ]
    asked = [(kind, [one.best for one in clips if one.kind == kind]) for kind in KINDS]
    asked.append((LISTENER, [own for one in clips for own in one.others]))
    return {"kinds": [of_kind(kind, faces) for kind, faces in asked if faces]}


def of_kind(kind: str, faces: Sequence[Sequence[MouthHeard]]) -> dict[str, Any]:
    """Return what was said of the faces of a kind, over the windows of each."""
    said = [word(own) for own in faces]
    return {
        "kind": kind,
        "faces": len(faces),
        "words": {name: said.count(name) for name in WORDS},
        "several_voices": said.count(None),
        "goes_together": sum(goes_together(own) for own in faces),
    }


def markdown(found: Mapping[str, Any]) -> list[str]:
    """Return the table as lines of Markdown."""
    return [
        "## Mouths in clips as they were posted",
        "",
        "`python -m benchmarks.person talks --media TALKS --work DIR`",
        "",
        "Clips of public repositories (`python -m training.media --talks`), the two windows of 5 s "
        "with most speech of the first 32 s, as a scan with `--thorough` hears them. Of each clip "
        "the face that fits best is told, as the detector does, and in another row the faces "
        "that were seen beside it. Dubs are all by synthetic voices. Only what goes together in "
        "each of two windows could ever accuse, if the voice were not the person's.",
        "",
        *table(
            ("clip", "faces", *WORDS, "several voices at once", "goes together in two windows"),
            (
                (KINDS.get(row["kind"], row["kind"]), row["faces"])
                + tuple(_share(row["words"][one], row["faces"]) for one in WORDS)
                + (_share(row["several_voices"], row["faces"]),)
                + (_share(row["goes_together"], row["faces"]),)
                for row in found["kinds"]
            ),
        ),
    ]


def _share(count: int, of: int) -> str:
    return f"{count} ({percent(count / of)})"
