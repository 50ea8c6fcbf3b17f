"""Lists the platforms, a row each: all that this package knows of one stands in its row.

A further platform is one more row. What a row does not say is as on any other site: its posts are
read by `ANY_ACCOUNT`, and it is known by yt-dlp's name for it and by its domain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AccountFields:
    """Which fields of a record hold the account that published the post, best first.

    `spare_ids` and `id_pages` are asked where `ids` hold nothing, or hold one id of two; what
    has not the form of an id does not count there. Pages are addresses of profiles.
    """

    ids: tuple[str, ...]
    handles: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    spare_ids: tuple[str, ...] = ()
    spare_handles: tuple[str, ...] = ()  # a handle only where it begins with @
    id_pages: tuple[str, ...] = ()
    handle_pages: tuple[str, ...] = ("uploader_url",)


@dataclass(frozen=True, kw_only=True)
class Platform:
    """One platform: its names, its addresses, its accounts, and its marks in pictures.

    Pages of accounts are written as paths: ID and HANDLE stand for what is taken, * for any part;
    what follows a handle does not matter. Patterns of addresses and logos in pictures have NAME
    for the handle. One without hosts is known by such marks alone.
    """

    name: str  # the one spelling in the registry, in verdicts and in results
    aliases: tuple[str, ...] = ()  # what people call it, too, in lower case
    hosts: tuple[str, ...] = ()
    extractors: tuple[str, ...] = ()  # yt-dlp's exact keys, whatever they are called
    account: AccountFields = AccountFields(ids=())
    token: re.Pattern[str] | None = None  # the form of its ids, where they are no numbers
    two_ids: bool = False  # an account has a number and a token
    handle: re.Pattern[str] | None = None  # all handles are such; what is not is a nickname
    timed_ids: bool = False  # ids of posts and of media hold the moment at which they were made
    id_pages: tuple[str, ...] = ()
    handle_page: str = ""
    where_id: str = "`channel_id` in the sidecar of one of its posts"  # said to who enrolls
    seen_address: str = ""
    seen_logo: str = ""


# For sites that are not listed; an id of either kind is stable on most of them.
ANY_ACCOUNT = AccountFields(
    ids=("channel_id", "uploader_id"),
    names=("channel", "uploader", "creator"),
    spare_handles=("uploader_id",),
)

_SEC_UID = re.compile(r"MS4wLjAB[\w-]+", re.ASCII)  # TikTok's and Douyin's second stable id
_TIKTOK_HANDLE = re.compile(r"[\w.-]{1,64}", re.ASCII)
_TIKTOK_ACCOUNT = AccountFields(
    ids=("uploader_id", "channel_id"),
    handles=("uploader",),
    names=("channel", "creator"),
    id_pages=("channel_url", "uploader_url"),
)
_BOTH_IDS = "`uploader_id` and `channel_id` in the sidecar of one of its posts"

# In a line of a picture that holds several addresses, that of the first row is taken.
PLATFORMS: tuple[Platform, ...] = (
    Platform(
        name="youtube",
        aliases=("yt",),
        hosts=("youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com", "youtu.be",
               "youtube-nocookie.com", "www.youtube-nocookie.com"),
        extractors=("Youtube", "YoutubeTab", "YoutubePlaylist", "YoutubeClip", "YoutubeYtBe",
                    "YoutubeLivestreamEmbed", "YoutubeShortsAudioPivot"),
        account=AccountFields(
            ids=("channel_id",),
            handles=("uploader_id",),
            names=("channel", "uploader"),
            spare_ids=("uploader_id",),
            id_pages=("channel_url",),
        ),
        token=re.compile(r"UC[\w-]{22}", re.ASCII),
        id_pages=("channel/ID",),
        handle_page="@HANDLE",  # /c/NAME and /user/NAME are older names, which are no handles
        where_id="the channel's page under About > Share channel > Copy channel ID",
        seen_address=r"youtube\.com\s?/\s?(?:@|c/|user/)NAME",
    ),
    Platform(
        name="tiktok",
        hosts=("tiktok.com", "www.tiktok.com", "m.tiktok.com", "vm.tiktok.com", "vt.tiktok.com"),
        extractors=("TikTok", "TikTokVM", "TikTokLive", "TikTokUser", "TikTokCollection",
                    "TikTokSound", "TikTokEffect", "TikTokTag"),
        account=_TIKTOK_ACCOUNT,
        token=_SEC_UID,
        two_ids=True,
        handle=_TIKTOK_HANDLE,
        id_pages=("@ID",),
        handle_page="@HANDLE",
        where_id=_BOTH_IDS,
        seen_address=r"tiktok\.com\s?/\s?@NAME",
        seen_logo=r".{0,2}\s?tik\s?tok",  # the note before it is read as a letter
    ),
    Platform(
        name="douyin",
        aliases=("\u6296\u97f3",),
        hosts=("douyin.com", "www.douyin.com", "v.douyin.com", "iesdouyin.com",
               "www.iesdouyin.com"),
        extractors=("Douyin",),
        account=_TIKTOK_ACCOUNT,
        token=_SEC_UID,
        two_ids=True,
        handle=_TIKTOK_HANDLE,
        id_pages=("user/ID",),
        where_id=_BOTH_IDS,
        seen_address=r"抖音号\s?:?\s?NAME",
        seen_logo=r".{0,2}\s?抖音",
    ),
    Platform(
        name="twitter",
        aliases=("x", "x.com"),
        hosts=("twitter.com", "www.twitter.com", "m.twitter.com", "mobile.twitter.com", "x.com",
               "www.x.com", "mobile.x.com"),
        extractors=("Twitter", "TwitterCard", "TwitterAmplify", "TwitterBroadcast",
                    "TwitterSpaces", "TwitterShortener"),
        account=AccountFields(ids=("channel_id",), handles=("uploader_id",), names=("uploader",)),
        timed_ids=True,
        id_pages=("i/user/ID", "intent/user?user_id=ID"),
        handle_page="HANDLE",
        seen_address=r"(?<![\w.])(?:twitter|x)\.com\s?/\s?@?NAME",
    ),
    Platform(
        name="facebook",
        aliases=("fb",),
        hosts=("facebook.com", "www.facebook.com", "m.facebook.com", "web.facebook.com",
               "mbasic.facebook.com", "fb.watch", "www.fb.watch"),
        extractors=("Facebook", "FacebookReel", "FacebookPluginsVideo", "FacebookAds",
                    "FacebookRedirectURL"),
        account=AccountFields(ids=("uploader_id", "channel_id"), names=("uploader", "channel")),
        id_pages=("people/*/ID", "profile.php?id=ID", "ID"),
        handle_page="HANDLE",
        where_id="`uploader_id` in the sidecar of one of its posts, if it is a number",
        seen_address=r"(?:facebook|fb)\.com\s?/\s?@?NAME",
    ),
    Platform(
        name="instagram",
        aliases=("ig",),
        hosts=("instagram.com", "www.instagram.com", "m.instagram.com"),
        extractors=("Instagram", "InstagramIOS", "InstagramStory", "InstagramUser",
                    "InstagramTag"),
        account=AccountFields(ids=("uploader_id",), handles=("channel",), names=("uploader",)),
        handle_page="HANDLE",
        where_id="`uploader_id` in the sidecar of one of its posts",
        seen_address=r"instagram\.com\s?/\s?@?NAME",
    ),
    Platform(
        name="bluesky",
        aliases=("bsky", "bsky.app"),
        hosts=("bsky.app", "www.bsky.app", "main.bsky.dev"),
        extractors=("Bluesky",),
        account=AccountFields(ids=("channel_id",), handles=("uploader_id",), names=("uploader",)),
        token=re.compile(r"did:[a-z]+:[\w.:%-]+", re.ASCII),
        id_pages=("profile/ID",),
        seen_address=r"bsky\.app\s?/\s?profile\s?/\s?@?NAME",
    ),
    Platform(  # the id in its sidecars is the handle
        name="telegram",
        aliases=("tg", "t.me"),
        hosts=("t.me", "www.t.me", "telegram.me"),
        extractors=("TelegramEmbed",),
        account=AccountFields(ids=(), handles=("channel_id",), names=("channel", "uploader")),
        handle_page="HANDLE",
        where_id="the sidecars of its posts hold none",
        seen_address=r"(?<![\w.])t\.me\s?/\s?NAME",
    ),
    Platform(
        name="twitch",
        hosts=("twitch.tv", "www.twitch.tv", "m.twitch.tv", "go.twitch.tv", "clips.twitch.tv"),
        extractors=("TwitchVod", "TwitchClips", "TwitchStream"),
        account=AccountFields(
            ids=("channel_id",), handles=("uploader_id",), names=("channel", "uploader")
        ),
        # Of a clip `uploader_id` is the number of whoever cut it.
        handle=re.compile(r"[0-9]*[A-Za-z_]\w{0,24}", re.ASCII),
        handle_page="HANDLE",
        where_id="`channel_id` in the sidecar of one of its clips",
        seen_address=r"twitch\.tv\s?/\s?NAME",
    ),
    Platform(
        name="kick",
        hosts=("kick.com", "www.kick.com"),
        extractors=("Kick", "KickVOD", "KickClip"),
        account=AccountFields(
            ids=("channel_id",), handles=("uploader_id",), names=("channel", "uploader")
        ),
        handle_page="HANDLE",
        where_id="`channel_id` in the sidecar of one of its streams or clips",
        seen_address=r"(?<![\w.])kick\.com\s?/\s?NAME",
    ),
    Platform(
        name="rumble",
        hosts=("rumble.com", "www.rumble.com"),
        extractors=("Rumble", "RumbleEmbed"),
        account=AccountFields(ids=(), names=("channel", "uploader")),
        where_id="the sidecars of its posts hold none",
        seen_address=r"rumble\.com\s?/\s?(?:c|user)\s?/\s?NAME",
    ),
    Platform(
        name="ok",
        aliases=("ok.ru", "odnoklassniki"),
        hosts=("ok.ru", "www.ok.ru", "m.ok.ru", "mobile.ok.ru", "odnoklassniki.ru",
               "www.odnoklassniki.ru", "m.odnoklassniki.ru"),
        extractors=("Odnoklassniki",),
        account=AccountFields(ids=("uploader_id",), names=("uploader",)),
        id_pages=("profile/ID",),
        where_id="`uploader_id` in the sidecar of one of its posts, if it is a number",
        seen_address=r"(?<![\w.])ok\.ru\s?/\s?NAME",
    ),
    Platform(name="kuaishou", seen_logo=r".{0,2}\s?快手"),
    Platform(name="xiaohongshu", seen_logo=r".{0,2}\s?小红书"),
    Platform(name="kwai", seen_logo=r".{0,2}\s?kwai"),
)  # fmt: skip


def platform_of(name: str) -> Platform | None:
    """Return the platform of a name, None for one whose posts are read as those of any site."""
    return next((one for one in PLATFORMS if one.name == name and one.hosts), None)


def platform_names() -> tuple[str, ...]:
    """Return the names of the platforms whose accounts are known by their addresses."""
    return tuple(one.name for one in PLATFORMS if one.hosts)
