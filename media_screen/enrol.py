"""Checks the references of enrolled people, builds the galleries, and fills the catalogue.

`PEOPLE/<slug>/faces`, `voice` and `official` are each person's references; `PEOPLE/_known_fakes`
may hold fakes that were found before, those of a person in a folder of that person's slug.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from media_screen.catalogue import Catalogue, CatalogueError
from media_screen.files import remove_database
from media_screen.folders import CACHE_FOLDER, Kind, LeftOut, Listing, look_through
from media_screen.media import MediaError, shown_path
from media_screen.references import (
    FoundFace,
    FoundVoice,
    Store,
    Way,
    read_picture,
    read_video,
    read_voices,
)
from media_screen.speech.embed import unit
from media_screen.speech.voices import SAME_VOICE, same_voice

if TYPE_CHECKING:
    from media_screen.look import Looker
    from media_screen.people import Person

Floats = npt.NDArray[np.float32]

CATALOGUE = "catalogue.sqlite"
KNOWN_FAKES = "_known_fakes"
MIN_REFERENCE_FACE = 60.0  # px wide; smaller references make every comparison vague
MIN_SHARPNESS = 0.15  # of faces.align.Quality; below, the picture is too blurred to compare with
MAX_TURN = 45.0  # degrees of yaw; a profile shows half of what is compared
# Cosine below which two references are told to be of different people: well under what pictures of
# one person reach, so that an old or odd picture is not refused, and above most of other people.
SAME_PERSON = 0.35
MIN_REFERENCE_SPEECH = 5.0  # s of one voice in a reference; less is too little to know it by

_log = logging.getLogger(__name__)


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
class VoiceTemplate:
    """What a person sounds like: the mean of the accepted references, unit length."""

    person: str
    embedding: Floats
    recordings: int  # of the voice folder
    videos: int
    seconds: float  # of speech that was listened to


@dataclass(frozen=True, slots=True)
class Gallery:
    """The templates of all enrolled people who have usable references: of faces, and of voices."""

    templates: tuple[Template, ...] = ()
    voices: tuple[VoiceTemplate, ...] = ()

    def cosines(self, embedding: Floats) -> list[tuple[str, float]]:
        """Return (person, cosine) for everyone enrolled, most similar first."""
        scored = [(one.person, float(one.embedding @ embedding)) for one in self.templates]
        return sorted(scored, key=lambda pair: -pair[1])


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The result of enrolling a folder of people."""

    gallery: Gallery
    catalogue: Path | None  # the file of official footage and known fakes; None when there is none
    problems: tuple[Problem, ...]
    read: int  # references that were read anew
    kept: int  # references whose earlier result was used again
    left_out: tuple[LeftOut, ...] = ()  # of the folders of references: no reference


OnReference = Callable[[str, Path, int, int], None]  # person, file, done, total


@dataclass(frozen=True, slots=True)
class _Work:
    """One reference to read. `person` is "" for a known fake of nobody in particular."""

    person: str
    file: Path
    kind: Literal["picture", "official", "known_fake", "voice"]

    @property
    def reference(self) -> str:
        """Its name in the catalogue."""
        return shown_path(Path(self.file.name))

    @property
    def filed_as(self) -> Literal["official", "known_fake"]:
        """What it is in the catalogue."""
        return "known_fake" if self.kind == "known_fake" else "official"

    def precedence(self) -> tuple[bool, bool]:
        """Sort first what counts when one content lies in several places."""
        return self.kind != "known_fake", not self.person


def enrol(
    folder: Path,
    people: Sequence[Person],
    looker: Callable[[], Looker],
    *,
    device: str = "cpu",
    on_reference: OnReference | None = None,
) -> Enrolment:
    """Check every reference of the people in a folder, build their gallery, fill the catalogue.

    `looker` makes the face networks, and is called only when a reference was not read before;
    `device` is where those of the voice run. Raises OSError or CatalogueError when the files beside
    the people can't be written.
    """
    looker = functools.cache(looker)
    fakes = _known_fakes(folder)
    work = list(_work(folder, people, fakes))
    faces: dict[_Work, list[FoundFace]] = {}
    voices: dict[_Work, list[FoundVoice]] = {}
    problems = [problem for one in people for problem in _told(one.slug, one.left_out)]
    problems += _told("", fakes.left_out)
    places: dict[str, list[_Work]] = {}  # by content, of what belongs into the catalogue
    read = 0
    with (
        closing(Store(folder / CACHE_FOLDER)) as store,
        _open_catalogue(folder / CACHE_FOLDER / CATALOGUE) as catalogue,
    ):
        for done, item in enumerate(work):
            if on_reference is not None:
                on_reference(item.person, item.file, done, len(work))
            try:
                sha256 = store.hash_of(item.file)
            except MediaError as error_of_file:
                problems.append(
                    _problem(item.person, item.file, str(error_of_file), "replace the file")
                )
                continue
            fresh, error = False, ""
            if item.kind != "voice":
                faces[item], error, fresh = _seen(store, looker, item, sha256, catalogue)
                if not error and item.kind != "picture":
                    places.setdefault(sha256, []).append(item)
            if item.kind in ("voice", "official") and not error:
                voices[item], error, heard = _heard(store, item, sha256, device)
                fresh |= heard
            read += fresh
            if error:
                problems.append(_problem(item.person, item.file, error, "replace the file"))
        for item in _file_by_place(catalogue, places, problems):
            faces.pop(item, None)
            voices.pop(item, None)
    templates = [_template(person, faces, problems) for person in people]
    sounds = [_voice_template(person, voices, problems) for person in people]
    return Enrolment(
        gallery=Gallery(
            tuple(one for one in templates if one is not None),
            tuple(one for one in sounds if one is not None),
        ),
        catalogue=folder / CACHE_FOLDER / CATALOGUE if places else None,
        problems=tuple(problems),
        read=read,
        kept=len(work) - read,
        left_out=(*(one for person in people for one in person.left_out), *fakes.left_out),
    )


def _seen(
    store: Store, looker: Callable[[], Looker], item: _Work, sha256: str, catalogue: Catalogue
) -> tuple[list[FoundFace], str, bool]:
    """Return the faces of a reference, why it can't be read, and whether it was read anew."""
    way: Way = "picture" if item.kind == "picture" else "video"
    known = store.get(sha256, way)
    if known is not None and (way == "picture" or known[1] or catalogue.has(sha256)):
        return *known, False
    known = _read(looker(), item, sha256, catalogue)
    store.put(sha256, way, *known)
    return *known, True


def _heard(
    store: Store, item: _Work, sha256: str, device: str
) -> tuple[list[FoundVoice], str, bool]:
    """Return the voices of a reference, why it can't be read, and whether it was read anew."""
    known = store.get_voices(sha256)
    if known is not None:
        return *known, False
    try:
        known = read_voices(item.file, device=device), ""
    except MediaError as error:
        known = [], str(error)
    store.put_voices(sha256, *known)
    return *known, True


def _open_catalogue(path: Path) -> Catalogue:
    """Open the catalogue; a damaged one is begun anew, since all of it can be read again."""
    try:
        return Catalogue.open(path)
    except CatalogueError as error:
        _log.warning("%s", error)
        remove_database(path)  # whatever it is, it stands in the program's own folder
        return Catalogue.open(path)


def _work(folder: Path, people: Sequence[Person], fakes: Listing) -> Iterator[_Work]:
    for person in people:
        yield from (_Work(person.slug, file, "picture") for file in person.faces)
        yield from (_Work(person.slug, file, "voice") for file in person.voice)
        yield from (_Work(person.slug, file, "official") for file in person.official)
    slugs = {person.slug for person in people}
    for file in fakes.media:
        owner = file.relative_to(folder / KNOWN_FAKES).parts[0]
        yield _Work(owner if owner in slugs else "", file, "known_fake")


def _known_fakes(folder: Path) -> Listing:
    fakes = folder / KNOWN_FAKES
    return look_through(fakes) if fakes.is_dir() else Listing()


# What a user should know of, among what is left out: it may have been meant as a reference.
_TOLD: Mapping[Kind, tuple[str, str]] = {
    "link": ("a linked folder is not looked into", "copy its files, or link each of them"),
    "special": ("it is not a regular file", "take it away"),
    "unreadable": ("the folder can't be looked into", "let this user read it"),
}


def _told(person: str, left_out: Sequence[LeftOut]) -> Iterator[Problem]:
    for one in left_out:
        if one.kind in _TOLD:
            yield _problem(person, one.path, *_TOLD[one.kind])


def _read(
    looker: Looker, item: _Work, sha256: str, catalogue: Catalogue
) -> tuple[list[FoundFace], str]:
    """Return the faces of a reference and, when it can't be read, why; videos are catalogued."""
    try:
        if item.kind == "picture":
            return read_picture(looker, item.file), ""
        faces, fingerprint = read_video(looker, item.file)
    except MediaError as error:
        return [], str(error)
    catalogue.add(item.person, item.reference, sha256, fingerprint, kind=item.filed_as)
    return faces, ""


def _file_by_place(
    catalogue: Catalogue, places: Mapping[str, Sequence[_Work]], problems: list[Problem]
) -> list[_Work]:
    """File each entry under what its file is now, and return the official files that are fakes.

    A file may have been moved since it was read: from one person to another, or to the known fakes.
    What lies in two places counts as a fake rather than as official, and as a person's rather than
    nobody's.
    """
    refused = []
    for entry in catalogue.entries():
        if entry.sha256 not in places:
            catalogue.remove(sha256=entry.sha256)  # its file was taken out of the folder
            continue
        first, *others = sorted(places[entry.sha256], key=_Work.precedence)
        filed = (entry.person, entry.reference, entry.kind)
        if filed != (first.person, first.reference, first.filed_as):
            catalogue.file_under(entry.sha256, first.person, first.reference, kind=first.filed_as)
        for other in others:
            if (other.person, other.kind) == (first.person, first.kind):
                continue  # a second copy says nothing else
            is_fake = first.kind == "known_fake" and other.kind == "official"
            why = f"the same file lies at {shown_path(first.file)}, and counts as that"
            problems.append(
                _problem(other.person, other.file, why, "take one of the two away", refused=is_fake)
            )
            if is_fake:
                refused.append(other)
    return refused


def _template(
    person: Person, found: Mapping[_Work, list[FoundFace]], problems: list[Problem]
) -> Template | None:
    """Build a person's template of the references that pass, and note those that don't."""
    own = [(item, faces) for item, faces in found.items() if item.person == person.slug]
    pictures = [(item.file, faces) for item, faces in own if item.kind == "picture"]
    videos = [(item.file, faces) for item, faces in own if item.kind == "official"]
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
                _problem(person.slug, person.folder / "official",
                         "the official videos do not show one person throughout",
                         "add a picture of the person to faces/")
            )  # fmt: skip
            return None
        centre = main_face
    else:
        problems.append(
            _problem(person.slug, person.folder / "faces", "no usable face reference",
                     "add two or more clear, frontal pictures of the person to faces/")
        )  # fmt: skip
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
                _problem(person.slug, file, "no face was found in it",
                         "use a picture in which the face is upright and unobstructed")
            )  # fmt: skip
        return None
    # Someone small in the background is no second person.
    large = [face for face in faces if face.size_px >= faces[0].size_px / 2]
    if len(large) > 1:
        problems.append(
            _problem(person.slug, file, f"it shows {len(large)} people of similar size",
                     f"crop it so that only {person.name} is in it")
        )  # fmt: skip
        return None
    face = faces[0]
    if face.size_px < MIN_REFERENCE_FACE:
        problems.append(
            _problem(person.slug, file, f"the face is only {face.size_px:.0f} px wide",
                     f"use a picture with a face at least {MIN_REFERENCE_FACE:.0f} px wide")
        )  # fmt: skip
        return None
    for bad, why, fix in (
        (face.sharpness < MIN_SHARPNESS, "the face is blurred", "use a sharper picture"),
        (abs(face.yaw_deg) > MAX_TURN, "the face is seen from the side",
         "add a frontal picture too"),
    ):  # fmt: skip
        if bad:
            problems.append(_problem(person.slug, file, why, fix, refused=False))
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
            problems.append(_problem(person.slug, second, why, fix, refused=False))
        return accepted
    kept = []
    for index, (file, face) in enumerate(accepted):
        others = [f.embedding for i, (_, f) in enumerate(accepted) if i != index]
        cosine = float(_mean(others) @ face.embedding) if others else 1.0
        if cosine >= SAME_PERSON:
            kept.append((file, face))
        else:
            why = f"it does not look like the other pictures (cosine {cosine:.2f})"
            problems.append(_problem(person.slug, file, why, f"check that it shows {person.name}"))
    return kept


def _main_face(tracks: list[tuple[Path, FoundFace]], videos: int) -> Floats | None:
    """Return the mean of the face that most videos show, or None when no face leads clearly."""
    stacked = np.stack([face.embedding for _, face in tracks])
    alike = stacked @ stacked.T >= SAME_PERSON
    files = np.array([hash(file) for file, _ in tracks])
    shown_in = [len(set(files[row])) for row in alike]
    lead = int(np.argmax(shown_in))
    if shown_in[lead] * 2 < videos + 1:  # more than half of the videos
        return None
    return _mean(list(stacked[alike[lead]]))


def _strangers(
    person: Person,
    videos: list[tuple[Path, list[FoundFace]]],
    matching: list[tuple[Path, FoundFace]],
) -> Iterator[Problem]:
    """Note official videos in which nobody looks like the person; they stay official footage."""
    matched = {file for file, _ in matching}
    for file, faces in videos:
        if faces and file not in matched:
            yield _problem(
                person.slug, file, f"nobody in it looks like {person.name}",
                "check that it is a video of the person; it still counts as official footage",
                refused=False,
            )  # fmt: skip


def _voice_template(
    person: Person, found: Mapping[_Work, list[FoundVoice]], problems: list[Problem]
) -> VoiceTemplate | None:
    """Build a person's voice of the recordings that pass, and of official videos in that voice.

    Without recordings it is the voice that more than half of the official videos share.
    """
    own = [(item, voices) for item, voices in found.items() if item.person == person.slug]
    recordings = [
        (item.file, voice)
        for item, voices in own
        if item.kind == "voice"
        and (voice := _checked_recording(person, item.file, voices, problems)) is not None
    ]
    videos = [
        (item.file, voice)
        for item, voices in own
        for voice in voices
        if item.kind == "official" and voice.seconds >= MIN_REFERENCE_SPEECH
    ]
    if recordings:
        centre = _mean([voice.embedding for _, voice in recordings])
        videos = [pair for pair in videos if float(centre @ pair[1].embedding) >= SAME_VOICE]
    else:
        videos = _main_voice(videos, sum(item.kind == "official" for item, _ in own))
    chosen = [*recordings, *videos]
    if not chosen:
        return None
    weighted = [voice.embedding * voice.seconds for _, voice in chosen]
    return VoiceTemplate(
        person=person.slug,
        embedding=unit(np.sum(np.stack(weighted), axis=0)),
        recordings=len(recordings),
        videos=len({file for file, _ in videos}),
        seconds=sum(voice.seconds for _, voice in chosen),
    )


def _checked_recording(
    person: Person, file: Path, voices: list[FoundVoice], problems: list[Problem]
) -> FoundVoice | None:
    """Return the one voice of a reference recording, else note what is wrong with it."""
    if not voices:
        if not any(problem.file == shown_path(file) for problem in problems):
            problems.append(
                _problem(person.slug, file, "nobody speaks in it",
                         "use a recording of speech without music")
            )  # fmt: skip
        return None
    total = sum(voice.seconds for voice in voices)
    if voices[0].seconds * 2 < total:
        problems.append(
            _problem(person.slug, file, f"{len(voices)} people speak in it",
                     f"cut it so that only {person.name} speaks")
        )  # fmt: skip
        return None
    if voices[0].seconds < MIN_REFERENCE_SPEECH:
        problems.append(
            _problem(person.slug, file, f"it has only {voices[0].seconds:.1f} s of one voice",
                     f"use a recording with at least {MIN_REFERENCE_SPEECH:.0f} s")
        )  # fmt: skip
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


def _problem(person: str, file: Path, why: str, fix: str, *, refused: bool = True) -> Problem:
    return Problem(person, shown_path(file), why, fix, refused)


def _mean(embeddings: Sequence[Floats]) -> Floats:
    """Return the mean direction of unit vectors, as a unit vector."""
    total = np.sum(np.stack(embeddings), axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), np.float32)
