"""What a result was made with: packages by version, networks by hash."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from media_screen import weights
from media_screen.config import Config


def versions() -> dict[str, str]:
    """Return what a result was made with: packages by version, networks by hash."""
    found = {}
    for package in ("media_screen", "av", "onnxruntime", "opencv-python", "numpy"):
        found[package] = _version_of(package) or _version_of(f"{package}-gpu") or "unknown"
    for file in weights.installed():
        found[file.name] = file.sha256[:16]
    return found


def own_version(config: Config) -> dict[str, str]:
    """Return the hash of the user's network, if there is one."""
    own = own_network(config)
    return {"artifact_model": own[0][:16]} if own else {}


def own_network(config: Config) -> list[str]:
    """Return what changes when the user's network or its description does; [] without one."""
    if config.artifact_model is None:
        return []
    file = Path(config.artifact_model)
    return [weights.sha256_of(one) for one in (file, file.with_suffix(".toml"))]


def _version_of(package: str) -> str:
    """Return the version of an installed package, "" when there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
