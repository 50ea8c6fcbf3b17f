"""How to screen: what a caller chooses, checked when it is chosen. It loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from media_screen.errors import SetupError
from media_screen.evidence import SENSITIVITIES, Sensitivity
from media_screen.fusion.combination import Weight
from media_screen.weights import nets


class ConfigError(SetupError, ValueError):
    """A field of a config has a value or a type that it can't have; the message names it."""


@dataclass(frozen=True, slots=True)
class Config:
    """How to screen.

    All fields have defaults; a config pickles and compares by value. A wrong type or value raises
    ConfigError when it is made.

    `people` is a folder of enrolled people; `device` is auto, cpu or cuda; `thorough` looks at
    more of each file; `detectors` names those to use (default: all built-in ones, and those of
    other packages only when named); `threads` limits the threads of each network and decoder.
    `memory` is the file in which what was screened is remembered, so that copies are noticed.
    `watch` is a list of names to look for in texts, besides those of the people; with `transcript`
    they are looked for in what is said, too. With `fingerprint` the fingerprint travels with the
    verdict, for a memory that another process keeps; with `observations` so does what was seen and
    heard, by which the file can be examined again without decoding it. `sensitivity` is low, normal
    or high: at which of three measured rates of false alarms manipulation is suspected.
    `add_detectors` names detectors of other packages to use besides `detectors`, and `weights` says
    how much such a one counts for manipulation (by default it informs and counts nothing).
    `artifact_model` is an ONNX file that judges faces in place of the shipped network, with its
    description beside it (see `detectors.face_artifact.own`). `cache` is the folder for what is
    found in the references, by default beside the people, or, where nothing can be written there, a
    private temporary one. `originals` is the folder that a scan makes of the official
    posts in it: they are looked for in the other files as official footage is.
    """

    people: str | Path | None = None
    device: str = "auto"
    thorough: bool = False
    detectors: tuple[str, ...] = ()
    threads: int = 0
    memory: str | Path | None = None
    watch: str | Path | None = None
    transcript: bool = False
    fingerprint: bool = False
    observations: bool = False
    sensitivity: Sensitivity = "normal"
    cache: str | Path | None = None
    originals: str | Path | None = None
    add_detectors: tuple[str, ...] = ()
    weights: tuple[Weight, ...] = ()
    artifact_model: str | Path | None = None

    def __post_init__(self) -> None:
        for name in ("people", "memory", "watch", "cache", "originals", "artifact_model"):
            self._check(name, (str, Path, type(None)), "a path or None")
        for name in ("thorough", "transcript", "fingerprint", "observations"):
            self._check(name, (bool,), "True or False")
        for name in ("detectors", "add_detectors"):
            self._check(name, (tuple,), "a tuple of names")
            if not all(isinstance(one, str) and one for one in getattr(self, name)):
                raise ConfigError(f"{name} must be a tuple of names, got {getattr(self, name)!r}")
        self._check("weights", (tuple,), "a tuple of Weight")
        if not all(isinstance(one, Weight) for one in self.weights):
            raise ConfigError(f"weights must be a tuple of Weight, got {self.weights!r}")
        if type(self.threads) is not int or self.threads < 0:
            raise ConfigError(f"threads must be a whole number, 0 or more, got {self.threads!r}")
        for name, allowed in (("device", nets.DEVICES), ("sensitivity", SENSITIVITIES)):
            if getattr(self, name) not in allowed:
                raise ConfigError(f"{name} must be one of {allowed}, got {getattr(self, name)!r}")

    def _check(self, name: str, kinds: tuple[type, ...], wanted: str) -> None:
        value = getattr(self, name)
        if not isinstance(value, kinds):
            raise ConfigError(f"{name} must be {wanted}, got {value!r}")
