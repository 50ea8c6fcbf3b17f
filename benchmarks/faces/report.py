"""Writes the measured figures as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.faces import COMMAND, MACHINE
from benchmarks.faces.sights import FRAMES
from benchmarks.markdown import table
from media_screen.faces.detect import SURE_SCORE


def markdown_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows of equal keys as a Markdown table."""
    head = list(rows[0])
    return "\n".join(table(head, [[row[key] for key in head] for row in rows]))


def markdown_embedders(result: Mapping[str, Any]) -> str:
    """Return the part of the report on embedders."""
    asian, clip = result["east_asian"], result["same_clip"]
    return f"""## Embedders

{result["pairs"]["same"]} pairs of files of one person ({result["pairs"]["same_session"]} of them of
one session, MEAD), {result["pairs"]["different"]} of different people. `tar` is the share of
same-person pairs over the threshold that 1 in 1,000 pairs of different people reach, over sessions;
`tar_same_session` the same for MEAD. "flip" averages the crop and its mirror image.

{markdown_table(result["embedders"])}

{markdown_table(result["times"])}

Same clip, first against last third ({clip["clips"]} clips, easy pairs): mean cosine {clip["mean"]},
least {clip["least"]}, over the threshold {clip["tar"]:.0%}.

SFace stored in 16-bit floats differs from 32-bit by less than {result["half_width"]:.1e} in cosine.

### East Asian faces

Named East Asian people with several recordings are too few (one, MEAD M030, in one session).
Instead: {asian["stills"]} small, tightly cut stills without names, of which two people were told
by eye ({asian["same_pairs"]} pairs); the remaining pairs still hold pairs of one person, so the AUC
is a lower and the false-match rate an upper bound.

- SFace {asian["SFace"]}, FaceNet {asian["FaceNet"]}.
- At SFace's threshold of the table above: {asian["tar_at_threshold"]:.0%} of the same-person pairs
  are over it, and at most {asian["above_threshold_upper_bound"]:.1%} of the others.
"""


def markdown(result: Mapping[str, Any]) -> str:
    """Return the report."""
    tracking = result["tracking"]
    within = [{"gap": gap, **values} for gap, values in tracking["within"].items()]
    scores = [{"kind": kind, **values} for kind, values in result["detections"].items()]
    return f"""# Faces: detectors, embedders, calibration

Made by `{COMMAND}`
on {MACHINE}.
Times are ratios to the chosen net.

## Detectors

Pictures in which at least one face was found (each holds one), and time.

{markdown_table(result["detectors"])}

YuNet over all files ({FRAMES["real_video"]} frames of each genuine clip, {FRAMES["fake_video"]} of
each fake one, all stills), sure from {SURE_SCORE}; the rest is faceless, but for one still:

{markdown_table(scores)}

Lean (median, degrees) that the five points show after a known turn, 52 stills:

{markdown_table(result["rolls"])}

{markdown_embedders(result)}
## Calibration

{markdown_table(result["calibration"]["rows"])}

Limits of the log-likelihood ratio: {result["calibration"]["limits"]}.
Pairs: {result["calibration"]["pairs"]}.

## Tracking thresholds

SFace between single frames of one clip of one person, and movement in face widths:

{markdown_table(within)}

Frames of different people ({tracking["between"]["pairs"]} pairs), share reaching a cosine:
{tracking["between"]["share_reaching"]}.
"""
