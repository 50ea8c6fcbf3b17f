"""Reads what a file declares of itself: signed content credentials (C2PA), and platforms' labels.

Nothing is fetched: credentials that are kept at another address, revocation lists and identity
documents stay unread, and the address is said. Most platforms strip credentials from what they are
given, so their absence says nothing. Anybody can sign: only a signer whose certificate leads to the
trust list that the user names is `trusted`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from media_screen.detectors.contract import Case, Dependence, Need
from media_screen.detectors.credentials.manifest import (
    ManifestReading,
    State,
    Unreadable,
    context,
    quoted,
    read,
)
from media_screen.evidence import Abstention, Axis, Evidence
from media_screen.sidecar import Sidecar

# Findings by which a file, or the platform it was on, declares its content to be made by AI.
DECLARED = ("ai_generated", "ai_composite", "platform_ai_label")

# Natural-log likelihood ratios, set by judgement: there is no labelled collection of true and false
# declarations. A label is believed as far as twenty to one, as that of the container is: genuine
# clips with an AI filter carry it, and anybody can write or sign one.
LLR_LABEL = 3.0
LLR_GENERATED: Mapping[State, float] = {
    "trusted": 4.0,  # a known maker of generators vouches for it, and the bytes are as it left them
    "valid": LLR_LABEL,
    "invalid": 1.5,  # the label may belong to other content: that is what "invalid" means
}
# Generative fill and eraser tools of phones sign "composite", too: ten to one, and less.
LLR_COMPOSITE: Mapping[State, float] = {"trusted": 2.3, "valid": 2.3, "invalid": 1.0}
# The state itself weighs nothing: platforms strip and break credentials of genuine and forged files
# alike, and a forger can sign with a certificate of their own.
LLR_STATE = 0.0


class Credentials:
    """Reads signed content credentials and platforms' AI labels; believes them as far as they go.

    The first evidence has the state as its finding (`none`, `invalid`, `valid`, `trusted`); those
    of `DECLARED` and `dubbed` follow. When the state can't be told, an abstention takes its place.
    """

    name = "credentials"
    axis: Axis = "provenance"
    needs: tuple[Need, ...] = ()
    depends: tuple[Dependence, ...] = ("post", "trust")

    def __init__(self) -> None:
        self._context: Any = None
        self._anchors = ""

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield the state of the credentials, then each declaration that was found."""
        try:
            reading = read(case.media.source, self._context_for(case.trust_anchors))
        except Unreadable as error:
            yield Abstention(self.name, error.reason, str(error))
        else:
            yield _evidence(
                reading.state,
                0.0,
                LLR_STATE,
                _state_words(reading),
                manifests=reading.manifests,
                remote=bool(reading.remote),
            )
            if reading.source:
                yield _declared(reading)
        if case.sidecar is not None:
            yield from _labels(case.sidecar)

    def _context_for(self, anchors: str) -> Any:
        """Return the library's settings for a trust list, made once: it is the same for a batch."""
        if self._context is None or anchors != self._anchors:
            self._context, self._anchors = context(anchors), anchors
        return self._context


# --- words -----------------------------------------------------------------------------------


def _declared(reading: ManifestReading) -> Evidence:
    generated = reading.source == "ai_generated"
    llr = (LLR_GENERATED if generated else LLR_COMPOSITE)[reading.state]
    what = "made by AI" if generated else "in part made by AI"
    doubt = ", though they are broken and may belong to other content"
    why = (
        f"the content credentials declare the content as {what}, {_signed(reading)}"
        f"{doubt if reading.state == 'invalid' else ''}"
    )
    return _evidence(reading.source, 1.0, llr, why)


def _labels(sidecar: Sidecar) -> Iterator[Evidence]:
    if sidecar.ai_labels:
        shown = "; ".join(quoted(label) for label in sidecar.ai_labels[:3])
        why = f"the platform labels the post as made or altered with AI: {shown}"
        yield _evidence("platform_ai_label", 1.0, LLR_LABEL, why, labels=len(sidecar.ai_labels))
    if sidecar.dubbed:
        why = "the platform dubbed the voice automatically: lips and voice can't agree"
        yield _evidence("dubbed", 0.0, 0.0, why)


def _state_words(reading: ManifestReading) -> str:
    if reading.state == "none" and reading.remote:
        return (
            "the file carries no content credentials but the address where they are kept, which "
            f"was not fetched: {quoted(reading.remote)}"
        )
    if reading.state == "none":
        return "the file carries no content credentials; platforms strip them, so it says nothing"
    if reading.state == "invalid":
        codes = ", ".join(quoted(code) for code in reading.failures[:3])
        return (
            "the content credentials are broken, so content or credentials were changed after "
            f"signing: {codes or 'no reason given'}; {_signed(reading)}"
        )
    if reading.state == "valid":
        return (
            f"the content credentials are intact, {_signed(reading)}; the signer is not on the "
            "list of trusted ones, and anybody can sign under any name"
        )
    return f"the content credentials are intact, {_signed(reading)}, who is on the trust list"


def _signed(reading: ManifestReading) -> str:
    by = f"signed by {quoted(reading.signer)}" if reading.signer else "signer unknown"
    return f"{by} with {quoted(reading.generator)}" if reading.generator else by


def _evidence(finding: str, score: float, llr: float, why: str, **values: float) -> Evidence:
    return Evidence(
        detector=Credentials.name,
        axis="provenance",
        score=score,
        llr=llr,
        why=why,
        finding=finding,
        values=values,
    )
