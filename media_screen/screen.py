"""Screens one file: opens it, lets every detector examine it, and judges what they found."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from media_screen import sidecar as sidecars
from media_screen import weights
from media_screen.config import Config as Config
from media_screen.evidence import (
    Abstention,
    Context,
    Duplicate,
    Evidence,
    Failure,
    Match,
    MediaInfo,
    Post,
    Reason,
    Span,
    Thumbnail,
    TrackSummary,
    Verdict,
)
from media_screen.files import facts, file_id
from media_screen.folders import CACHE_FOLDER, look_through
from media_screen.fusion import combination
from media_screen.fusion.judge import judge
from media_screen.media import Media, MediaError, Source, shown_path
from media_screen.weights import nets
from media_screen.weights.known_tables import SHA256

if TYPE_CHECKING:
    from media_screen.case import Case
    from media_screen.detectors.contract import Detector
    from media_screen.footage.catalogue import Catalogue
    from media_screen.footage.memory import Memory
    from media_screen.look import Looker
    from media_screen.names.mentions import Names, Text
    from media_screen.people.enrol import Enrolment, OnReference
    from media_screen.people.registry import Person

_log = logging.getLogger(__name__)

TRUST = "_trust"  # folder beside the people: certificates (*.pem) that a user trusts to sign media
TRIES = 2  # at a file that changes while it is screened
_MAX_ERROR = 300  # characters of an exception that go into a result


class Screener:
    """Screens files one after the other, with the networks of this process loaded once.

    It pickles as its config alone, and loads people and networks when it first screens. It never
    prints, exits, or keeps state between files.
    """

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()
        self._looker: Looker | None = None
        self._detectors: tuple[Detector, ...] = ()
        self._weighing: combination.Combination | None = None
        self._people: tuple[Person, ...] = ()
        self._enrolment: Enrolment | None = None
        self._catalogue: Catalogue | None = None
        self._memory: Memory | None = None
        self._names: Names | None = None
        self._trust_anchors = ""
        self._device = ""
        self._versions: Mapping[str, str] = {}

    def __reduce__(self) -> tuple[type[Screener], tuple[Config]]:
        return Screener, (self.config,)

    def prepare(self, *, on_reference: OnReference | None = None) -> Enrolment | None:
        """Load networks and people now rather than with the first file; returns the enrolment.

        Raises DeviceError, WeightsError, PeopleError, WatchError or UnknownDetector: what is wrong
        with the set-up, as opposed to with a file.
        """
        if self._looker is not None:
            return self._enrolment
        from media_screen.look import Looker

        weights.check_tables()
        if self.config.threads:
            nets.limit_threads(self.config.threads)
        self._detectors = _detectors_of(self.config)
        self._weighing = combination.shipped().joined_by(self.config.weights)
        self._device = nets.choose_device(self.config.device)
        looker = Looker(self._device)
        self._enrolment = self._enrol(looker, on_reference)
        if self.config.memory is not None:
            from media_screen.footage.memory import Memory

            self._memory = Memory(self.config.memory)
        self._names = self._names_to_find()
        self._versions = _versions() | {"settings": settings_digest(self.config)}
        self._looker = looker
        return self._enrolment

    def screen(self, path: str | Path, sidecar: str | Path | None = None) -> Verdict:
        """Screen one file; always returns a verdict, whatever is wrong with the file.

        The sidecar is looked for beside the file (`NAME.info.json`) unless it is named.
        """
        self.prepare()
        path = Path(path)
        started = time.perf_counter()
        shown = shown_path(path)
        beside = Path(sidecar) if sidecar is not None else sidecars.find(path)
        read, abstentions = _read_sidecar(beside)
        info = MediaInfo(path=shown, sidecar=shown_path(beside) if beside else "")
        for _ in range(TRIES):
            try:
                # What is hashed is what is judged, wherever the path leads by then.
                with Source(path) as source:
                    verdict = self._screened(source, path, info, read, abstentions)
                    source.refuse_change()
            except MediaError as error:  # can't be opened, or changed meanwhile
                verdict = self._unable(info, read, [*abstentions, _abstain(error)])
                if error.reason == "changed":
                    continue
            break
        timing = {**verdict.timing_s, "total": time.perf_counter() - started}
        return replace(verdict, timing_s=timing)

    def screen_many(self, paths: Iterable[str | Path]) -> Iterator[Verdict]:
        """Screen files one after the other, giving each verdict as it is ready."""
        for path in paths:
            yield self.screen(path)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[Any]]:
        """Screen the paths in `batch["path"]`; for `ray.data.Dataset.map_batches`.

        An optional column `sidecar` names the sidecars. Returns the columns `path`, `label` and
        `verdict` (the record as one line of JSON).
        """
        columns: dict[str, list[Any]] = {"path": [], "label": [], "verdict": []}
        beside = batch.get("sidecar", [None] * len(batch["path"]))
        for path, sidecar in zip(batch["path"], beside, strict=True):
            verdict = self.screen(str(path), None if sidecar is None else str(sidecar))
            columns["path"].append(str(path))
            columns["label"].append(verdict.label)
            columns["verdict"].append(verdict.to_json())
        return columns

    def _enrol(self, looker: Looker, on_reference: OnReference | None) -> Enrolment | None:
        if self.config.people is None:
            return None
        from media_screen.footage.catalogue import Catalogue
        from media_screen.people.enrol import enrol
        from media_screen.people.registry import load_people

        folder = Path(self.config.people)
        self._people = load_people(folder)
        anchors = sorted(file for file in (folder / TRUST).glob("*.pem") if file.is_file())
        self._trust_anchors = "\n".join(file.read_text("utf-8", "replace") for file in anchors)
        enrolment = enrol(
            folder,
            self._people,
            lambda: looker,
            device=self._device,
            on_reference=on_reference,
            cache=Path(self.config.cache) if self.config.cache else None,
        )
        for problem in enrolment.problems:
            _log.warning("%s: %s: %s", problem.person, problem.file, problem.why)
        if enrolment.catalogue is not None:
            self._catalogue = Catalogue.open(enrolment.catalogue)
        return enrolment

    def _examine(
        self,
        media: Media,
        sha256: str,
        sidecar: sidecars.Sidecar | None,
        info: MediaInfo,
        abstentions: list[Abstention],
    ) -> Verdict:
        from media_screen.case import Case
        from media_screen.people.gallery import Gallery

        assert self._looker is not None
        case = Case(
            media,
            looker=self._looker,
            sidecar=sidecar,
            people=self._people,
            gallery=self._enrolment.gallery if self._enrolment else Gallery(),
            catalogue=self._catalogue,
            trust_anchors=self._trust_anchors,
            sha256=sha256,
            thorough=self.config.thorough,
            fingerprinted=self._memory is not None or self.config.fingerprint,
            device=self._device,
            listens=any("speech" in detector.needs for detector in self._detectors),
        )
        if case.has_pictures:
            _ = case.look  # an undecodable picture stream is the file's fault, not a detector's
        evidence, more, failures = _run(self._detectors, case)
        abstentions += (*more, *case.remarks)
        media.source.refuse_change()  # or what is remembered would not be what was seen
        duplicate, fingerprint = self._recall(case, info.path, abstentions, failures)
        judgement = judge(
            evidence,
            abstentions,
            failures,
            names={person.slug: person.name for person in self._people},
            duration_s=_length(media),
            coverage=case.coverage,
            sensitivity=self.config.sensitivity,
            weighing=self._weighing,
        )
        flags = [*judgement.flags]
        if media.bad_packets:
            flags.append("damaged")
        if media.other_pictures:
            flags.append("several_picture_tracks")
        if media.turns:
            flags.append("turned")
        if sidecar is not None and sidecar.fit.against:
            flags.append("sidecar_mismatch")
        return Verdict(
            label=judgement.label,
            media=replace(case.info, sha256=sha256, sidecar=info.sidecar),
            person=judgement.person,
            llr=judgement.llr,
            probability_bounds=judgement.probability_bounds,
            fusion=judgement.fusion,
            summary=judgement.summary,
            coverage=case.coverage,
            provenance=judgement.provenance,
            post=_post(sidecar),
            duplicate_of=duplicate,
            context=self._context(case, sidecar, abstentions, failures),
            tracks=_summaries(case, evidence),
            evidence=tuple(evidence),
            abstentions=tuple(abstentions),
            failures=tuple(failures),
            flags=tuple(flags),
            device=self._device,
            versions=self._versions,
            timing_s=case.timing,
            waveform=case.waveform,
            thumbnails=case.thumbnails + self._beside(case, judgement.provenance.match),
            fingerprint=fingerprint,
        )

    def _recall(
        self, case: Case, path: str, abstentions: list[Abstention], failures: list[Failure]
    ) -> tuple[Duplicate | None, bytes]:
        """Look the file up among what was screened before, and remember it.

        Returns what it repeats, and the fingerprint for a memory that another process keeps.
        """
        if self._memory is None and not self.config.fingerprint:
            return None, b""
        with case.timed("memory"):
            try:
                found = case.fingerprint
                sent = found.to_bytes() if self.config.fingerprint else b""
                if self._memory is None:
                    return None, sent
                file = file_id(case.media.path)
                return self._memory.meet(path, case.sha256, found, file=file), sent
            except MediaError as error:
                abstentions.append(Abstention("memory", error.reason, str(error)[:_MAX_ERROR]))
            except Exception as error:
                _log.exception("the memory failed on %s", path)
                failures.append(Failure("memory", f"{type(error).__name__}: {error}"[:_MAX_ERROR]))
        return None, b""

    def _names_to_find(self) -> Names:
        from media_screen.names.mentions import Names, names_of_people, read_watch_list

        watched = read_watch_list(Path(self.config.watch)) if self.config.watch else ()
        return Names((*names_of_people(self._people), *watched))

    def _context(
        self,
        case: Case,
        sidecar: sidecars.Sidecar | None,
        abstentions: list[Abstention],
        failures: list[Failure],
    ) -> Context:
        """Look for names in the texts of the file; called after judging, which they don't touch."""
        if not self._names:
            return Context()
        from media_screen.names.mentions import texts_of

        with case.timed("context"):
            try:
                texts: list[Text] = list(texts_of(sidecar, case.lines_read))
                if self.config.transcript:
                    texts += self._said(case, abstentions)
                return self._names.find(texts)
            except Exception as error:
                _log.exception("the context failed on %s", case.info.path)
                failures.append(Failure("context", f"{type(error).__name__}: {error}"[:_MAX_ERROR]))
        return Context()

    def _said(self, case: Case, abstentions: list[Abstention]) -> list[Text]:
        """Return what is said; without a transcriber or sound, nothing and an abstention."""
        from media_screen.names.transcript import MissingTranscriber, transcribe

        try:
            return list(transcribe(case.media, threads=self.config.threads))
        except MissingTranscriber as error:
            abstentions.append(Abstention("transcript", "missing_package", str(error)))
        except MediaError as error:
            abstentions.append(Abstention("transcript", error.reason, str(error)[:_MAX_ERROR]))
        return []

    def _beside(self, case: Case, match: Match | None) -> tuple[Thumbnail, ...]:
        """Return frames of the footage that the file matches, where its file is at hand."""
        file = None if match is None else self._reference(match)
        if match is None or file is None or not case.has_pictures:
            return ()
        from media_screen.footage.beside import reference_frames

        with case.timed("beside"):
            return reference_frames(file, match, case.thumbnails, threads=self.config.threads)

    def _reference(self, match: Match) -> Path | None:
        """Find the file of a match among the person's official footage and the known fakes."""
        from media_screen.people.enrol import KNOWN_FAKES

        official = [one.official for one in self._people if one.slug == match.person]
        fakes = (Path(self.config.people or "") / KNOWN_FAKES).rglob("*")
        files = fakes if match.relation == "known_fake" else chain(*official)
        named = (file for file in files if shown_path(Path(file.name)) == match.reference)
        return next(named, None)

    def _screened(
        self,
        source: Source,
        path: Path,
        info: MediaInfo,
        read: sidecars.Sidecar | None,
        abstentions: list[Abstention],
    ) -> Verdict:
        """Screen an open file once; raises MediaError when it changed meanwhile."""
        info = replace(info, sha256=source.sha256, size_bytes=source.size)
        try:
            with Media.open(path, threads=self.config.threads, source=source) as media:
                media.seed = source.sha256
                info = replace(media.info, sha256=source.sha256, sidecar=info.sidecar)
                if read is not None:
                    read = read.fitted(path, info)
                return self._examine(media, info.sha256, read, info, [*abstentions, *_doubts(read)])
        except MediaError as error:
            if error.reason == "changed":
                raise
            return self._unable(info, read, [*abstentions, _abstain(error)])

    def _unable(
        self, info: MediaInfo, sidecar: sidecars.Sidecar | None, abstentions: list[Abstention]
    ) -> Verdict:
        return unable(
            info, abstentions, post=_post(sidecar), device=self._device, versions=self._versions
        )


def _detectors_of(config: Config) -> tuple[Detector, ...]:
    from media_screen.detectors import choose

    return choose(config.detectors, added=config.add_detectors, weights=config.weights)


def settings_digest(config: Config) -> str:
    """Return 16 hex digits that change when a file would have to be screened again.

    They cover the enrolled people (their records, and the sizes and times of their references),
    the networks, the detectors with their weights, the sensitivity, the watch-list and the version;
    not the device, the threads and the memory.
    """
    digest = hashlib.sha256()
    parts: list[object] = [
        version("media_screen"),
        config.thorough,
        [detector.name for detector in _detectors_of(config)],
        config.weights,
        [(file.name, file.sha256) for file in weights.installed()],
        sorted(SHA256.items()),
        config.sensitivity,
        config.transcript,
        weights.sha256_of(Path(config.watch)) if config.watch else "",
    ]
    if config.people is not None:
        parts += _state_of_people(Path(config.people))
    digest.update(repr(parts).encode())
    return digest.hexdigest()[:16]


def _state_of_people(top: Path) -> Iterator[tuple[str, str]]:
    """Give name below the folder and facts of each file that screening depends on."""
    for folder in sorted(top.iterdir()):
        if not folder.is_dir() or folder.name == CACHE_FOLDER:
            continue
        listing = look_through(folder)
        records = (one.path for one in listing.left_out if one.path.suffix in (".toml", ".pem"))
        for file in sorted((*listing.media, *records)):
            with contextlib.suppress(OSError):  # gone meanwhile, or a link to nothing
                yield shown_path(file.relative_to(top)), facts(file.stat())


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


def _run(
    detectors: Iterable[Detector], case: Case
) -> tuple[list[Evidence], list[Abstention], list[Failure]]:
    """Let every detector examine the case; one that breaks is a failure and the next goes on."""
    evidence: list[Evidence] = []
    abstentions: list[Abstention] = []
    failures: list[Failure] = []
    for detector in detectors:
        with case.timed(detector.name):
            lacking = case.abstention(detector.name, detector.needs)
            if lacking is not None:
                abstentions.append(lacking)
                continue
            try:
                for piece in detector.examine(case):
                    if isinstance(piece, Evidence):
                        evidence.append(piece)
                    else:
                        abstentions.append(piece)
            except Exception as error:
                _log.exception("%s failed on %s", detector.name, case.info.path)
                failures.append(
                    Failure(detector.name, f"{type(error).__name__}: {error}"[:_MAX_ERROR])
                )
    return evidence, abstentions, failures


def _length(media: Media) -> float:
    """Return the length by which matches are measured, infinite for what is never a whole copy.

    That is a video whose length is not known, and one with a further picture that some player may
    show and that no match of the first one vouches for.
    """
    known = media.info.kind == "image" or media.info.duration_s > 0
    return media.info.duration_s if known and not media.other_pictures else math.inf


def _read_sidecar(path: Path | None) -> tuple[sidecars.Sidecar | None, list[Abstention]]:
    if path is None:
        return None, []
    try:
        read = sidecars.read(path)
    except sidecars.SidecarError as error:
        # It is there, and says nothing: not the same as a file without a sidecar.
        return sidecars.Sidecar(), [Abstention("sidecar", "unreadable", str(error)[:_MAX_ERROR])]
    problems = [Abstention("sidecar", "unreadable", problem) for problem in read.problems]
    return read, problems


def _doubts(sidecar: sidecars.Sidecar | None) -> list[Abstention]:
    """Tell what does not fit; the sidecar is used all the same, but vouches for nothing."""
    against = sidecar.fit.against if sidecar is not None else ()
    return [Abstention("sidecar", "not_applicable", why[:_MAX_ERROR]) for why in against]


def _abstain(error: MediaError) -> Abstention:
    reason: Reason = error.reason
    return Abstention("media", reason, str(error)[:_MAX_ERROR])


def _post(sidecar: sidecars.Sidecar | None) -> Post | None:
    post = sidecar.post() if sidecar is not None else None
    return None if post == Post() else post


def _summaries(case: Case, evidence: Iterable[Evidence]) -> tuple[TrackSummary, ...]:
    nearest = {
        piece.track: piece
        for piece in evidence
        if piece.detector == "face_identity" and piece.track is not None
    }
    summaries = []
    for track in case.tracks:
        start, end = track.span
        match = nearest.get(track.id)
        summaries.append(
            TrackSummary(
                track=track.id,
                span=Span(start, end),
                faces=len(track.faces),
                size_px=round(track.best.quality.size_px, 1),
                person=match.person if match else None,
                cosine=round(match.score, 4) if match else None,
            )
        )
    return tuple(summaries)


def _versions() -> dict[str, str]:
    """Return what a result was made with: packages by version, networks by hash."""
    found = {}
    for package in ("media_screen", "av", "onnxruntime", "opencv-python", "numpy"):
        found[package] = _version_of(package) or _version_of(f"{package}-gpu") or "unknown"
    for file in weights.installed():
        found[file.name] = file.sha256[:16]
    return found


def _version_of(package: str) -> str:
    """Return the version of an installed package, "" when there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
