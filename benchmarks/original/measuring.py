"""Compares files with their originals as a scan does, and keeps what was measured line by line."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.original.gathered import Form, NoFaceError, Question
from media_screen.case import Case
from media_screen.equipment import Equipment
from media_screen.footage.catalogue import Catalogue
from media_screen.footage.catalogue.store import SCHEMA_VERSION
from media_screen.footage.original import (
    comparison,
    laid_over,
    movement,
    overlay,
    pairs,
    residual,
)
from media_screen.footage.original.comparison import ComparedFace, ComparedMatch
from media_screen.footage.original.movement import PartMovement
from media_screen.footage.original.proxy import Proxies
from media_screen.footage.original.residual import Residual
from media_screen.look import Looker
from media_screen.media import Media, identify
from media_screen.people.references import read_video

DIGITS = 4


@dataclass(frozen=True)
class MeasuredFile:
    """What came of one file: how it matches, why it was not compared, and its faces.

    `relation` is "" where nothing matched; `faces` are records of `ComparedFace`, `laid` the scores
    of the overlays; `seconds` those of looking and searching, and of comparing.
    """

    key: str
    kind: str
    forged: bool
    form: Form
    group: str
    relation: str
    lacking: str
    seen: bool
    faces: tuple[Mapping[str, Any], ...] = ()
    laid: tuple[float, ...] = ()
    seconds: tuple[float, float] = (0.0, 0.0)

    @property
    def compared(self) -> list[ComparedFace]:
        """The faces as they were measured."""
        return [_face(record) for record in self.faces]


def measure(
    questions: Sequence[Question], work: Path, *, workers: int, take: int | None
) -> list[MeasuredFile]:
    """Compare everything, in an order that mixes all kinds; what is known is not done again."""
    code_digest()  # of the code as it is now, whatever is edited while hours go by
    work.mkdir(parents=True, exist_ok=True)
    share = partial(_measure_part, mixed(questions, take), work, workers)
    if workers == 1:
        share(0)
    else:
        with ProcessPoolExecutor(workers, initializer=_quiet) as pool:
            list(pool.map(share, range(workers)))
    return read_answers(work)


def read_answers(work: Path) -> list[MeasuredFile]:
    """Return what was measured so far."""
    found: dict[str, MeasuredFile] = {}
    for file in sorted(work.glob(f"answers-{code_digest()}-*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            record = json.loads(line)
            record["faces"], record["laid"], record["seconds"] = (
                tuple(record[name]) for name in ("faces", "laid", "seconds")
            )
            found[record["key"]] = MeasuredFile(**record)
    return list(found.values())


@cache
def code_digest() -> str:
    """Return what tells answers apart that other code measured: 12 hex digits."""
    digest = hashlib.sha256()
    for module in (laid_over, overlay, pairs, residual, movement, comparison):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:12]


def mixed(questions: Sequence[Question], take: int | None) -> list[Question]:
    """Return questions in an order that has all kinds in each part of it."""
    order = np.random.default_rng(0).permutation(len(questions))
    return [questions[number] for number in order[:take]]


def _quiet() -> None:
    import cv2

    from media_screen.weights import nets

    cv2.setNumThreads(1)
    nets.limit_threads(1)
    os.nice(5)


def _measure_part(questions: Sequence[Question], work: Path, of: int, number: int) -> None:
    known = {answer.key for answer in read_answers(work)}
    todo = questions[number::of]
    bench = Bench(work / "references")
    with (work / f"answers-{code_digest()}-{number}.jsonl").open("a", encoding="utf-8") as stream:
        for question in todo:
            if question.key in known:
                continue
            try:
                answer = bench.answer(question)
            except NoFaceError:
                continue
            except Exception as error:  # hours of others must not be lost for one
                print(f"{question.key}: {error!r}", file=sys.stderr, flush=True)
                continue
            stream.write(json.dumps(asdict(answer)) + "\n")
            stream.flush()


class Bench:
    """Holds the networks, and reads each original once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._looker = Looker()
        self._proxies = Proxies((folder,))
        self._catalogue = cache(self._read)

    def answer(self, question: Question) -> MeasuredFile:
        """Compare one file with its original."""
        path = question.make()
        equipment = self.equipment(question.original())
        started = time.perf_counter()
        with Media.open(path, threads=1) as media:
            case = Case(media, equipment)
            found = case.matches
            searched = time.perf_counter()
            compared = case.comparisons
            ended = time.perf_counter()
        matches = [one.match.relation for one in found]
        return MeasuredFile(
            key=question.key,
            kind=question.kind,
            forged=question.forged,
            form=question.form,
            group=question.group,
            relation=matches[0] if matches else "",
            lacking="; ".join(one.lacking[1] for one in compared if one.lacking),
            seen=any(one.seen for one in compared),
            faces=tuple(_records(compared)),
            laid=tuple(
                -1.0 if window.score is None else round(window.score, DIGITS)
                for one in compared
                for window in one.windows
            ),
            seconds=(round(searched - started, 3), round(ended - searched, 3)),
        )

    def equipment(self, original: Path) -> Equipment:
        """Return what a scan has where this one file is enrolled."""
        return Equipment(
            looker=self._looker, catalogue=self._catalogue(original), proxies=self._proxies
        )

    def _read(self, original: Path) -> Catalogue:
        sha256, _ = identify(original)
        catalogue = Catalogue.open(self._folder / f"{sha256[:24]}-{SCHEMA_VERSION}.sqlite")
        if not len(catalogue) or self._proxies.path(sha256) is None:
            with self._proxies.writer(sha256) as proxy:
                _, fingerprint = read_video(self._looker, original, proxy=proxy)
                proxy.finish()
            catalogue.add("person", original.name, sha256, fingerprint)
        return catalogue


def _records(compared: Sequence[ComparedMatch]) -> Iterator[dict[str, Any]]:
    for one in compared:
        for window in one.windows:
            for face in window.faces:
                record = asdict(face)
                del record["moments"]
                record["curves"] = {
                    name: [curve.file.round(DIGITS).tolist(), curve.original.round(DIGITS).tolist()]
                    for name, curve in face.curves.items()
                }
                record["times_s"] = [round(time_s, 3) for time_s in face.times_s]
                yield record | {"score": window.score, "late_s": window.late_s}


def _face(record: Mapping[str, Any]) -> ComparedFace:
    residuals = {
        name: Residual(
            tuple(one["excess"]), tuple(one["relative"]), one["open"], tuple(one["frames"])
        )
        for name, one in record["residuals"].items()
    }
    curves = {
        name: PartMovement(np.array(mine), np.array(theirs))
        for name, (mine, theirs) in record["curves"].items()
    }
    return ComparedFace(
        track=record["track"],
        width_px=record["width_px"],
        laid=record["laid"],
        residuals=residuals,
        likeness=record["likeness"],
        displaced=record["displaced"],
        lips_displaced=record["lips_displaced"],
        times_s=tuple(record["times_s"]),
        curves=curves,
        moments=(),
    )
