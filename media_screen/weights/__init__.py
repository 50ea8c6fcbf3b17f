"""Finds model files and gives them out only when their SHA-256 is the recorded one.

Shipped files stand in `models/`, recorded in `models/*/weights.json`. `models/optional.toml` lists
weights that are taken from an installed package, or fetched into the folder of the user. These
tables, the calibrations and the weights of the fusion decide what a verdict is as much as a network
does, so each is read only when it has the hash that stands in the code, in `known_tables.py`.
"""

from __future__ import annotations

import functools
import glob
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from media_screen.errors import MediaScreenError
from media_screen.files import open_regular, read_regular
from media_screen.weights.known_tables import SHA256

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RECORD = "weights.json"  # in each folder of models: its files, with hash, licence and origin
OPTIONAL = "optional.toml"  # in models/: what is not shipped
FOLDER_VARIABLE = "MEDIA_SCREEN_MODELS"  # environment: where fetched weights are kept

_BLOCK = 1 << 20  # bytes read at a time while hashing
_REINSTALL = (
    "install media_screen again, or after training write down the new hashes with "
    "`python -m training.record`"
)


class WeightsError(MediaScreenError, RuntimeError):
    """A model file is missing, unknown, or not the one that was recorded."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One known weight file: `name` is "FOLDER/FILE" below models/.

    `measured` is the measured result in a line, or where it stands. For a file that is not shipped,
    `package` and `member` say in which package it comes, and as which file there; `url` where it
    can be fetched, `archive_sha256` the hash of what that gives when it is an archive that holds
    the file as `member`. A size of 0 is unknown.
    """

    name: str
    sha256: str
    licence: str
    origin: str
    size_bytes: int = 0
    measured: str = ""
    package: str = ""
    member: str = ""
    url: str = ""
    archive_sha256: str = ""


def models_dir() -> Path:
    """Return the folder that holds the models: inside the wheel, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "models"
    return inside if inside.is_dir() else package.parent / "models"


def fetched_dir() -> Path:
    """Return the folder of fetched weights: $MEDIA_SCREEN_MODELS, else one of the user's data.

    Raises WeightsError when the user has no home.
    """
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    try:
        data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    except RuntimeError as error:  # neither HOME nor an entry for the user
        raise WeightsError(f"this user has no home: set {FOLDER_VARIABLE} to a folder") from error
    return Path(data) / "media_screen" / "models"


def _folders() -> tuple[Path, ...]:
    """Return where weights may lie, shipped ones first."""
    try:
        return models_dir(), fetched_dir()
    except WeightsError:
        return (models_dir(),)


def recorded() -> tuple[ModelFile, ...]:
    """List every weight file that is shipped; reads `models/*/weights.json` and no weights."""
    return tuple(_shipped())


def optional() -> tuple[ModelFile, ...]:
    """List the weight files that are not shipped: those of `optional.toml`, and fetched others."""
    files = _registered(read_table(OPTIONAL), models_dir() / OPTIONAL)
    listed = {file.name for file in (*recorded(), *files)}
    fetched = (file for folder in _folders()[1:] for file in _fetched(folder))
    return (*files, *(file for file in fetched if file.name not in listed))


def installed() -> tuple[ModelFile, ...]:
    """List the weight files that are there to be used, without reading them."""
    return tuple(file for file in (*recorded(), *optional()) if _find(file) is not None)


def read_registry(path: Path) -> tuple[ModelFile, ...]:
    """Read a list of optional weights in the form of `optional.toml`.

    Each [[weights]] has a name ("FOLDER/FILE"), a sha256 and a licence, and may have url, origin,
    bytes, measured, package, member and archive_sha256. Raises WeightsError naming what is wrong.
    """
    try:
        data = read_regular(path)
    except OSError as error:
        raise WeightsError(f"{path}: can't be read as a list of weights: {error}") from error
    return _registered(data, path)


def read_table(name: str) -> bytes:
    """Return what stands in a table of models/, such as "fusion/fusion.json".

    Raises WeightsError when it is missing, or not the one that belongs to this version.
    """
    file = models_dir() / name
    try:
        data = file.read_bytes()
    except OSError as error:
        raise WeightsError(f"{file} can't be read: {error.strerror}; {_REINSTALL}") from error
    if hashlib.sha256(data).hexdigest() != SHA256.get(name):
        raise WeightsError(
            f"{file} was changed: it has not the SHA-256 that the program expects; {_REINSTALL}"
        )
    return data


def record(name: str) -> Any:
    """Return a table of models/ that is JSON; raises WeightsError as `read_table` does."""
    return json.loads(read_table(name))


def check_tables() -> None:
    """Raise WeightsError when a table of models/ is missing or was changed."""
    for name in SHA256:
        read_table(name)


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with open_regular(path) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


@functools.cache  # hashing 50 MB once a process is enough
def path(name: str) -> Path:
    """Return the verified path of a known weight file, such as "face_detector/yunet.onnx".

    Raises WeightsError when it is not known, not there, or differs from its recorded hash.
    """
    known = {file.name: file for file in (*optional(), *recorded())}
    if name not in known:
        raise WeightsError(f"no weight file {name!r} is recorded; known: {sorted(known)}")
    wanted = known[name]
    file = _find(wanted)
    if file is None:
        raise WeightsError(f"weight file {name!r} is missing: {_remedy(wanted)}")
    actual = sha256_of(file)
    if actual != wanted.sha256:
        raise WeightsError(
            f"weight file {name!r} was changed: expected SHA-256 {wanted.sha256}, got {actual}"
        )
    return file


# --- inside ----------------------------------------------------------------------------------


def _find(file: ModelFile) -> Path | None:
    """Return where a file stands: shipped, fetched, or in the package that brings it."""
    for folder in _folders():
        if os.path.isfile(folder / file.name):  # False in a home that is somebody else's
            return folder / file.name
    if not file.package:
        return None
    spec = importlib.util.find_spec(file.package)  # finds the package without importing it
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        inside = Path(place).parent / file.member
        if inside.is_file():
            return inside
    return None


def _remedy(file: ModelFile) -> str:
    ways = []
    if file.package:
        ways.append(f"install the package {file.package}")
    if file.url:
        ways.append(f"media-screen models --fetch {file.name}")
    return ", or ".join(ways) or f"it belongs into {models_dir()}"


def _shipped() -> Iterator[ModelFile]:
    """Give the files of the shipped folders; a folder that the code does not know has none."""
    for name in sorted(SHA256):
        folder, _, file = name.rpartition("/")
        if file == RECORD:
            yield from _files_of(models_dir() / folder, read_table(name))


def _fetched(folder: Path) -> Iterator[ModelFile]:
    """Give the files that a user added; their own tables vouch for them, and the user does."""
    # glob.glob finds nothing, and breaks on nothing, in a home that is somebody else's.
    for name in sorted(glob.glob(os.path.join(glob.escape(str(folder)), "*", RECORD))):
        file = Path(name)
        yield from _files_of(file.parent, read_regular(file))


def _files_of(folder: Path, data: bytes) -> Iterator[ModelFile]:
    measured = _measured(folder)
    for name, facts in sorted(json.loads(data)["files"].items()):
        yield ModelFile(
            name=f"{folder.name}/{name}",
            sha256=facts["sha256"],
            licence=facts["licence"],
            origin=facts["origin"],
            size_bytes=facts["bytes"],
            measured=facts.get("measured") or measured,
        )


def _measured(folder: Path) -> str:
    """Return the measured result of a model: the summary of `eval.json`, else where its card is."""
    try:
        summary = json.loads(read_regular(folder / "eval.json")).get("summary")
    except (OSError, ValueError, AttributeError):
        summary = None
    return str(summary) if summary else f"see models/{folder.name}/card.md"


def _registered(data: bytes, path: Path) -> tuple[ModelFile, ...]:
    try:
        tables = tomllib.loads(data.decode("utf-8")).get("weights", [])
    except ValueError as error:
        raise WeightsError(f"{path}: can't be read as a list of weights: {error}") from error
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise WeightsError(f"{path}: expected [[weights]] tables, got {tables!r:.60}")
    return tuple(_entry(table, f"{path}: weights {n}") for n, table in enumerate(tables, start=1))


_FIELDS = (
    "name",
    "sha256",
    "licence",
    "origin",
    "measured",
    "package",
    "member",
    "url",
    "archive_sha256",
)


def _entry(table: dict[str, Any], where: str) -> ModelFile:
    unknown = sorted(set(table) - {*_FIELDS, "bytes"})
    if unknown:
        raise WeightsError(f"{where}: unknown key {unknown[0]!r}, expected some of {_FIELDS}")
    texts = {}
    for key in _FIELDS:
        texts[key] = table.get(key, "")
        if not isinstance(texts[key], str):
            raise WeightsError(f"{where}: expected {key} to be text, got {texts[key]!r:.60}")
    size = table.get("bytes", 0)
    if not isinstance(size, int) or size < 0:
        raise WeightsError(f"{where}: expected bytes to be a number from 0, got {size!r:.60}")
    parts = texts["name"].split("/")
    if len(parts) != 2 or not all(_is_plain(part) for part in parts):
        raise WeightsError(f'{where}: expected name as "FOLDER/FILE", got {texts["name"]!r}')
    if not texts["licence"]:
        raise WeightsError(f"{where}: expected a licence, got none")
    for key in ("sha256", *(("archive_sha256",) if texts["archive_sha256"] else ())):
        if len(texts[key]) != 64 or not set(texts[key]) <= set("0123456789abcdef"):
            raise WeightsError(f"{where}: expected {key} as 64 hex digits, got {texts[key]!r:.80}")
    if texts["url"] and not texts["url"].startswith("https://"):
        raise WeightsError(f"{where}: expected url to begin with https://, got {texts['url']!r}")
    return ModelFile(size_bytes=size, **texts)


def _is_plain(part: str) -> bool:
    """Say whether a part of a name can't lead out of the folder of weights."""
    plain = part.replace("_", "").replace("-", "").replace(".", "")
    return plain.isascii() and plain.isalnum() and not part.startswith(".")
