"""Trains the network of `voice_spoof`: synthesised speech, channels, folds, export.

    python -m training.media --clones CLONES --into SPEECH --speech
    python -m training.voice_spoof synthesise --media MEDIA --work DIR
    python -m training.voice_spoof prepare --media MEDIA --speech SPEECH --work DIR
    python -m training.voice_spoof train --work DIR
    python -m benchmarks.voice --media MEDIA --work DIR

All steps run on one core and go on where they stopped; `benchmarks.voice` scores the folds, fits
the calibration and writes the tables.
"""
