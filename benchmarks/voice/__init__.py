"""Is speech told genuine from synthetic, and one voice from another?

    python -m benchmarks.voice --media ../shared/media --work DIR

DIR is the folder in which `training.voice_spoof` prepared windows and fitted the lines of the
folds. Windows of 3 s are scored, as they are and through four channels, by lines that had not been
fitted to their collection (genuine speech), to their family of systems (synthetic speech), or to
both. Beside them stands the usual baseline, LFCC with Gaussian mixtures. Voices are compared
across recordings only. `--calibrate` renews what is shipped and the held-out ratios of whole files.
"""

COMMAND = "python -m benchmarks.voice --media ../shared/media --work DIR"
