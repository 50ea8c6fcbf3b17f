"""What the terminal shows in the same way everywhere."""

from __future__ import annotations

import pytest

from media_screen.results.plain import counted


@pytest.mark.parametrize(
    ("count", "nouns", "said"),
    [
        (0, ("file",), "0 files"),
        (1, ("file",), "1 file"),
        (2, ("file",), "2 files"),
        (1, ("copy", "copies"), "1 copy"),
        (3, ("copy", "copies"), "3 copies"),
    ],
)
def test_a_count_agrees_with_its_noun(count: int, nouns: tuple[str, ...], said: str) -> None:
    assert counted(count, *nouns) == said
