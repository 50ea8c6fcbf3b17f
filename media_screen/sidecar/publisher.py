"""Tells who published a post: the platform, and the account by its ids, handle and name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from media_screen.sidecar.downloaders import Downloader
from media_screen.sidecar.fields import MAX_NAME, Fields
from media_screen.sidecar.platforms import ANY_ACCOUNT, AccountFields, Platform, platform_of
from media_screen.sidecar.sites import (
    Account,
    account_of,
    has_form_of_id,
    host_of,
    is_extractor_of,
    is_token,
    platform_name,
    platform_of_extractor,
    platform_of_host,
    without_at,
)

# Facebook hides some ids behind tokens that differ for each visit: no stable id.
_UNSTABLE_ID = re.compile(r"pfbid\w+", re.ASCII)


@dataclass(frozen=True)
class Publisher:
    """Who published a post, as a record says."""

    platform: str
    ids: tuple[str, ...]
    handle: str
    name: str


def publisher_of(fields: Fields, made_by: Downloader, *, page: str, extractor: str) -> Publisher:
    """Read who published a post; `extractor` names the site where the record itself does not."""
    name = _platform(fields, made_by, page, extractor)
    platform = platform_of(name)
    account = made_by.account or (platform.account if platform else ANY_ACCOUNT)
    ids = _ids(fields, platform, account)
    handle, nickname = _handle(fields, platform, account)
    names = [fields.text(key, MAX_NAME) for key in account.names]
    return Publisher(name, ids, handle, next(filter(None, [*names, nickname]), ""))


def names_site(key: str, platform: str, made_by: Downloader) -> bool:
    """Say whether what a downloader calls a site is, letter by letter, that of a platform."""
    if made_by.has_extractors:
        return is_extractor_of(key, platform)
    return platform_name(key) == platform


def _platform(fields: Fields, made_by: Downloader, page: str, extractor: str) -> str:
    """Name the site. The extractor decides: on an unknown site the other fields are its own say."""
    key = fields.first_text(made_by.sites, MAX_NAME) or extractor
    family = (platform_of_extractor if made_by.has_extractors else platform_name)(key)
    if not family:
        family = fields.first_text(made_by.families, MAX_NAME).split(":")[0].lower()
    if family and family != "generic":
        return family
    urls = [page]
    if not family:
        urls += [fields.url(key) for key in made_by.profiles]
    host = host_of(next(filter(None, urls), ""))
    return platform_of_host(host) or host.removeprefix("www.") or family


def _profile(fields: Fields, platform: Platform | None, key: str) -> Account:
    """Return the account that the address of a profile on this platform names."""
    found = account_of(fields.url(key))
    return found if platform is not None and found.platform == platform.name else Account()


def _ids(fields: Fields, platform: Platform | None, account: AccountFields) -> tuple[str, ...]:
    found = [fields.id(key) for key in account.ids]
    if platform is not None and (platform.two_ids or not any(found)):
        spare = [fields.id(key) for key in account.spare_ids]
        found += [text for text in spare if has_form_of_id(text, platform)]
        found += [_profile(fields, platform, key).id for key in account.id_pages]
    stable = [text for text in dict.fromkeys(found) if text and not _UNSTABLE_ID.fullmatch(text)]
    return tuple(stable if platform is not None else stable[:1])


def _handle(fields: Fields, platform: Platform | None, account: AccountFields) -> tuple[str, str]:
    """Return the handle, and the text that stood in its place when that was no handle."""
    nickname = ""
    texts = [fields.text(key, MAX_NAME) for key in account.handles]
    spare = [fields.id(key) for key in account.spare_handles]
    texts += [text for text in spare if text.startswith("@")]
    texts += [_profile(fields, platform, key).handle for key in account.handle_pages]
    form = platform.handle if platform is not None else None
    for text in texts:
        handle = without_at(text).strip()
        if not handle or is_token(handle):
            continue
        if form is not None and not form.fullmatch(handle):
            nickname = nickname or text
            continue
        return handle, nickname
    return "", nickname
