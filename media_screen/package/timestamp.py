"""Time stamps by RFC 3161: the request for a hash, and what a response vouches for.

The few structures that are needed are read and written here (ITU-T X.690, DER). Whether the
signature of a time-stamping authority is good is for whoever trusts it: `openssl ts -verify` with
its certificate. Here a response is held to the hash alone, so that no wrong one is packed.
"""

from __future__ import annotations

import re
import ssl
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from media_screen.errors import MediaScreenError
from media_screen.files import open_regular

WAIT_S = 30.0  # for a server
LONGEST = 1 << 18  # bytes of a response; with the certificates of a chain they have some thousands

_SHA256 = bytes.fromhex("0609608648016503040201")  # object identifier 2.16.840.1.101.3.4.2.1
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")  # id-ct-TSTInfo, 1.2.840.113549.1.9.16.1.4
_SIGNED = bytes.fromhex("06092a864886f70d010702")  # id-signedData, 1.2.840.113549.1.7.2
_INTEGER, _OCTETS, _OID, _TIME, _SEQUENCE, _FIRST = 0x02, 0x04, 0x06, 0x18, 0x30, 0xA0
_GRANTED = (0, 1)  # granted, and granted with changes
_LONGEST_STATUS = 4  # bytes of a number that has two
_MOST_PARTS = 8  # of an item that are looked at; none that is needed stands later
_MOMENT = re.compile(r"(\d{14})(?:\.\d{1,9})?Z", re.ASCII)


class TimeStampError(MediaScreenError, ValueError):
    """A response is no time stamp, or not one of this package; or no server gave one."""


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """A response that is about the right hash: itself, and the time it names (UTC)."""

    response: bytes
    time: datetime


def time_stamp_request(sha256: bytes) -> bytes:
    """Return the request for a time stamp of a hash, as a `.tsq` file holds it.

    It has no nonce, so that the same hash has the same request, and asks for the certificate.
    """
    algorithm = _wrapped(_SEQUENCE, _SHA256 + bytes.fromhex("0500"))
    imprint = _wrapped(_SEQUENCE, algorithm + _wrapped(_OCTETS, sha256))
    return _wrapped(_SEQUENCE, bytes.fromhex("020101") + imprint + bytes.fromhex("0101ff"))


def check_time_stamp(response: bytes, sha256: bytes) -> TimeStamp:
    """Return the time stamp in a response, a `.tsr` file; raises TimeStampError.

    That is for a response that refuses, that can't be read, or that is about another hash.
    """
    if len(response) > LONGEST:
        raise TimeStampError(f"expected a time stamp of at most {LONGEST} bytes, got more")
    try:
        info = _time_stamp_info(response)
        algorithm, imprint = _parts(info[2], _SEQUENCE)[:2]
        named = _parts(algorithm, _SEQUENCE)[0]
        time = _time(_content(info[4], _TIME).decode("ascii"))
        stamped = _content(imprint, _OCTETS)
    except (IndexError, ValueError, UnicodeDecodeError) as error:
        if isinstance(error, TimeStampError):
            raise
        raise TimeStampError(f"this is no response of a time-stamping server: {error}") from error
    if named != _SHA256 or stamped != sha256:
        raise TimeStampError(
            f"the time stamp is of another file: expected one of SHA-256 {sha256.hex()}, got "
            f"{stamped.hex()[:64]}"
        )
    return TimeStamp(response, time)


def read_time_stamp(path: Path) -> bytes:
    """Read a response from a `.tsr` file, no more of it than a response can be; raises OSError."""
    with open_regular(path) as stream:
        return stream.read(LONGEST + 1)


def check_server(url: str) -> None:
    """Raise TimeStampError for what is no address of a server that may be asked: only https is."""
    try:
        parts = urlsplit(url)
        https, host = parts.scheme.lower() == "https", parts.hostname
        _ = parts.port  # raises ValueError for what is no port
        host = (host or "").encode("idna").decode("ascii")
    except ValueError as error:
        raise TimeStampError(f"expected the https address of a server ({error})") from error
    if not https or not host:
        raise TimeStampError(f"a time-stamping server is asked by https alone, got {url:.200}")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise TimeStampError(f"an address is of plain characters without spaces, got {url!r:.200}")


def ask_server(url: str, request: bytes, *, trusted: ssl.SSLContext | None = None) -> bytes:
    """Send a request to a server that the user named, and return its response.

    Only https. Raises TimeStampError.
    """
    check_server(url)
    headers = {"Content-Type": "application/timestamp-query"}
    context = trusted or ssl.create_default_context()
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=context), _NoRedirect()
    )
    try:
        asked = urllib.request.Request(url, request, headers, method="POST")
        with opener.open(asked, timeout=WAIT_S) as answer:
            response = bytes(answer.read(LONGEST + 1))
    # OSError is also what urllib and ssl raise; the others, what no server of HTTP answers.
    except (OSError, ValueError, HTTPException) as error:
        told = str(error) or type(error).__name__
        raise TimeStampError(f"{url:.200} gave no time stamp: {told:.200}") from error
    if len(response) > LONGEST:
        raise TimeStampError(f"expected at most {LONGEST} bytes from {url:.200}, got more")
    return response


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The server that was named is asked, and no other that it may lead to."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


# --- DER -----------------------------------------------------------------------------------------


def _time_stamp_info(response: bytes) -> Sequence[bytes]:
    """Return the parts of the TSTInfo in a response; raises ValueError for another structure."""
    parts = _parts(response, _SEQUENCE)
    number = _content(_parts(parts[0], _SEQUENCE)[0], _INTEGER)
    if len(number) > _LONGEST_STATUS:
        raise ValueError("expected a status")
    status = int.from_bytes(number, "big")
    if status not in _GRANTED:
        raise TimeStampError(f"the server refused: expected status 0 or 1, got {status}")
    kind, token = _parts(parts[1], _SEQUENCE)[:2]
    if kind != _SIGNED:
        raise ValueError("expected signed data")
    signed = _parts(_content(token, _FIRST), _SEQUENCE)
    kind, inner = _parts(signed[2], _SEQUENCE)[:2]
    if kind != _TST_INFO:
        raise ValueError("expected a TSTInfo in it")
    return _parts(_content(_content(inner, _FIRST), _OCTETS), _SEQUENCE)


def _parts(item: bytes, tag: int) -> list[bytes]:
    """Return the first items inside of an item, each with its own tag and length."""
    content, start = _content(item, tag), 0
    parts: list[bytes] = []
    while start < len(content) and len(parts) < _MOST_PARTS:
        end = start + sum(_header(content, start))
        if end > len(content):
            raise ValueError("an item is longer than what holds it")
        parts.append(content[start:end])
        start = end
    return parts


def _content(item: bytes, tag: int) -> bytes:
    if item[:1] != bytes([tag]):
        raise ValueError(f"expected tag {tag:#04x}, got {item[:1].hex() or 'nothing'}")
    start, length = _header(item)
    if start + length > len(item):
        raise ValueError("it is cut off")
    return item[start : start + length]


def _header(item: bytes, start: int = 0) -> tuple[int, int]:
    """Return how long tag and length of an item are, and how long its content is."""
    if len(item) < start + 2:
        raise ValueError("it is cut off")
    first = item[start + 1]
    if first < 0x80:
        return 2, first
    count = first & 0x7F
    if not 1 <= count <= 4 or len(item) < start + 2 + count:
        raise ValueError("a length can't be read")
    return 2 + count, int.from_bytes(item[start + 2 : start + 2 + count], "big")


def _wrapped(tag: int, content: bytes) -> bytes:
    if len(content) >= 0x80:
        raise ValueError(f"expected less than 128 bytes, got {len(content)}")
    return bytes([tag, len(content)]) + content


def _time(text: str) -> datetime:
    """Read a GeneralizedTime, which ends in Z and may have a fraction."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(f"expected a time in UTC, got {text!r:.40}")
    return datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)
