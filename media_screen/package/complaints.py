"""Texts of complaint for the platforms, in English and French, that claim no more than a verdict.

A post stands in one only when its label says that something is suspected, and never for what an
official or innocent file shows. A label that was passed along is told as a repeat of the file that
is suspected, and only for what was found in the media: that another account imitates a name says
nothing of this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from media_screen.evidence import ACCUSING, Campaign, Verdict
from media_screen.exports.claims import (
    clean,
    link,
    looks_changed,
    looks_generated,
)
from media_screen.report.posting import shown_time

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")

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
class ComplaintPost:
    """One post: where it is, who posted it and when, and what is said of it."""

    url: str
    account: str
    posted: str
    sha256: str
    findings: tuple[str, ...]  # letters


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

# What is said of a post, in words that go no further than the label does.
_FOUND: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "changed": "{it} appears to show or voice {person}, was not published on any channel of "
        "theirs that is known to us, and its picture or sound has signs of manipulation above the "
        "threshold of the screening",
        "channel": "{it} appears to show or voice {person}, was not published on any channel of "
        "theirs that is known to us, and the name or handle of the account resembles theirs",
        "altered_official": "the picture or sound of {it} matches official footage of {person}, "
        "and the other, or a face in it, does not",
        "synthetic_media": "{it} has signs of manipulation or fabrication above the threshold of "
        "the screening; nobody in particular was recognised in it",
        "explicit": "the screening marked the pictures of this post as sexually explicit",
        "repeat": "{percent}% of this post repeats another file of the same campaign, and {found}",
        "post": "this post",
        "file": "that file",
        "somebody": "a person who is enrolled in the screening",
    },
    "fr": {
        "changed": "{it} semble montrer ou faire entendre {person}, ne provient d'aucun canal de "
        "cette personne connu de nous, et son image ou sa bande-son présente des indices de "
        "manipulation supérieurs au seuil de l'analyse",
        "channel": "{it} semble montrer ou faire entendre {person}, ne provient d'aucun canal de "
        "cette personne connu de nous, et le nom ou l'identifiant du compte ressemble au sien",
        "altered_official": "{it} reprend l'image ou la bande-son d'une vidéo officielle de "
        "{person}, mais l'autre, ou un visage, n'y correspond pas",
        "synthetic_media": "{it} présente des indices de manipulation ou de fabrication supérieurs "
        "au seuil de l'analyse ; personne n'y a été reconnu en particulier",
        "explicit": "l'analyse a signalé les images de cette publication comme sexuellement "
        "explicites",
        "repeat": "{percent} % de cette publication reprend un autre fichier de la même campagne, "
        "et {found}",
        "post": "cette publication",
        "file": "ce fichier",
        "somebody": "une personne enregistrée dans l'analyse",
    },
}


def complaints(campaign: Campaign, verdicts: Sequence[Verdict]) -> Iterator[Complaint]:
    """Give the texts for each platform on which something suspected was posted."""
    by_key = {verdict.media.key: verdict for verdict in verdicts}
    original = {file.key for file in campaign.files if file.role != "member"}
    told = [verdict for verdict in verdicts if verdict.media.key not in original]
    for form in FORMS:
        own = [verdict for verdict in told if _site(verdict) in form.sites]
        grounds = {verdict.media.key: _grounds(verdict, by_key) for verdict in own}
        own = [verdict for verdict in own if grounds[verdict.media.key]]
        if not own:
            continue
        held = {ground for verdict in own for ground in grounds[verdict.media.key]}
        for language in LANGUAGES:
            categories = [form.categories[one][language] for one in GROUNDS if one in held]
            text = _rendered(form, language, categories, campaign, own, by_key)
            yield Complaint(f"{form.name.lower()}.{language}.txt", text)


def _site(verdict: Verdict) -> str:
    return verdict.post.platform.lower() if verdict.post else ""


def _grounds(verdict: Verdict, by_key: Mapping[str, Verdict]) -> tuple[Ground, ...]:
    """Return what a verdict supports a complaint of; nothing for all that isn't suspected."""
    if verdict.label not in ACCUSING:
        return ()
    source = _source(verdict, by_key)
    if source is None:
        return ()
    changed = looks_changed(source) and source.label in ACCUSING
    found: list[Ground] = []
    if verdict.label == "suspected_impersonation" and verdict.person:
        # The name of one account says nothing of another that posted the same.
        found += ["impersonation"] if changed or not verdict.passed else []
    found += ["manipulated"] if changed else []
    if found and "explicit" in verdict.flags:
        found.append("explicit")
    return tuple(found)


def _source(verdict: Verdict, by_key: Mapping[str, Verdict]) -> Verdict | None:
    """Return the verdict that a label comes from, None when its result is gone."""
    return by_key.get(verdict.passed.key) if verdict.passed else verdict


def _findings(
    verdict: Verdict, language: Language, by_key: Mapping[str, Verdict]
) -> tuple[str, ...]:
    words = _FOUND[language]
    source = _source(verdict, by_key) or verdict
    person = clean(source.person or verdict.person or "") or words["somebody"]
    if source.label == "suspected_impersonation":
        kind = "changed" if looks_changed(source) else "channel"
    else:
        kind = source.label
    it = words["file" if verdict.passed else "post"]
    found = words[kind].format(it=it, person=person)
    if verdict.passed:
        percent = round(100 * min(max(verdict.passed.share, 0.0), 1.0))
        found = words["repeat"].format(percent=percent, found=found)
    explicit = (words["explicit"],) if "explicit" in verdict.flags else ()
    return (found, *explicit)


def _rendered(
    form: ComplaintForm,
    language: Language,
    categories: Sequence[str],
    campaign: Campaign,
    verdicts: Sequence[Verdict],
    by_key: Mapping[str, Verdict],
) -> str:
    letters: dict[str, str] = {}
    posts = []
    for verdict in verdicts:
        found = _findings(verdict, language, by_key)
        own = tuple(letters.setdefault(one, _letter(len(letters))) for one in found)
        posts.append(_post(verdict, own))
    posts.sort(key=lambda one: (one.posted or "~", one.url, one.sha256))
    values: dict[str, Any] = {
        "form": form,
        "categories": categories,
        "campaign": campaign,
        "findings": [(letter, found) for found, letter in letters.items()],
        "posts": posts,
        "accounts": len({one.account for one in posts if one.account}),
        "generated": any(
            looks_generated(source) for one in verdicts if (source := _source(one, by_key))
        ),
    }
    return text_template(f"complaint.{language}.txt", values)


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else f"A{number}"


def _post(verdict: Verdict, findings: tuple[str, ...]) -> ComplaintPost:
    post = verdict.post
    time = shown_time(post.published) if post else ""
    names: Iterable[str] = (post.handle, post.display_name, post.channel_id) if post else ()
    known = list(dict.fromkeys(clean(name) for name in names if name))
    return ComplaintPost(
        url=link(verdict),
        account=", ".join(known),
        posted=f"{time} UTC" if time else "",
        sha256=verdict.media.sha256,
        findings=findings,
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
