"""The base of every error that this package raises by itself."""

from __future__ import annotations


class MediaScreenError(Exception):
    """Something can't be done; the message says what, and what to do about it.

    Every error class of the package is one, so `except MediaScreenError` catches what a caller can
    mend: a wrong folder of people, a device that is not there, results that can't be written.
    """


class SetupError(MediaScreenError):
    """What the caller asked for can't be used: a name, a folder, a device, a list.

    Nothing was screened; the same call fails again until something else is asked for.
    """
