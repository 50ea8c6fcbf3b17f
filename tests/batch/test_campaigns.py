"""Campaigns of a folder of results: what is written where, and that it is never stale."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from media_screen.batch import campaigns as settling
from media_screen.batch.campaigns import HOLDS, PASSED, Moved, settle
from media_screen.batch.campaigns.comparing import PairOfFiles
from media_screen.batch.campaigns.facts import FACE_UNSURE, OTHER_FACE, screened_file
from media_screen.batch.campaigns.store import STORE
from media_screen.batch.scan import scan
from media_screen.errors import SetupError
from media_screen.evidence import (
    Campaign,
    Evidence,
    Match,
    MediaInfo,
    Post,
    Provenance,
    SharedFootage,
    Span,
    TrackSummary,
    Verdict,
)
from media_screen.footage.campaigns import FacesApart, Pair
from media_screen.fusion.judge import judge
from media_screen.results.campaigns import CAMPAIGNS, read_campaigns
from media_screen.results.folder import RESULTS, BatchError, Results
from media_screen.results.saved_line import parse_line
from media_screen.results.written import written_lines
from media_screen.screen import Config

SECONDS = 20.0
WHOLE = Span(0.0, SECONDS)
CONFIG = Config()
SHOWN = Evidence("face_identity", "identity", 0.8, 6.0, "it is ann", person="ann")


def known_fake(person: str | None = "ann") -> Evidence:
    match = Match(person or "", "old.mp4", "known_fake", WHOLE, WHOLE, 1.0, 1.0)
    why = "all of it matches old.mp4"
    fields = {"person": person, "finding": "known_fake", "match": match}
    return Evidence("catalogue", "provenance", 1.0, 5.0, why, **fields)  # type: ignore[arg-type]


def lookalike() -> Evidence:
    why = "its handle imitates hers"
    return Evidence("channel", "provenance", 1, 2, why, person="ann", finding="lookalike_handle")


def official() -> Evidence:
    return Evidence("channel", "provenance", 1, 0, "hers", person="ann", finding="official")


def content(name: str) -> str:
    """The hash of the content of a file of this name."""
    return f"{ord(name):064x}"


def name_of(path: str) -> str:
    return Path(path).stem


class Folder:
    """A folder of results into which files are screened, one line each."""

    def __init__(self, top: Path) -> None:
        self.media, self.out = top / "in", top / "out"
        self.media.mkdir()
        person = top / "people/ann/person.toml"
        person.parent.mkdir(parents=True)
        person.write_text('name = "Ann"\n', "utf-8")
        self.config = Config(people=top / "people")

    def screen(
        self,
        name: str,
        *shared: str,
        evidence: tuple[Evidence, ...] = (SHOWN,),
        published: str = "",
        face: bool = False,
        holds: str = "",
    ) -> None:
        """Screen a file, named as its content unless it `holds` another, that repeats others."""
        path = self.media / f"{name}.mp4"
        path.write_bytes(name.encode())
        found = judge(evidence, duration_s=SECONDS, names={"ann": "Ann"})
        verdict = Verdict(
            label=found.label,
            media=MediaInfo(str(path), content(holds or name), "video", 100, SECONDS),
            person=found.person,
            summary=found.summary,
            evidence=evidence,
            fusion=found.fusion,
            provenance=found.provenance if found.provenance else Provenance(),
            post=Post("youtube", f"id-{name}", published=published),
            flags=found.flags,
            tracks=(TrackSummary(0, WHOLE, 20, 80.0),) if face else (),
            shared=tuple(
                SharedFootage(
                    f"{one}.mp4", content(one), "repeat", "both", WHOLE, WHOLE, 0.97, 0.97
                )
                for one in shared
            ),
        )
        with Results(self.out) as results:
            results.add(path, verdict, "")

    def remove(self, name: str) -> None:
        """Let a file be screened as something that shares nothing."""
        self.screen(name, evidence=(SHOWN,))

    def settle(self, *, within_s: float = 60.0) -> tuple[Moved, ...]:
        with Results(self.out) as results:
            moved = settle(results, self.out, self.config, within_s=within_s)
            results.compact()
        return moved

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdicts by name; each line holds to the schema and was written by a scan."""
        lines = (self.out / RESULTS).read_bytes().splitlines(keepends=True)
        known = written_lines(self.out)
        assert all(known.holds(line) for line in lines)
        return {name_of(one.media.path): one for one in map(parse_line, lines)}

    @property
    def labels(self) -> str:
        """The labels of files in the order of their names, by their first letters."""
        return " ".join(f"{name}:{one.label[:4]}" for name, one in sorted(self.verdicts.items()))

    @property
    def campaigns(self) -> tuple[Campaign, ...]:
        return read_campaigns(self.out)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def a_campaign(folder: Folder) -> None:
    folder.screen("a", evidence=(SHOWN, known_fake()))
    folder.screen("b", "a")
    folder.screen("c", "b")
    folder.screen("d")


def test_a_label_is_passed_along_and_says_through_which_file(folder: Folder) -> None:
    a_campaign(folder)
    moved = folder.settle()
    assert folder.labels == "a:susp b:susp c:susp d:unve"
    moves = {name_of(one.verdict.media.path): (one.before, one.verdict.label) for one in moved}
    assert moves == dict.fromkeys("bc", ("unverified_appearance", "suspected_impersonation"))
    found = folder.verdicts["c"]
    assert found.passed is not None and found.passed.label == "unverified_appearance"
    assert (name_of(found.passed.path), found.passed.share) == ("a", 0.97)
    assert found.passed.here == WHOLE
    assert found.summary.startswith("97% of it (0:00.0 to 0:20.0) is in ")
    assert "a.mp4, too, which is suspected: Presents Ann and matches" in found.summary
    assert PASSED in found.flags
    (campaign,) = folder.campaigns
    assert sorted(name_of(one.path) for one in campaign.files) == ["a", "b", "c"]
    assert (campaign.label, campaign.person) == ("suspected_impersonation", "ann")
    assert {one.campaign for one in folder.verdicts.values()} == {campaign.id, ""}


def test_amended_lines_keep_their_places(folder: Folder) -> None:
    a_campaign(folder)
    folder.settle()
    assert "".join(folder.verdicts) == "abcd"


def test_settling_again_changes_no_byte(folder: Folder) -> None:
    a_campaign(folder)
    folder.settle()
    before = [(folder.out / name).read_bytes() for name in (RESULTS, CAMPAIGNS)]
    assert folder.settle() == ()
    assert [(folder.out / name).read_bytes() for name in (RESULTS, CAMPAIGNS)] == before


def test_what_copies_are_called_moves_with_its_cause(folder: Folder) -> None:
    folder.screen("a", evidence=(known_fake(None),))
    folder.screen("b", "a", evidence=())
    folder.settle()
    assert folder.labels == "a:synt b:synt"
    folder.screen("a", evidence=(SHOWN, known_fake()))  # the person was enrolled meanwhile
    moved = folder.settle()
    assert folder.labels == "a:susp b:susp"
    assert [name_of(one.verdict.media.path) for one in moved] == ["b"]
    assert folder.verdicts["b"].person == "ann"
    assert folder.campaigns[0].label == "suspected_impersonation"


def test_a_label_goes_when_its_cause_does(folder: Folder) -> None:
    a_campaign(folder)
    folder.settle()
    folder.remove("a")
    moved = folder.settle()
    assert folder.labels == "a:unve b:unve c:unve d:unve"
    assert {one.verdict.label for one in moved} == {"unverified_appearance"}
    assert not any(one.passed or PASSED in one.flags for one in folder.verdicts.values())


@pytest.mark.parametrize(
    ("fake", "copy", "labels"),
    [
        pytest.param((SHOWN, lookalike()), (SHOWN,), "a:susp b:unve", id="imitating-account"),
        pytest.param(
            (SHOWN, known_fake()), (SHOWN, official()), "a:susp b:offi", id="the-official-post"
        ),
        pytest.param(
            (SHOWN, lookalike(), known_fake()),
            (SHOWN,),
            "a:susp b:susp",
            id="account-and-media",
        ),
        pytest.param((known_fake(),), (), "a:susp b:susp", id="nobody-recognised-in-the-copy"),
    ],
)
def test_who_is_called_by_what_a_copy_is_suspected_of(
    folder: Folder, fake: tuple[Evidence, ...], copy: tuple[Evidence, ...], labels: str
) -> None:
    folder.screen("a", evidence=fake)
    folder.screen("b", "a", evidence=copy)
    folder.settle()
    assert folder.labels == labels


@pytest.mark.parametrize(
    ("kind", "sound", "alone"),
    [
        pytest.param("video", "aac", "", id="only-both-together"),
        pytest.param("video", "", "picture", id="a-silent-video-is-its-picture"),
        pytest.param("audio", "aac", "sound", id="a-recording-is-its-sound"),
    ],
)
def test_what_a_known_fake_consists_of_suffices(
    kind: Literal["video", "audio"], sound: str, alone: str
) -> None:
    media = MediaInfo("a.mp4", content("a"), kind, 100, SECONDS, audio_codec=sound)
    evidence = (SHOWN, known_fake())
    found = judge(evidence, duration_s=SECONDS)
    own = Verdict(found.label, media, found.person, summary="", evidence=evidence)
    suspicion = screened_file(own, CONFIG).suspicion
    assert suspicion is not None and suspicion.alone == frozenset(alone.split())


def test_the_official_post_is_the_original_of_its_campaign(folder: Folder) -> None:
    folder.screen("a", evidence=(SHOWN, official()), published="2025-01-01")
    folder.screen("b", "a", evidence=(SHOWN, known_fake()), published="2025-09-13")
    folder.settle()
    (campaign,) = folder.campaigns
    roles = {name_of(one.path): one.role for one in campaign.files}
    assert roles == {"a": "original", "b": "member"}
    assert campaign.label == "suspected_impersonation"
    assert (campaign.first, campaign.last) == ("2025-09-13", "2025-09-13")
    assert HOLDS not in folder.verdicts["a"].flags


class Comparisons:
    """Stands in for the comparison of faces: what each file comes to beside the suspected one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **most: float) -> None:
        self.asked: list[str] = []
        self._most = most
        monkeypatch.setattr(settling, "compare_all", self._all)

    def _all(self, pairs: Sequence[PairOfFiles], **_: object) -> Iterator[tuple[Pair, FacesApart]]:
        for one in pairs:
            assert one.contents == (content(one.path.stem), content(one.other_path.stem))
            self.asked.append(one.path.stem + one.other_path.stem)
            if one.path.stem in self._most:
                yield one.contents, FacesApart(self._most[one.path.stem])


def a_fake_and_what_it_was_made_of(folder: Folder) -> None:
    folder.screen("r", face=True)
    folder.screen("f", "r", evidence=(SHOWN, known_fake()), face=True)
    folder.screen("c", "r", face=True)
    folder.screen("u", "r", face=True)


def test_what_a_fake_was_made_of_is_not_called_so_and_a_copy_is(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Comparisons(monkeypatch, r=4.0, c=-4.0, u=0.5)
    a_fake_and_what_it_was_made_of(folder)
    folder.settle()
    assert folder.labels == "c:susp f:susp r:unve u:unve"
    flags = {name: set(one.flags) for name, one in folder.verdicts.items()}
    assert OTHER_FACE in flags["r"] and FACE_UNSURE in flags["u"]
    assert not any(HOLDS in one for one in flags.values())
    assert sorted(made.asked) == ["cf", "rf", "uf"]


def test_faces_are_compared_once(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Comparisons(monkeypatch, r=4.0, c=-4.0, u=0.5, n=-3.0)
    a_fake_and_what_it_was_made_of(folder)
    folder.settle()
    made.asked.clear()
    folder.screen("n", "c", face=True)
    folder.settle()
    assert made.asked == ["nf"]
    assert folder.labels == "c:susp f:susp n:susp r:unve u:unve"
    assert OTHER_FACE in folder.verdicts["r"].flags
    folder.config = replace(folder.config, sensitivity="high", watch=None)
    folder.settle()
    assert made.asked == ["nf"], "what is suspicious is no matter of how faces are looked at"
    folder.config = replace(folder.config, thorough=True)
    folder.settle()
    assert sorted(made.asked[1:]) == ["cf", "nf", "rf", "uf"]


def test_where_faces_cannot_be_compared_nobody_is_accused_and_it_is_said(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Comparisons(monkeypatch)
    a_fake_and_what_it_was_made_of(folder)
    folder.settle()
    assert folder.labels == "c:unve f:susp r:unve u:unve"
    assert all(FACE_UNSURE in folder.verdicts[name].flags for name in "cru")
    made.asked.clear()
    folder.settle()
    assert sorted(made.asked) == ["cf", "rf", "uf"], "a file may be back"


SCREENED: dict[str, Callable[[Folder], None]] = {
    "a": lambda one: one.screen("a", evidence=(SHOWN, known_fake())),
    "b": lambda one: one.screen("b", "a", "c"),
    "c": lambda one: one.screen("c", "d"),
    "d": lambda one: one.screen("d"),
    "e": lambda one: one.screen("e", "f"),
    "f": lambda one: one.screen("f", evidence=(known_fake(),)),
}


@pytest.mark.parametrize("seed", range(20))
def test_neither_order_nor_number_of_scans_changes_labels_or_members(
    tmp_path: Path, seed: int
) -> None:
    order = sorted(SCREENED)
    random.Random(seed).shuffle(order)
    folder = Folder(tmp_path)
    given: set[str] = set()
    for place, name in enumerate(order):
        SCREENED[name](folder)
        if random.Random(seed * 100 + place).random() < 0.5:
            folder.settle()
            given |= {one.id for one in folder.campaigns}
    folder.settle()
    assert folder.labels == "a:susp b:susp c:susp d:susp e:susp f:susp"
    members = {"".join(sorted(name_of(f.path) for f in one.files)): one for one in folder.campaigns}
    assert set(members) == {"abcd", "ef"}
    known = {one.id for one in folder.campaigns} | {
        name for one in folder.campaigns for name in one.merged
    }
    assert given <= known, "an id that was told once still leads to its campaign"


def test_ids_do_not_depend_on_the_order_within_a_scan(tmp_path: Path) -> None:
    ids = set()
    for seed in range(5):
        (tmp_path / str(seed)).mkdir()
        folder = Folder(tmp_path / str(seed))
        for name in random.Random(seed).sample(sorted(SCREENED), len(SCREENED)):
            SCREENED[name](folder)
        folder.settle()
        ids.add(tuple(sorted(one.id for one in folder.campaigns)))
    assert len(ids) == 1


def test_an_id_stays_when_files_are_added_and_two_become_one(folder: Folder) -> None:
    folder.screen("m")
    folder.screen("n", "m")
    folder.settle()
    (first,) = folder.campaigns
    folder.screen("a")  # would be the first of all contents
    folder.screen("b", "a")
    folder.settle()
    assert first.id in {one.id for one in folder.campaigns} and len(folder.campaigns) == 2
    second = next(one.id for one in folder.campaigns if one.id != first.id)
    folder.screen("x", "a", "m")
    folder.settle()
    both = folder.campaigns
    assert [(one.id, one.merged) for one in both] == [(first.id, (second,))]
    assert {one.campaign for one in folder.verdicts.values()} == {first.id}


def test_an_id_stays_when_all_its_files_are_screened_again_beside_a_new_one(folder: Folder) -> None:
    folder.screen("m")
    folder.screen("n", "m")
    folder.settle()
    (first,) = folder.campaigns
    folder.screen("m", evidence=(SHOWN, lookalike()))  # as when people changed: all lines are new
    folder.screen("n", "m", evidence=(SHOWN, lookalike()))
    folder.screen("a", "m")  # would be the first of all contents
    folder.settle()
    assert [(one.id, len(one.files)) for one in folder.campaigns] == [(first.id, 3)]


def test_a_file_of_other_content_takes_no_id_along(folder: Folder) -> None:
    folder.screen("m")
    folder.screen("n", "m")
    folder.settle()
    (first,) = folder.campaigns
    folder.screen("m", holds="x")
    folder.screen("n", "x", holds="y")
    folder.settle()
    (second,) = folder.campaigns
    assert second.id != first.id, "other footage lies under the old names"


def test_what_is_kept_is_begun_anew_when_it_is_damaged(folder: Folder) -> None:
    a_campaign(folder)
    folder.settle()
    before = (folder.out / CAMPAIGNS).read_bytes()
    store = folder.out / STORE
    data = bytearray(store.read_bytes())
    data[100:] = b"\x00" * (len(data) - 100)
    store.write_bytes(bytes(data))
    assert folder.settle() == ()
    assert (folder.out / CAMPAIGNS).read_bytes() == before, "the lines of files keep the ids"


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE file SET facts = '{}'", id="facts-that-lack-all"),
        pytest.param("UPDATE file SET facts = 'no JSON'", id="facts-that-are-no-json"),
        pytest.param("UPDATE file SET told = '[1]'", id="told-of-another-shape"),
        pytest.param("UPDATE file SET facts = x'00'", id="facts-that-are-bytes"),
        pytest.param("UPDATE file SET key = 'x' || key", id="keys-of-others"),
        pytest.param("UPDATE campaign SET record = '[]'", id="a-record-of-another-shape"),
        pytest.param("UPDATE campaign SET number = 'one'", id="a-number-that-is-text"),
        pytest.param("DELETE FROM campaign", id="no-campaigns"),
    ],
)
def test_rows_that_cannot_be_read_are_made_anew(folder: Folder, statement: str) -> None:
    a_campaign(folder)
    folder.settle()
    before = (folder.out / CAMPAIGNS).read_bytes()
    with closing(sqlite3.connect(folder.out / STORE)) as rows, rows:
        rows.execute(statement)
    assert folder.settle() == ()
    assert (folder.out / CAMPAIGNS).read_bytes() == before


def test_a_file_of_another_program_is_left_alone(folder: Folder) -> None:
    a_campaign(folder)
    (folder.out / STORE).write_bytes(b"a diary")
    with pytest.raises(BatchError, match="another program"):
        folder.settle()
    assert (folder.out / STORE).read_bytes() == b"a diary"


def test_a_scan_that_is_killed_while_it_amends_loses_nothing(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_campaign(folder)
    append = Results._append

    def dies(self: Results, line: bytes, offset: int) -> None:
        append(self, line, offset)
        raise KeyboardInterrupt

    monkeypatch.setattr(Results, "_append", dies)
    with pytest.raises(KeyboardInterrupt):
        folder.settle()
    monkeypatch.undo()
    with Results(folder.out) as results:
        assert len(results.lines()) == 4 and results.broken_lines == 0
    folder.settle()
    assert folder.labels == "a:susp b:susp c:susp d:unve"


def test_only_new_lines_are_read_again(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    a_campaign(folder)
    folder.settle()
    folder.screen("e")
    read: list[str] = []
    verdict = Results.verdict

    def counted(self: Results, digest: str) -> Verdict:
        read.append(digest)
        return verdict(self, digest)

    monkeypatch.setattr(Results, "verdict", counted)
    folder.settle()
    assert len(read) == 1


@pytest.mark.parametrize(
    ("within_s", "tied"),
    [pytest.param(60.0, False, id="a-minute"), pytest.param(3600.0, True, id="an-hour")],
)
def test_accounts_that_use_the_same_words_in_time_are_tied(
    folder: Folder, within_s: float, tied: bool
) -> None:
    a_campaign(folder)
    for place, name in enumerate("abc"):
        record = {
            "extractor_key": "Youtube",
            "webpage_url": f"https://www.youtube.com/watch?v={name}",
            "channel_id": f"UC{name}",
            "title": "What she really said about the harbour and the money",
            "timestamp": 1_700_000_000 + 600 * place,
        }
        (folder.media / f"{name}.info.json").write_text(json.dumps(record))
    folder.settle(within_s=within_s)
    (campaign,) = folder.campaigns
    assert len(campaign.accounts) == 3
    assert any(tie.by == "title" for tie in campaign.ties) == tied
    assert [one.text for one in campaign.wordings if one.where == "title"]


@pytest.mark.parametrize("within_s", [-1.0, float("nan"), float("inf"), 1e12])
def test_a_window_that_means_nothing_is_refused(folder: Folder, within_s: float) -> None:
    with pytest.raises(SetupError, match="expected a window"):
        folder.settle(within_s=within_s)
    with pytest.raises(SetupError, match="expected a window"):
        scan([folder.media], folder.out, folder.config, within_s=within_s)


def test_lines_of_campaigns_hold_to_their_schema(folder: Folder) -> None:
    a_campaign(folder)
    folder.settle()
    line = json.loads((folder.out / CAMPAIGNS).read_bytes())
    assert line["schema"] == "media_screen.campaign/1"
    line["files"][0]["role"] = "culprit"
    (folder.out / CAMPAIGNS).write_text(json.dumps(line) + "\n")
    assert folder.campaigns == ()
    with sqlite3.connect(folder.out / STORE) as rows:
        assert rows.execute("SELECT COUNT(*) FROM file").fetchone() == (4,)
