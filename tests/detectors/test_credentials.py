"""Content credentials of files that are signed here, with a throw-away certificate, or broken."""

from __future__ import annotations

import datetime
import http.server
import io
import random
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from benchmarks.abuse import DAMAGES, damaged
from media_screen.case import Case
from media_screen.detectors.credentials import DECLARED, LLR_GENERATED, Credentials, manifest
from media_screen.detectors.credentials.manifest import parse
from media_screen.evidence import Abstention, Evidence
from media_screen.media import Media
from media_screen.sidecar import Sidecar
from media_screen.sidecar.labels import AI_LABEL_YOUTUBE
from tests.fakes import stand_in
from tests.making import write_video

SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = SOURCES + "trainedAlgorithmicMedia"
COMPOSITE = SOURCES + "compositeWithTrainedAlgorithmicMedia"
CAPTURED = SOURCES + "digitalCapture"
CREATED = {"action": "c2pa.created", "digitalSourceType": CAPTURED}


@dataclass(frozen=True)
class Maker:
    """Signs files with a certificate that a throw-away authority issued."""

    authority: str  # PEM
    signer: Any

    def sign(
        self,
        data: bytes,
        *actions: dict[str, Any],
        kind: str = "image/jpeg",
        name: str = "Test Camera",
        url: str = "",
        ingredients: tuple[tuple[str, bytes], ...] = (),
    ) -> tuple[bytes, bytes]:
        """Return the signed file and its manifest; with an address, the file has only that."""
        import c2pa

        assertions = [{"label": "c2pa.actions.v2", "data": {"actions": list(actions)}}]
        info = [{"name": name, "version": "1"}]
        builder = c2pa.Builder({"claim_generator_info": info, "assertions": assertions})
        for relation, other in ingredients:
            part = {"title": "part", "relationship": relation, "label": "part"}
            builder.add_ingredient(part, "image/jpeg", io.BytesIO(other))
        if url:
            builder.set_no_embed()
            builder.set_remote_url(url)
        signed = io.BytesIO()
        made = builder.sign(self.signer, kind, io.BytesIO(data), signed)
        return signed.getvalue(), made


def make_authority(name: str) -> Maker:
    """Make an authority and a signer below it, as the standard asks of certificates."""
    c2pa = pytest.importorskip("c2pa")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    now = datetime.datetime.now(datetime.timezone.utc)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    titles = [
        x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, title),
                x509.NameAttribute(NameOID.COMMON_NAME, title),
            ]
        )
        for title in (name, f"Signer of {name}")
    ]
    certificates = []
    for is_signer, key in enumerate(keys):
        unused = (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        )
        usage = x509.KeyUsage(
            digital_signature=bool(is_signer),
            key_cert_sign=not is_signer,
            crl_sign=not is_signer,
            **dict.fromkeys(unused, False),
        )
        building = (
            x509.CertificateBuilder()
            .subject_name(titles[is_signer])
            .issuer_name(titles[0])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(not is_signer, None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        )
        if is_signer:
            mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            building = building.add_extension(mail, critical=False)
        certificates.append(building.sign(keys[0], hashes.SHA256()))
    authority, own = (one.public_bytes(serialization.Encoding.PEM) for one in certificates)
    secret = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    facts = c2pa.C2paSignerInfo(b"es256", own + authority, secret, None)
    return Maker(authority.decode(), c2pa.Signer.from_info(facts))


@pytest.fixture(scope="module")
def maker() -> Maker:
    return make_authority("Test Authority")


@pytest.fixture(scope="module")
def plain() -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    return bytes(cv2.imencode(".jpg", noise)[1])


def run(
    data: bytes | Path,
    tmp_path: Path,
    *,
    name: str = "file",
    trust: str = "",
    sidecar: Sidecar | None = None,
) -> list[Evidence | Abstention]:
    path = data if isinstance(data, Path) else tmp_path / name
    if isinstance(data, bytes):
        path.write_bytes(data)
    return list(
        Credentials().examine(
            stand_in(
                Case,
                media=stand_in(Media, source=path),
                trust_anchors=trust,
                sidecar=sidecar,
            )
        )
    )


def findings(pieces: list[Evidence | Abstention]) -> list[str]:
    return [p.finding if isinstance(p, Evidence) else f"abstained: {p.reason}" for p in pieces]


# --- states ----------------------------------------------------------------------------------


def test_a_signed_file_is_valid_and_trusted_only_with_its_authority_on_the_list(
    maker: Maker, plain: bytes, tmp_path: Path
) -> None:
    signed, _ = maker.sign(plain, CREATED)
    other = make_authority("Another Authority").authority
    assert findings(run(plain, tmp_path)) == ["none"]
    assert findings(run(signed, tmp_path)) == ["valid"]
    assert findings(run(signed, tmp_path, trust=other)) == ["valid"]
    assert findings(run(signed, tmp_path, trust=maker.authority)) == ["trusted"]
    assert findings(run(signed, tmp_path, trust=other + maker.authority)) == ["trusted"]


def test_a_flipped_byte_gives_invalid(maker: Maker, plain: bytes, tmp_path: Path) -> None:
    signed, _ = maker.sign(plain, CREATED)
    picture = signed.rfind(b"\xff\xda") + 20
    for position in range(picture, len(signed) - 2, 97):
        changed = bytearray(signed)
        changed[position] ^= 1
        (piece,) = run(bytes(changed), tmp_path, trust=maker.authority)
        assert isinstance(piece, Evidence) and piece.finding == "invalid"
        assert "assertion.dataHash.mismatch" in piece.why


def test_a_video_is_read_and_its_name_is_not_believed(maker: Maker, tmp_path: Path) -> None:
    frames = [np.full((48, 64, 3), shade, np.uint8) for shade in range(0, 250, 25)]
    video = write_video(tmp_path / "made.mp4", frames).read_bytes()
    signed, _ = maker.sign(video, CREATED, kind="video/mp4")
    assert findings(run(video, tmp_path, name="plain.mp4")) == ["none"]
    for name in ("clip.mp4", "clip.jpg", "clip", "clip.json"):
        assert findings(run(signed, tmp_path, name=name)) == ["valid"]
    changed = bytearray(signed)
    changed[signed.rfind(b"mdat") + 40] ^= 1
    assert findings(run(bytes(changed), tmp_path)) == ["invalid"]


def test_kinds_without_credentials_are_not_judged(tmp_path: Path) -> None:
    assert findings(run(b"FLV\x01\x01" + bytes(200), tmp_path)) == ["abstained: not_applicable"]


# --- declarations ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actions", "declared"),
    [
        ([("c2pa.created", GENERATED)], "ai_generated"),
        ([("c2pa.created", GENERATED), ("c2pa.converted", "")], "ai_generated"),
        ([("c2pa.created", COMPOSITE)], "ai_composite"),
        ([("c2pa.created", CAPTURED), ("c2pa.edited", GENERATED)], "ai_composite"),
        ([("c2pa.created", CAPTURED)], ""),
        ([("c2pa.created", SOURCES + "algorithmicMedia")], ""),
    ],
)
def test_what_a_manifest_declares(
    maker: Maker, plain: bytes, tmp_path: Path, actions: list[tuple[str, str]], declared: str
) -> None:
    spelt = [{"action": a} | ({"digitalSourceType": s} if s else {}) for a, s in actions]
    signed, _ = maker.sign(plain, *spelt)
    assert findings(run(signed, tmp_path))[1:] == ([declared] if declared else [])


@pytest.mark.parametrize(
    ("relation", "declared"),
    [("parentOf", "ai_generated"), ("componentOf", "ai_composite"), ("inputTo", "")],
)
def test_a_declaration_is_followed_into_what_the_file_was_made_from(
    maker: Maker, plain: bytes, tmp_path: Path, relation: str, declared: str
) -> None:
    generated, _ = maker.sign(plain, {"action": "c2pa.created", "digitalSourceType": GENERATED})
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["part"]}}
    signed, _ = maker.sign(plain, opened if relation == "parentOf" else CREATED,
                           {"action": "c2pa.edited"}, ingredients=((relation, generated),))  # fmt: skip  # noqa: E501
    assert findings(run(signed, tmp_path))[1:] == ([declared] if declared else [])


def test_a_declaration_weighs_by_who_stands_behind_it(
    maker: Maker, plain: bytes, tmp_path: Path
) -> None:
    action = {"action": "c2pa.created", "digitalSourceType": GENERATED}
    signed, _ = maker.sign(plain, action)
    broken = bytearray(signed)
    broken[-100] ^= 1
    weights = []
    for data, trust in ((signed, maker.authority), (signed, ""), (bytes(broken), "")):
        state, declared = run(data, tmp_path, trust=trust)
        assert isinstance(state, Evidence) and isinstance(declared, Evidence)
        assert state.llr == 0.0 and declared.finding in DECLARED
        weights.append(declared.llr)
    assert weights == [LLR_GENERATED[state] for state in ("trusted", "valid", "invalid")]
    assert weights == sorted(weights, reverse=True) and weights[-1] > 0


def test_platform_labels_are_told_beside_the_state(plain: bytes, tmp_path: Path) -> None:
    sidecar = Sidecar(ai_labels=(AI_LABEL_YOUTUBE,), dubbed=True)
    pieces = run(plain, tmp_path, sidecar=sidecar)
    assert findings(pieces) == ["none", "platform_ai_label", "dubbed"]
    weights = [piece.llr for piece in pieces if isinstance(piece, Evidence)]
    assert weights[1] > 0 and weights[0] == weights[2] == 0
    assert AI_LABEL_YOUTUBE in pieces[1].why
    assert findings(run(plain, tmp_path, sidecar=Sidecar())) == ["none"]


# --- hostile and broken ----------------------------------------------------------------------


def test_names_from_the_manifest_are_escaped_and_cut(
    maker: Maker, plain: bytes, tmp_path: Path
) -> None:
    signed, _ = maker.sign(plain, CREATED, name="Cam\n\u202e<b>" + "x" * 5000)
    (piece,) = run(signed, tmp_path)
    assert "Signer of Test Authority" in piece.why
    assert piece.why.isprintable() and r"Cam\n\u202e<b>" in piece.why and len(piece.why) < 400


@pytest.fixture
def server() -> Iterator[tuple[str, list[str], list[bytes]]]:
    """A server of one manifest, with the paths that were asked for."""
    asked: list[str] = []
    manifests: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(manifests[0])

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/remote.c2pa", asked, manifests
        serving.shutdown()


def test_remote_credentials_are_not_fetched(
    maker: Maker, plain: bytes, tmp_path: Path, server: tuple[str, list[str], list[bytes]]
) -> None:
    import c2pa

    url, asked, manifests = server
    pointing, made = maker.sign(plain, CREATED, url=url)
    manifests.append(made)
    (piece,) = run(pointing, tmp_path)
    assert isinstance(piece, Evidence) and piece.finding == "none" and piece.values["remote"] == 1
    assert url in piece.why and asked == []
    # The same file makes the library fetch where it may: the server and the address are good.
    fetching = c2pa.Context.from_dict({"verify": {"remote_manifest_fetch": True}})
    assert manifest.read(tmp_path / "file", fetching).state == "valid" and len(asked) == 1


def test_damaged_files_get_an_answer(maker: Maker, plain: bytes, tmp_path: Path) -> None:
    signed, _ = maker.sign(plain, CREATED)
    chance = random.Random(1)
    seen = set()
    for index in range(300):
        copy = damaged(signed, DAMAGES[index % 5], chance)
        (found,) = findings(run(copy, tmp_path, trust=maker.authority))
        seen.add(found)
    assert "invalid" in seen
    assert seen <= {
        "none",
        "invalid",
        "valid",
        "trusted",
        "abstained: unreadable",
        "abstained: not_applicable",
    }


def test_a_manifest_store_of_any_shape_is_read() -> None:
    loop = {
        name: {
            "assertions": [{"label": "c2pa.actions", "data": {"actions": [7, {"action": []}]}}],
            "ingredients": [{"relationship": "parentOf", "active_manifest": other}, None],
        }
        for name, other in (("a", "b"), ("b", "a"))
    }
    assert parse({"active_manifest": "a", "manifests": loop}).source == ""
    shapes: tuple[Any, ...] = (
        [],
        3,
        None,
        {"manifests": []},
        {"validation_status": [[], {"code": 1}]},
        {"active_manifest": "a", "manifests": {"a": {"signature_info": "x"}}},
        {"active_manifest": ["a"], "manifests": {"a": 1}},
    )
    for record in shapes:
        reading = parse(record)
        assert reading.state == "valid" and not reading.source and not reading.signer
    assert parse({"validation_state": "Weird"}).state == "invalid"
    assert parse({"validation_status": [{"code": "claim.missing"}]}).state == "invalid"
    assert parse({"validation_status": [{"code": "signingCredential.untrusted"}]}).state == "valid"


def test_a_manifest_that_is_too_large_is_not_judged(
    maker: Maker, plain: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed, _ = maker.sign(plain, CREATED)
    monkeypatch.setattr(manifest, "_MAX_JSON", 1000)
    assert findings(run(signed, tmp_path)) == ["abstained: too_large"]


def test_a_trust_list_that_is_none_is_said_and_not_ignored(
    maker: Maker, plain: bytes, tmp_path: Path
) -> None:
    signed, _ = maker.sign(plain, CREATED)
    bad = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n"
    (piece,) = run(signed, tmp_path, trust=bad)
    assert isinstance(piece, Abstention) and piece.reason == "unreadable"
    assert "trusted certificates" in piece.why


def test_without_the_package_it_abstains_and_still_reads_the_labels(
    plain: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    pieces = run(plain, tmp_path, sidecar=Sidecar(ai_labels=(AI_LABEL_YOUTUBE,)))
    assert findings(pieces) == ["abstained: missing_package", "platform_ai_label"]


def test_a_file_that_is_gone_is_unreadable(tmp_path: Path) -> None:
    pytest.importorskip("c2pa")
    assert findings(run(tmp_path / "gone", tmp_path)) == ["abstained: unreadable"]
