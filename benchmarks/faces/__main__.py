"""Runs every comparison and writes its tables."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import faces
from benchmarks.faces import COMMAND, MACHINE
from benchmarks.faces.calibration import calibrate
from benchmarks.faces.detectors import detector_table, open_detector, roll_table
from benchmarks.faces.embedders import (
    east_asian_table,
    embedder_table,
    half_width_error,
    same_clip_table,
    time_table,
)
from benchmarks.faces.nets import embed, facenet_input, open_session, unit
from benchmarks.faces.pairs import group_files, make_pairs
from benchmarks.faces.report import markdown
from benchmarks.faces.sights import collect, files_with_faces, largest_each_frame
from benchmarks.faces.tracking import tracking_table
from benchmarks.places import HERE, write_page, write_record
from media_screen.faces import align


def measure(media: Path, weights: Path) -> dict[str, Any]:
    """Run every comparison."""
    rows = files_with_faces(media)
    detectors = detector_table(media, rows, weights)
    detector = open_detector(weights, threads=2)
    every, counts = collect(media, rows, detector)
    sights = largest_each_frame(every)
    del every
    sface = open_session(weights / "face_embedder/sface.onnx")
    facenet = open_session(weights / "compared/facenet.onnx")
    sights = [sight for sight in sights if sight.kind in ("real_video", "real_face")]
    crops = [sight.crop for sight in sights]
    vectors = {
        "SFace": embed(sface, align.embedder_input, crops),
        "FaceNet": embed(facenet, facenet_input, crops),
    }
    mirrored = embed(sface, align.embedder_input, [crop[:, ::-1] for crop in crops])
    vectors["SFace, flip"] = unit(vectors["SFace"] + mirrored)
    groups = group_files(sights)
    named = {path: m for path, m in groups.items() if "face-mask-detection" not in path}
    pairs = make_pairs([sights[members[0]].identity for members in named.values()])
    table = embedder_table(vectors, named, pairs)
    threshold = next(
        row["threshold"] for row in table if (row["embedder"], row["frames"]) == ("SFace", 12)
    )
    return {
        "command": COMMAND,
        "machine": MACHINE,
        "detectors": detectors,
        "rolls": roll_table(media, rows, weights),
        "detections": {
            kind: {"frames": total, "with a face": hits} for kind, (total, hits) in counts.items()
        },
        "pairs": {
            "same": int(pairs.same.sum()),
            "same_session": int(pairs.session.sum()),
            "different": int(np.sum(~pairs.same)),
        },
        "embedders": table,
        "times": time_table(weights, crops),
        "half_width": half_width_error(weights, crops[::40]),
        "same_clip": same_clip_table(sights, vectors["SFace"], named, threshold),
        "east_asian": east_asian_table(sights, vectors, threshold),
        "tracking": tracking_table(sights, vectors["SFace"], named),
        "calibration": calibrate(sface, sights, vectors["SFace"], groups),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison and write its tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faces", description=faces.__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--media", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--weights", type=Path, required=True, help="folder of converted weights")
    parser.add_argument("--calibration", type=Path, help="also write the calibration here")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of results/ and records/")
    options = parser.parse_args(arguments)
    result = measure(options.media, options.weights)
    write_record("faces", result, out=options.out)
    write_page("faces", markdown(result), out=options.out)
    if options.calibration:
        record = json.dumps(result["calibration"], indent=1) + "\n"
        options.calibration.write_text(record, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
