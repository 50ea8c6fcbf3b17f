"""What the names of files and folders say: what downloaders, systems and this program leave.

A name is a first guess only. What lies beside a file and what it holds decide, in `folders`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from media_screen.files import is_result
from media_screen.sidecar import DOWNLOADERS, PLATFORMS, without_format

Kind = Literal[
    "sidecar", "orphan", "download", "other", "system", "own", "link", "special", "unreadable"
]

# What a downloader writes beside the media: about them, for them, or on the way to them.
_DOWNLOADS = (
    ".live_chat.json", ".comments.json", ".json3", ".description",
    ".annotations.xml", ".vtt", ".srt", ".ass", ".ssa", ".lrc", ".ttml", ".dfxp", ".sbv", ".srv1",
    ".srv2", ".srv3", ".mhtml", ".m3u8", ".m3u", ".mpd", ".ism", ".f4m", ".meta", ".xmp", ".nfo",
    ".url", ".webloc", ".desktop", ".torrent", "archive.txt",
)  # fmt: skip
# Downloads that are under way or were broken off: the name of the media stands before.
_PARTIAL = re.compile(
    r"\.(?:part(?:-Frag\d+)?|ytdl|aria2|frag\.urls|crdownload|opdownload|download|partial|!ut|!qb"
    r"|bc!|temp|tmp)$",
    re.ASCII | re.IGNORECASE,
)
_FRAGMENT = re.compile(r"\.part-Frag\d+", re.ASCII | re.IGNORECASE)
_OTHERS = frozenset(
    (
        ".txt", ".json", ".html", ".htm", ".xml", ".csv", ".tsv", ".md", ".rst", ".log", ".sqlite",
        ".db", ".jsonl", ".py", ".toml", ".yaml", ".yml", ".ini", ".cfg", ".conf", ".sh", ".bat",
        ".ps1", ".sha256", ".md5", ".sig", ".asc", ".pem", ".zip", ".7z", ".rar", ".gz", ".xz",
        ".bz2", ".zst", ".tar", ".tgz", ".iso", ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt",
        ".pptx", ".odt", ".ods", ".epub", ".rtf", ".eml", ".js", ".css", ".svg", ".exe", ".apk",
        ".bak",
    )
)  # fmt: skip
PICTURES = frozenset(
    (
        ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".image", ".avif", ".heic", ".heif",
        ".bmp", ".tif", ".tiff", ".jxl",
    )
)  # fmt: skip
STREAMS = frozenset(
    (
        ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".flv", ".f4v", ".ts", ".m2ts", ".mts",
        ".3gp", ".3g2", ".mpg", ".mpeg", ".vob", ".wmv", ".asf", ".rm", ".rmvb", ".mxf", ".ivf",
        ".dv", ".nut", ".ogv", ".gif", ".apng", ".mp3", ".m4a", ".m4b", ".aac", ".ac3", ".eac3",
        ".wav", ".w64", ".flac", ".ogg", ".oga", ".opus", ".weba", ".mka", ".amr", ".aif", ".aiff",
        ".caf", ".wma", ".mp2", ".au", ".snd", ".tta", ".wv",
    )
)  # fmt: skip
# What is typed for something that is not on this machine.
_HOSTS = sorted({host for platform in PLATFORMS for host in platform.hosts})
_ADDRESS = re.compile(
    rf"[a-z][a-z0-9+.-]+://|www\.|(?:{'|'.join(map(re.escape, _HOSTS))})/",
    re.ASCII | re.IGNORECASE,
)
# Between the name of a video and the ending of a picture: ids that sites give their thumbnails.
_THUMBNAIL_ID = re.compile(
    r"\.(?:\d{1,3}|(?:maxres|hq|mq|sd)?default|maxres\d|hq\d{1,3}|thumb|small|medium|large|orig"
    r"|(?:origin|dynamic)?[cC]over|(?:avatar|banner)_uncropped)$",
    re.ASCII,
)
_REMUXED = ".temp"  # NAME.temp.mp4 while NAME.mp4 is being written
_SYNCED = re.compile(r"\.(.+)\.[A-Za-z0-9]{6}", re.ASCII)  # .NAME.x7Qw2k, of rsync
_SYSTEM_FILES = re.compile(
    r"\._.*|\.ds_store|\.localized|\.directory|\.nomedia|\.hidden|\.nfs[0-9a-f]+|\.fuse_hidden.*"
    r"|\.syncthing\..*|\.goutputstream-.*|\.apdisk|thumbs\.db|ehthumbs.*\.db|desktop\.ini|icon\r",
    re.IGNORECASE | re.DOTALL,
)
# Folders of systems and other programs. One that holds the file named here is such a folder for
# sure, and is not looked into; in others what plays, or has a sidecar, is screened all the same,
# or an account named ".Trash" could hide its videos.
SYSTEM_FOLDERS: Mapping[str, str] = {
    ".git": "HEAD", ".hg": "requires", ".svn": "wc.db", ".trash": "", ".trashes": "",
    "$recycle.bin": "", ".thumbnails": "", "@eadir": "", ".appledouble": "", "__macosx": "",
    ".spotlight-v100": "", ".fseventsd": "", ".temporaryitems": "", ".documentrevisions-v100": "",
    "system volume information": "", "lost+found": "", ".cache": "", ".stversions": "",
    "__pycache__": "",
}  # fmt: skip
_USERS_TRASH = re.compile(r"\.trash-\d+", re.ASCII)

CACHE_FOLDER = ".media_screen"  # beside the people: what was found in their references
# A folder with all of one of these is the output of a scan, or an evidence package that was
# unpacked; the rest may lie in it.
OUTPUT_MARKS = (("state.sqlite", "results.jsonl"), ("SEALS.txt", "SHA256SUMS", "results.jsonl"))
# What lies in a package beside results and pages. Copies of media in it are media.
_PACKED = re.compile(
    r"(?:README|SEALS)\.txt|SHA256SUMS(?:\.\w+)*|media\.sha256|versions\.json|complaints|sidecars",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What the name of a file says that it is.

    `owners` are the stems of the media that it may belong to. One that is `only_beside` is left
    out only beside them, since media have such names, too; a `doubtful` one only when its content
    is no media, and tells what it is.
    """

    kind: Kind
    owners: tuple[str, ...] = ()
    only_beside: bool = False
    doubtful: bool = False
    rank: int = 1  # what is looked at later may belong to what was looked at before


def claim(name: str) -> Claim | None:
    """Return what a file is by its name; None for a name of media."""
    if _SYSTEM_FILES.fullmatch(name):
        return Claim("system")
    path = PurePath(name)
    suffix = path.suffix.lower()
    if partial := _PARTIAL.search(name):
        return _partial(name[: partial.start()], rank=3 if _FRAGMENT.search(name) else 2)
    if owner := sidecar_owner(name):
        return Claim("sidecar", (owner,), rank=5)
    if name.lower().endswith(_DOWNLOADS):
        return Claim("download")
    if suffix in _OTHERS:
        return Claim("other")
    if suffix in PICTURES:
        owners = (path.stem, _THUMBNAIL_ID.sub("", path.stem), without_format(path.stem))
        return Claim("download", owners, only_beside=True, rank=4)
    if suffix in STREAMS:
        whole = without_format(path.stem.removesuffix(_REMUXED))
        return Claim("download", (whole,), only_beside=True) if whole != path.stem else None
    if synced := _SYNCED.fullmatch(name):
        return Claim("system", (PurePath(synced[1]).stem,), doubtful=True, rank=2)
    return Claim("system" if name.startswith(".") else "other", doubtful=True)


def sidecar_owner(name: str) -> str:
    """Return the name or stem of the media whose sidecar has this name, "" for other names."""
    for one in DOWNLOADERS:
        owner = name.removesuffix(one.suffix)
        is_media = PurePath(owner).suffix.lower() in PICTURES | STREAMS
        if owner != name and (is_media or not one.shared):
            return owner
    return ""


def _partial(name: str, *, rank: int) -> Claim:
    while inner := _PARTIAL.search(name):  # .part-Frag12.part
        name = name[: inner.start()]
    stem = PurePath(name).stem
    return Claim("download", (name, stem, without_format(stem)), rank=rank)


def unfinished(name: str) -> tuple[str, ...]:
    """Return the names and stems of the media that an unfinished download may become.

    It is () for the name of anything else.
    """
    partial = _PARTIAL.search(name)
    return _partial(name[: partial.start()], rank=2).owners if partial else ()


def stem_of_post(name: str) -> str:
    """Return what the files that a downloader joins, or has joined, have in common in names."""
    return without_format(PurePath(name).stem.removesuffix(_REMUXED))


def is_address(text: str) -> bool:
    """Tell whether what should be a path is the address of a page."""
    return bool(_ADDRESS.match(text))


def is_system_folder(name: str) -> bool:
    """Tell whether systems and other programs make folders of this name."""
    low = name.casefold()
    return low in SYSTEM_FOLDERS or bool(_USERS_TRASH.fullmatch(low))


def is_output(name: str) -> bool:
    """Tell whether a scan or a package has a file or folder of this name in its output."""
    return is_result(name) or bool(_PACKED.fullmatch(name))
