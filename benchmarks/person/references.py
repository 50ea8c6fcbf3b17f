"""Measures how much reference is enough to know a face or a voice by.

People of whom there are many pictures or recordings are enrolled with few of them, and looked for
among the rest and among strangers, at the thresholds of a verdict.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.faces.people import EAST_ASIAN
from benchmarks.markdown import percent, table
from media_screen.arrays import Floats
from media_screen.evaluation import metrics
from media_screen.faces.embed import calibrated_llr
from media_screen.fusion.thresholds import IDENTITY_THRESHOLD, VOICE_THRESHOLD
from media_screen.media import SAMPLE_RATE, Media
from media_screen.people.enough import FACES, VOICES
from media_screen.speech.embed import embedder, unit
from media_screen.speech.ratio import calibration, cohort
from training.media.stills import find_faces
from training.record import ship

PICTURES = (1, 2, 5, 10, 20)
VOICE_S = (5.0, 10.0, 20.0, 30.0, 60.0)
ASKED_S = 5.0  # s of speech that are asked about: a short clip
TAKEN = 26  # pictures of a person; some show a second face, and are left out
LEAST_ASKED = 2  # pictures of a person that are not enrolled
STRANGERS = 400  # people with a picture each who are nobody that is enrolled
ACTORS = 6  # of RAVDESS, who are as many women as men
DRAWS = 5  # ways of choosing the references
FALSE_MATCHES = 0.01  # share of strangers at which people are told apart by the best threshold
ROUNDS = 400  # draws of the bootstrap, over people
# As RAVDESS codes how a sentence is spoken, in the third number of a name.
MANNERS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgusted", "surprised")
ENROLLED_AS = ("neutral", "calm")
AUDIBLE = 0.05  # of the loudest moment: where a recording begins and ends
MOMENT = SAMPLE_RATE // 50  # samples over which loudness is told
OTHER = (-1.0, -2.0, -3.0)  # ratios at most of a voice that would be called another's
_SNR_DB = 40.0  # of recordings made in a studio


@dataclass(frozen=True)
class KnownBy:
    """What a gallery of some references came to, over people and draws.

    `recognised` and `false_matches` are shares at the threshold of a verdict, `at_one_percent` the
    share of the person's own that passes where 1% of strangers do; intervals are over people.
    """

    references: float
    people: int
    own: int
    strangers: int
    recognised: float
    interval: tuple[float, float]
    false_matches: float
    at_one_percent: float


def faces(own: Mapping[str, Floats], strangers: Floats, *, seed: int = 1) -> list[KnownBy]:
    """Return what each number of pictures came to; `own` are pictures by person."""
    wanted = PICTURES[-1] + LEAST_ASKED
    people = {name: rows for name, rows in own.items() if len(rows) >= wanted}

    def draw(name: str, count: float, order: Sequence[int]) -> tuple[Floats, Floats]:
        enrolled, asked = list(order[: int(count)]), list(order[PICTURES[-1] :])
        return unit(people[name][enrolled].sum(axis=0)), people[name][asked]

    return [
        _known(count, people, lambda _: strangers, draw, _face_ratios, IDENTITY_THRESHOLD, seed)
        for count in PICTURES
    ]


def _face_ratios(reference: Floats, asked: Floats) -> list[float]:
    return [calibrated_llr(float(cosine)) for cosine in asked @ reference]


def voices(own: Mapping[str, ActorSpeech], *, seed: int = 1) -> list[KnownBy]:
    """Return what each length of speech came to; `own` are recordings by person.

    Strangers are the other people. All are asked about with some recordings joined to `ASKED_S`.
    """
    people = {name: one.rows for name, one in own.items()}
    asked_of = {name: one.joined(range(len(one.rows))) for name, one in own.items()}

    def draw(name: str, length: float, order: Sequence[int]) -> tuple[Floats, Floats]:
        one = own[name]
        heard = np.cumsum(one.seconds[list(order)])
        rest = order[int(np.searchsorted(heard, VOICE_S[-1])) + 1 :]
        enrolled = list(order[: int(np.searchsorted(heard, length)) + 1])
        return one.of(enrolled), one.joined(rest)

    def strangers(name: str) -> Floats:
        return np.concatenate([rows for who, rows in asked_of.items() if who != name])

    return [
        _known(length, people, strangers, draw, _voice_ratios, VOICE_THRESHOLD, seed)
        for length in VOICE_S
    ]


def _voice_ratios(reference: Floats, asked: Floats) -> list[float]:
    scores = [cohort().normalised(one, reference) for one in asked]
    return [calibration().llr(one, seconds=ASKED_S, snr_db=_SNR_DB) for one in scores]


@dataclass(frozen=True, eq=False)
class ActorSpeech:
    """Recordings of one person: their embeddings, and how long each is, s."""

    rows: Floats
    seconds: Floats

    def of(self, places: Sequence[int]) -> Floats:
        """Return the voice of some recordings, the longer ones counting more."""
        weighed = self.rows[list(places)] * self.seconds[list(places), None]
        return unit(weighed.sum(axis=0))

    def joined(self, places: Sequence[int]) -> Floats:
        """Return the voices of recordings that are joined in turn until they have `ASKED_S`."""
        voices, group = [], []
        for place in places:
            group.append(place)
            if self.seconds[group].sum() >= ASKED_S:
                voices.append(self.of(group))
                group = []
        return np.stack(voices) if voices else np.zeros((0, self.rows.shape[1]), np.float32)


def _known(
    count: float,
    people: Mapping[str, Floats],
    strangers: Callable[[str], Floats],
    draw: Callable[[str, float, Sequence[int]], tuple[Floats, Floats]],
    ratios: Callable[[Floats, Floats], list[float]],
    threshold: float,
    seed: int,
) -> KnownBy:
    rng = np.random.default_rng(seed)
    own: dict[str, list[float]] = {name: [] for name in people}
    other: list[float] = []
    for name, rows in people.items():
        for _ in range(DRAWS):
            reference, asked = draw(name, count, rng.permutation(len(rows)).tolist())
            own[name] += ratios(reference, asked)
            other += ratios(reference, strangers(name))
    shares = [float(np.mean(np.array(llrs) >= threshold)) for llrs in own.values()]
    scores = np.array([*(llr for llrs in own.values() for llr in llrs), *other])
    labels = np.arange(len(scores)) < len(scores) - len(other)
    means = [np.mean(rng.choice(shares, len(shares))) for _ in range(ROUNDS)]
    low, high = np.percentile(means, [2.5, 97.5]).tolist()
    return KnownBy(
        count,
        len(people),
        int(labels.sum()),
        len(other),
        float(np.mean(shares)),
        (low, high),
        float(np.mean(np.array(other) >= threshold)),
        float(metrics.tpr_at_fpr(scores, labels, FALSE_MATCHES)),
    )


def east_asian(own: Mapping[str, Floats], *, seed: int = 1) -> dict[str, dict[str, float]]:
    """Return how often further pictures of each of two people are recognised, by references."""
    rng = np.random.default_rng(seed)
    rows: dict[str, dict[str, float]] = {}
    for name, pictures in own.items():
        found = rows[name] = {"pictures": float(len(pictures))}
        for count in (one for one in PICTURES if one + LEAST_ASKED <= len(pictures)):
            shares = []
            for _ in range(4 * DRAWS):
                order = rng.permutation(len(pictures)).tolist()
                llrs = _face_ratios(
                    unit(pictures[order[:count]].sum(axis=0)), pictures[order[count:]]
                )
                shares.append(float(np.mean(np.array(llrs) >= IDENTITY_THRESHOLD)))
            found[str(count)] = float(np.mean(shares))
    return rows


def manners(own: Mapping[str, Mapping[str, ActorSpeech]]) -> dict[str, dict[str, Any]]:
    """Return, by how a sentence is spoken, whose voice it passes for beside calm speech."""
    rows = {}
    for manner in MANNERS:
        llrs = []
        for ways in own.values():
            calm = [ways[one] for one in ENROLLED_AS]
            half = [ActorSpeech(one.rows[::2], one.seconds[::2]) for one in calm]
            asked = ways[manner]
            if manner in ENROLLED_AS:
                asked = ActorSpeech(asked.rows[1::2], asked.seconds[1::2])
            rows_of = np.concatenate([one.rows for one in half])
            both = ActorSpeech(rows_of, np.concatenate([one.seconds for one in half]))
            reference = both.of(range(len(rows_of)))
            llrs += _voice_ratios(reference, asked.joined(range(len(asked.rows))))
        found = np.array(llrs)
        if not len(found):
            continue
        rows[manner] = {
            "asked": len(llrs),
            "recognised": float(np.mean(found >= VOICE_THRESHOLD)),
            "other": [float(np.mean(found <= limit)) for limit in OTHER],
        }
    return rows


@dataclass(frozen=True, eq=False)
class EmbeddedReferences:
    """Names, embeddings and, of recordings, lengths in s."""

    names: tuple[str, ...]
    rows: Floats
    seconds: Floats

    def by(self, owner: Callable[[str], str]) -> dict[str, Floats]:
        """Return the rows by whom they are of."""
        owners = np.array([owner(name) for name in self.names])
        return {who: self.rows[owners == who] for who in sorted(set(owners.tolist()))}

    def spoken(self, owner: Callable[[str], str]) -> dict[str, ActorSpeech]:
        """Return the recordings by whom they are of."""
        owners = np.array([owner(name) for name in self.names])
        return {
            who: ActorSpeech(self.rows[owners == who], self.seconds[owners == who])
            for who in sorted(set(owners.tolist()))
        }


def measure(media: Path | None, work: Path) -> dict[str, Any]:
    """Return what each amount of reference came to, and write what `enroll` tells of it.

    `media` holds lfw-deepfunneled/PERSON/*.jpg, ravdess/Actor_NN/*.wav, and the
    faces of Face-Mask-Detection as the list of labelled media names them.
    """
    if media is None:
        raise ValueError("expected --media with LFW and RAVDESS, got none")
    known, spoken = _pictures(media, work), kept(work / "ravdess.npz", lambda: _heard(media))
    heard = voices(spoken.spoken(_actor))
    of_two = east_asian(east_asian_pictures(media, work).by(east_asian_person))
    ship(FACES, _shipped_faces(known, of_two))
    ship(VOICES, _shipped_voices(heard))
    actors = sorted(set(map(_actor, spoken.names)))
    ways = {
        who: EmbeddedReferences(
            tuple(n for n in spoken.names if _actor(n) == who),
            spoken.rows[[_actor(n) == who for n in spoken.names]],
            spoken.seconds[[_actor(n) == who for n in spoken.names]],
        ).spoken(_manner)
        for who in actors
    }
    return {
        "pictures": [asdict(one) for one in known],
        "voices": [asdict(one) for one in heard],
        "east_asian": of_two,
        "manners": manners(ways),
    }


def _pictures(media: Path, work: Path) -> list[KnownBy]:
    people = _lfw(media)
    once = sorted(who for who, files in people.items() if len(files) < TAKEN)
    files = [people[who][0] for who in random.Random(5).sample(once, STRANGERS)]
    strangers = kept(work / "lfw-once.npz", lambda: embedded(files))
    return faces(pictures_of_many(media, work).by(person_of_lfw), strangers.rows)


def pictures_of_many(media: Path, work: Path) -> EmbeddedReferences:
    """Return the faces of people of LFW of whom there are many pictures."""
    return kept(work / "lfw-often.npz", lambda: embedded(files_of_many(media)))


def files_of_many(media: Path) -> list[Path]:
    """Return some pictures of each person of LFW of whom there are many."""
    rng = random.Random(5)
    often = [files for files in _lfw(media).values() if len(files) >= TAKEN]
    return [file for files in often for file in rng.sample(files, TAKEN)]


def east_asian_pictures(media: Path, work: Path) -> EmbeddedReferences:
    """Return the faces of two East Asian people in small stills."""
    return kept(work / "east-asian.npz", lambda: embedded(_east_asian_files(media)))


def _lfw(media: Path) -> dict[str, list[Path]]:
    people: dict[str, list[Path]] = {}
    for path in sorted((media / "lfw-deepfunneled").glob("*/*.jpg")):
        people.setdefault(path.parent.name, []).append(path)
    return people


def _east_asian_files(media: Path) -> list[Path]:
    wanted = {number for numbers in EAST_ASIAN.values() for number in numbers}
    files = sorted(media.glob("real_face/*/face-mask-detection-*.*"))
    return [file for file in files if int(file.stem[-4:]) in wanted]


def person_of_lfw(name: str) -> str:
    """Return who is shown by a picture of LFW, by its name."""
    return name.rpartition("_")[0]


def east_asian_person(name: str) -> str:
    """Return which of the two East Asian people a still shows, by its name."""
    number = int(Path(name).stem[-4:])
    return next(who for who, numbers in EAST_ASIAN.items() if number in numbers)


def _actor(name: str) -> str:
    return Path(name).stem.split("-")[-1]


def _manner(name: str) -> str:
    return MANNERS[int(name.split("-")[2]) - 1]


def embedded(paths: Sequence[Path]) -> EmbeddedReferences:
    """Return the faces of pictures that surely show one."""
    found = find_faces(paths)
    return EmbeddedReferences(found.names, found.embeddings, np.zeros(len(found.names), np.float32))


def _heard(media: Path) -> EmbeddedReferences:
    net, names, rows, seconds = embedder(), [], [], []
    for path in sorted((media / "ravdess").glob("Actor_*/*.wav")):
        actor = _actor(path.name)
        if int(actor) > ACTORS or path.parent.name != f"Actor_{actor}":  # one lies elsewhere
            continue
        with Media.open(path) as file:
            sound = np.concatenate([part for _, part in file.audio_blocks()])
        spoken = _without_silence(sound)
        names.append(path.stem)
        rows.append(net.embed(spoken))
        seconds.append(len(spoken) / SAMPLE_RATE)
    return EmbeddedReferences(tuple(names), np.stack(rows), np.array(seconds, np.float32))


def _without_silence(sound: Floats) -> Floats:
    loud = np.abs(sound[: len(sound) // MOMENT * MOMENT].reshape(-1, MOMENT)).max(axis=1)
    heard = np.flatnonzero(loud > AUDIBLE * loud.max())
    return sound[heard[0] * MOMENT : (heard[-1] + 1) * MOMENT]


def kept(file: Path, make: Callable[[], EmbeddedReferences]) -> EmbeddedReferences:
    """Return what is kept in a file, made first where it is not there."""
    if not file.is_file():
        found = make()
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, names=np.array(found.names), rows=found.rows, seconds=found.seconds)
    with np.load(file, allow_pickle=False) as kept:
        return EmbeddedReferences(tuple(kept["names"].tolist()), kept["rows"], kept["seconds"])


def _shipped_faces(
    known: Sequence[KnownBy], east: Mapping[str, Mapping[str, float]]
) -> dict[str, Any]:
    """Return what `enroll` tells of pictures: the range over the people of LFW and the others."""
    rows = []
    for one in known:
        every = [own.get(f"{one.references:.0f}") for own in east.values()]
        shares = [one.recognised, *(share for share in every if share is not None)]
        if None not in every:
            rows.append((one.references, min(shares), max(shares)))
    return _shipped(rows)


def _shipped_voices(heard: Sequence[KnownBy]) -> dict[str, Any]:
    """Return what `enroll` tells of speech: the interval over people, and never worse for more."""
    rows: list[tuple[float, float, float]] = []
    for one in heard:
        low, high = one.interval
        rows.append((one.references, max(low, *(row[1] for row in rows), 0.0), high))
    return _shipped(rows)


def _shipped(rows: Sequence[tuple[float, float, float]]) -> dict[str, Any]:
    return {
        "command": "python -m benchmarks.person references",
        "meaning": "least and greatest share of a person's other pictures or recordings that are "
        "recognised at the threshold of a verdict, by how many pictures or seconds of speech are "
        "enrolled",
        "rows": [[amount, round(low, 3), round(high, 3)] for amount, low, high in rows],
    }


def markdown(found: Mapping[str, Any]) -> list[str]:
    """Return the tables as lines of Markdown."""
    head = ("people", "own / strangers", "recognised (95% over people)", "false matches")
    best = "recognised where 1% of strangers pass"
    return [
        "## How much reference is enough",
        "",
        "`python -m benchmarks.person references --media STILLS --work DIR`",
        "",
        f"People of LFW of whom there are {TAKEN} pictures and more, enrolled with "
        f"some, {DRAWS} times each; {STRANGERS} other people are the strangers. Recognised: at the "
        "threshold of a verdict. News pictures of public figures, mostly white and male; the "
        "pictures of one person were taken on several days.",
        "",
        *table(("pictures", *head, best), (_cells(row, "") for row in found["pictures"])),
        "",
        f"Speech of {ACTORS} actors (RAVDESS: two sentences, spoken in eight manners, one session "
        f"and microphone), asked about with {ASKED_S:.0f} s; the others are the strangers.",
        "",
        *table(("speech", *head, best), (_cells(row, " s") for row in found["voices"])),
        "",
        "The same actors, enrolled with half of their neutral and calm recordings, by manner:",
        "",
        *table(
            ("manner", "asked", "recognised", *(f"ratio at most {x:.0f}" for x in OTHER)),
            (
                (name, row["asked"], percent(row["recognised"]), *map(percent, row["other"]))
                for name, row in found["manners"].items()
            ),
        ),
        "",
        "Two East Asian people in small, tightly cut stills, told apart by eye: how many of their "
        "other pictures are recognised with so many enrolled. That is two people, and no more.",
        "",
        *table(
            ("person", "pictures", *map(str, PICTURES)),
            (
                (name, f"{row['pictures']:.0f}")
                + tuple(percent(row.get(str(count))) for count in PICTURES)
                for name, row in found["east_asian"].items()
            ),
        ),
        "",
        "`enroll` tells the range over all of these people.",
        "",
        "Of minutes of official video nothing could be measured: nobody of whom there are five "
        "minutes is among these media. A video counts as one picture does, whatever its length.",
    ]


def _cells(row: Mapping[str, Any], unit_: str) -> Sequence[object]:
    low, high = row["interval"]
    return (
        f"{row['references']:.0f}{unit_}",
        row["people"],
        f"{row['own']} / {row['strangers']}",
        f"{row['recognised']:.1%} ({low:.1%} to {high:.1%})",
        f"{row['false_matches']:.3%}",
        percent(row["at_one_percent"]),
    )
