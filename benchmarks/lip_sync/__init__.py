"""Measures synchrony and the marks of forged mouths on clips that no network was trained on.

python -m training.lip_sync --media MEDIA --work WORK prepare
python -m training.lip_sync --media MEDIA --work WORK train 0 1 2 all
python -m training.lip_sync --media MEDIA --work WORK score
python -m training.lip_sync --media MEDIA --work WORK voices
python -m training.lip_sync --media MEDIA --work WORK export
python -m benchmarks.lip_sync --media MEDIA --work WORK --calibrate
"""

COMMAND = "python -m benchmarks.lip_sync --media ../shared/media --work DIR"
