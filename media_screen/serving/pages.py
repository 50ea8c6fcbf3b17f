"""Makes the written pages of the report live: the same pages, with what decides added to them."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from media_screen.languages import CODES
from media_screen.report.pages import page_assets, source_hash

# Of the written page: it may only be made stricter by what stands in the header.
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="[^"]*">')
_LANGUAGE = re.compile(r'<!doctype html>\s*<html lang="([\w-]+)">')


def live(page: str, words: str) -> str:
    """Return a written page with what serves its decisions: script, style, and their words."""
    style, script = _added()
    page = _POLICY.sub("", page, count=1)
    page = page.replace("</head>", f"<style>{style}</style>\n</head>", 1)
    # Before the page's own script, which keeps rows aside that are not shown.
    return page.replace("<script>", f"{words}<script>{script}</script>\n<script>", 1)


def language_of(page: str) -> str:
    """Return the language that a page was written in; another program may write them, too."""
    said = _LANGUAGE.match(page)
    return said[1] if said and said[1] in CODES else "en"


@cache
def live_policy(kind: str, language: str) -> str:
    """Return the policy of a live page of a kind (index, file, campaign) in a language.

    It names scripts and styles of the package by their hashes, so that nothing runs that was put
    into a page by others.
    """
    own = page_assets(kind, language=language)
    style, script = _added()
    return (
        "default-src 'none'; img-src 'self'; media-src 'self'; connect-src 'self'; "
        f"style-src '{source_hash(own['style'])}' '{source_hash(style)}'; "
        f"script-src '{source_hash(own['script'])}' '{source_hash(script)}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _added() -> tuple[str, str]:
    static = files("media_screen.serving") / "static"
    return (static / "live.css").read_text("utf-8"), (static / "live.js").read_text("utf-8")
