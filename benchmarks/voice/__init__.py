"""Is speech told genuine from synthetic, and one voice from another?

    python -m benchmarks.voice --media ../shared/media --work DIR

DIR is the folder in which `media_screen.training.voice_spoof` prepared windows and trained the
folds. Each window of 3 s is scored by a network that saw neither its collection (genuine speech)
nor its family of systems (synthetic speech), as it is and through four channels. Beside it stands
the usual baseline, LFCC with Gaussian mixtures. Voices are compared across recordings only.
"""

COMMAND = "python -m benchmarks.voice --media ../shared/media --work DIR"
