"""The parts of `samples/make.py`; they do not belong to the package media_screen."""
