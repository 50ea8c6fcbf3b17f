"""What must hold whatever comes in; each check makes its input from one seed, in its own folder."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np

from media_screen import sidecar as sidecars
from media_screen.batch.pipe import LineError, parse_line
from media_screen.batch.scan import scan
from media_screen.batch.worker import Limits
from media_screen.case import Case
from media_screen.detectors.channel import Channel
from media_screen.evidence import LABELS, Abstention, MediaInfo, Verdict
from media_screen.media import Balance, Media, MediaError, identify, shown_path
from media_screen.names.mentions import (
    Names,
    WatchError,
    names_of_people,
    read_watch_list,
    texts_of,
)
from media_screen.people.registry import PeopleError, load_people
from media_screen.report import write_report
from media_screen.results.folder import RESULTS, BatchError, Results
from media_screen.results.written import STATE
from media_screen.screen import Config, unable
from tests.fakes import stand_in
from tests.fuzz.media import damaged, declaring, flipped
from tests.fuzz.sound import SPOKEN, sound
from tests.fuzz.state import check_databases, check_links, tamper_database
from tests.fuzz.texts import WORDS, damaged_text, hostile_json, hostile_toml
from tests.making import records
from tests.media.test_sides import likeness
from tests.places import SAMPLES
from tests.test_evidence import SCHEMA

PEOPLE = SAMPLES / "people"
SIDECARS = [json.loads(path.read_text("utf-8")) for path in sorted(SAMPLES.rglob("*.info.json"))]
PERSON = (PEOPLE / "irena-valequist" / "person.toml").read_text("utf-8")
WATCH = (SAMPLES / "names.toml").read_text("utf-8")
# All but reading text in stills, which takes longer than all the rest and never sees the file.
DETECTORS = (
    "channel",
    "credentials",
    "container",
    "face_consistency",
    "face_artifact",
    "voice_spoof",
)

VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

Check = Callable[[random.Random, Path], None]


def check_media(chance: random.Random, folder: Path, *, files: int = 4) -> None:
    """A scan of damaged media, some with hostile sidecars, gives one clear result each."""
    downloads, out = folder / "in", folder / "out"
    downloads.mkdir()
    for number in range(files):
        _, suffix, data = chance.choice([damaged, damaged, declaring, sounding])(chance)
        (downloads / f"{number}{suffix}").write_bytes(data)
        if chance.random() < 0.5:
            beside = downloads / f"{number}.info.json"
            beside.write_bytes(hostile_json(chance, chance.choice(SIDECARS)))
    config = Config(device="cpu", threads=1, detectors=DETECTORS)
    summary = scan([downloads], out, config, limits=Limits(time_s=120.0))
    assert summary.screened == len(summary.entries) == len(summary.found.files)
    for record in complete(out, list(summary.found.files)):
        assert not record["failures"], f"{record['media']['path']}: {record['failures']}"
    assert scan([downloads], out, config).screened == 0, "a second scan has nothing to do"
    assert write_report(out).exists()


def sounding(chance: random.Random) -> tuple[str, str, bytes]:
    """Return a sound with odd channels as a file that is scanned."""
    made = sound(chance)
    return f"gains {made.gains}", ".wav", made.data


def check_sound(chance: random.Random, folder: Path, *, count: int = 4) -> None:
    """Any channels give sound that networks can hear, with the voice that listeners hear."""
    path = folder / "a.wav"
    for _ in range(count):
        made = sound(chance)
        path.write_bytes(made.data)
        try:
            with Media.open(path) as media:
                blocks, mix = list(media.sound()), media.mix
        except MediaError as error:
            assert str(error) and not made.clean
            continue
        balance = Balance()
        for block in blocks:
            assert block.sides.dtype == np.float32 and len(block.sides) in (1, 2)
            assert np.isfinite(block.sides).all() and np.abs(block.sides).max() <= 1.0
            balance.add(block.start_s, block.sides)
        if made.clean and len(made.gains) <= 2 and max(map(abs, made.gains)) >= 0.5:
            heard = [
                np.concatenate([one.of(block.sides) for block in blocks])
                for one in (mix, *balance.others(mix))
            ]
            assert max(likeness(one, SPOKEN) for one in heard) > 0.9, made.gains


def check_sidecars(chance: random.Random, folder: Path, *, count: int = 20) -> None:
    """A sidecar is read or refused with a reason, and what was read can be shown and searched."""
    path = folder / "a.info.json"
    people = load_people(PEOPLE)
    names = Names(names_of_people(people))
    for _ in range(count):
        path.write_bytes(hostile_json(chance, chance.choice(SIDECARS)))
        try:
            read = sidecars.read(path)
        except sidecars.SidecarError as error:
            assert "a.info.json" in str(error) and len(str(error)) < 1000
            continue
        pieces = list(Channel().examine(stand_in(Case, sidecar=read, people=people, trusted=())))
        assert pieces and all(piece.why for piece in pieces)
        names.find(texts_of(read, ()))
        length = chance.choice([0.0, 10.0, 1e9, float("inf"), float("nan")])
        info = MediaInfo("a.mp4", kind="video", duration_s=length, width=chance.choice([0, 640]))
        fitted = read.fitted(folder / chance.choice(["a.mp4", "a.f137.mp4", "a.webm"]), info)
        assert set(read.fit.doubts) <= set(fitted.fit.doubts), "a file made a sidecar fit better"
        assert all(len(why) < 500 for why in fitted.fit.doubts)
        verdict = unable(MediaInfo("a.mp4"), [Abstention("x", "unreadable", "x")], post=read.post())
        VALIDATOR.validate(json.loads(verdict.to_json()))
        assert len(verdict.to_json()) < 100_000, "a hostile sidecar fills the results"


def check_people(chance: random.Random, folder: Path, *, count: int = 20) -> None:
    """A person file and a list of names are read, or refused by a message that names the file."""
    person, watch = folder / "people" / "ada" / "person.toml", folder / "names.toml"
    person.parent.mkdir(parents=True)
    for _ in range(count):
        person.write_bytes(hostile_toml(chance, PERSON))
        try:
            assert load_people(folder / "people")[0].name
        except PeopleError as error:
            assert "person.toml" in str(error) and len(str(error)) < 2000
        watch.write_bytes(hostile_toml(chance, WATCH))
        try:
            assert all(name.spellings for name in read_watch_list(watch))
        except WatchError as error:
            assert "names.toml" in str(error) and len(str(error)) < 2000


def check_lines(chance: random.Random, folder: Path, *, count: int = 50) -> None:
    """A line of a pipe is a file that can be looked for, nothing, or refused with a reason."""
    for _ in range(count):
        record = {
            "path": chance.choice([*WORDS, "a.mp4"]),
            "sidecar": chance.choice([None, *WORDS]),
        }
        plain = chance.choice(WORDS).encode("utf-8", "surrogatepass")
        line = damaged_text(chance, chance.choice([plain, hostile_json(chance, record)]))
        try:
            job = parse_line(line)
        except LineError as error:
            assert str(error) and len(str(error)) < 1000
            continue
        for path in (job.path, job.sidecar) if job is not None else ():
            if path is not None:
                assert shown_path(path).encode() and looked_for(path)


def looked_for(path: Path) -> bool:
    """Look for a file as a worker does; that there is none is an answer."""
    try:
        return len(identify(path)[0]) == 64
    except MediaError as error:
        return bool(str(error))


def check_results(chance: random.Random, folder: Path) -> None:
    """However the files of results are broken, a second scan ends with one whole result a file.

    What can't be used is refused with a message that names the file; without it all goes on.
    """
    files = [folder / f"{number}.mp4" for number in range(6)]
    for number, path in enumerate(files):
        path.write_bytes(bytes(number + 1))
    out = folder / "out"
    screen(files, out, "s1")
    shutil.copytree(out, folder / "before")
    for _ in range(chance.choice([1, 2])):
        chance.choice([damage_results, damage_results, damage_state])(chance, out)
    shutil.copytree(out, folder / "damaged")
    write_report(out)  # a report of what is broken is made, too
    settings = chance.choice(["s1", "s1", "s2"])
    try:
        screen(files, out, settings)
    except BatchError as error:
        assert STATE in str(error) and len(str(error)) < 1000
        (out / STATE).unlink()
        screen(files, out, settings)
    for record in complete(out, files):
        assert record["label"] == "unable_to_evaluate", "a forged line was kept"
    write_report(out)


def screen(files: list[Path], out: Path, settings: str) -> None:
    """Do what a scan does with its results; nothing is looked at."""
    with Results(out) as results:
        for path in files:
            if not results.has(path, settings):
                sha256, size = identify(path)
                info = MediaInfo(str(path), sha256=sha256, size_bytes=size)
                why = Abstention("media", "unreadable", "bytes of a test")
                verdict = unable(info, [why], versions={"settings": settings})
                results.add(path, verdict, settings)
        results.compact()
        for path in files:
            entry = results.entry(path, kept=True)
            assert entry is not None and entry.label in LABELS


def damage_results(chance: random.Random, out: Path) -> None:
    path = out / RESULTS
    data = path.read_bytes()
    lines = data.splitlines(keepends=True) or [b"\n"]
    way = chance.randrange(8)
    if way == 0:
        data = bytes(flipped(chance, bytearray(data))) if data else b"\x00"
    elif way == 1:
        data = data[: chance.randrange(len(data) + 1)]
    elif way == 2:
        data = b"".join(chance.choices(lines, k=chance.randrange(9)))
    elif way == 3:
        lines.insert(chance.randrange(len(lines) + 1), chance.choice([b"\xff\n", b"{}\n", b"\n\n"]))
        data = b"".join(lines)
    elif way == 4:
        try:
            record = json.loads(chance.choice(lines))
        except ValueError:  # it was damaged before
            record = {"path": "a.mp4"}
        data += hostile_json(chance, record) + b"\n"
    elif way == 5:
        data = b""
    elif way == 6:  # as a scan would write it, of a file that is scanned
        data = data.replace(b'"unable_to_evaluate"', b'"official"', chance.choice([1, -1]))
    else:
        path.unlink()
        return
    path.write_bytes(data)


def damage_state(chance: random.Random, out: Path) -> None:
    path = out / STATE
    data = path.read_bytes() if path.exists() else b""
    way = chance.randrange(7)
    if way == 0 and data:
        path.write_bytes(bytes(flipped(chance, bytearray(data))))
    elif way == 1:
        path.write_bytes(data[: chance.randrange(len(data) + 1)])
    elif way == 2:
        path.write_bytes(chance.randbytes(chance.choice([0, 10, 5000])))
    elif way == 3:
        path.unlink(missing_ok=True)
    elif way == 6 and data:
        tamper_database(chance, path)
    elif way == 4:  # another program's, or another version's
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as state:
            state.execute(
                chance.choice(
                    [
                        "CREATE TABLE done (a, b)",
                        "CREATE VIEW done AS SELECT 1",
                        "CREATE TABLE meta (a)",
                    ]
                )
            )
        state.close()
    else:
        path.with_name(f"{STATE}-journal").write_bytes(chance.randbytes(600))


def complete(out: Path, files: list[Path]) -> list[dict[str, Any]]:
    """Return the records, one valid one for each file, each of which says what it comes to."""
    found = records(out)
    names = sorted(Path(record["media"]["path"]).name for record in found)
    assert names == sorted(Path(shown_path(path)).name for path in files)
    for record in found:
        VALIDATOR.validate(record)
        verdict = Verdict.from_dict(record)
        assert verdict.summary
        if verdict.label == "unable_to_evaluate":
            assert verdict.abstentions or verdict.failures
    return found


CHECKS: dict[str, Check] = {
    "media": check_media,
    "sound": check_sound,
    "sidecars": check_sidecars,
    "people": check_people,
    "lines": check_lines,
    "results": check_results,
    "databases": check_databases,
    "links": check_links,
}
