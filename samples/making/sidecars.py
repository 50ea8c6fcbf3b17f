"""Writes the sidecars as yt-dlp names their fields (they differ by site), and the person's file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

NAME = "Irena Valequist"
ALIASES = ("I. Valequist", "艾琳娜·韦尔奎斯特")


@dataclass(frozen=True)
class Channel:
    """An account: stable id, handle (without @) and the name that is shown."""

    site: str  # youtube, tiktok or x
    id: str
    handle: str
    display: str
    second_id: str = ""  # TikTok's secUid
    followers: int = 0


YOUTUBE = Channel("youtube", "UCdemoIrenaValequist0001", "irenavalequist", NAME, "", 48_200)
TIKTOK = Channel(
    "tiktok",
    "6900000000000000001",
    "irenavalequist",
    NAME,
    "MS4wLjABAAAAdemo-irena-valequist-" + "1".zfill(43),
)
X = Channel("x", "1400000000000000001", "irenavalequist", NAME)
OFFICIAL = (YOUTUBE, TIKTOK, X)

REPOSTER = Channel(
    "tiktok",
    "6900000000000000777",
    "harbour.clips.daily",
    "Harbour Clips",
    "MS4wLjABAAAAdemo-harbour-clips-" + "777".zfill(45),
)
REVOICER = Channel("x", "1400000000000000888", "dockside_rumours", "Dockside Rumours")
# The third letter a of this handle is the Cyrillic one, U+0430.
LOOKALIKE = Channel(
    "youtube",
    "UCdemoLookalike000000404",
    "irenav\u0430lequist",
    "Irena V\u0430lequist Official",
    "",
    310,
)
NEWS = Channel("youtube", "UCdemoNorthernDesk000505", "northerndesk", "Northern Desk", "", 9_100)
HOBBY = Channel("youtube", "UCdemoSlowPictures000606", "slowpictures", "Slow Pictures", "", 1_250)


@dataclass(frozen=True)
class Post:
    """One post: who, when (UTC) and what it says."""

    channel: Channel
    id: str
    when: str  # ISO 8601
    title: str
    text: str


def _dates(post: Post) -> dict[str, Any]:
    moment = datetime.fromisoformat(post.when).replace(tzinfo=timezone.utc)
    return {"timestamp": int(moment.timestamp()), "upload_date": f"{moment:%Y%m%d}"}


def _youtube(post: Post) -> dict[str, Any]:
    channel = post.channel
    url = f"https://www.youtube.com/watch?v={post.id}"
    return {
        "extractor": "youtube",
        "extractor_key": "Youtube",
        "channel": channel.display,
        "channel_id": channel.id,
        "channel_url": f"https://www.youtube.com/channel/{channel.id}",
        "channel_follower_count": channel.followers,
        "uploader": channel.display,
        "uploader_id": f"@{channel.handle}",
        "uploader_url": f"https://www.youtube.com/@{channel.handle}",
        "webpage_url": url,
        "original_url": url,
        "webpage_url_domain": "youtube.com",
        "categories": ["People & Blogs"],
        "tags": ["demonstration"],
        "live_status": "not_live",
        "age_limit": 0,
        "playable_in_embed": True,
    }


def _tiktok(post: Post) -> dict[str, Any]:
    channel = post.channel
    url = f"https://www.tiktok.com/@{channel.handle}/video/{post.id}"
    return {
        "extractor": "TikTok",
        "extractor_key": "TikTok",
        "channel": channel.display,
        "channel_id": channel.second_id,
        "channel_url": f"https://www.tiktok.com/@{channel.second_id}",
        "uploader": channel.handle,
        "uploader_id": channel.id,
        "uploader_url": f"https://www.tiktok.com/@{channel.handle}",
        "webpage_url": url,
        "original_url": url,
        "webpage_url_domain": "tiktok.com",
        "track": "original sound",
        "repost_count": 12,
    }


def _x(post: Post) -> dict[str, Any]:
    channel = post.channel
    url = f"https://x.com/{channel.handle}/status/{post.id}"
    return {
        "extractor": "twitter",
        "extractor_key": "Twitter",
        "channel_id": channel.id,
        "uploader": channel.display,
        "uploader_id": channel.handle,
        "uploader_url": f"https://twitter.com/{channel.handle}",
        "webpage_url": url,
        "original_url": url,
        "webpage_url_domain": "x.com",
        "repost_count": 35,
        "age_limit": 0,
        "tags": [],
    }


_SITES = {"youtube": _youtube, "tiktok": _tiktok, "x": _x}


def write_sidecar(media: Path, post: Post, duration_s: float, size: tuple[int, int]) -> None:
    """Write NAME.info.json beside the media file NAME.mp4."""
    fields: dict[str, Any] = {
        "id": post.id,
        "title": post.title,
        "fulltitle": post.title,
        "description": post.text,
        **_dates(post),
        "duration": round(duration_s),
        "availability": "public",
        "view_count": 1_204,
        "like_count": 87,
        "comment_count": 9,
        "width": size[0],
        "height": size[1],
        "fps": 25,
        "vcodec": "avc1.64001E",
        "acodec": "mp4a.40.2",
        "ext": media.suffix[1:],
        **_SITES[post.channel.site](post),
        "display_id": post.id,
        "epoch": _dates(post)["timestamp"] + 86_400,
        "_type": "video",
    }
    text = json.dumps(fields, ensure_ascii=False, indent=1) + "\n"
    media.with_suffix(".info.json").write_text(text, encoding="utf-8")


def _channel_table(platform: str, identifier: str, handle: str, url: str) -> str:
    values = {"platform": platform, "id": identifier, "handle": handle, "url": url}
    return "\n[[channel]]\n" + "".join(f'{key} = "{value}"\n' for key, value in values.items())


def write_person(path: Path) -> None:
    """Write person.toml. TikTok gives an account two stable ids, so it is listed with both."""
    lines = ["# A fictional person, made for demonstration. See samples/README.md.\n"]
    lines.append(f'name = "{NAME}"\n')
    lines.append(f"aliases = {json.dumps(ALIASES, ensure_ascii=False)}\n")
    handle = f"@{YOUTUBE.handle}"
    lines.append(_channel_table("youtube", YOUTUBE.id, handle, f"https://www.youtube.com/{handle}"))
    for identifier in (TIKTOK.id, TIKTOK.second_id):
        url = f"https://www.tiktok.com/@{TIKTOK.handle}"
        lines.append(_channel_table("tiktok", identifier, TIKTOK.handle, url))
    lines.append(_channel_table("x", X.id, X.handle, f"https://x.com/{X.handle}"))
    path.write_text("".join(lines), encoding="utf-8")
