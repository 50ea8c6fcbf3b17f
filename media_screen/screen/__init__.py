"""Screens one file: opens it, lets every detector examine it, and judges what they found."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from media_screen import sidecar as sidecars
from media_screen.config import Config as Config
from media_screen.evidence import Abstention, MediaInfo, Reason, Verdict
from media_screen.evidence.pieces import LONGEST_ERROR
from media_screen.media import Media, MediaError, Source, shown_path
from media_screen.screen.unjudged import post_of
from media_screen.screen.unjudged import unable as unable

if TYPE_CHECKING:
    from media_screen.people.enrol import Enrolment, OnReference
    from media_screen.screen.loading import Loaded

TRIES = 2  # at a file that changes while it is screened


class Screener:
    """Screens files one after the other, with the networks of this process loaded once.

    It pickles as its config alone, and loads people and networks when it first screens, unless it
    is given what was `loaded`. It never prints, exits, or keeps state between files.
    """

    def __init__(self, config: Config | None = None, *, loaded: Loaded | None = None) -> None:
        self.config = config or Config()
        self._loaded = loaded

    def __reduce__(self) -> tuple[type[Screener], tuple[Config]]:
        return Screener, (self.config,)

    def prepare(self, *, on_reference: OnReference | None = None) -> Enrolment | None:
        """Load networks and people now rather than with the first file; returns the enrolment.

        Raises DeviceError, WeightsError, PeopleError, WatchError or UnknownDetector: what is wrong
        with the set-up, as opposed to with a file.
        """
        return self._load(on_reference).enrolment

    def _load(self, on_reference: OnReference | None = None) -> Loaded:
        """Return what is loaded; the first call loads it."""
        if self._loaded is None:
            from media_screen.screen.loading import load

            self._loaded = load(self.config, on_reference=on_reference)
        return self._loaded

    def screen(
        self,
        path: str | Path,
        sidecar: str | Path | None = None,
        *,
        earlier: Verdict | None = None,
    ) -> Verdict:
        """Screen one file; always returns a verdict, whatever is wrong with the file.

        The sidecar is looked for beside the file (`NAME.info.json`) unless it is named. Where an
        `earlier` verdict is on this very file, or, as the memory knows, on another one with the
        same bytes (`Verdict.examined_as`), what follows from the bytes is taken from it; what
        depends on people, who changed since, is examined anew from what it carries as `observed`.
        """
        loaded = self._load()
        path = Path(path)
        started = time.perf_counter()
        beside = Path(sidecar) if sidecar is not None else sidecars.find(path)
        read, abstentions = _read_sidecar(beside)
        info = MediaInfo(path=shown_path(path), sidecar=shown_path(beside) if beside else "")
        for _ in range(TRIES):
            try:
                # What is hashed is what is judged, wherever the path leads by then.
                with Source(path) as source:
                    verdict = self._screened(source, path, info, read, abstentions, earlier)
                    source.refuse_change()
            except MediaError as error:  # can't be opened, or changed meanwhile
                verdict = _unable(loaded, info, read, [*abstentions, _abstain(error)])
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

    def _screened(
        self,
        source: Source,
        path: Path,
        info: MediaInfo,
        sidecar: sidecars.Sidecar | None,
        abstentions: list[Abstention],
        earlier: Verdict | None,
    ) -> Verdict:
        """Screen an open file once; raises MediaError when it changed meanwhile."""
        from media_screen.screen.repeat import examination_of

        loaded = self._load()
        info = replace(info, sha256=source.sha256, size_bytes=source.size)
        try:
            with Media.open(path, threads=self.config.threads, source=source) as media:
                media.seed = source.sha256
                info = replace(media.info, sha256=source.sha256, sidecar=info.sidecar)
                if sidecar is not None:
                    sidecar = sidecar.fitted(path, info)
                told = [*abstentions, *_doubts(sidecar)]
                parts = media, loaded, self.config, info, sidecar, told
                return examination_of(*parts, earlier=earlier).verdict()
        except MediaError as error:
            if error.reason == "changed":
                raise
            return _unable(loaded, info, sidecar, [*abstentions, _abstain(error)])


def _unable(
    loaded: Loaded,
    info: MediaInfo,
    sidecar: sidecars.Sidecar | None,
    abstentions: list[Abstention],
) -> Verdict:
    device, post = loaded.equipment.device, post_of(sidecar)
    return unable(info, abstentions, post=post, device=device, versions=loaded.versions)


def _read_sidecar(path: Path | None) -> tuple[sidecars.Sidecar | None, list[Abstention]]:
    if path is None:
        return None, []
    try:
        read = sidecars.read(path)
    except sidecars.SidecarError as error:
        # It is there, and says nothing: not the same as a file without a sidecar.
        return sidecars.Sidecar(), [Abstention("sidecar", "unreadable", str(error)[:LONGEST_ERROR])]
    problems = [Abstention("sidecar", "unreadable", problem) for problem in read.problems]
    return read, problems


def _doubts(sidecar: sidecars.Sidecar | None) -> list[Abstention]:
    """Tell what does not fit; the sidecar is used all the same, but vouches for nothing."""
    against = sidecar.fit.against if sidecar is not None else ()
    return [Abstention("sidecar", "not_applicable", why[:LONGEST_ERROR]) for why in against]


def _abstain(error: MediaError) -> Abstention:
    reason: Reason = error.reason
    return Abstention("media", reason, str(error)[:LONGEST_ERROR])
