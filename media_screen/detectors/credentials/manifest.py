"""Reads a C2PA manifest without the network: its state, its signer, and whether it declares AI."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from media_screen.errors import MediaScreenError
from media_screen.evidence import Reason
from media_screen.media.source import Openable

State = Literal["none", "invalid", "valid", "trusted"]
Source = Literal["", "ai_generated", "ai_composite"]
STATES: tuple[State, ...] = ("none", "invalid", "valid", "trusted")

_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True},
    "core": {
        "allowed_network_hosts": [],
        "allow_redirects": False,
        "decode_identity_assertions": False,  # would look up identity documents on the web
        "max_decompressed_manifest_size_in_mb": 16,
    },
}
# Ends of codes that are no failure: detailed reports list what went well, too, and a signer who is
# on no list breaks nothing.
_NO_FAILURE = (
    ".match",
    ".validated",
    ".trusted",
    ".untrusted",
    ".insideValidity",
    ".skipped",
    ".accessible",
    ".notRevoked",
)
# The last part of the addresses by which the IPTC's vocabulary names kinds of sources.
_GENERATED, _COMPOSITE = "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"
_MAX_JSON = 16 << 20  # characters of a manifest store; real ones have 2,000 to 100,000
_MAX_MANIFESTS = 64  # of one store that are walked through
_MAX_QUOTED = 60  # characters of an untrusted text in a sentence


@dataclass(frozen=True, slots=True)
class ManifestReading:
    """What the credentials of one file say; every text in it is untrusted."""

    state: State
    signer: str = ""
    generator: str = ""
    failures: tuple[str, ...] = ()  # codes of the standard, such as assertion.dataHash.mismatch
    source: Source = ""
    manifests: int = 0
    remote: str = ""  # address of credentials that were not fetched


class Unreadable(MediaScreenError):
    """Credentials could not be looked for; `reason` is the code of the abstention."""

    def __init__(self, reason: Reason, why: str) -> None:
        super().__init__(why)
        self.reason = reason


def context(anchors: str = "") -> Any:
    """Make the settings to read with: offline, and with these certificates (PEM) as trusted.

    Raises Unreadable when the library is missing or the trust list is no list of certificates.
    """
    try:
        import c2pa
    except (ImportError, OSError, RuntimeError) as error:  # the native part may not load
        raise Unreadable(
            "missing_package", f"the package c2pa-python can't be used: {quoted(str(error))}"
        ) from error
    settings: dict[str, Any] = dict(_SETTINGS)
    if anchors:
        _check_certificates(anchors)
        settings["trust"] = {"trust_anchors": anchors}
    return c2pa.Context.from_dict(settings)


def _check_certificates(anchors: str) -> None:
    """Raise Unreadable when a trust list holds anything but certificates.

    The library leaves out what it can't read, and would so trust nobody without a word.
    """
    from cryptography import x509

    try:
        x509.load_pem_x509_certificates(anchors.encode())
    except ValueError as error:
        raise Unreadable(
            "unreadable",
            "the list of trusted certificates can't be read, so no credentials are judged: "
            f"{quoted(str(error))}",
        ) from error


def read(file: Openable, context: Any) -> ManifestReading:
    """Read the credentials of a file, whose kind is told by its content; raises Unreadable."""
    import c2pa

    try:
        with file.open("rb") as stream, c2pa.Reader(None, stream, context=context) as reader:
            text = reader.json()
    except OSError as error:
        raise Unreadable("unreadable", f"the file can't be opened: {error.strerror}") from error
    except c2pa.C2paError as error:
        return _without_manifest(str(error))
    if len(text) > _MAX_JSON:
        raise Unreadable("too_large", f"the content credentials have over {_MAX_JSON} characters")
    try:
        return parse(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise Unreadable("unreadable", "the content credentials can't be parsed") from error


def _without_manifest(error: str) -> ManifestReading:
    """Tell by the library's error, whose kind stands before a colon, what was found instead."""
    kind, _, detail = error.partition(":")
    if kind == "ManifestNotFound":
        return ManifestReading("none")
    if kind.startswith("Remote"):
        return ManifestReading("none", remote=detail.rpartition(" ")[2])
    if kind == "NotSupported":
        raise Unreadable("not_applicable", "files of this kind don't carry content credentials")
    if kind == "Io" or "asset could not be parsed" in detail:
        raise Unreadable("unreadable", f"the file is damaged or cut off: {quoted(detail.strip())}")
    return ManifestReading("invalid", failures=(error,))


def parse(record: object) -> ManifestReading:
    """Turn a manifest store, as the library writes it in JSON, into what this detector says."""
    store = _table(record)
    manifests = _table(store.get("manifests"))
    active = _table(manifests.get(_text(store.get("active_manifest"))))
    signature = _table(active.get("signature_info"))
    failures = tuple(
        code
        for item in _list(store.get("validation_status"))
        if (code := _text(_table(item).get("code"))) and not code.endswith(_NO_FAILURE)
    )
    return ManifestReading(
        state=_state(_text(store.get("validation_state")), failures),
        signer=_text(signature.get("issuer")) or _text(signature.get("common_name")),
        generator=_generator(active),
        failures=failures,
        source=_source(manifests, _text(store.get("active_manifest"))),
        manifests=len(manifests),
    )


def _state(stated: str, failures: Sequence[str]) -> State:
    known: dict[str, State] = {"Invalid": "invalid", "Valid": "valid", "Trusted": "trusted"}
    # Reports of older versions of the library have no state, only the list of what failed.
    return known.get(stated) or ("invalid" if failures or stated else "valid")


def _generator(manifest: Mapping[str, Any]) -> str:
    for item in _list(manifest.get("claim_generator_info")):
        if name := _text(_table(item).get("name")):
            return f"{name} {_text(_table(item).get('version'))}".strip()
    return _text(manifest.get("claim_generator"))


def _source(manifests: Mapping[str, Any], label: str) -> Source:
    """Say whether AI made the content, or a part: by the manifest or one it is derived from."""
    pending, seen, found = [(label, False)], set[str](), False
    while pending and len(seen) < _MAX_MANIFESTS:
        label, is_part = pending.pop()
        if label in seen:
            continue
        seen.add(label)
        manifest = _table(manifests.get(label))
        declared = _declares(manifest)
        if declared == "ai_generated" and not is_part:
            return "ai_generated"
        found = found or bool(declared)
        for item in _list(manifest.get("ingredients")):
            relation = _text(_table(item).get("relationship"))
            # `inputTo` is what a tool was given to work from: no part of the content.
            if relation in ("parentOf", "componentOf"):
                part = is_part or relation == "componentOf"
                pending.append((_text(_table(item).get("active_manifest")), part))
    return "ai_composite" if found else ""


def _declares(manifest: Mapping[str, Any]) -> Source:
    """Return what the assertions of one manifest declare of its own content."""
    kinds, edits = set(), False
    for item in _list(manifest.get("assertions")):
        data = _table(_table(item).get("data"))
        if _text(_table(item).get("label")).startswith("c2pa.actions"):
            for action in map(_table, _list(data.get("actions"))):
                name, kind = _text(action.get("action")), _last(action.get("digitalSourceType"))
                # What is opened or placed was there before, and so was what a camera created.
                edits = edits or name in ("c2pa.opened", "c2pa.placed")
                edits = edits or (name == "c2pa.created" and kind not in ("", _GENERATED))
                kinds.add(kind)
        else:
            kinds.add(_last(data.get("Iptc4xmpExt:DigitalSourceType")))
    if _GENERATED in kinds and not edits:
        return "ai_generated"
    return "ai_composite" if kinds & {_GENERATED, _COMPOSITE} else ""


def _last(value: object) -> str:
    return _text(value).rstrip("/").rpartition("/")[2]


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def quoted(text: str) -> str:
    """Quote an untrusted text: cut, with line breaks, bidi and invisible characters escaped."""
    return repr(text if len(text) <= _MAX_QUOTED else text[:_MAX_QUOTED] + "...")
