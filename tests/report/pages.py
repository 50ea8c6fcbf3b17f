"""Reading a rendered page as a browser would, to see what in it is markup and what is text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "input", "img", "br"}
BLOCKS = {"details", "div", "dl", "fieldset", "figure", "form", "p", "section", "table", "ul", "ol"}

# All that the templates may produce; anything else came out of metadata.
_TAGS = """
    html head meta title style script body header footer main nav section article div p h1 h2 h3 h4
    a strong b small code pre span bdi abbr br ul ol li dl dt dd table caption thead tbody tr th td
    details summary figure figcaption img label input select option button form fieldset legend
    svg rect line circle path text tspan dialog kbd video audio"""

_ATTRIBUTES = """
    lang charset http-equiv content name class id href rel src alt width height loading decoding
    type value autocomplete disabled checked method placeholder step inputmode title role scope
    hidden tabindex controls preload data-time data-start data-end data-recording data-person
    data-label data-say-one data-say-all data-say-some data-say-first data-say-cut data-say-blur
    data-platform data-standing data-marks data-v data-sort aria-label
    aria-labelledby aria-hidden aria-sort aria-pressed aria-haspopup open viewbox
    data-decided preserveaspectratio d x y x1 x2 y1 y2 cx cy r dx text-anchor stroke-width"""

# The file itself, by a relative address in which nothing is left that could be another one.
LOCAL = re.compile(r"(\.\./)+[A-Za-z0-9_.~%/-]+(#t=\d+(\.\d+)?(,\d+(\.\d+)?)?)?")

TAGS = set(_TAGS.split())
ATTRIBUTES = set(_ATTRIBUTES.split())


class Page(HTMLParser):
    """Tags, attributes and text of a page; unbalanced markup is an error."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"{tag}: an attribute twice"
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        # A browser closes a paragraph before these, and what follows loses its style.
        assert not (tag in BLOCKS and {"p", "h1", "h2", "h3", "h4"} & set(self._open)), (
            tag,
            self._open,
        )
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open.pop() == tag, f"unbalanced </{tag}>"

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] not in ("script", "style"):
            self.text += data

    def having(self, attribute: str) -> list[tuple[str, dict[str, str]]]:
        """Return the tags that have an attribute."""
        return [(tag, attrs) for tag, attrs in self.tags if attribute in attrs]

    def words(self) -> str:
        """Return the text with its white space collapsed."""
        return " ".join(self.text.split())


def check_markup(page: Page) -> None:
    """Assert that all markup is the templates', and that nothing is fetched from elsewhere."""
    for tag, attrs in page.tags:
        assert tag in TAGS, tag
        assert set(attrs) <= ATTRIBUTES, (tag, set(attrs) - ATTRIBUTES)
        assert not any(name.startswith("on") or name == "style" for name in attrs), (tag, attrs)
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert sum(tag == "style" for tag, _ in page.tags) == 1
    for tag, attrs in page.having("src"):
        if tag in ("video", "audio"):
            assert LOCAL.fullmatch(attrs["src"]) and attrs["preload"] == "none", attrs
            continue
        kind = r"frame|track-\d+|(reference|compared-\d+-(file|original|difference))-\d{9}"
        shot = rf"(\.\./)?\.\./thumbs/[0-9a-f]{{16}}/({kind})-\d{{9}}\.jpg"
        assert re.fullmatch(shot, attrs["src"]), attrs
    for _, attrs in page.having("href"):
        page_ = r"((\.\./)?files/)?[0-9a-f]{16}\.html|((\.\./)?campaigns/)?c-[0-9a-f]{12}\.html"
        own = rf"#main|#h-listening|{page_}|\.\./index\.html(#c-[0-9a-f]{{12}})?"
        if not (re.fullmatch(own, attrs["href"]) or LOCAL.fullmatch(attrs["href"])):
            assert re.match(r"https?://", attrs["href"].lower()), attrs
            assert attrs["rel"] == "noopener noreferrer nofollow"
    style = page.html.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style and "@import" not in style
