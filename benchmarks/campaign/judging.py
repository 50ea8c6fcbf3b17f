"""Screens the posts of `benchmarks.campaign`, settles their campaigns, and says what is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from benchmarks.campaign.posts import Posted
from media_screen.batch.campaigns import settle
from media_screen.batch.campaigns.facts import own_verdict, screened_file
from media_screen.batch.campaigns.store import STORE, CampaignStore
from media_screen.batch.scan import Progress, scan
from media_screen.evaluation.outcomes import ResultsError, read_results
from media_screen.evidence import ACCUSING, Campaign, Evidence, Match, Span, Verdict
from media_screen.files import file_id
from media_screen.footage.campaigns import ScreenedFile
from media_screen.fusion.judge import judge
from media_screen.results.campaigns import read_campaigns
from media_screen.results.folder import RESULTS, Results
from media_screen.screen import Config
from media_screen.screen.settings import settings_digest

# What joins and compares; nothing that looks for fakes, which is not what is measured. Voices are
# compared so that it is known who speaks.
DETECTORS = ("channel", "catalogue", "original", "face_identity", "voice_identity")
FINDING: Literal["known_fake"] = "known_fake"
BY_HAND = "found by hand"
CORES = 2  # at work at once


@dataclass(frozen=True)
class Settled:
    """A post with its verdict and the campaign that its file is in, "" for none."""

    post: Posted
    verdict: Verdict
    campaign: str = ""
    quotes: bool = False

    @property
    def own(self) -> Verdict:
        """The verdict that the file got for itself."""
        return own_verdict(self.verdict)

    @property
    def called(self) -> bool:
        """Whether a label was passed along to it."""
        return self.verdict.passed is not None

    @property
    def accused(self) -> bool:
        """Whether it is suspected, for itself or through another one."""
        return self.verdict.label in ACCUSING


def config_of(people: Path) -> Config:
    """Return how the posts are screened; fingerprints are kept, to meet again in other orders."""
    return Config(people=people, device="cpu", threads=1, detectors=DETECTORS, fingerprint=True)


def screened(posts: Sequence[Posted], people: Path, out: Path) -> list[Settled]:
    """Screen, give the first post of each fake its finding, settle, and read what came of it."""
    config = config_of(people)
    kept = fingerprints(out)
    kept.mkdir(parents=True, exist_ok=True)

    def keep(verdict: Verdict, progress: Progress) -> None:
        if verdict.fingerprint:
            (kept / verdict.media.sha256).write_bytes(verdict.fingerprint)

    scan([post.path for post in posts], out, config, workers=CORES, on_result=keep)
    with Results(out) as results:
        _find_by_hand(posts, results, config)
        settle(results, out, config, workers=CORES)
        results.compact()
    saved = read_results(out / RESULTS).of([post.path for post in posts])
    if None in saved:
        raise ResultsError("a post has no verdict: scan again")
    verdicts = [one for one in saved if one is not None]
    return with_campaigns(posts, verdicts, read_campaigns(out))


def fingerprints(out: Path) -> Path:
    """Return the folder of fingerprints of what was screened into a folder of results."""
    return out.with_name(f"{out.name}-fingerprints")


def with_campaigns(
    posts: Sequence[Posted], verdicts: Sequence[Verdict], campaigns: Sequence[Campaign]
) -> list[Settled]:
    """Put posts together with their verdicts and the campaigns in which their files are."""
    home = {
        file.key: (one.id, False)
        for one in campaigns
        for file in one.files
        if file.role != "quotes"
    }
    beside = {
        file.key: (one.id, True) for one in campaigns for file in one.files if file.role == "quotes"
    }
    found = beside | home
    return [
        Settled(post, verdict, *found.get(verdict.media.key, ("", False)))
        for post, verdict in zip(posts, verdicts, strict=True)
    ]


def _find_by_hand(posts: Sequence[Posted], results: Results, config: Config) -> None:
    """Write into the line of each first post that it matches a known fake."""
    firsts = {file_id(post.path): post for post in posts if post.role == "fake"}
    for digest in results.lines():
        verdict = results.verdict(digest)
        if verdict.media.id in firsts:
            results.amend(digest, found_by_hand(verdict))


def found_by_hand(verdict: Verdict) -> Verdict:
    """Return the verdict of a file with the finding that it is a fake that was seen before."""
    own = own_verdict(verdict)
    if any(piece.why == BY_HAND for piece in own.evidence):
        return verdict
    whole = Span(0.0, own.media.duration_s)
    person = own.person
    match = Match(person or "", "fake.mp4", FINDING, whole, whole, 1.0, 1.0)
    evidence = (
        *own.evidence,
        Evidence(
            "catalogue",
            "provenance",
            1.0,
            4.0,
            BY_HAND,
            person=person,
            finding=FINDING,
            match=match,
        ),
    )
    judged = judge(
        evidence,
        own.abstentions,
        own.failures,
        duration_s=own.media.duration_s,
        coverage=own.coverage,
    )
    return replace(
        own,
        label=judged.label,
        person=judged.person,
        summary=judged.summary,
        llr=judged.llr,
        fusion=judged.fusion,
        provenance=judged.provenance,
        evidence=evidence,
    )


# --- joined and passed ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """One kind of post: how many were joined and called as they should be, and of how many.

    `alone` is how many are suspected for themselves, without what is passed along.
    """

    kind: str
    files: int
    joined: int
    quoting: int
    called: int
    alone: int


def count(settled: Sequence[Settled]) -> list[Counted]:
    """Count posts by their kinds, in the order in which these first come.

    A post is joined when it is in the campaign of the fake that it belongs to, an unrelated one
    when it is in any campaign.
    """
    home = homes(settled)
    kinds: dict[str, list[Settled]] = {}
    for one in settled:
        kinds.setdefault(one.post.kind, []).append(one)
    return [
        Counted(
            kind,
            len(group),
            sum(_joined(one, home) for one in group),
            sum(one.quotes for one in group),
            sum(one.called for one in group),
            sum(one.own.label in ACCUSING for one in group),
        )
        for kind, group in kinds.items()
    ]


def homes(settled: Sequence[Settled]) -> dict[str, str]:
    """Return the id of the campaign in which each fake is."""
    return {one.post.campaign: one.campaign for one in settled if one.post.role == "fake"}


def _joined(one: Settled, home: Mapping[str, str]) -> bool:
    wanted = home.get(one.post.campaign, one.campaign)
    return bool(one.campaign) and not one.quotes and one.campaign == wanted


@dataclass(frozen=True)
class Rightly:
    """One line of the result: what was asked, how many did it, of how many, and the aim."""

    what: str
    count: int
    of: int
    aim: str
    met: bool


def aims(settled: Sequence[Settled]) -> list[Rightly]:
    """Return what the issue asks for, counted."""
    home = homes(settled)
    copies = [one for one in settled if one.post.role in ("fake", "repost")]
    reposts = [one for one in copies if one.post.role == "repost"]
    news = [one for one in settled if one.post.role == "news"]
    genuine = [one for one in settled if one.post.role == "genuine"]
    official = [one for one in genuine if one.post.official]
    unrelated = [one for one in settled if one.post.role == "unrelated"]
    strange = [one for one in settled if wrongly_joined(one, home)]
    return [
        _least("copies of a fake in its campaign", [_joined(one, home) for one in copies]),
        _none("files in a campaign that is not theirs", [one in strange for one in settled]),
        _least("copies suspected through it or for themselves", [o.accused for o in reposts]),
        _none("genuine files called through a fake", [one.called for one in genuine]),
        _none("official posts suspected in any way", [one.accused for one in official]),
        _none("unrelated clips called through a fake", [one.called for one in unrelated]),
        _none("news clips called through the fake they quote", [one.called for one in news]),
    ]


def wrongly_joined(one: Settled, home: Mapping[str, str]) -> bool:
    """Tell whether a file is in a campaign with which it has nothing to do.

    The genuine clip of which a fake was made shares its footage; a news clip stands beside it.
    """
    if not one.campaign:
        return False
    if one.post.role == "unrelated":
        return True
    other = one.campaign != home[one.post.campaign] and one.campaign in home.values()
    return other or (one.post.role == "news" and not one.quotes)


def _least(what: str, met: Sequence[bool]) -> Rightly:
    return Rightly(what, sum(met), len(met), "99% at least", sum(met) >= 0.99 * len(met))


def _none(what: str, found: Sequence[bool]) -> Rightly:
    return Rightly(what, sum(found), len(found), "none", not any(found))


# --- faces ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LikenessApart:
    """By how much the likeness of a face to a person differs between a fake and another file."""

    campaign: str
    kind: str  # of the other file
    person: str
    fake: float
    other: float

    @property
    def apart(self) -> float:
        """The difference."""
        return abs(self.fake - self.other)


def faces_apart(settled: Sequence[Settled], config: Config) -> Iterator[LikenessApart]:
    """Compare the faces of each fake with those of its copies and of the genuine clip.

    One pair for each enrolled person to whom the face of either is most alike.
    """
    files = [(one, screened_file(one.own, config)) for one in settled]
    firsts = {one.post.campaign: file for one, file in files if one.post.role == "fake"}
    for one, file in files:
        fake = firsts.get(one.post.campaign)
        if fake is None or file is fake or one.post.role == "news":
            continue
        for person in _people(fake, file):
            yield LikenessApart(
                one.post.campaign,
                one.post.kind,
                person,
                fake.faces.get(person, 0.0),
                file.faces.get(person, 0.0),
            )


@dataclass(frozen=True)
class FacesLaid:
    """What came of laying a file over a suspected one; `most` is None where nothing could be."""

    campaign: str
    kind: str  # of the file
    most: float | None


def faces_laid(settled: Sequence[Settled], out: Path, config: Config) -> Iterator[FacesLaid]:
    """Give what each comparison came to that was made before labels were passed along."""
    posts = {one.own.media.sha256: one.post for one in settled}
    store = CampaignStore(out / STORE)
    for (content, _), apart in sorted(store.faces(settings_digest(config)).items()):
        if content in posts:
            yield FacesLaid(posts[content].campaign, posts[content].kind, apart.most)
    store.close()


def _people(*files: ScreenedFile) -> list[str]:
    return sorted({person for file in files for person in file.faces})


def _without_folders(one: Settled) -> str:
    """Return what a verdict says without the folders of the machine that it was made on."""
    return one.verdict.summary.replace(f"{one.post.path.parents[1]}/", "")


def failures(settled: Sequence[Settled]) -> list[dict[str, Any]]:
    """Return the posts of which something is wrong, with the reason that their lines give."""
    home = homes(settled)
    found = []
    for one in settled:
        copy, innocent = one.post.role in ("fake", "repost"), one.post.role != "fake"
        wrong = {
            "not joined": copy and not _joined(one, home),
            "joined wrongly": wrongly_joined(one, home),
            "not suspected": one.post.role == "repost" and not one.accused,
            "called": innocent and one.post.role != "repost" and one.called,
            "suspected for itself": one.post.role in ("genuine", "unrelated", "news")
            and one.accused
            and not one.called,
        }
        for what, holds in wrong.items():
            if holds:
                found.append(
                    {
                        "campaign": one.post.campaign,
                        "kind": one.post.kind,
                        "file": one.post.path.name,
                        "what": what,
                        "label": one.verdict.label,
                        "why": _without_folders(one),
                    }
                )
    return found
