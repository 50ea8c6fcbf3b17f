"""Tells who is shown in the labelled files, and which files are no test of identity."""

from __future__ import annotations

from pathlib import Path

from training.manifest import MediaRow

# People seen in several files, found by name or by eye (the manifest gives each its own name).
SAME_PERSON: dict[str, tuple[str, ...]] = {
    "Obama": (
        "eyecantell-0002",
        "hyperlips-0001",
        "edtalk-0004",
        "lia-0004",
        "makeittalk-0025",
    ),
    "AOC": ("sadtalker-0001", "edtalk-0002"),
    "web-talking-a": ("004", "018", "027"),
    "web-talking-b": ("024", "039"),
    "web-talking-c": ("009", "025"),
    "still-natalie": ("makeittalk-0013", "makeittalk-0048"),
    "still-anne": ("makeittalk-0004", "makeittalk-0050"),
    "still-leo": ("makeittalk-0019", "makeittalk-0028", "002"),
    "still-trump": ("makeittalk-0020", "makeittalk-0027"),
    "still-dwayne": ("makeittalk-0022", "makeittalk-0036"),
    "still-emma": ("makeittalk-0026", "makeittalk-0046", "facial-expressions-0046"),
    "still-chris": ("makeittalk-0008", "makeittalk-0011"),
}
# Several people in one clip, drawings, statues, masks, and a second copy of one photograph.
LEFT_OUT = {"012", "036", "visualvoice-0002", "eyecantell-0006"} | {
    f"makeittalk-{number:04d}"
    for number in (2, 6, 7, 10, 14, 18, 23, 30, 37, 38, 42, 44, 45, 47, 52)
}
# East Asian faces among the small, tightly cut stills of Face-Mask-Detection: two people, grouped
# by both embedders and then judged by eye, so their least similar pictures may be missing.
# fmt: off
EAST_ASIAN: dict[str, tuple[int, ...]] = {
    "still-man": (
        4, 11, 15, 38, 42, 44, 107, 111, 120, 125, 133, 140, 142, 153, 180, 181, 184, 198, 208,
        215, 226, 235, 248, 253, 263, 272, 282, 291, 294,
    ),
    "still-woman": (
        34, 43, 47, 59, 62, 68, 158, 161, 179, 189, 192, 193, 206, 212, 234, 237, 260, 277, 284,
        293, 299,
    ),
}
# fmt: on


def base_name(path: str) -> str:
    """Return the file name without its suffix."""
    return Path(path).stem


def identity_of(row: MediaRow) -> str:
    """Return who is shown, by the manifest, the tables above, or else the file itself."""
    name = base_name(row.path)
    for identity, names in SAME_PERSON.items():
        if name in names:
            return identity
    if name.startswith("face-mask-detection-"):
        for identity, numbers in EAST_ASIAN.items():
            if int(name[-4:]) in numbers:
                return identity
        return ""
    return row.identity or row.path
