"""Lets a network of the user's judge faces in place of the shipped one.

Stronger public networks stand under terms that a package can't take on for its users. Who may use
one names its ONNX file; a TOML file of the same name beside it says what the network takes and
gives, in the form that docs/models.md shows.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from media_screen.arrays import Doubles, Floats, Image
from media_screen.errors import SetupError
from media_screen.files import read_regular
from media_screen.media import shown_path
from media_screen.weights.calibration import Calibration

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    import onnxruntime

CROP = 256  # px, side of the aligned crops (`faces.align`)
MOST_SIDE = 1024  # px; a larger picture of a 256 px crop shows nothing more
BATCH = 8  # crops in one call
MAX_DESCRIPTION = 1 << 16  # bytes
_LEAST_SHARE = 1e-6  # of a probability, before its logarithm is taken


class OwnNetworkError(SetupError, ValueError):
    """A network of the user's, or its description, can't be used; the message says why."""


@dataclass(frozen=True, slots=True)
class OwnDescription:
    """What the TOML file beside a network says; see docs/models.md for its form.

    `part` is left, top and side of the square of the crop that is shown, px. `calibration` is None
    where nobody measured the network.
    """

    name: str
    licence: str
    side: int
    part: tuple[int, int, int] = (0, 0, CROP)
    order: Literal["RGB", "BGR"] = "RGB"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    kind: Literal["logits", "probabilities"] = "logits"
    forged: int = 0
    genuine: int | None = None
    calibration: Calibration | None = None

    @staticmethod
    def read(path: Path) -> OwnDescription:
        """Read the description of a network; raises OwnNetworkError."""
        try:
            if path.stat().st_size > MAX_DESCRIPTION:
                raise ValueError(f"expected at most {MAX_DESCRIPTION} bytes")
            return _described(tomllib.loads(read_regular(path).decode("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            told = error.strerror if isinstance(error, OSError) else error
            raise OwnNetworkError(f"{shown_path(path)}: {told}") from error


class OwnNetwork:
    """A network of the user's; its file is opened when the first face is judged."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise OwnNetworkError(f"{shown_path(path)}: there is no such file")
        self.path = path
        self.description = OwnDescription.read(path.with_suffix(".toml"))

    def forged(self, crops: Sequence[Image] | Image, *, device: str = "cpu") -> Doubles:
        """Return how much each 256 x 256 RGB crop looks forged, as a logit (n,).

        Raises OwnNetworkError when the network takes or gives something else than described.
        """
        about = self.description
        session = self._session(device)
        found = [np.zeros(0)]
        for start in range(0, len(crops), BATCH):
            pictures = prepared(crops[start : start + BATCH], about)
            try:
                outputs = session.run(None, {session.get_inputs()[0].name: pictures})
            except Exception as error:  # ONNX Runtime has several kinds
                raise OwnNetworkError(
                    f"{about.name} does not take {pictures.shape} of 32-bit floats: {error}"
                ) from error
            found.append(_logits(np.asarray(outputs[0]), len(pictures), about))
        return np.concatenate(found)

    def _session(self, device: str) -> onnxruntime.InferenceSession:
        if device not in self._sessions:
            from media_screen.weights import nets

            try:
                self._sessions[device] = nets.session(self.path, device=device)
            except Exception as error:
                raise OwnNetworkError(f"{shown_path(self.path)}: {error}") from error
        return self._sessions[device]

    @cached_property
    def _sessions(self) -> dict[str, onnxruntime.InferenceSession]:
        return {}


def prepared(crops: Sequence[Image] | Image, about: OwnDescription) -> Floats:
    """Return what a network takes: (n, 3, side, side), standardised."""
    import cv2

    left, top, width = about.part
    faces = [crop[top : top + width, left : left + width] for crop in crops]
    if width != about.side:
        way = cv2.INTER_AREA if about.side < width else cv2.INTER_CUBIC
        size = (about.side, about.side)
        faces = [cv2.resize(np.ascontiguousarray(face), size, interpolation=way) for face in faces]
    values = np.asarray(faces, np.float32).reshape(-1, about.side, about.side, 3) / 255.0
    if about.order == "BGR":
        values = values[..., ::-1]
    mean: Floats = np.array(about.mean, dtype=np.float32)
    std: Floats = np.array(about.std, dtype=np.float32)
    values = (values - mean) / std
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2), np.float32)


def _logits(output: np.ndarray[Any, Any], count: int, about: OwnDescription) -> Doubles:
    """Turn what a network gives into one logit for each face."""
    columns = np.asarray(output, np.float64).reshape(count, -1) if output.size else output
    needed = 1 + max(about.forged, about.genuine or 0)
    if output.shape[:1] != (count,) or columns.shape[1] < needed:
        raise OwnNetworkError(
            f"{about.name} gives {output.shape}, expected ({count}, {needed} or more)"
        )
    forged = columns[:, about.forged]
    if about.kind == "probabilities":
        share = np.clip(forged, _LEAST_SHARE, 1 - _LEAST_SHARE)
        forged = np.log(share / (1 - share))
    elif about.genuine is not None:
        forged = forged - columns[:, about.genuine]
    if not np.isfinite(forged).all():
        raise OwnNetworkError(f"{about.name} gives values that are no numbers")
    return np.asarray(forged, np.float64)


# --- reading the description ---------------------------------------------------------------------


def _described(record: Mapping[str, Any]) -> OwnDescription:
    takes, gives = _table(record, "input"), _table(record, "output")
    _no_others(record, ("name", "licence", "input", "output", "calibration"), "at the top")
    _no_others(takes, ("side", "part", "order", "mean", "std"), "in [input]")
    _no_others(gives, ("kind", "forged", "genuine"), "in [output]")
    side = _whole(takes, "side", 1, MOST_SIDE)
    left, top, width = (_int(one, "part") for one in _three(takes, "part", (0, 0, CROP)))
    if min(left, top) < 0 or width < 1 or max(left, top) + width > CROP:
        raise ValueError(f"input.part must lie in a picture of {CROP} px, got {[left, top, width]}")
    mean, std = (
        tuple(_number(one, name) for one in _three(takes, name, usual))
        for name, usual in (("mean", (0.0, 0.0, 0.0)), ("std", (1.0, 1.0, 1.0)))
    )
    if min(std) <= 0:
        raise ValueError(f"input.std must be over 0, got {list(std)}")
    calibration = record.get("calibration")
    return OwnDescription(
        name=_text(record, "name"),
        licence=_text(record, "licence"),
        side=side,
        part=(left, top, width),
        order=_one_of(takes, "order", ("RGB", "BGR")),
        mean=mean,  # type: ignore[arg-type]  # three, as was checked
        std=std,  # type: ignore[arg-type]
        kind=_one_of(gives, "kind", ("logits", "probabilities")),
        forged=_whole(gives, "forged", 0, 9_999),
        genuine=_whole(gives, "genuine", 0, 9_999) if "genuine" in gives else None,
        calibration=None if calibration is None else Calibration.from_dict(calibration),
    )


def _table(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = record.get(name)
    if not isinstance(found, Mapping):
        raise ValueError(f"expected a table [{name}]")
    return found


def _no_others(record: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    unknown = sorted(record.keys() - set(known))
    if unknown:
        raise ValueError(f"unknown {unknown[0]!r} {where}: expected {', '.join(known)}")


def _text(record: Mapping[str, Any], name: str) -> str:
    found = record.get(name)
    if not isinstance(found, str) or not found.strip() or len(found) > 200:
        raise ValueError(f"{name} must be a text of at most 200 characters, got {found!r:.60}")
    return found


def _whole(record: Mapping[str, Any], name: str, low: int, high: int) -> int:
    found = _int(record.get(name, 0), name)
    if not low <= found <= high:
        raise ValueError(f"{name} must be {low} to {high}, got {found}")
    return found


def _int(value: Any, name: str) -> int:
    if type(value) is not int:
        raise ValueError(f"{name} must be whole, got {value!r:.60}")
    return value


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{name} must be numbers, got {value!r:.60}")
    return float(value)


def _three(record: Mapping[str, Any], name: str, usual: Sequence[float]) -> Sequence[Any]:
    found = record.get(name, usual)
    if not isinstance(found, Sequence) or isinstance(found, str) or len(found) != 3:
        raise ValueError(f"{name} must be three numbers, got {found!r:.60}")
    return found


def _one_of(record: Mapping[str, Any], name: str, allowed: tuple[Any, ...]) -> Any:
    found = record.get(name, allowed[0])
    if found not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {found!r:.60}")
    return found
