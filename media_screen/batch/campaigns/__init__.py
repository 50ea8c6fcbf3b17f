"""Settles, when all files of a scan are screened, which of them are one campaign, and says so.

`OUT/campaigns.jsonl` gets one campaign a line. A file that holds what another one is suspected of
gets that label, its line in the results says through which file and what it had got for itself,
and when that does not hold any more it gets its own label back. Everything follows from what each
file got for itself, so that neither the order of screening nor what was there first changes it.
`OUT/campaigns.sqlite` keeps what is needed of each line: a new file costs reading its own.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from media_screen.batch.campaigns.accounts import Accounts
from media_screen.batch.campaigns.comparing import OnPair, PairOfFiles, compare_all
from media_screen.batch.campaigns.facts import (
    FACE_UNSURE,
    HOLDS,
    OTHER_FACE,
    PASSED,
    Called,
    Told,
    file_from_json,
    file_to_json,
    own_verdict,
    screened_file,
)
from media_screen.batch.campaigns.naming import merged, name_groups
from media_screen.batch.campaigns.record import campaign_of
from media_screen.batch.campaigns.store import STORE, CampaignStore, KeptCampaign, KeptFile
from media_screen.batch.worker import Limits
from media_screen.coordination import WITHIN_S, FindNames, checked_window
from media_screen.errors import MediaScreenError
from media_screen.evidence import Campaign, Label, PassedAlong, Verdict
from media_screen.files import write_atomically
from media_screen.footage.campaigns import (
    FacesApart,
    FacesSaid,
    FootageGroup,
    FootageTie,
    Pair,
    Passed,
    Passing,
    ScreenedFile,
    find_groups,
    find_ties,
    holding,
    pass_along,
)
from media_screen.media import shown_path
from media_screen.results.campaigns import CAMPAIGNS
from media_screen.results.folder import BatchError, Results
from media_screen.results.saved_line import BAD_RECORD
from media_screen.results.text import clock
from media_screen.results.words import RANK
from media_screen.screen import Config
from media_screen.screen.settings import examination_digest, names_of, people_of
from media_screen.weights.calibration import percent

if TYPE_CHECKING:
    from media_screen.people.registry import Person

__all__ = ["HOLDS", "MEMORY", "PASSED", "Moved", "OnPair", "settle"]

MEMORY = "memory.sqlite"  # in the folder of results: what was screened into it before
Compare = Callable[[Sequence[PairOfFiles]], Iterable[tuple[Pair, FacesApart]]]

_log = logging.getLogger(__name__)
_OVER = "what it was called for does not hold any more"


@dataclass(frozen=True, slots=True)
class Moved:
    """A file whose label changed for what is known of another one: its verdict now, and why."""

    verdict: Verdict
    before: Label
    why: str


def settle(
    results: Results,
    out: Path,
    config: Config,
    *,
    within_s: float = WITHIN_S,
    workers: int = 1,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    on_pair: OnPair | None = None,
) -> tuple[Moved, ...]:
    """Find the campaigns of a folder of results and pass labels along; returns what moved.

    Files that show the footage of a suspected one are laid over it first, by so many `workers`
    within `limits`, to see whether their faces are the same; `on_pair` hears how many of how many
    are done. Accounts are tied by what they did at
    most `within_s` seconds apart, which is context. Raises BatchError when the folder can't be
    written, WindowError when `within_s` is no window, and WorkerError when no worker can start.
    """
    checked_window(within_s)
    config = replace(config, memory=config.memory or out / MEMORY)
    try:
        store = CampaignStore(out / STORE)
        try:
            compare = partial(
                compare_all, config=config, workers=workers, limits=limits, on_pair=on_pair
            )
            return _Settling(results, out, config, store, within_s, compare).run()
        finally:
            store.close()
    except (sqlite3.Error, OSError) as error:
        raise BatchError(f"can't keep campaigns in {shown_path(out)}: {error}") from error


class _Settling:
    """One pass over a folder of results."""

    def __init__(
        self,
        results: Results,
        out: Path,
        config: Config,
        store: CampaignStore,
        within_s: float,
        compare: Compare,
    ) -> None:
        self._compare = compare
        self._results, self._out, self._config, self._store = results, out, config, store
        self._within_s = within_s
        self._files: dict[str, ScreenedFile] = {}
        self._told: dict[str, Told] = {}
        self._had: dict[str, str] = {}  # campaigns of files whose lines are new and tell of none
        self._digests: dict[str, str] = {}
        self._paths: dict[str, Path] = {}

    def run(self) -> tuple[Moved, ...]:
        """Do it all."""
        self._read()
        ties = find_ties(self._files.values())
        groups = find_groups(self._files, ties)
        told = {key: told.campaign for key, told in self._told.items() if told.campaign}
        before = self._had | told
        known = self._store.campaigns()
        names = name_groups(groups, self._files, before, known)
        moved = tuple(self._tell_all(groups, names, ties))
        rows = self._campaigns(groups, names, known, merged(groups, names, before, known))
        files = {
            key: KeptFile(self._digests[key], file_to_json(file), self._told[key].to_json())
            for key, file in self._files.items()
        }
        self._store.save(files, rows)
        self._write([rows[name].record for name in names])
        return moved

    def _read(self) -> None:
        """Take what is known of lines that did not change, and read the others."""
        names = self._names
        kept = self._store.files()
        known = {row.digest: (key, row) for key, row in kept.items()}
        for digest, path in self._results.lines().items():
            key, row = known.get(digest, ("", None))
            if row is None or not self._take(key, row):
                verdict = self._results.verdict(digest)
                key = verdict.media.key
                self._files[key] = screened_file(own_verdict(verdict), self._config, names)
                self._told[key] = Told.of(verdict)
                self._remember(key, kept.get(key))
            self._digests[key] = digest
            self._paths[key] = path

    def _take(self, key: str, row: KeptFile) -> bool:
        """Take what is kept of a file; says whether it could be read, and is of that file."""
        try:
            file, told = file_from_json(row.facts), Told.from_json(row.told)
        except BAD_RECORD:
            return False
        if file.key != key:
            return False
        self._files[key], self._told[key] = file, told
        return True

    def _remember(self, key: str, row: KeptFile | None) -> None:
        """Note the campaign that a file was in before it was screened again, if it is the same."""
        with suppress(*BAD_RECORD):
            if row is not None and file_from_json(row.facts).sha256 == self._files[key].sha256:
                self._had[key] = Told.from_json(row.told).campaign

    def _tell_all(
        self, groups: Sequence[FootageGroup], names: Sequence[str], ties: Sequence[FootageTie]
    ) -> Iterator[Moved]:
        """Write into the line of each file what its campaign says of it; give what moved."""
        of_file = _campaign_of_file(groups, names)
        passing = self._passing(ties)
        holds = holding(self._files, ties)
        for key in sorted(self._files):
            passed = passing.passed.get(key)
            called = self._called(key, passed) if passed else None
            held = (key in holds or key in passing.refused) and called is None
            told = Told(
                of_file.get(key, ""), called, _held(passing.refused.get(key)) if held else ""
            )
            if told != self._told[key]:
                yield from self._tell(key, told)

    def _passing(self, ties: Sequence[FootageTie]) -> Passing:
        """Return who gets which label, after comparing the faces of those that show the same.

        It ends: each round compares pairs that were not compared before, a few for each file.
        """
        passing = pass_along(self._files, ties)
        if not passing.lacking:
            return passing
        made = examination_digest(self._config)  # whoever is enrolled: faces are the same
        known = self._store.faces(made)
        while (passing := pass_along(self._files, ties, known)).lacking:
            pairs = self._paired(passing.lacking)
            for pair, apart in self._compare(pairs):
                self._store.keep_faces(pair, apart, made)
                known[pair] = apart
            for one in pairs:  # of which a file is gone, or another one now
                known.setdefault(one.contents, FacesApart())
        return passing

    def _paired(self, lacking: Iterable[Pair]) -> list[PairOfFiles]:
        """Return where the files of some pairs lie, each file with one other at a time."""
        keys = sorted(self._files, reverse=True)
        paths = {self._files[key].sha256: self._paths[key] for key in keys}
        other_of = dict(sorted(lacking, reverse=True))
        return [PairOfFiles(paths[one], paths[two], (one, two)) for one, two in other_of.items()]

    def _called(self, key: str, found: Passed) -> Called:
        own, through = self._files[key], found.through
        assert through.suspicion is not None
        passed = PassedAlong(
            label=own.label,
            person=own.person,
            summary=own.summary,
            path=through.path,
            sha256=through.sha256,
            key=through.key,
            here=found.here,
            share=round(found.share, 3),
        )
        told = f"{_how(passed)}: {through.suspicion.summary} By itself: {own.summary}"
        return Called(found.label, found.person, told, passed)

    def _tell(self, key: str, told: Told) -> Iterator[Moved]:
        """Write what a file is told into its line; give what moved by that."""
        saved = self._results.verdict(self._digests[key])
        verdict = told.written_into(own_verdict(saved)).naming(self._names)
        self._digests[key] = self._results.amend(self._digests[key], verdict)
        self._told[key] = told
        if verdict.label != saved.label:
            why = _how(told.called.passed) if told.called else _OVER
            yield Moved(verdict, saved.label, why)

    def _campaigns(
        self,
        groups: Sequence[FootageGroup],
        names: Sequence[str],
        known: Mapping[str, KeptCampaign],
        given_up: Mapping[str, str],
    ) -> dict[str, KeptCampaign]:
        """Return the rows of all campaigns; those of which nothing changed as they were."""
        rows = {name: replace(row, record="", signature="") for name, row in known.items()}
        accounts = Accounts(self._paths, within_s=self._within_s, find_names=self._find_names)
        number = max((row.number for row in known.values()), default=0)
        for name, into in given_up.items():
            rows[name] = KeptCampaign(rows[name].number if name in rows else 0, merged_into=into)
        for name, group in zip(names, groups, strict=True):
            older = sorted(old for old, new in given_up.items() if new == name)
            signature = self._signature(group, older)
            row = known.get(name)
            if row is None:
                number += 1
            if row is not None and row.signature == signature and _reads(row.record):
                rows[name] = row
                continue
            made = campaign_of(name, group, self._files, self._told, older)
            made = accounts.added_to(made)
            record = json.dumps(made.to_dict(), ensure_ascii=True, allow_nan=False)
            rows[name] = KeptCampaign(number if row is None else row.number, "", signature, record)
        return rows

    @cached_property
    def _people(self) -> Sequence[Person]:
        """The enrolled people; nobody where they can't be read, which the log says."""
        try:
            return people_of(self._config)
        except (MediaScreenError, OSError) as error:
            _log.warning("campaigns are told without names of people: %s", error)
            return ()

    @cached_property
    def _names(self) -> dict[str, str]:
        """The names of the enrolled people by their slugs."""
        return {person.slug: person.name for person in self._people}

    @cached_property
    def _find_names(self) -> FindNames | None:
        """What finds names of enrolled people and of the watch-list in a text, if there are any."""
        try:
            names = names_of(self._config, self._people)
        except (MediaScreenError, OSError) as error:
            _log.warning("comments are not searched for names: %s", error)
            return None
        if not names:
            return None
        return names.found_in

    def _signature(self, group: FootageGroup, older: Sequence[str]) -> str:
        """Return what differs when anything differs of which a campaign is made."""
        parts: list[object] = [older, group.ties, self._within_s]
        for key in (*group.files, *group.quoting):
            # The line is another one after each screening, as after one for a new sidecar.
            parts += [self._digests[key], file_to_json(self._files[key])]
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def _write(self, records: Sequence[str]) -> None:
        def urgency(line: str) -> tuple[int, int, str]:
            one = json.loads(line)
            return RANK[one["label"]], -len(one["files"]), one["id"]

        lines = (record.encode() + b"\n" for record in sorted(records, key=urgency))
        write_atomically(self._out / CAMPAIGNS, lines)


def _held(faces: FacesSaid | None) -> str:
    """Return the flag of a file that shares footage with a suspected one and gets no label."""
    if faces == "other":
        return OTHER_FACE
    return HOLDS if faces is None else FACE_UNSURE


def _campaign_of_file(groups: Sequence[FootageGroup], names: Sequence[str]) -> dict[str, str]:
    """Return the campaign of each file; of one that only quotes, one that it quotes."""
    found: dict[str, str] = {}
    for name, group in sorted(zip(names, groups, strict=True), key=lambda pair: pair[0]):
        for key in group.quoting:
            found.setdefault(key, name)
    for name, group in zip(names, groups, strict=True):
        found |= dict.fromkeys(group.files, name)
    return found


def _reads(record: str) -> bool:
    """Tell whether the kept record of a campaign can be read."""
    try:
        Campaign.from_dict(json.loads(record))
    except BAD_RECORD:
        return False
    return True


def _how(passed: PassedAlong) -> str:
    if passed.here is None:
        return f"The same file as {passed.path}, which is suspected"
    span = f"{clock(passed.here.start)} to {clock(passed.here.end)}"
    return f"{percent(passed.share)} of it ({span}) is in {passed.path}, too, which is suspected"
