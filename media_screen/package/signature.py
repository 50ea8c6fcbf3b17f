"""A detached signature of the manifest, with a key that the user names (Ed25519, RFC 8032)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from media_screen.errors import MediaScreenError
from media_screen.files import open_regular

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_LONGEST_KEY = 1 << 16  # bytes of a key file; an Ed25519 key has some hundred


class KeyFileError(MediaScreenError, ValueError):
    """A file holds no key that can sign."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature (64 bytes), the public key that verifies it (PEM), and that key's SHA-256."""

    signature: bytes
    public_key: bytes
    fingerprint: str


def read_key(key_file: Path) -> Ed25519PrivateKey:
    """Read the private key in a PEM file (PKCS #8, without a password).

    Such as `openssl genpkey -algorithm ed25519` makes. Raises KeyFileError for another kind of file
    or key, and OSError.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization as forms
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    with open_regular(key_file) as stream:
        text = stream.read(_LONGEST_KEY)
    try:
        key = forms.load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(
            f"{key_file} can't be used: expected a private Ed25519 key in PEM without a password "
            f"({error})"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{key_file}: expected an Ed25519 key, got {type(key).__name__}")
    return key


def sign(manifest: bytes, key: Ed25519PrivateKey) -> Signature:
    """Sign a manifest; the same key and manifest give the same signature."""
    from cryptography.hazmat.primitives import serialization as forms

    public = key.public_key()
    raw = public.public_bytes(forms.Encoding.Raw, forms.PublicFormat.Raw)
    pem = public.public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo)
    return Signature(key.sign(manifest), pem, hashlib.sha256(raw).hexdigest())
