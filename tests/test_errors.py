"""Every error of the package has one base, so a caller can catch them all and nothing else."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import media_screen
from media_screen import MediaScreenError


def _error_classes() -> list[type[BaseException]]:
    found: set[type[BaseException]] = set()
    for module in pkgutil.walk_packages(media_screen.__path__, "media_screen."):
        if module.name.endswith("__main__"):
            continue
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(kind, BaseException) and kind.__module__.startswith("media_screen"):
                found.add(kind)
    return sorted(found, key=lambda kind: kind.__qualname__)


def test_the_errors_are_found() -> None:
    names = {kind.__name__ for kind in _error_classes()}
    assert names >= {"MediaError", "DeviceError", "PeopleError", "ResultsError", "MissingOcr"}


@pytest.mark.parametrize("kind", _error_classes(), ids=lambda kind: kind.__qualname__)
def test_an_error_has_the_common_base_and_says_what_it_is(kind: type[BaseException]) -> None:
    assert issubclass(kind, MediaScreenError)
    assert kind.__doc__ and kind.__doc__.split("\n")[0].endswith((".", ":", ";")), kind.__doc__
