"""Compares the faces of files with those of suspected ones that show the same, in other processes.

Files are hostile: as for screening, they are decoded in workers, with limits of time and memory.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from media_screen.batch.worker import Job, Limits, Pool, WorkerError
from media_screen.evidence import Abstention, Evidence, MediaInfo, Verdict
from media_screen.evidence.pieces import LONGEST_ERROR, is_of_machine
from media_screen.footage.campaigns import FacesApart, Pair
from media_screen.media import Media, MediaError, Source, shown_path
from media_screen.screen import Config, unable

if TYPE_CHECKING:
    from media_screen.footage.memory import Memory
    from media_screen.footage.original.copies import CopyComparer

_NAME = "original"  # of the detector that compares so

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PairOfFiles:
    """A file and the suspected one that it is compared with: their paths and contents."""

    path: Path
    other_path: Path
    contents: Pair


OnPair = Callable[[int, int], None]  # comparisons that are done, and all of this round


def compare_all(
    pairs: Sequence[PairOfFiles],
    config: Config,
    *,
    workers: int,
    limits: Limits,
    on_pair: OnPair | None = None,
) -> Iterator[tuple[Pair, FacesApart]]:
    """Give what each comparison came to; of files that are gone or changed there is none.

    No file is compared with two others at a time. `on_pair` hears how far it is.
    """
    remembered = config.memory is not None and os.path.isfile(config.memory)
    there = {
        one.path: one
        for one in pairs
        if remembered and os.path.isfile(one.path) and os.path.isfile(one.other_path)
    }
    if not there:
        return
    if on_pair is not None:
        on_pair(0, len(there))
    kind = partial(PairReader, pairs=there)
    here = min(workers, os.cpu_count() or 1, len(there))  # of a cluster there may be more
    try:
        with Pool(config, workers=here, limits=limits, kind=kind) as pool:
            jobs = (Job(path) for path in there)
            for done, (job, verdict) in enumerate(pool.screen(jobs), start=1):
                if on_pair is not None:
                    on_pair(done, len(there))
                if not _may_pass(verdict):
                    yield there[job.path].contents, _read(verdict)
    except WorkerError as error:
        _log.warning("faces are not compared with those of suspected files: %s", error)


class PairReader:
    """Compares the faces of two files in a worker, as `Screener` screens files.

    The verdict carries what it came to as evidence, or why nothing was compared.
    """

    def __init__(self, config: Config, *, pairs: Mapping[Path, PairOfFiles]) -> None:
        self._config, self._pairs = config, pairs

    def prepare(self) -> None:
        """Load the networks."""
        _ = self._comparer

    def screen(
        self, path: Path, sidecar: Path | None = None, *, earlier: Verdict | None = None
    ) -> Verdict:
        """Compare one file with the one that it is paired with."""
        info = MediaInfo(path=shown_path(path))
        try:
            apart = self._apart(self._pairs[path])
        except MediaError as error:
            return unable(info, [Abstention(_NAME, error.reason, str(error)[:LONGEST_ERROR])])
        if apart.most is None:
            why = "no face of one lies over a face of the other"
            return unable(info, [Abstention(_NAME, "no_face", why)])
        piece = Evidence(_NAME, "manipulation", 0.0, apart.most, "compared")
        return replace(unable(info), evidence=(piece,))

    def _apart(self, pair: PairOfFiles) -> FacesApart:
        found = self._memory.matches(*pair.contents)
        with Source(pair.path) as source, Source(pair.other_path) as other_source:
            if (source.sha256, other_source.sha256) != pair.contents:
                raise MediaError("the file is not the one that was screened", reason="changed")
            with (
                Media.open(pair.path, source=source) as media,
                Media.open(pair.other_path, source=other_source) as other,
            ):
                return self._comparer.compare(media, other, found)

    @cached_property
    def _memory(self) -> Memory:
        from media_screen.footage.memory import Memory

        return Memory(Path(self._config.memory or ""))

    @cached_property
    def _comparer(self) -> CopyComparer:
        from media_screen.faces.mesh import mesh_net
        from media_screen.footage.original.comparison import Comparer
        from media_screen.footage.original.copies import CopyComparer
        from media_screen.look import Looker
        from media_screen.weights import nets

        if self._config.threads:
            nets.limit_threads(self._config.threads)
        device = nets.choose_device(self._config.device)
        looker = Looker(device)
        return CopyComparer(looker, Comparer(mesh_net(device), looker.embedder))


def _may_pass(verdict: Verdict) -> bool:
    """Say whether nothing was compared for a reason that the next scan may not meet."""
    elsewhere = any(one.reason in ("changed", "unreadable") for one in verdict.abstentions)
    return elsewhere or any(map(is_of_machine, verdict.failures))


def _read(verdict: Verdict) -> FacesApart:
    return FacesApart(next((piece.llr for piece in verdict.evidence), None))
