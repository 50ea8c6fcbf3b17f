"""What lies in a package, in the words of its README: a row for each thing that is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from media_screen.exports import FORMATS

SIDECARS, UNCHECKED = "sidecars/", "sidecars/unchecked/"

EXPORTED: Mapping[str, str] = {
    "csv": "the verdicts as a spreadsheet, one row a file",
    "stix": "for threat intelligence: a STIX 2.1 bundle",
    "opencti": "the same with the objects of OpenCTI",
    "misp": "what is suspected as MISP events",
    "mediareview": "what is suspected as schema.org MediaReview",
    "graphml": "the network of accounts, for tools that draw networks",
    "gexf": "the same for Gephi",
}
_PLACES: Mapping[str, str] = {
    "report/": "the pages: all files, the campaign, and each file with its pictures",
    "thumbs/": "the pictures of the pages",
    "results.jsonl": "the verdicts, one a line",
    "campaigns.jsonl": "the campaign",
    "ledger.jsonl": "what people decided on its files, with their notes and names",
    **{FORMATS[form]: words for form, words in EXPORTED.items()},
    "media.sha256": "the SHA-256 of each file of media as it was screened",
    "media/": "copies of the media",
    SIDECARS: "what the downloader wrote beside the media, under the key of the file",
    UNCHECKED: "those that nothing tells to be as they were when the file was screened",
    "complaints/": "texts for platforms, to be completed and read over before they are sent",
    "versions.json": "what made these results",
}


@dataclass(frozen=True, slots=True)
class ContentsRow:
    """A file of a package, or a folder with a slash at its end, and what it is."""

    place: str
    words: str


def contents(names: Collection[str]) -> list[ContentsRow]:
    """Return the rows for the files of a package with these names, in the order of reading."""
    return [
        ContentsRow(place, words)
        for place, words in _PLACES.items()
        if any(name == place or (place[-1] == "/" and name.startswith(place)) for name in names)
    ]
