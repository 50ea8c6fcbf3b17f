"""Channels to try names on: made-up ones everywhere, and real ones where labelled media are."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.places import ROOT

MEDIA = Path(os.environ.get("MEDIA_SCREEN_MEDIA", ROOT.parent / "shared" / "media"))


class Made(NamedTuple):
    """A channel of nobody: site, handle and shown name in the mixture that real ones have."""

    site: str  # as yt-dlp names its extractor
    handle: str
    name: str


MADE = (
    Made("Youtube", "ColdHarborRadio", "Cold Harbor Radio"),
    Made("Youtube", "velvetlantern", "Velvet Lantern"),
    Made("Youtube", "mollyquill", "Molly Quill"),
    Made("Youtube", "TheSaltLedger", "The Salt Ledger"),
    Made("Youtube", "olegpavlyuk8812", "Олег Павлюк"),
    Made("Youtube", "glasshouse_lab", "Glass House Lab"),
    Made("Youtube", "PixelOrchardGames", "PixelOrchard"),
    Made("Youtube", "lowtidecycling", "Low Tide Cycling"),
    Made("Youtube", "BellfoundryTV", "Bellfoundry TV"),
    Made("Youtube", "jolandavermeulen", "Jolanda Vermeulen"),
    Made("Youtube", "hill.and.dale", "Hill & Dale"),
    Made("Youtube", "luminous-physics", "Luminous Physics"),
    Made("Youtube", "NordlysKanalen", "Nordlys-kanalen"),
    Made("Youtube", "cellarchef", "Cellar Chef \U0001f373"),
    Made("Youtube", "wolframalvarez", "Wolfram Álvarez"),
    Made("Youtube", "plainlawexplained", "Plain Law, Explained"),
    Made("Youtube", "tallshipslog", "Tall Ships Log"),
    Made("Youtube", "AlgebraInTheAttic", "Algebra in the Attic"),
    Made("Youtube", "silentmotorclub", "Silent Motor Club"),
    Made("Youtube", "oldtownchapel", "Old Town Chapel Choir"),
    Made("Youtube", "kelpforestdiary", "Kelp Forest Diary"),
    Made("Youtube", "fablewoodtales", "Fablewood Tales"),
    Made("Youtube", "railyard44", "Railyard 44"),
    Made("Youtube", "LilacMeteorology", "Lilac Meteorology"),
    Made("Youtube", "polderboerin", "De Polderboerin"),
    Made("Youtube", "ulfhednarforge", "Ulfhednar Forge"),
    Made("Youtube", "quickclayuniversity", "Quick Clay University"),
    Made("Youtube", "bluntpencilnews", "Blunt Pencil News"),
    Made("Youtube", "gallopingtapes", "Galloping Tapes"),
    Made("Youtube", "smallclaimsmic", "Small Claims Mic"),
    Made("Youtube", "mapleandmortar", "Maple and Mortar"),
    Made("Youtube", "lofoten.slowtv", "Lofoten Slow TV"),
    Made("Youtube", "zaliapesma", "Žalia pesma"),
    Made("Youtube", "hollowbonebirds", "Hollow Bone Birds"),
    Made("TikTok", "eleonor.leads", "Eleonor leads"),
    Made("TikTok", "user7719340088", "milo"),
    Made("TikTok", "clayspinner", "clay spinner"),
    Made("TikTok", "papillonbleu_", "Papillon Bleu"),
    Made("TikTok", "thelatelocksmith", "The Late Locksmith"),
    Made("TikTok", "lemonadebylou", "lou \U0001f34b"),
    Made("TikTok", "wheelwrightsonly", "Wheelwrights Only"),
    Made("TikTok", "soldersmoke", "Solder Smoke"),
    Made("TikTok", "dalmatiandaily", "Dalmatian Daily"),
    Made("Douyin", "liangshulan_1979", "\u6881\u8ff0\u5170"),
    Made("Douyin", "hailuostation", "\u6d77\u87ba\u7535\u53f0"),
)


def write_made(folder: Path) -> Iterator[Path]:
    """Write a sidecar for each made-up channel, with the fields that yt-dlp gives for its site."""
    for number, (site, handle, name) in enumerate(MADE, start=1):
        id_ = f"UC{number:022}" if site == "Youtube" else f"{6_900_000_000_000_000_000 + number}"
        if site == "Youtube":
            fields = {"channel_id": id_, "channel": name, "uploader_id": f"@{handle}"}
        else:
            fields = {"uploader_id": id_, "uploader": handle, "channel": name}
        path = folder / f"{number}.info.json"
        path.write_text(json.dumps({"extractor_key": site, "uploader": name, **fields}), "utf-8")
        yield path


def real_sidecars() -> list[Path]:
    """The sidecars of labelled media, which are not part of the checkout; [] without them."""
    return sorted((MEDIA / "metadata").rglob("*.info.json"))
