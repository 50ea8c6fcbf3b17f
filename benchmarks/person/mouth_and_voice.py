"""Measures what a mouth, its face and a voice say together of an enrolled person.

A genuine clip gets other sounds, as voice-overs, dubs, reactions and late sound have them, and each
kind is asked: would it be said that a voice is not this person's, though the mouth speaks with it?
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.markdown import percent, table
from benchmarks.person.watching import HeardVoice, WatchedClip, WatchedMouth, watch_all
from media_screen.arrays import Flags, Floats
from media_screen.detectors.lip_sync.fit import WORDS, Fit, tables
from media_screen.detectors.lip_sync.sound import mel_levels
from media_screen.detectors.lip_sync.synchrony import Curve, SyncNet, sync_net
from media_screen.detectors.lip_sync.windows import WINDOW, WINDOWS
from media_screen.fusion.together import FITTING
from media_screen.people.gallery import MIN_REFERENCE_SPEECH
from media_screen.speech.embed import unit
from media_screen.speech.ratio import compare
from media_screen.speech.voices import Voice, VoiceWindow, same_voice
from training.manifest import MediaRow, read_media_rows
from training.media.people import PEOPLE

SAME_PERSON = 0.45  # cosine of two tracks that are taken for one person
MEL_RATE = 100  # levels a second
LATE_MS = (100, 200, 300)
REACH = 1.2  # s of sound round a window that are heard with it
LIMITS = (-1.0, -2.0, -3.0)  # ratios at most of a voice that is not the person's
ROUNDS = 1000  # draws of the bootstrap
# Collections of people who talk to the camera, and of clips with a known face that were forged to
# speak. What is left out has no speech, or shows a second picture beside the face.
TALKING = (
    "Alexwp01/swimnexar",
    "Felipe-G2R/Site-Pedro-Barros",
    "Joeeeeca/Simon-Capon",
    "Onderito/donramith",
    "Robin1-23/Bm-Classes",
    "Syedjunaid30/Video_Dubbing_with_ML_driven_Lip_Synchronization",
    "ale-701/text-driven-digital-human-lip-generation",
    "bmt-code/site",
    "guanjz20/guanjz20.github.io",
    "jihoon97Cho/credit-gold-guide",
    "jijnasu/Assignment1LipSync",
    "darsh200214/AIML-assignment-LipSync",
    "himanshutech4purpose/Deepfake",
    "joaocarlosweb/SitedeTurismo",
    "mayakislev-ux/lehiyot-brand",
    "mrcecymr-debug/mentoria_jorgefayad",
    "roohullah2007/fast-home-landing-page",
    "wnr-group/fm-global",
)
FORGED_FROM = (
    "Syedjunaid30/Video_Dubbing_with_ML_driven_Lip_Synchronization",
    "ale-701/text-driven-digital-human-lip-generation",
    "darsh200214/AIML-assignment-LipSync",
    "guanjz20/guanjz20.github.io",
    "jijnasu/Assignment1LipSync",
    "popocheng/wav2lip",
)
NO_SPEECH = ("StyleSwap",)
NOT_OF_A_TALKER = ("TALK-Act",)
MOST_FORGED = 3  # clips of one method and collection


@dataclass(frozen=True, eq=False)
class TalkingPerson:
    """A genuine clip of one person who talks: the mouth that speaks, its voice and its sound."""

    name: str
    clip: WatchedClip

    @cached_property
    def mouths(self) -> list[WatchedMouth]:
        """The windows of the face that is seen most often, with the longest speech first."""
        face = self.clip.longest
        own = [m for m in self.clip.mouths if face and float(m.face @ face.mean) >= SAME_PERSON]
        return sorted(own, key=lambda one: -one.speech_s)[:WINDOWS]

    @cached_property
    def mels(self) -> Floats:
        """The levels of its sound."""
        return mel_levels(self.clip.sound)

    @cached_property
    def halves(self) -> tuple[list[HeardVoice], list[HeardVoice]]:
        """The windows of its voices, of the first and of the second half of the speech."""
        windows = sorted(self.clip.voices, key=lambda one: one.span.start)
        middle = len(windows) // 2
        return windows[:middle], windows[middle:]


def voices_of(windows: Sequence[HeardVoice]) -> list[Voice]:
    """Return the voices in some windows, the longest first."""
    groups = same_voice([one.embedding for one in windows])
    nothing = np.zeros(0, np.float32)
    voices = [
        tuple(
            VoiceWindow(windows[n].span, nothing, windows[n].embedding, windows[n].snr_db)
            for n in group
        )
        for group in groups
    ]
    voices.sort(key=lambda own: -sum(one.span.duration for one in own))
    return [Voice(number, own) for number, own in enumerate(voices)]


def reference_of(windows: Sequence[HeardVoice]) -> Floats | None:
    """Return the voice that a person would be enrolled with, or None of too little speech."""
    voices = voices_of(windows)
    enough = bool(voices) and voices[0].seconds >= MIN_REFERENCE_SPEECH
    return voices[0].embedding if enough else None


def nearest_llr(windows: Sequence[HeardVoice], reference: Floats) -> float | None:
    """Return the ratio of the voice that is most like a reference, None where nobody speaks."""
    return max((compare(one, reference)[1] for one in voices_of(windows)), default=None)


@dataclass(frozen=True)
class MouthHeard:
    """How a mouth went with a sound in one window, and whether voices were heard at once."""

    agreement: float
    best: float
    speed: float
    several: bool = False

    @staticmethod
    def of(mouth: WatchedMouth, curve: Curve, *, several: bool = False) -> MouthHeard:
        """Return it of a curve."""
        return MouthHeard(curve.agreement, 1 - curve.distance, mouth.movement.speed, several)


def word(windows: Sequence[MouthHeard]) -> Fit | None:
    """Return what the detector would say of some windows, None where it could say nothing."""
    alone = [one for one in windows if not one.several]
    if not alone:
        return None
    mean = [float(np.mean([getattr(w, n) for w in alone])) for n in ("agreement", "best", "speed")]
    return tables().fit(agreement=mean[0], best=mean[1], speed=mean[2])


def with_sound(
    net: SyncNet, mouth: WatchedMouth, mels: Floats, start: float, *, several: bool = False
) -> MouthHeard | None:
    """Return how a mouth goes with what is heard in a sound from `start` (s) on."""
    low = max(0, round((start - REACH) * MEL_RATE))
    high = round((start + mouth.span.duration + REACH) * MEL_RATE)
    first = round(start * MEL_RATE) - low
    curve = net.embed(mouth.movement, mels[low:high], first).curve()
    return None if curve is None else MouthHeard.of(mouth, curve, several=several)


@dataclass(frozen=True)
class SoundTrial:
    """A clip with a sound: which kind, whose clip and whose voice, and what is found."""

    kind: str
    person: str
    voice: str
    windows: tuple[MouthHeard, ...]
    voice_llr: float  # that the voice that is most like the person's is theirs


@dataclass(frozen=True)
class SoundKind:
    """One way in which a picture and a sound come together, and whether it is genuine."""

    name: str
    genuine: bool = True


OWN = SoundKind("the person speaks")
LATE = {ms: SoundKind(f"the same, sound {ms} ms late") for ms in LATE_MS}
VOICE_OVER = SoundKind("another's voice over the person's speaking face (voice-over, B-roll)")
DUB = SoundKind(
    "the same, the voice laid where its loudness follows the face's own (as dubs are timed)"
)
NARRATION = SoundKind("the person's own voice of another moment (own narration)")
INTERVIEW = SoundKind("the person speaks in one window, another out of the picture in the next")
PANELS = SoundKind("the person's face beside another's who speaks (reaction, panels)")
GENUINE = (OWN, *LATE.values(), NARRATION, INTERVIEW, PANELS, VOICE_OVER, DUB)


EVERY_METHOD = "forged by any of these, another's voice"


def genuine_trials(net: SyncNet, people: Sequence[TalkingPerson]) -> Iterator[SoundTrial]:
    """Try each person's clip with its own sound, late, with another moment's, with others'."""
    for person in people:
        reference = reference_of(person.halves[0])
        own = _own(net, person)
        if reference is None or not own:
            continue
        own_llr = nearest_llr(person.halves[1], reference)
        if own_llr is not None:
            yield _trial(OWN, person, person, own, own_llr)
            for ms, kind in LATE.items():
                late = _windows(net, person, person, _starts(person), late_s=ms / 1000)
                yield _trial(kind, person, person, late, own_llr)
            elsewhere = _windows(net, person, person, list(reversed(_starts(person))))
            if len(person.mouths) > 1:
                yield _trial(NARRATION, person, person, elsewhere, own_llr)
        for other in people:
            if other.name != person.name:
                yield from _with_other(net, person, other, own, reference)


def _with_other(
    net: SyncNet,
    person: TalkingPerson,
    other: TalkingPerson,
    own: Sequence[MouthHeard],
    reference: Floats,
) -> Iterator[SoundTrial]:
    llr = nearest_llr(other.clip.voices, reference)
    starts = _starts(other)
    if llr is None or not starts:
        return
    over = _windows(net, person, other, starts)
    yield _trial(VOICE_OVER, person, other, over, llr)
    yield _trial(DUB, person, other, _windows(net, person, other, _as_dubbed(person, other)), llr)
    own_llr = nearest_llr(person.halves[1], reference)
    if len(own) > 1 and over and own_llr is not None:
        mixed = (own[0], over[-1])
        yield _trial(INTERVIEW, person, other, mixed, max(llr, own_llr))
    theirs = _own(net, other)
    # The detector judges the face that fits best; only where that is the person's it says so.
    if sum(one.agreement for one in over) > sum(one.agreement for one in theirs):
        yield _trial(PANELS, person, other, over, llr)
    else:
        yield _trial(PANELS, person, other, (), llr)


def forged_trials(
    net: SyncNet, forged: Sequence[TalkingPerson], people: Sequence[TalkingPerson]
) -> Iterator[SoundTrial]:
    """Ask of each forged clip whether its voice is that of an enrolled person, whose face it is.

    Whose voice such clips have is hardly ever known; each is tried with the voices of all people,
    as that of the person who is shown: nobody's voice was cloned for any of them.
    """
    for clip in forged:
        windows = _own(net, clip)
        for person in people:
            reference = reference_of(person.halves[0])
            if reference is None or person.name == clip.name or not windows:
                continue
            llr = nearest_llr(clip.clip.voices, reference)
            if llr is not None:
                yield _trial(forged_by(clip.clip.row.method), clip, person, windows, llr)


def forged_by(method: str = "") -> SoundKind:
    """Return the kind of clips that one method forged, by default of all methods together."""
    return SoundKind(
        f"forged by {method}, another's voice" if method else EVERY_METHOD, genuine=False
    )


def _trial(
    kind: SoundKind,
    person: TalkingPerson,
    voice: TalkingPerson,
    windows: Sequence[MouthHeard],
    llr: float,
) -> SoundTrial:
    return SoundTrial(kind.name, person.name, voice.name, tuple(windows), llr)


def _starts(person: TalkingPerson) -> list[float]:
    return [mouth.span.start for mouth in person.mouths]


def _own(net: SyncNet, person: TalkingPerson) -> list[MouthHeard]:
    found = [
        with_sound(net, mouth, person.mels, mouth.span.start, several=mouth.several)
        for mouth in person.mouths
    ]
    return [one for one in found if one is not None]


def _windows(
    net: SyncNet,
    person: TalkingPerson,
    sound: TalkingPerson,
    starts: Sequence[float],
    *,
    late_s: float = 0.0,
) -> list[MouthHeard]:
    found = [
        with_sound(net, mouth, sound.mels, start - late_s)
        for mouth, start in zip(person.mouths, starts, strict=False)
    ]
    return [one for one in found if one is not None]


def _as_dubbed(person: TalkingPerson, other: TalkingPerson) -> list[float]:
    """Return for each window where another's sound is loud and soft most like the person's own."""
    return [_best_start(person.mels, mouth.span.start, other.mels) for mouth in person.mouths]


def _best_start(own: Floats, start: float, other: Floats) -> float:
    length = round(WINDOW * MEL_RATE)
    first = round(start * MEL_RATE)
    wanted = _loudness(own[first : first + length])
    loud = other.mean(axis=1)
    wanted = wanted[: len(loud)]
    tried = range(0, max(1, len(loud) - len(wanted)), MEL_RATE // 5)
    fits = [float(_normed(loud[n : n + len(wanted)]) @ wanted) for n in tried]
    return tried[int(np.argmax(fits))] / MEL_RATE


def _loudness(mels: Floats) -> Floats:
    return _normed(mels.mean(axis=1))


def _normed(values: Floats) -> Floats:
    return unit(values - values.mean())


def measure(media: Path | None, work: Path) -> dict[str, Any]:
    """Return what is said of genuine clips with their own and other sounds, and of forged ones.

    `media` is a folder that `training.media` laid out.
    """
    if media is None:
        raise ValueError("expected --media with the clips that training.media lays out, got none")
    clips = list(watch_all(asked_rows(media), media, work / "watched"))
    talking = [TalkingPerson(clip.row.identity, clip) for clip in clips if len(clip.sound)]
    people = [one for one in talking if not one.clip.row.fake]
    forged = [one for one in talking if one.clip.row.fake]
    net = sync_net()
    accused = list(forged_trials(net, forged, people))
    found = [*genuine_trials(net, people), *accused]
    methods = sorted({one.clip.row.method for one in forged})
    return {
        "genuine_clips": len(people),
        "people": len({one.name for one in people}),
        "forged_clips": len(forged),
        "methods": methods,
        "kinds": [
            *(of_kind(kind, found) for kind in (*GENUINE, *map(forged_by, methods))),
            of_kind(forged_by(), [replace(one, kind=EVERY_METHOD) for one in accused]),
        ],
    }


def asked_rows(media: Path) -> list[MediaRow]:
    """Return the clips that count: talking faces that the network of mouths never saw."""
    taken: Counter[tuple[str, str]] = Counter()
    chosen = []
    for row in read_media_rows(media):
        source = (row.collection, row.method)
        if not _is_asked(row) or (row.fake and taken[source] == MOST_FORGED):
            continue
        taken[source] += 1
        chosen.append(row)
    return chosen


def _is_asked(row: MediaRow) -> bool:
    if row.identity in seen_in_training() or any(part in row.path for part in NOT_OF_A_TALKER):
        return False
    if row.fake:
        return row.collection in FORGED_FROM and row.method not in NO_SPEECH
    return row.collection in TALKING


@cache
def seen_in_training() -> frozenset[str]:
    """Return the people whose faces the clips show that the network of mouths learned from."""
    with PEOPLE.open(encoding="utf-8", newline="") as stream:
        return frozenset(row["identity"] for row in csv.DictReader(stream, delimiter="\t"))


def of_kind(kind: SoundKind, found: Sequence[SoundTrial]) -> dict[str, Any]:
    """Return how often each thing is said of a kind, and how often two would be said together."""
    own = [one for one in found if one.kind == kind.name]
    said = [word(one.windows) for one in own]
    fits = np.array([goes_together(one.windows) for one in own], bool)
    llr = np.array([one.voice_llr for one in own])
    return {
        "name": kind.name,
        "genuine": kind.genuine,
        "trials": len(own),
        "people": len({one.person for one in own}),
        "words": {name: said.count(name) / max(1, len(said)) for name in WORDS},
        "goes_together": float(fits.mean()) if len(own) else None,
        "other_voice": [float((llr <= limit).mean()) if len(own) else None for limit in LIMITS],
        "both": [_share(own, fits & (llr <= limit)) for limit in LIMITS],
    }


def goes_together(windows: Sequence[MouthHeard]) -> bool:
    """Say whether the mouth goes with the voice in each of enough windows."""
    return len(windows) >= FITTING and all(word([one]) == "fits" for one in windows)


def _share(own: Sequence[SoundTrial], said: Flags) -> dict[str, float] | None:
    """Return a share of trials with the upper end of its interval, drawn over people.

    What never happened to anybody has the exact end for so many people: drawing can't tell it.
    """
    if not own:
        return None
    names = sorted({one.person for one in own})
    place = np.array([names.index(one.person) for one in own])
    counts, hits = np.bincount(place), np.bincount(place, weights=said)
    rng = np.random.default_rng(1)
    drawn = rng.integers(len(names), size=(ROUNDS, len(names)))
    shares = hits[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    high = float(np.percentile(shares, 97.5)) if said.any() else 1 - 0.025 ** (1 / len(names))
    return {"share": float(said.mean()), "high": high}


def markdown(found: Mapping[str, Any]) -> list[str]:
    """Return the tables as lines of Markdown."""
    words = list(WORDS)
    return [
        "## Mouth and voice together",
        "",
        "`python -m benchmarks.person mouth_and_voice --media CLIPS --work DIR`",
        "",
        f"{found['genuine_clips']} genuine clips of {found['people']} people whom the network of "
        "mouths never saw (`training.media`), each with its own sound and with others, as a scan "
        "hears it: two windows of 5 s. A voice is compared with the first half of the person's "
        "own clip, so the same microphone and room: the first row flatters. Of forged clips "
        f"({found['forged_clips']}; {', '.join(found['methods'])}) hardly ever a genuine "
        "recording is known; each is tried with everybody's voice as that of the person shown.",
        "",
        "What is said of the mouth (both windows):",
        "",
        *table(
            ("picture and sound", "tried", "people", *words),
            (
                (row["name"], row["trials"], row["people"])
                + tuple(percent(row["words"][one]) for one in words)
                for row in found["kinds"]
            ),
        ),
        "",
        "How often the mouth goes with the voice in each window, the voice is unlike the person's "
        "(ratio of at most -1, -2, -3), and both, with the upper end of the 95% interval over "
        "people (of what never happened, the most that so few people can rule out):",
        "",
        *table(
            ("picture and sound", "goes together", *(f"voice {x:.0f}" for x in LIMITS))
            + tuple(f"both at {x:.0f}" for x in LIMITS),
            (
                (row["name"], percent(row["goes_together"]), *map(percent, row["other_voice"]))
                + tuple(map(_both, row["both"]))
                for row in found["kinds"]
            ),
        ),
    ]


def _both(share: Mapping[str, float] | None) -> str:
    return percent(None) if share is None else f"{share['share']:.1%} (to {share['high']:.1%})"
