"""Key frames: the pictures of a file that matter, at full size, for reverse picture search.

`choice` says which moments, from the record and one look for shots; `write` decodes these and no
others, and writes the pictures, a table of them, and a contact sheet.
"""

from media_screen.keyframes.write import KeyframeError, WrittenKeyframes, write_keyframes

__all__ = ["KeyframeError", "WrittenKeyframes", "write_keyframes"]
