"""Reading a file of results line by line, whatever stands in it, with bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

LINE_LIMIT = 64 << 20  # bytes; no record comes near, a damaged file may


def each_line(stream: IO[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Give (number, offset, line) of an open results file, blank lines left out.

    Of a line over the limit only the beginning is held: it is longer than `LINE_LIMIT`.
    """
    number = offset = 0
    while line := stream.readline(LINE_LIMIT + 1):
        number += 1
        start, offset = offset, offset + len(line)
        while not line.endswith(b"\n") and (rest := stream.readline(LINE_LIMIT)):
            offset += len(rest)
            if rest.endswith(b"\n"):
                break
        if line.strip():
            yield number, start, line
