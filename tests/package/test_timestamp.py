"""Time stamps: the request, what a response must be, and a server that is asked."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from media_screen.package import timestamp
from media_screen.package.timestamp import (
    LONGEST,
    TimeStampError,
    ask_server,
    check_server,
    check_time_stamp,
    time_stamp_request,
)

HASH = hashlib.sha256(b"manifest").digest()
SHA256 = bytes.fromhex("0609608648016503040201")
SHA1 = bytes.fromhex("06052b0e03021a")
SIGNED = bytes.fromhex("06092a864886f70d010702")
TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
TIME = b"20250913010500.25Z"


def der(tag: int, *parts: bytes) -> bytes:
    """An item of DER."""
    content = b"".join(parts)
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x83" + size.to_bytes(3, "big")
    return bytes([tag]) + length + content


def response(
    sha256: bytes = HASH,
    *,
    status: int = 0,
    algorithm: bytes = SHA256,
    time: bytes = TIME,
    kind: bytes = TST_INFO,
    padding: int = 300,
) -> bytes:
    """A response as a server gives it, with `padding` bytes where certificates would be."""
    info = der(
        0x30,
        der(0x02, b"\x01"),
        bytes.fromhex("06032a0304"),
        der(0x30, der(0x30, algorithm, b"\x05\x00"), der(0x04, sha256)),
        der(0x02, b"\x2a"),
        der(0x18, time),
    )
    held = der(0x30, kind, der(0xA0, der(0x04, info)))
    certificates = der(0xA0, b"\x00" * padding)
    signed = der(0x30, der(0x02, b"\x03"), der(0x31), held, certificates)
    token = der(0x30, SIGNED, der(0xA0, signed))
    return der(0x30, der(0x30, der(0x02, bytes([status]))), token)


def test_the_request_is_for_the_hash_and_the_same_each_time() -> None:
    request = time_stamp_request(HASH)
    # As `openssl ts -query -sha256 -no_nonce -cert` writes it.
    assert request == bytes.fromhex("30390201013031300d060960864801650304020105000420") + (
        HASH + bytes.fromhex("0101ff")
    )


def test_a_response_tells_its_time() -> None:
    stamp = check_time_stamp(response(), HASH)
    assert stamp.time == datetime(2025, 9, 13, 1, 5, tzinfo=timezone.utc)
    assert check_time_stamp(response(status=1), HASH).time == stamp.time


@pytest.mark.parametrize(
    ("given", "why"),
    [
        pytest.param(response(hashlib.sha256(b"").digest()), "of another file", id="other-hash"),
        pytest.param(response(algorithm=SHA1), "of another file", id="other-algorithm"),
        pytest.param(response(status=2), "refused: expected status 0 or 1, got 2", id="refusal"),
        pytest.param(response(kind=SIGNED), "expected a TSTInfo", id="another-content"),
        pytest.param(response(time=b"tomorrow"), "no response", id="no-time"),
        pytest.param(response(time=b"\xff"), "no response", id="time-not-ascii"),
        pytest.param(response()[:-1], "cut off", id="cut-off"),
        pytest.param(der(0x30, der(0x30, der(0x02, b"\0"))), "no response", id="no-token"),
        pytest.param(time_stamp_request(HASH), "no response", id="a-request"),
        pytest.param(b"\x30\x80\x00\x00", "length can't be read", id="indefinite-length"),
        pytest.param(b"<html>", "expected tag 0x30", id="a-page"),
        pytest.param(b"", "got nothing", id="nothing"),
        pytest.param(response(time=b"202591310500Z"), "a time in UTC", id="short-time"),
        pytest.param(response(time=b"20250913010500"), "a time in UTC", id="time-of-no-zone"),
        pytest.param(response(time=b"20251313010500Z"), "no response", id="month-13"),
        pytest.param(response(padding=LONGEST), "at most", id="too-long"),
        pytest.param(
            der(0x30, der(0x30, der(0x02, b"\x7f" * 5000))), "expected a status", id="huge-status"
        ),
    ],
)
def test_what_is_no_time_stamp_of_the_hash_is_refused(given: bytes, why: str) -> None:
    with pytest.raises(TimeStampError, match=why):
        check_time_stamp(given, HASH)


def test_each_cut_of_a_response_is_refused_in_a_sentence() -> None:
    whole = response(padding=3)
    for end in range(len(whole)):
        with pytest.raises(TimeStampError):
            check_time_stamp(whole[:end], HASH)


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(b"\x05\x00" * (LONGEST // 2 - 8), id="many-empty-items"),
        pytest.param(b"\x30\x84" + b"\x00\x00\x00\x00" * (LONGEST // 4 - 8), id="long-lengths"),
        pytest.param(b"\x30\x80" * (LONGEST // 2 - 8), id="many-without-length"),
    ],
)
def test_no_more_items_are_read_than_are_needed(
    hostile: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, header = [], timestamp._header

    def counting(item: bytes, start: int = 0) -> tuple[int, int]:
        read.append(start)
        return header(item, start)

    monkeypatch.setattr(timestamp, "_header", counting)
    for given in (der(0x30, hostile), der(0x30, der(0x30, hostile)), hostile):
        with pytest.raises(TimeStampError):
            check_time_stamp(given, HASH)
    assert len(read) < 100


# --- a server ------------------------------------------------------------------------------------


class Authority(BaseHTTPRequestHandler):
    """Answers each request with what the test wants."""

    asked: list[tuple[str | None, bytes]]
    answer: bytes
    moved = ""
    raw = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.headers["Content-Type"], body))
        if self.raw:
            self.wfile.write(self.answer)
            return
        self.send_response(302 if self.moved else 200)
        if self.moved:
            self.send_header("Location", self.moved)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        """Say nothing on the terminal."""


@contextmanager
def authority(
    folder: Path, answer: bytes, moved: str = "", *, raw: bool = False
) -> Iterator[tuple[str, type[Authority], ssl.SSLContext]]:
    """A server of this machine with a certificate of its own."""
    certificate = make_certificate(folder)

    class Own(Authority):
        """What this server was asked, apart from others."""

    Own.asked, Own.answer, Own.moved, Own.raw = [], answer, moved, raw
    server = HTTPServer(("127.0.0.1", 0), Own)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        trusted = ssl.create_default_context(cafile=str(certificate))
        yield f"https://127.0.0.1:{server.server_port}/tsa", Own, trusted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_certificate(folder: Path) -> Path:
    """A key and its certificate for this machine alone, in one file."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")])
    now = datetime.now(timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "authority.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    return path


def test_a_server_gets_the_request_and_nothing_else(tmp_path: Path) -> None:
    request = time_stamp_request(HASH)
    with authority(tmp_path, response()) as (url, server, trusted):
        assert ask_server(url, request, trusted=trusted) == response()
        assert server.asked == [("application/timestamp-query", request)]


def test_a_server_that_nobody_vouches_for_is_not_asked(tmp_path: Path) -> None:
    with authority(tmp_path, response()) as (url, server, _):
        with pytest.raises(TimeStampError, match="gave no time stamp"):
            ask_server(url, time_stamp_request(HASH))
        assert server.asked == []


def test_no_other_server_is_followed_to(tmp_path: Path) -> None:
    moved = authority(tmp_path, b"", moved="https://127.0.0.1:1/")
    with moved as (url, _, trusted), pytest.raises(TimeStampError, match="302"):
        ask_server(url, b"request", trusted=trusted)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        pytest.param("http://127.0.0.1/", "by https alone", id="http"),
        pytest.param("file:///etc/passwd", "by https alone", id="file"),
        pytest.param("ftp://x", "by https alone", id="ftp"),
        pytest.param("", "by https alone", id="nothing"),
        pytest.param("https://", "by https alone", id="no-host"),
        pytest.param("https:///tsa", "by https alone", id="no-host-but-a-path"),
        pytest.param("https://[::1/", "expected the https address", id="half-a-bracket"),
        pytest.param("https://x:port/", "expected the https address", id="no-port"),
        pytest.param("https://x:99999/", "expected the https address", id="port-out-of-range"),
        pytest.param(f"https://{'x' * 70}.org/", "expected the https address", id="long-label"),
        pytest.param("https://x..org/", "expected the https address", id="empty-label"),
        pytest.param("https://x/a b", "plain characters", id="space"),
        pytest.param("https://x/\u200b", "plain characters", id="hidden"),
    ],
)
def test_only_https_is_asked(url: str, why: str) -> None:
    with pytest.raises(TimeStampError, match=why):
        check_server(url)
    with pytest.raises(TimeStampError, match=why):
        ask_server(url, b"request")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x00\x01garbage\r\n\r\n", id="garbage"),
        pytest.param(b"HTTP/1.1 two hundred\r\n\r\n", id="no-status"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", id="cut-off"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="bad-chunk"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500 + b"\r\n", id="many-headers"),
        pytest.param(b"HTTP/1.1 500 No\r\n\r\n", id="error"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (LONGEST + 1), id="too-long"),
    ],
)
def test_what_no_server_of_time_stamps_answers_is_said(tmp_path: Path, answer: bytes) -> None:
    with (
        authority(tmp_path, answer, raw=True) as (url, _, trusted),
        pytest.raises(TimeStampError, match=r"gave no time stamp: .|at most|no response"),
    ):
        check_time_stamp(ask_server(url, b"request", trusted=trusted), HASH)
