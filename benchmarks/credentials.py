"""Reads all content credentials of the labelled media and compares with what their names say.

    python -m benchmarks.credentials --media ../shared/media

The files are those of the standard's own test sets. Of each intact one, copies with one byte
changed are read, too; and all other media, which carry none.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.places import write_page
from media_screen.detectors.credentials.manifest import Unreadable, context, parse, read
from training.manifest import read_media_rows

COPIES = 400  # with one byte changed, of each intact file
OTHERS = (
    "real_video",
    "real_other",
    "real_dubbed",
    "real_face",
    "real_audio",
    "fake_video",
    "fake_face",
    "fake_audio",
)

# What the names mean. Names of the public test files: C claim, A actions, I ingredient, E- an error
# that was put in (dat: content, sig: signature, uri: reference, clm: claim), X changed afterwards.
VALID = ("C_with_CAWG", "boxhash.jpg", "update_manifest", "truepic-")
INVALID = {
    "no_alg.jpg": "its manifest names no hash algorithm",
    "dashinit.mp4": "the first piece of a stream whose other pieces are not here",
    "nikon-": "its signature does not fit and its certificate had expired",
}
SETTINGS = ("boxhash_with_exclusion.json", "test_settings.json")


def main() -> None:
    """Read the files and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--media", type=Path, required=True, help="folder of labelled media")
    media = parser.parse_args().media
    settings = context()
    text = "\n".join(
        [
            "# Content credentials",
            "",
            "`python -m benchmarks.credentials --media ../shared/media`",
            "",
        ]
        + states_table(media, settings)
        + ["", "## One byte changed", ""]
        + flips_table(media, settings)
        + ["", "## Media without credentials", ""]
        + others_table(media, settings)
    )
    print(text)
    write_page("credentials", text + "\n")


def states_table(media: Path, settings: Any) -> list[str]:
    """Compare the state of every file of the test sets with the one its name says."""
    rows, right = [], 0
    files = named(media)
    for path, name in files.items():
        state, detail = state_of(media / path, settings)
        wanted = expected(name, Path(path).suffix)
        right += state == wanted
        mark = "" if state == wanted else " **differs**"
        rows.append(f"| {name} | `{Path(path).name}` | {wanted} | {state}{mark} | {detail} |")
    return [
        f"{right} of {len(files)} as named. No list of trusted signers was given, so none is "
        "`trusted`; `.json` files are reports that other versions of the library wrote.",
        "",
        "Names that state nothing, and what was expected of them after a look: "
        + "; ".join(f"`{name}` invalid, as {why}" for name, why in INVALID.items())
        + ". No file of the set declares AI: that is tested with files that the tests sign.",
        "",
        "| name | file | expected | found | detail |",
        "|---|---|---|---|---|",
        *rows,
    ]


def named(media: Path) -> dict[str, str]:
    """Return the files of the test sets with their original names."""
    return {row.path: row.identity for row in read_media_rows(media) if row.kind == "c2pa"}


def expected(name: str, suffix: str) -> str:
    """Say by its name which state a file should have."""
    if name in SETTINGS:
        return "no report"
    if name.startswith(tuple(INVALID)) or name.startswith("E-") or "-E-" in name:
        return "invalid"
    if name.startswith("adobe-2022"):
        return "invalid" if name.split("-")[2].startswith("X") else "valid"
    if name.startswith(VALID):
        return "valid"
    if suffix == ".svg":
        return "not_applicable"  # told by content alone, and no medium that is screened
    return "none"


def state_of(path: Path, settings: Any) -> tuple[str, str]:
    """Read one file; return its state, or the reason of the abstention, and a detail."""
    if path.suffix == ".json":
        record = json.loads(path.read_text("utf-8"))
        if "manifests" not in record:
            return "no report", "settings, no report"
        reading = parse(record)
    else:
        try:
            reading = read(path, settings)
        except Unreadable as error:
            return error.reason, str(error)[:80]
    if reading.remote:
        return reading.state, f"not fetched: {reading.remote[:60]}"
    return reading.state, ", ".join(dict.fromkeys(reading.failures))[:80]


def flips_table(media: Path, settings: Any) -> list[str]:
    """Change one byte of each intact file, in the picture and anywhere, and count the states."""
    lines = [
        "| file | place | copies | invalid | none | not readable | still valid |",
        "|---|---|---|---|---|---|---|",
    ]
    chance = random.Random(1)
    for path, name in named(media).items():
        if path.endswith(".json") or state_of(media / path, settings)[0] != "valid":
            continue
        data = (media / path).read_bytes()
        picture = data.rfind(b"\xff\xda")  # the last start of a scan: thumbnails stand before it
        for place, first in (("picture", picture), ("anywhere", 0)):
            states = flipped_states(data, first, chance, settings)
            lost = states["unreadable"] + states["not_applicable"]
            lines.append(
                f"| {name} | {place} | {COPIES} | {states['invalid']} | {states['none']} | {lost} "
                f"| {states['valid']} |"
            )
    lines += [
        "",
        "Still valid: the byte stood in the manifest's padding, a label, the time stamp or the "
        "certificates, which nothing but a list of trusted signers checks.",
    ]
    return lines


def flipped_states(data: bytes, first: int, chance: random.Random, settings: Any) -> Counter[str]:
    """Count the states of copies with one bit changed at or after a position."""
    states: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        for _ in range(COPIES):
            changed = bytearray(data)
            changed[chance.randrange(first, len(data))] ^= 1 << chance.randrange(8)
            copy.write_bytes(changed)
            states[state_of(copy, settings)[0]] += 1
    return states


def others_table(media: Path, settings: Any) -> list[str]:
    """Read all other media, which carry no credentials, and time it."""
    states: Counter[str] = Counter()
    slowest = total = 0.0
    for kind in OTHERS:
        for path in sorted((media / kind).rglob("*")):
            if path.is_file():
                start = time.perf_counter()
                states[state_of(path, settings)[0]] += 1
                seconds = time.perf_counter() - start
                slowest, total = max(slowest, seconds), total + seconds
    count = sum(states.values())
    told = ", ".join(f"{state} {number}" for state, number in states.most_common())
    return [
        f"{count} files: {told}. Mean {1000 * total / count:.1f} ms, slowest "
        f"{1000 * slowest:.1f} ms."
    ]


if __name__ == "__main__":
    main()
