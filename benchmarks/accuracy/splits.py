"""Writes benchmarks/protocol.json: for every network, by hash, the fold of each file it was given.

    media-screen evaluate MANIFEST.csv --protocol benchmarks/protocol.json

refuses a manifest that holds one of them. Folds of `face_artifact` and `lip_sync` and the groups of
`fusion` share no collection, no method of forging and no person; those of `voice_spoof` share no
collection of genuine speech and no family of synthesis.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmarks.places import HERE
from media_screen.evaluation import protocol
from media_screen.evaluation.protocol import Protocol
from media_screen.fusion.combination import Subject
from training import settings
from training.face_artifact.crops import read_sources
from training.face_artifact.folds import joined, split
from training.face_artifact.settings import read_settings
from training.lip_sync import __main__ as lip_sync
from training.lip_sync.prepare import read_clips
from training.manifest import read_media_rows
from training.media.__main__ import SPEECH, read_table
from training.voice_spoof.sources import Sound, read_media, sound_of
from training.voice_spoof.train import Fold, read_config

FILE = HERE / "protocol.json"
# By which split the fusion holds files out together. All synthetic speech here shares a family, a
# speaker or a collection in the end, so that for sound there is but what its network left out.
SPLIT_OF: Mapping[Subject, str] = {"picture": "fusion", "sound": "voice_spoof"}
NEVER_HELD_OUT = "train"  # fold of what every network was trained on


def save(media: Path, more: Path | None = None) -> None:
    """Work the splits out of the manifest of a folder of media, and write them.

    `more` is what `training.media` laid out; without it the folds of faces stay as they are kept.

    What the networks of `voice_spoof` were once given stays in the list: its former networks
    learned from ten files of tones that are no longer taken for speech.
    """
    kept = protocol.load(FILE).splits if FILE.is_file() else {}
    heard = kept.get("voice_spoof", {})
    together = read_sources(media, more)
    groups = {
        one.sha256: str(number) for number, group in enumerate(joined(together)) for one in group
    }
    clips = {one.sha256 for one in together if one.kind.endswith("video")}
    splits = {
        "face_artifact": _faces(media, more) if more else kept.get("face_artifact", {}),
        "voice_spoof": {**heard, **_voices(media)},
        "lip_sync": _mouths(media),
        "fusion": {key: group for key, group in groups.items() if key in clips}
        if more
        else kept.get("fusion", {}),
    }
    protocol.save(FILE, Protocol(splits))


def _faces(media: Path, more: Path) -> dict[str, str]:
    sources = read_sources(media, more)
    folds = split(sources, read_settings().folds)
    return {one.sha256: str(folds[one.path]) for one in sources}


def held_together() -> dict[Subject, Mapping[str, str]]:
    """Return for each subject, by hash, the name of what is held out with a file."""
    kept = protocol.load(FILE).splits
    return {about: kept[split] for about, split in SPLIT_OF.items()}


def _mouths(media: Path) -> dict[str, str]:
    folds = lip_sync.folds_of(media)
    return {clip.sha256: str(folds[clip.path]) for clip in read_clips(media)}


def _voices(media: Path) -> dict[str, str]:
    """Return the folds of speech: of a folder of media, and of `training.media --speech`."""
    folds = read_config(settings.path_of("voice_spoof")).folds
    hashes = {row.path: row.sha256 for row in read_media_rows(media)}
    own = {hashes[sound.name]: _fold(sound, folds) for sound in read_media(media)}
    public = {
        row.sha256: _fold(sound, folds)
        for row in read_table(SPEECH)
        if (sound := sound_of(row.media_row(audio="ok"), Path())) is not None
    }
    return {**public, **own}


def _fold(sound: Sound, folds: tuple[Fold, ...]) -> str:
    for number, fold in enumerate(folds):
        if sound.family in fold.families or (
            not sound.fake and sound.collection in fold.collections
        ):
            return str(number)
    return NEVER_HELD_OUT
