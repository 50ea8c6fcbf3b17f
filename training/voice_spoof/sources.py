"""Lists the speech to train on: genuine, of known synthesis, and what `synthesise` made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.manifest import MediaRow, read_media_rows

# How a system's name says of which family it is; the first that holds counts. Families share what
# makes the waveform (the vocoder), because that is what a detector learns.
FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("world", ("world",)),
    ("griffin-lim", ("griffin-lim",)),
    ("classical", ("flite", "espeak", "festival")),
    ("istft", ("hibari", "kokoro")),
    ("vits", ("yourtts", "vits", "piper")),
    ("codec-lm", ("vall-e", "clam-tts", "voicecraft")),
    ("voxcpm", ("voxcpm",)),
    ("pwg", ("pwg",)),
    (
        "older-neural",
        (
            "waveglow", "wavenet", "clarinet", "melgan", "autovc", "stargan", "vq-vae",
            "in-the-wild",
        ),
    ),
    ("naturalspeech", ("naturalspeech 2", "naturalspeech 3")),
    ("tortoise", ("tortoise", "naturalspeech")),
    ("diffusion", ("e3 tts", "simple-tts")),
    ("hifi-gan", ("hifi-gan", "hifigan", "fastspeech2", "grad-tts", "matcha", "ot-cfm")),
    *(
        (name.lower().replace(" ", ""), (name.lower(),))
        for name in (
            "IndexTTS", "XTTS", "CosyVoice", "Fish Speech", "FireRedTTS", "Seed-TTS", "MaskGCT",
            "DiTTo-TTS", "Mega-TTS", "Voicebox", "FluentSpeech", "MiniMax", "ElevenLabs", "OpenAI",
            "unnamed",
        )
    ),
)  # fmt: skip
# Collections without speech: its files bear names of RAVDESS, and a steady tone is heard in each.
NO_SPEECH = ("chandra0132/CodeAlpha_Emotion-Recognition-from-Speech",)
PACKAGES = "packages"  # the collection of what packages spoke here
# Copies of genuine speech are named after it: FOLDER__FILE@PART.
COPY_MARK = "@"


@dataclass(frozen=True)
class Sound:
    """One file of speech; `web` is speech of videos.

    A copy of genuine speech has the name of its `source`, the number of the `part` of it that was
    copied, and its collection. `speaker` is who speaks, or whom a clone imitates, where that is
    known.
    """

    path: Path
    name: str
    fake: bool
    system: str
    family: str
    collection: str
    web: bool
    source: str = ""
    part: int = 0
    speaker: str = ""

    @property
    def made_here(self) -> bool:
        """Whether `synthesise` made it."""
        return bool(self.source) or self.collection == PACKAGES


def family(system: str) -> str:
    """Return the family of a system; raises ValueError for a name that is of none."""
    low = system.lower()
    if low == "tacotron2":  # with the vocoder of the Tortoise comparison
        return "tortoise"
    for name, words in FAMILIES:
        if any(word in low for word in words):
            return name
    raise ValueError(f"{system!r} is of no family of FAMILIES: add it there")


def read_media(media: Path) -> Iterator[Sound]:
    """List genuine and synthetic speech of a folder with `manifest.tsv`.

    Videos that are forged are left out, because the manifest does not say whether their sound is,
    and so are collections in which nobody speaks.
    """
    for row in read_media_rows(media):
        sound = sound_of(row, media)
        if sound is not None:
            yield sound


def sound_of(row: MediaRow, media: Path) -> Sound | None:
    """Return the speech of one line of the list of a folder, None where it is not trained on."""
    video = row.kind == "real_video"
    if row.kind not in ("real_audio", "fake_audio", "real_video") or row.unsure:
        return None
    if (video and row.audio != "ok") or row.collection in NO_SPEECH:
        return None
    return Sound(
        path=media / row.path,
        name=row.path,
        fake=row.fake,
        system=row.method if row.fake else "genuine",
        family=family(row.method) if row.fake else "genuine",
        collection=row.collection,
        web=video,
        speaker=row.identity,
    )


def read_noises(media: Path) -> list[Path]:
    """List the footage without a speaker, whose sound can lie under speech."""
    rows = read_media_rows(media)
    return [media / row.path for row in rows if row.kind in ("real_other", "real_dubbed")]


def read_synthesised(folder: Path, genuine: dict[str, Sound]) -> Iterator[Sound]:
    """List what `synthesise` wrote: FOLDER/SYSTEM/NAME.wav; `genuine` are the sources by name."""
    for path in sorted(folder.glob("*/*.wav")):
        system, source, part = path.parent.name, None, "0"
        if COPY_MARK in path.stem:
            stem, part = path.stem.rsplit(COPY_MARK, 1)
            source = genuine.get(stem.replace("__", "/"))
            if source is None:
                continue  # its source is no longer among the media
        yield Sound(
            path=path,
            name=f"{system}/{path.stem}",
            fake=True,
            system=system,
            family=family(system),
            collection=source.collection if source else PACKAGES,
            web=source.web if source else False,
            source=source.name if source else "",
            part=int(part),
        )
