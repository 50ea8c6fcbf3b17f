"""Makes of a person's references what others are compared with, and checks the references.

A reference that shows or voices nobody, or somebody else, is refused and told.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from media_screen.arrays import Floats
from media_screen.evidence import HeardBeside, HeardFor, RecordedMoment
from media_screen.media import shown_path
from media_screen.people.references import FoundFace, FoundVoice
from media_screen.speech.embed import unit
from media_screen.speech.voices import SAME_VOICE, same_voice

if TYPE_CHECKING:
    from media_screen.people.registry import Person
    from media_screen.speech.voices import VoiceWindow


MIN_REFERENCE_FACE = 60.0  # px wide; smaller references make every comparison vague
MIN_SHARPNESS = 0.15  # of faces.align.Quality; below, the picture is too blurred to compare with
MAX_TURN = 45.0  # degrees of yaw; a profile shows half of what is compared
# Cosine below which two references are told to be of different people: well under what pictures of
# one person reach, so that an old or odd picture is not refused, and above most of other people.
SAME_PERSON = 0.35
MIN_REFERENCE_SPEECH = 5.0  # s of one voice in a reference; less is too little to know it by


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a reference that the user should mend: what is wrong and what to do."""

    person: str
    file: str
    why: str
    fix: str
    refused: bool = True  # the reference is not used; else it is used with this reservation


@dataclass(frozen=True, slots=True)
class Template:
    """What a person looks like: the mean of the accepted references, unit length."""

    person: str
    embedding: Floats
    pictures: int
    videos: int


@dataclass(frozen=True, slots=True)
class KnownMoment:
    """A moment of a person's recordings, and the voice in it, unit length."""

    recorded: RecordedMoment
    embedding: Floats


@dataclass(frozen=True, slots=True)
class VoiceTemplate:
    """What a person sounds like: the mean of the accepted references, unit length.

    `synthesis` is what the check for synthetic speech says of the voice in each of them, raw;
    `moments` are what can be listened to.
    """

    person: str
    embedding: Floats
    recordings: int  # of the voice folder
    videos: int
    seconds: float  # of speech that was listened to
    synthesis: tuple[float, ...] = ()
    moments: tuple[KnownMoment, ...] = ()

    def beside(self, window: VoiceWindow, heard_for: HeardFor) -> Iterator[HeardBeside]:
        """Give a window of speech beside the moment most like it; nothing where none is known."""
        cosines = [float(one.embedding @ window.embedding) for one in self.moments]
        if cosines:
            nearest = int(np.argmax(cosines))
            cosine = min(max(cosines[nearest], -1.0), 1.0)
            yield HeardBeside(heard_for, window.span, self.moments[nearest].recorded, cosine)


@dataclass(frozen=True, slots=True)
class Gallery:
    """The templates of all enrolled people who have usable references: of faces, and of voices."""

    templates: tuple[Template, ...] = ()
    voices: tuple[VoiceTemplate, ...] = ()

    def cosines(self, embedding: Floats) -> list[tuple[str, float]]:
        """Return (person, cosine) for everyone enrolled, most similar first."""
        scored = [(one.person, float(one.embedding @ embedding)) for one in self.templates]
        return sorted(scored, key=lambda pair: -pair[1])

    def whose(self, face: Floats, *, size_px: float) -> str | None:
        """Return the enrolled person whose face it rather is than a stranger's, or None."""
        from media_screen.faces.embed import calibrated_llr

        for person, cosine in self.cosines(face)[:1]:
            return person if calibrated_llr(cosine, size_px=size_px) > 0.0 else None
        return None


def face_template(
    person: Person,
    pictures: Sequence[tuple[Path, list[FoundFace]]],
    videos: Sequence[tuple[Path, list[FoundFace]]],
    problems: list[Problem],
) -> Template | None:
    """Build a person's template of the references that pass, and note those that don't."""
    accepted = [
        (file, face)
        for file, faces in pictures
        if (face := _checked_picture(person, file, faces, problems)) is not None
    ]
    accepted = _consistent(person, accepted, problems)
    tracks = [(file, face) for file, faces in videos for face in faces]
    if accepted:
        centre = _mean([face.embedding for _, face in accepted])
    elif tracks:
        main_face = _main_face(tracks, len(videos))
        if main_face is None:
            problems.append(
                problem_of(
                    person.slug,
                    person.folder / "official",
                    "the official videos do not show one person throughout",
                    "add a picture of the person to faces/",
                )
            )
            return None
        centre = main_face
    else:
        problems.append(
            problem_of(
                person.slug,
                person.folder / "faces",
                "no usable face reference",
                "add two or more clear, frontal pictures of the person to faces/",
            )
        )
        return None
    matching = [(file, face) for file, face in tracks if centre @ face.embedding >= SAME_PERSON]
    problems.extend(_strangers(person, videos, matching))
    # Pictures and videos weigh alike by file, or one long video would be the whole template.
    by_file: dict[Path, list[Floats]] = {}
    for file, face in (*accepted, *matching):
        by_file.setdefault(file, []).append(face.embedding)
    return Template(
        person=person.slug,
        embedding=_mean([_mean(faces) for faces in by_file.values()]),
        pictures=len(accepted),
        videos=len({file for file, _ in matching}),
    )


def _checked_picture(
    person: Person, file: Path, faces: list[FoundFace], problems: list[Problem]
) -> FoundFace | None:
    """Return the one usable face of a reference picture, else note what is wrong with it."""
    if not faces:
        if not any(problem.file == shown_path(file) for problem in problems):
            problems.append(
                problem_of(
                    person.slug,
                    file,
                    "no face was found in it",
                    "use a picture in which the face is upright and unobstructed",
                )
            )
        return None
    # Someone small in the background is no second person.
    large = [face for face in faces if face.size_px >= faces[0].size_px / 2]
    if len(large) > 1:
        problems.append(
            problem_of(
                person.slug,
                file,
                f"it shows {len(large)} people of similar size",
                f"crop it so that only {person.name} is in it",
            )
        )
        return None
    face = faces[0]
    if face.size_px < MIN_REFERENCE_FACE:
        problems.append(
            problem_of(
                person.slug,
                file,
                f"the face is only {face.size_px:.0f} px wide",
                f"use a picture with a face at least {MIN_REFERENCE_FACE:.0f} px wide",
            )
        )
        return None
    for bad, why, fix in (
        (face.sharpness < MIN_SHARPNESS, "the face is blurred", "use a sharper picture"),
        (
            abs(face.yaw_deg) > MAX_TURN,
            "the face is seen from the side",
            "add a frontal picture too",
        ),
    ):
        if bad:
            problems.append(problem_of(person.slug, file, why, fix, refused=False))
    return face


def _consistent(
    person: Person, accepted: list[tuple[Path, FoundFace]], problems: list[Problem]
) -> list[tuple[Path, FoundFace]]:
    """Drop pictures that look like someone else than the rest; two alone can't be told apart."""
    if len(accepted) == 2:
        (first, one), (second, other) = accepted
        cosine = float(one.embedding @ other.embedding)
        if cosine < SAME_PERSON:
            why = f"it and {shown_path(first)} do not look like one person (cosine {cosine:.2f})"
            fix = f"check which of them shows {person.name}, or add a third picture"
            problems.append(problem_of(person.slug, second, why, fix, refused=False))
        return accepted
    kept = []
    for index, (file, face) in enumerate(accepted):
        others = [f.embedding for i, (_, f) in enumerate(accepted) if i != index]
        cosine = float(_mean(others) @ face.embedding) if others else 1.0
        if cosine >= SAME_PERSON:
            kept.append((file, face))
        else:
            why = f"it does not look like the other pictures (cosine {cosine:.2f})"
            problems.append(
                problem_of(person.slug, file, why, f"check that it shows {person.name}")
            )
    return kept


def _main_face(tracks: list[tuple[Path, FoundFace]], videos: int) -> Floats | None:
    """Return the mean of the face that most videos show, or None when no face leads clearly."""
    stacked = np.stack([face.embedding for _, face in tracks])
    alike = stacked @ stacked.T >= SAME_PERSON
    files = np.array([hash(file) for file, _ in tracks])
    shown_in = [len(set(files[row])) for row in alike]
    weights = np.array([face.count * face.size_px for _, face in tracks])
    seen = [(count, float(weights[row].sum())) for count, row in zip(shown_in, alike, strict=True)]
    lead = max(range(len(tracks)), key=lambda track: seen[track])
    if shown_in[lead] * 2 < videos + 1:  # more than half of the videos
        return None
    # Beside somebody who is in as many videos, half as long and large, it is anybody's guess.
    if any(
        count == shown_in[lead] and weight * 2 >= seen[lead][1]
        for (count, weight), like in zip(seen, alike[lead], strict=True)
        if not like
    ):
        return None
    return _mean(list(stacked[alike[lead]]))


def _strangers(
    person: Person,
    videos: Sequence[tuple[Path, list[FoundFace]]],
    matching: list[tuple[Path, FoundFace]],
) -> Iterator[Problem]:
    """Note official videos in which nobody looks like the person; they stay official footage."""
    matched = {file for file, _ in matching}
    for file, faces in videos:
        if faces and file not in matched:
            yield problem_of(
                person.slug,
                file,
                f"nobody in it looks like {person.name}",
                "check that it is a video of the person; it still counts as official footage",
                refused=False,
            )


def voice_template(
    person: Person,
    recordings: Sequence[tuple[Path, list[FoundVoice]]],
    videos: Sequence[tuple[Path, list[FoundVoice]]],
    problems: list[Problem],
) -> VoiceTemplate | None:
    """Build a person's voice of the recordings that pass, and of official videos in that voice.

    Without recordings it is the voice that more than half of the official videos share.
    """
    spoken = [
        (file, voice)
        for file, voices in recordings
        if (voice := _checked_recording(person, file, voices, problems)) is not None
    ]
    shown = [
        (file, voice)
        for file, voices in videos
        for voice in voices
        if voice.seconds >= MIN_REFERENCE_SPEECH
    ]
    if spoken:
        centre = _mean([voice.embedding for _, voice in spoken])
        shown = [pair for pair in shown if float(centre @ pair[1].embedding) >= SAME_VOICE]
    else:
        shown = _main_voice(shown, len(videos))
    chosen = [*spoken, *shown]
    if not chosen:
        return None
    weighted = [voice.embedding * voice.seconds for _, voice in chosen]
    return VoiceTemplate(
        person=person.slug,
        embedding=unit(np.sum(np.stack(weighted), axis=0)),
        recordings=len(spoken),
        videos=len({file for file, _ in shown}),
        seconds=sum(voice.seconds for _, voice in chosen),
        synthesis=tuple(_by_file(chosen)),
        moments=tuple(_moments(person, chosen)),
    )


def _moments(person: Person, voices: Sequence[tuple[Path, FoundVoice]]) -> Iterator[KnownMoment]:
    """Give what can be listened to of the references of a person; of a file that is gone none."""
    for file, voice in voices:
        path = shown_path(Path(person.slug, file.relative_to(person.folder))).replace(os.sep, "/")
        try:
            size = file.stat().st_size
        except OSError:
            continue
        for window in voice.windows:
            recorded = RecordedMoment(path, voice.sha256, size, window.span)
            yield KnownMoment(recorded, window.embedding)


def _by_file(voices: Sequence[tuple[Path, FoundVoice]]) -> Iterator[float]:
    """Give the mean score for synthesis of each file, longer voices counting more."""
    files: dict[Path, list[FoundVoice]] = {}
    for file, voice in voices:
        files.setdefault(file, []).append(voice)
    for own in files.values():
        seconds = [voice.seconds for voice in own]
        yield float(np.average([voice.synthesis for voice in own], weights=seconds))


def _checked_recording(
    person: Person, file: Path, voices: list[FoundVoice], problems: list[Problem]
) -> FoundVoice | None:
    """Return the one voice of a reference recording, else note what is wrong with it."""
    if not voices:
        if not any(problem.file == shown_path(file) for problem in problems):
            problems.append(
                problem_of(
                    person.slug,
                    file,
                    "nobody speaks in it",
                    "use a recording of speech without music",
                )
            )
        return None
    total = sum(voice.seconds for voice in voices)
    if voices[0].seconds * 2 < total:
        problems.append(
            problem_of(
                person.slug,
                file,
                f"{len(voices)} people speak in it",
                f"cut it so that only {person.name} speaks",
            )
        )
        return None
    if voices[0].seconds < MIN_REFERENCE_SPEECH:
        problems.append(
            problem_of(
                person.slug,
                file,
                f"it has only {voices[0].seconds:.1f} s of one voice",
                f"use a recording with at least {MIN_REFERENCE_SPEECH:.0f} s",
            )
        )
        return None
    return voices[0]


def _main_voice(
    voices: list[tuple[Path, FoundVoice]], videos: int
) -> list[tuple[Path, FoundVoice]]:
    """Return the voice that more than half of the videos share, [] when none leads clearly."""
    groups = same_voice([voice.embedding for _, voice in voices])
    shown = [[voices[place] for place in group] for group in groups]
    lead = max(shown, key=lambda own: len({file for file, _ in own}), default=[])
    shared = len({file for file, _ in lead})
    rivals = sum(len({file for file, _ in own}) == shared for own in shown)
    return lead if shared * 2 > videos and rivals == 1 else []


def problem_of(person: str, file: Path, why: str, fix: str, *, refused: bool = True) -> Problem:
    """Return a problem with one reference file; its path is made fit for any reader."""
    return Problem(person, shown_path(file), why, fix, refused)


def _mean(embeddings: Sequence[Floats]) -> Floats:
    """Return the mean direction of unit vectors, as a unit vector."""
    total = np.sum(np.stack(embeddings), axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), np.float32)
