"""Measures time and memory of a look-up against the size of the catalogue, up to 1,000 hours.

    python -m benchmarks.catalogue --media ../shared/media

The catalogue is filled with real fingerprints (clips of `real_video`) and with simulated footage:
random picture hashes and pairs of peaks with the keys of real speech, as many an hour as the real
footage has. The 60 s clip that is looked up is in it. Writes `benchmarks/results/catalogue.md`.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.places import write_page
from benchmarks.provenance.fingerprints import FingerprintReader
from media_screen.footage.catalogue import Catalogue
from media_screen.footage.catalogue.index import Indexed, codes_to_index, pairs_to_index
from media_screen.footage.catalogue.match import Known
from media_screen.footage.fingerprint import LAYOUT, REFERENCE_FPS, Fingerprint

HOURS = (1, 10, 100, 300, 1000)
QUERY = "real_video/web-talking/007.mp4"  # 60 s, sound
OTHERS = ("005", "013", "015", "016", "019", "021")  # real footage beside it
SIMULATED_S = 600.0  # length of one simulated video
FIRST_SIMULATED = 1_000_000  # numbers of simulated references begin here
REPEATS = 5


class Simulated(Catalogue):
    """A catalogue that pretends to hold some hours of other footage."""

    def fill(self, hours: float, like: list[Fingerprint]) -> None:
        """Pretend to hold `hours` of footage with as many codes and pairs as the real one."""
        self._count = round(hours * 3600 / SIMULATED_S)
        length = sum(one.duration_s for one in like)
        self._codes = sum(len(codes_to_index(one)) for one in like) / length
        self._pairs = sum(len(pairs_to_index(one)) for one in like) / length
        self._keys = np.concatenate([pairs_to_index(one) >> np.uint64(32) for one in like])
        self._filling = _noise(np.random.default_rng(1), like[0])

    def _indexed(self) -> Iterator[Indexed]:
        yield from super()._indexed()
        rng = np.random.default_rng(0)  # the same footage each time it is read
        ticks = round(SIMULATED_S * 62.5 / 4)
        for number in range(self._count):
            codes = rng.integers(0, 256, (round(self._codes * SIMULATED_S), 32), np.uint8)
            size = round(self._pairs * SIMULATED_S)
            keys = self._keys[rng.integers(0, len(self._keys), size)]
            places = rng.integers(0, ticks, size, np.uint64)
            pairs = (keys << np.uint64(32)) | places
            yield Indexed(FIRST_SIMULATED + number, SIMULATED_S, codes, pairs)

    def _known(self, number: int) -> Known | None:
        if number < FIRST_SIMULATED:
            return super()._known(number)
        return Known(number, "nobody", str(number), "", "official", SIMULATED_S, self._filling)


def _noise(rng: np.random.Generator, like: Fingerprint) -> Fingerprint:
    """Return a random fingerprint as long as a simulated video, one face in every frame."""
    count = round(SIMULATED_S * REFERENCE_FPS)
    rate = len(like.peak_frames) / like.duration_s
    rows = {"peak_frames": round(rate * SIMULATED_S), "thumb_times": 20}
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    for name, (kind, row) in LAYOUT.items():
        size = rows["peak_frames"] if name.startswith("peak") else count
        size = rows["thumb_times"] if name.startswith("thumb") else size
        arrays[name] = rng.integers(0, 100, (size, *row)).astype(kind)
    arrays["face_tracks"] = np.zeros(count, np.int16)
    arrays["times"] = arrays["face_times"] = (np.arange(count) / REFERENCE_FPS).astype("<f4")
    arrays["thumb_times"] = np.linspace(0, SIMULATED_S, 20).astype("<f4")
    arrays["thumb_shapes"] = np.full(20, 1.78, np.float32)
    arrays["peak_frames"] = np.sort(
        rng.integers(0, round(SIMULATED_S * 62.5), rows["peak_frames"])
    ).astype("<u4")
    return Fingerprint(duration_s=SIMULATED_S, sound_s=SIMULATED_S, **arrays)  # type: ignore[arg-type]


def measure(media: Path, hours: float) -> dict[str, float]:
    """Return build time, memory and look-up times with one size of catalogue."""
    folder = Path(tempfile.gettempdir()) / "media-screen-catalogue"
    reader = FingerprintReader(folder / "fingerprints")
    query = media / QUERY
    known = [query, *(media / f"real_video/web-talking/{name}.mp4" for name in OTHERS)]
    like = [reader.read(path, reference=True) for path in known]
    asked = reader.read(query, reference=False)
    stranger = reader.read(media / "real_video/web-talking/032.mp4", reference=False)
    with tempfile.TemporaryDirectory() as scratch:
        catalogue = Simulated(Path(scratch) / "catalogue.sqlite")
        for path, fingerprint in zip(known, like, strict=True):
            catalogue.add("someone", path.name, path.name, fingerprint)
        catalogue.close()  # merges what stands in the log into the file
        stored = catalogue.path.stat().st_size
        catalogue.fill(hours, like)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        index = catalogue.index_bytes
        built = time.perf_counter() - start
        times = {}
        for name, one in (("found", asked), ("stranger", stranger)):
            lengths = []
            for _ in range(REPEATS):
                wall, cpu = time.perf_counter(), time.process_time()
                found = catalogue.search(one)
                lengths.append((time.perf_counter() - wall, time.process_time() - cpu))
            times[name], times[f"{name} cpu"] = np.median(lengths, axis=0).tolist()
            wanted = {"007.mp4"} if name == "found" else set()
            got = {match.reference for match in found}
            if got != wanted:
                raise SystemExit(f"{hours} h, {name}: expected {wanted}, found {got}")
        start = time.perf_counter()
        candidates = catalogue._ready_index().candidates(asked)
        looked = time.perf_counter() - start
        catalogue.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "hours": hours,
        "build_s": built,
        "index_mb": index / 1e6,
        "peak_mb": peak / 1e3,
        "before_mb": before / 1e3,
        "candidates": len(candidates),
        "index_s": looked,
        "found_s": times["found"],
        "stranger_s": times["stranger"],
        "found_cpu_s": times["found cpu"],
        "stranger_cpu_s": times["stranger cpu"],
        "stored_mb_h": stored / 1e6 / (sum(one.duration_s for one in like) / 3600),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each size in a process of its own and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--media", type=Path, required=True)
    parser.add_argument("--hours", type=float, help="one size only, printed")
    options = parser.parse_args(arguments)
    if options.hours is not None:
        print(json.dumps(measure(options.media, options.hours)))
        return
    rows = []
    for hours in HOURS:
        command = [sys.executable, "-m", "benchmarks.catalogue", "--media", str(options.media)]
        done = subprocess.run(
            [*command, "--hours", str(hours)], check=True, capture_output=True, text=True
        )
        rows.append(json.loads(done.stdout.strip().splitlines()[-1]))
    text = table(rows)
    write_page("catalogue", text)
    print(text)


def table(rows: list[dict[str, float]]) -> str:
    """Return the measurements as a table; time is that of one thread."""
    first = rows[0]
    lines = [
        "# Look-up against the size of the catalogue",
        "",
        "`python -m benchmarks.catalogue --media ../shared/media`: a 60 s clip, one thread, real",
        "footage and simulated hours. *index* is the search for candidates alone, *found* and",
        "*stranger* are whole look-ups of a clip that is in the catalogue and of one that is not,",
        "as CPU time (and wall-clock time on a machine that was busy with other work).",
        "",
        "| hours | build of the index | index in memory | peak of the process | index | found "
        "| stranger | ratio of found to 1 h |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row['hours']:,.0f} | {row['build_s']:.1f} s | {row['index_mb']:,.0f} MB | "
            f"{row['peak_mb']:,.0f} MB | {row['index_s']:.2f} s | "
            f"{row['found_cpu_s']:.2f} ({row['found_s']:.2f}) s | "
            f"{row['stranger_cpu_s']:.2f} ({row['stranger_s']:.2f}) s | "
            f"{row['found_cpu_s'] / first['found_cpu_s']:.1f} |"
        )
    lines += ["", f"On disk: {first['stored_mb_h']:.1f} MB for each hour of real footage.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
