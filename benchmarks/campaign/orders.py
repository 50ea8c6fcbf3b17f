"""Screens the same posts in other orders and in several scans: what stays the same of campaigns.

What each file got for itself is kept, and its fingerprint meets those of the others anew in a
memory of its own. Of files whose faces were compared before nothing is decoded again.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.campaign.judging import Settled, fingerprints
from benchmarks.campaign.posts import campaigns
from media_screen.batch.campaigns import MEMORY, settle
from media_screen.batch.campaigns.store import STORE, CampaignStore
from media_screen.evidence import Campaign, Verdict
from media_screen.files import file_id
from media_screen.footage.fingerprint import Fingerprint
from media_screen.footage.memory import Memory
from media_screen.results.campaigns import read_campaigns
from media_screen.results.folder import RESULTS, Results
from media_screen.results.saved_line import parse_line
from media_screen.screen import Config
from media_screen.screen.settings import settings_digest

ORDERS, SCANS = 20, 4
EVERY = 3  # of the fakes one in so many, with all that belongs to it: meeting anew takes minutes
SETTINGS = "orders"

Members = frozenset[str]


@dataclass(frozen=True)
class FolderOutcome:
    """What a folder of results came to: labels and companions by file, and campaigns by id."""

    labels: Mapping[str, str]
    companions: Mapping[str, Members]
    ids: Mapping[str, Members]

    @staticmethod
    def of(verdicts: Sequence[Verdict], campaigns: Sequence[Campaign]) -> FolderOutcome:
        """Take it from what a scan left; files that only quote have no companions.

        Campaigns of other files than these are left out.
        """
        known = {one.media.key for one in verdicts}
        ids = {
            one.id: frozenset(file.key for file in one.files if file.role != "quotes")
            for one in campaigns
            if any(file.key in known for file in one.files)
        }
        return FolderOutcome(
            {one.media.key: one.label for one in verdicts},
            {key: members for members in ids.values() for key in members},
            ids,
        )


@dataclass(frozen=True)
class Alike:
    """How much of one outcome is as in another one: files and ids, counted."""

    files: int
    companions: int
    labels: int
    campaigns: int
    ids: int

    @staticmethod
    def of(one: FolderOutcome, other: FolderOutcome) -> Alike:
        """Compare two outcomes of the same files; an id is the same with the same files."""
        none: Members = frozenset()
        return Alike(
            len(other.labels),
            sum(one.companions.get(k, none) == other.companions.get(k, none) for k in other.labels),
            sum(one.labels.get(key) == label for key, label in other.labels.items()),
            len(other.ids),
            sum(one.ids.get(name) == members for name, members in other.ids.items()),
        )


@dataclass(frozen=True)
class LastingIds:
    """Ids that earlier scans gave, and how many still lead to most of the files they had."""

    given: int
    leading: int


def leading(earlier: Sequence[FolderOutcome], campaigns: Sequence[Campaign]) -> LastingIds:
    """Count the ids of earlier scans that are still those of a campaign, or lead to one."""
    now = {one.id: one for one in campaigns}
    now |= {old: one for one in campaigns for old in one.merged}
    given = {name: members for outcome in earlier for name, members in outcome.ids.items()}
    found = 0
    for name, members in given.items():
        files = {file.key for file in now[name].files} if name in now else set()
        found += len(members & files) > len(members) / 2
    return LastingIds(len(given), found)


@dataclass(frozen=True)
class OtherOrder:
    """How much stays the same in another order, screened at once and in several scans."""

    at_once: Alike
    in_scans: Alike
    ids: LastingIds


def in_other_orders(settled: Sequence[Settled]) -> list[Settled]:
    """Return the posts that are screened in other orders: of some fakes, and the unrelated ones."""
    names = {one.name for one in campaigns()[::EVERY]} | {""}
    return [one for one in settled if one.post.campaign in names]


class Rescreening:
    """Screens posts into new folders, in whatever order is asked for, by what is known of them."""

    def __init__(self, settled: Sequence[Settled], out: Path, config: Config) -> None:
        """`out` is the folder into which they were screened first."""
        self._config = replace(config, memory=out / MEMORY)
        self._out = out
        # What is shown of a file is not needed, and would be written anew each time.
        self._posts = {
            one.post.path: replace(one.own, thumbnails=(), comparisons=(), waveform=())
            for one in settled
        }

    def compared(self, first: FolderOutcome, seed: int) -> OtherOrder:
        """Compare what comes of a random order with what came of the first one."""
        at_once, in_scans, kept = self.in_order(seed)
        return OtherOrder(Alike.of(at_once, first), Alike.of(in_scans, first), kept)

    def in_order(self, seed: int) -> tuple[FolderOutcome, FolderOutcome, LastingIds]:
        """Screen all in a random order: what came of it at once, and in several scans with ids."""
        paths = sorted(self._posts)
        random.Random(seed).shuffle(paths)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            met = self._met(paths, folder)
            (at_once,), _ = self._scanned([paths], met, folder / "at-once")
            size = -(-len(paths) // SCANS)
            parts = [paths[start : start + size] for start in range(0, len(paths), size)]
            earlier, kept = self._scanned(parts, met, folder / "in-scans")
        return at_once, earlier[-1], kept

    def _met(self, paths: Sequence[Path], folder: Path) -> dict[Path, Verdict]:
        """Let all files meet those before them."""
        memory = Memory(folder / "memory.sqlite")
        found = {}
        for path in paths:
            own = self._posts[path]
            print_ = Fingerprint.from_bytes(
                (fingerprints(self._out) / own.media.sha256).read_bytes()
            )
            recall = memory.meet(own.media.path, own.media.sha256, print_, file=file_id(path))
            found[path] = replace(own, shared=recall.shared, duplicate_of=recall.repeats)
        memory.close()
        return found

    def _scanned(
        self, scans: Sequence[Sequence[Path]], met: Mapping[Path, Verdict], out: Path
    ) -> tuple[list[FolderOutcome], LastingIds]:
        """Write what was met into a folder of results, one scan after the other."""
        out.mkdir()
        self._keep_faces(out)
        outcomes = []
        found: Sequence[Campaign] = ()
        for paths in scans:
            with Results(out) as results:
                for path in paths:
                    results.add(path, met[path], SETTINGS)
                settle(results, out, self._config)
                results.compact()
            found = read_campaigns(out)
            outcomes.append(FolderOutcome.of(_verdicts(out), found))
        return outcomes, leading(outcomes, found)

    def _keep_faces(self, out: Path) -> None:
        """Let comparisons of faces that were made once stand in a folder of results."""
        settings = settings_digest(self._config)
        first, store = CampaignStore(self._out / STORE), CampaignStore(out / STORE)
        for pair, apart in first.faces(settings).items():
            store.keep_faces(pair, apart, settings)
        store.close()
        first.close()


def _verdicts(out: Path) -> list[Verdict]:
    return [parse_line(line) for line in (out / RESULTS).read_bytes().splitlines(keepends=True)]
