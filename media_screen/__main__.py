"""`python -m media_screen` is the command `media-screen`."""

from media_screen.cli.main import main

if __name__ == "__main__":  # worker processes import this module again
    main()
