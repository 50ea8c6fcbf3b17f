"""Compares face detectors and embedders on labelled media, and fits the calibration.

Run as `python -m benchmarks.faces --media ../shared/media --weights DIR`, where DIR was made by
`python -m training.convert faces --all --out DIR` (and, for the cost of 16-bit
storage, `--width float32 --out DIR-float32`). It writes `results/faces.md`
and `records/faces.json`, and with `--calibration FILE` the calibration.

Times are given as ratios: the machine was shared. Papers: MTCNN, Zhang et al., IEEE SPL 2016;
calibration by logistic regression and Cllr, Bruemmer and du Preez, CSL 2006.
"""

from __future__ import annotations

COMMAND = "python -m benchmarks.faces --media ../shared/media --weights DIR --calibration FILE"
MACHINE = "2 CPU cores, shared with other work; onnxruntime, one thread for the timing"
