"""Texts of complaint for the platforms, in English and French, that claim no more than a verdict.

A post stands in one only when exports would accuse it and its account: never the official post, nor
one of an account that is the official one or may be; nor one that quotes, such as a news programme,
which may be suspected for the very part that it quotes. What is said follows the
causes of the verdict (`exports.causes`), each in words of its own. A label that was passed along is
told as a repeat of the file that is suspected, and only for what was found in the media: that
another account imitates a name says nothing of this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from media_screen.evidence import Campaign, Verdict
from media_screen.exports.causes import (
    DECLARED_CAUSES,
    MEDIA_CAUSES,
    SupportedClaim,
    shows,
    supported_claims,
)
from media_screen.exports.claims import clean, link
from media_screen.exports.postings import Posting, claims_of
from media_screen.package.complaint_words import (
    EXPLICIT,
    LANGUAGES,
    REPEAT,
    SAID,
    SOMEBODY,
    THING,
    Language,
    Thing,
)
from media_screen.report.posting import shown_time
from media_screen.results.ledger import NO_LEDGER, Ledger

# What is complained of, as far as a verdict supports it.
Ground = Literal["impersonation", "manipulated", "explicit"]
GROUNDS: tuple[Ground, ...] = ("impersonation", "manipulated", "explicit")


@dataclass(frozen=True, slots=True)
class ComplaintForm:
    """A platform that takes complaints: its name, the sites it is, and its own categories.

    The categories are called as in its public rules when this was written.
    """

    name: str
    sites: tuple[str, ...]
    categories: Mapping[Ground, Mapping[Language, str]]


@dataclass(frozen=True, slots=True)
class ComplainedPosting:
    """A suspected posting with what its verdict supports saying of it.

    `own` was found in the file itself, `repeated` in the file that it repeats.
    """

    posting: Posting
    own: tuple[SupportedClaim, ...]
    repeated: tuple[SupportedClaim, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict of the file."""
        return self.posting.verdict

    @property
    def grounds(self) -> tuple[Ground, ...]:
        """What can be complained of; nothing where the results don't tell what is suspect."""
        claims = (*self.own, *self.repeated)
        against = {one.what for one in claims} & {*MEDIA_CAUSES, "lookalike"}
        if not against:
            return ()
        named = self.verdict.label == "suspected_impersonation" and any(
            one.person is not None for one in claims
        )
        found: list[Ground] = ["impersonation"] if named else []
        found += ["manipulated"] if against & set(MEDIA_CAUSES) else []
        return (*found, *(("explicit",) if "explicit" in self.verdict.flags else ()))


@dataclass(frozen=True, slots=True)
class ComplaintPost:
    """One post as a text lists it: where it is, who posted it and when, and what is said of it."""

    url: str
    account: str
    posted: str
    sha256: str
    findings: tuple[str, ...]  # letters
    repeated: int | None  # percent of the file that repeats another one, None for one of its own


@dataclass(frozen=True, slots=True)
class Complaint:
    """A text, and the name of its file."""

    name: str
    text: str


FORMS = (
    ComplaintForm(
        "YouTube",
        ("youtube",),
        {
            "impersonation": {"en": "Impersonation", "fr": "Usurpation d'identité"},
            "manipulated": {
                "en": "Misinformation: manipulated content",
                "fr": "Informations incorrectes : contenus manipulés",
            },
            "explicit": {
                "en": "Nudity and sexual content",
                "fr": "Nudité et contenu à caractère sexuel",
            },
        },
    ),
    ComplaintForm(
        "TikTok",
        ("tiktok",),
        {
            "impersonation": {"en": "Impersonation", "fr": "Usurpation d'identité"},
            "manipulated": {
                "en": "Edited media and AI-generated content",
                "fr": "Contenus modifiés et contenus générés par l'IA",
            },
            "explicit": {
                "en": "Image-based sexual abuse",
                "fr": "Abus sexuel basé sur l'image",
            },
        },
    ),
    ComplaintForm(
        "X",
        ("twitter",),
        {
            "impersonation": {
                "en": "Misleading and deceptive identities",
                "fr": "Identités trompeuses et mensongères",
            },
            "manipulated": {
                "en": "Synthetic and manipulated media",
                "fr": "Médias synthétiques et manipulés",
            },
            "explicit": {"en": "Non-consensual nudity", "fr": "Nudité non consensuelle"},
        },
    ),
    ComplaintForm(
        "Meta",
        ("facebook", "instagram", "threads"),
        {
            "impersonation": {
                "en": "Account integrity and authentic identity: impersonation",
                "fr": "Intégrité des comptes et identité authentique : usurpation d'identité",
            },
            "manipulated": {
                "en": "Misinformation: manipulated media",
                "fr": "Désinformation : contenus multimédias manipulés",
            },
            "explicit": {
                "en": "Adult sexual exploitation: non-consensual intimate imagery",
                "fr": "Exploitation sexuelle d'adultes : images intimes non consensuelles",
            },
        },
    ),
)


def complaints(
    campaign: Campaign, verdicts: Sequence[Verdict], ledger: Ledger = NO_LEDGER
) -> Iterator[Complaint]:
    """Give the texts for each platform on which something suspected was posted."""
    told = _complained(campaign, verdicts, ledger)
    for form in FORMS:
        own = [one for one in told if _site(one.verdict) in form.sites]
        if not own:
            continue
        held = {ground for one in own for ground in one.grounds}
        for language in LANGUAGES:
            categories = [form.categories[one][language] for one in GROUNDS if one in held]
            text = _rendered(form, language, categories, campaign, own)
            yield Complaint(f"{form.name.lower()}.{language}.txt", text)


def _complained(
    campaign: Campaign, verdicts: Sequence[Verdict], ledger: Ledger
) -> list[ComplainedPosting]:
    by_key = {verdict.media.key: verdict for verdict in verdicts}
    found = (
        _with_claims(posting, by_key)
        for claim in claims_of(verdicts, [campaign], ledger)
        if claim.campaign is campaign
        for posting in claim.accused
        if posting.accuses_account and posting.file and posting.file.role == "member"
    )
    return [one for one in found if one.grounds]


def _with_claims(posting: Posting, by_key: Mapping[str, Verdict]) -> ComplainedPosting:
    verdict, passed = posting.verdict, posting.verdict.passed
    own = supported_claims(verdict)
    source = by_key.get(passed.key) if passed else None  # None also when its result is gone
    if source is None:
        return ComplainedPosting(posting, own, ())
    repeated = tuple(one for one in supported_claims(source) if one.what != "lookalike")
    if not {one.what for one in repeated} & set(MEDIA_CAUSES):
        return ComplainedPosting(posting, own, ())
    if not own and verdict.person and shows(verdict, verdict.person):
        own = (SupportedClaim("shown", verdict.name_of(verdict.person)),)
    return ComplainedPosting(posting, own, repeated)


def _site(verdict: Verdict) -> str:
    return verdict.post.platform.lower() if verdict.post else ""


def _findings(one: ComplainedPosting, language: Language) -> Iterator[str]:
    """Give what is said of a post, a sentence each, the same of each post that it is true of."""
    yield from (_said(claim, "post", language) for claim in one.own)
    if one.repeated:
        yield REPEAT[language].format(
            found="; ".join(_said(claim, "file", language) for claim in one.repeated)
        )
    if "explicit" in one.grounds:
        yield EXPLICIT[language]


def _said(claim: SupportedClaim, thing: Thing, language: Language) -> str:
    person = clean(claim.person or "") or SOMEBODY[language]
    return SAID[language][claim.what].format(person=person, **THING[language][thing])


def _rendered(
    form: ComplaintForm,
    language: Language,
    categories: Sequence[str],
    campaign: Campaign,
    told: Sequence[ComplainedPosting],
) -> str:
    letters: dict[str, str] = {}
    posts = []
    for one in told:
        found = _findings(one, language)
        posts.append(
            _post(one, [letters.setdefault(said, _letter(len(letters))) for said in found])
        )
    posts.sort(key=lambda one: (one.posted or "~", one.url, one.sha256))
    claims = {claim.what for one in told for claim in (*one.own, *one.repeated)}
    values: dict[str, Any] = {
        "form": form,
        "categories": categories,
        "campaign": campaign,
        "findings": [(letter, found) for found, letter in letters.items()],
        "posts": posts,
        "accounts": len({file.account for one in told if (file := one.posting.file)} - {""}),
        "declared": bool(claims & set(DECLARED_CAUSES)),
    }
    return text_template(f"complaint.{language}.txt", values)


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else f"A{number}"


def _post(one: ComplainedPosting, findings: Iterable[str]) -> ComplaintPost:
    post, passed = one.verdict.post, one.verdict.passed
    time = shown_time(post.published) if post else ""
    names: Iterable[str] = (post.handle, post.display_name, post.channel_id) if post else ()
    known = list(dict.fromkeys(clean(name) for name in names if name))
    share = min(max(passed.share, 0.0), 1.0) if passed and one.repeated else None
    return ComplaintPost(
        url=link(one.verdict),
        account=", ".join(known),
        posted=f"{time} UTC" if time else "",
        sha256=one.verdict.media.sha256,
        findings=tuple(findings),
        repeated=None if share is None else round(100 * share),
    )


def text_template(name: str, values: Mapping[str, Any]) -> str:
    """Render a plain text, in which hidden characters of untrusted values are written out."""
    import jinja2

    from media_screen.results.text import visible

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("media_screen.package"),
        autoescape=False,  # plain text: nothing in it is markup
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: visible(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name).render(values)
