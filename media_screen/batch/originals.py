"""Reads the official posts of a scan before the other files, which are then compared with them.

A post is official by the stable id of an enrolled channel, in a sidecar that fits its file; handles
and names don't count. What is found in it joins the enrolled footage in a catalogue of the scan,
below the folder of results, and nothing of it joins the galleries. Posts are read in processes of
their own, as all files of a scan are, and what was read is kept by content hash.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from media_screen import sidecar as sidecars
from media_screen.batch.worker import Job, Limits, Pool
from media_screen.errors import MediaScreenError
from media_screen.evidence import Abstention, MediaInfo, Verdict
from media_screen.evidence.pieces import LONGEST_ERROR
from media_screen.files import private_folder, read_regular, remove_database
from media_screen.footage.original.proxy import Proxies, ProxyError
from media_screen.media import Media, MediaError, Source, shown_path
from media_screen.people.cache import CATALOGUE, PROXIES
from media_screen.people.channel_ids import owns
from media_screen.results.folder import BatchError
from media_screen.screen import Config, unable
from media_screen.screen.settings import people_of

if TYPE_CHECKING:
    from media_screen.footage.catalogue import Catalogue
    from media_screen.look import Looker
    from media_screen.people.enrol import Enrolment
    from media_screen.people.registry import Person

OnPost = Callable[[Path, int, int], None]  # file, done, total; once more when all are done

_PLAIN_ID = re.compile(r"[\w.-]+", re.ASCII)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OfficialPost:
    """A file of a scan whose sidecar names an official channel, and whose that is."""

    path: Path
    sidecar: Path
    person: str

    @property
    def reference(self) -> str:
        """Its name in the catalogue."""
        return shown_path(Path(self.path.name))


def gather(
    files: Sequence[Path],
    folder: Path,
    config: Config,
    *,
    workers: int = 1,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    on_post: OnPost | None = None,
) -> Path | None:
    """Read the official posts among files; returns the folder of originals, None without posts.

    The folder then holds what is enrolled and the posts, and only that. A post that can't be read
    is left out, and the log says why. Raises BatchError when the folder can't be written.
    """
    try:
        people = people_of(config)
        posts = list(official_posts(files, people))
        enrolment = _enrolled(config, people) if posts else None
    except (MediaScreenError, OSError) as error:
        # Every worker will meet it when it starts, and says so.
        _log.warning("official posts are not read: %s", error)
        return None
    try:
        found: dict[str, OfficialPost] = {}
        if posts and enrolment is not None:
            reader = replace(config, originals=folder)
            here = min(workers, os.cpu_count() or 1)  # of a cluster there may be more
            with Pool(reader, workers=here, limits=limits, kind=PostReader) as pool:
                found = _read(posts, pool, folder, on_post)
            found = _file(found, folder, enrolment)
        if not found:
            _clear(folder)
        return folder if found else None
    except (MediaScreenError, OSError) as error:
        raise BatchError(f"can't keep official posts in {shown_path(folder)}: {error}") from error


def official_posts(files: Sequence[Path], people: Sequence[Person]) -> Iterator[OfficialPost]:
    """Give the files whose sidecars name an official channel of somebody by its id."""
    ids = {account.id for person in people for account in person.channels if account.id}
    for path in files if ids else ():
        beside = sidecars.find(path)
        if beside is None or not _may_name(beside, ids):
            continue
        with contextlib.suppress(sidecars.SidecarError):
            post = sidecars.read(beside)
            owner = next((one for one in people if owns(one, post)), None)
            if owner is not None and post.fit.proves:
                yield OfficialPost(path, beside, owner.slug)


class PostReader:
    """Reads official posts in a worker, as `Screener` screens files.

    The verdict on a post that can serve as an original has no abstention. It carries the
    fingerprint, unless a former scan kept that; the small copy is written here.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        assert config.originals is not None
        self._folder = Path(config.originals)

    def prepare(self) -> None:
        """Load nothing yet: it may be known from a former scan."""

    def screen(
        self, path: Path, sidecar: Path | None = None, *, earlier: Verdict | None = None
    ) -> Verdict:
        """Read one post, or what is known of its content; no `earlier` verdict is of use for it."""
        info = MediaInfo(path=shown_path(path))
        try:
            assert sidecar is not None
            with Source(path) as source:
                info = replace(info, sha256=source.sha256, size_bytes=source.size)
                why = _unproved(path, sidecar, source)
                if why:
                    return unable(info, [Abstention("media", "not_applicable", why)])
                fingerprint = b"" if self._is_known(source.sha256) else self._read(path, source)
                source.refuse_change()
        except MediaError as error:
            return unable(info, [Abstention("media", error.reason, str(error)[:LONGEST_ERROR])])
        return replace(unable(info), fingerprint=fingerprint)

    def _read(self, path: Path, source: Source) -> bytes:
        from media_screen.people.references import read_video

        with self._proxies.writer(source.sha256) as proxy:
            _, fingerprint = read_video(self._looker, path, proxy=proxy, source=source)
            try:
                proxy.finish()
            except ProxyError as error:  # it is recognised, and not compared closely
                _log.warning("%s: no small copy of it can be kept: %s", shown_path(path), error)
        return fingerprint.to_bytes()

    def _is_known(self, sha256: str) -> bool:
        """Say whether nothing is to be read: it is enrolled, or a former scan kept all of it."""
        from media_screen.footage.catalogue import Catalogue

        enrolled = Path(self._config.cache or "") / CATALOGUE
        kept = self._folder / CATALOGUE
        if enrolled.is_file() and _has(Catalogue.open(enrolled), sha256):
            return True
        if self._proxies.path(sha256) is None or not kept.is_file():
            return False
        return _has(Catalogue.open(kept), sha256)

    @property
    def _proxies(self) -> Proxies:
        return Proxies((self._folder / PROXIES,))

    @cached_property
    def _looker(self) -> Looker:
        from media_screen.look import Looker
        from media_screen.weights import nets

        if self._config.threads:
            nets.limit_threads(self._config.threads)
        return Looker(nets.choose_device(self._config.device))


# --- inside --------------------------------------------------------------------------------------


def _may_name(sidecar: Path, ids: Collection[str]) -> bool:
    """Say whether a sidecar may hold one of the ids: thousands are looked at, and few parsed."""
    try:
        if sidecar.stat().st_size > sidecars.MAX_WHOLE:
            return True
        data = read_regular(sidecar)
    except OSError:
        return False
    # In JSON other characters may be written in several ways.
    return any(_PLAIN_ID.fullmatch(one) is None or one.encode() in data for one in ids)


def _enrolled(config: Config, people: Sequence[Person]) -> Enrolment:
    """Return what is enrolled, which workers find in the cache afterwards."""
    from media_screen.look import Looker
    from media_screen.people.enrol import enrol
    from media_screen.weights.nets import choose_device

    device = choose_device(config.device)
    return enrol(
        Path(config.people or ""),
        people,
        lambda: Looker(device),
        device=device,
        cache=Path(config.cache) if config.cache else None,
        retry=False,
    )


def _has(catalogue: Catalogue, sha256: str) -> bool:
    with catalogue:
        return catalogue.has(sha256)


def _unproved(path: Path, sidecar: Path, source: Source) -> str:
    """Return why a sidecar does not prove that this file is its post, "" when it does."""
    try:
        read = sidecars.read(sidecar)
    except sidecars.SidecarError as error:
        return str(error)[:LONGEST_ERROR]
    with Media.open(path, source=source) as media:
        if media.info.kind == "image":
            return "a picture is no footage that others could be compared with"
        doubts = read.fitted(path, replace(media.info, sha256=source.sha256)).fit.doubts
    return doubts[0][:LONGEST_ERROR] if doubts else ""


def _read(
    posts: Sequence[OfficialPost], pool: Pool, folder: Path, on_post: OnPost | None
) -> dict[str, OfficialPost]:
    """Read posts, keep what is new of them, and return those that can serve, by content."""
    from media_screen.footage.fingerprint import Fingerprint

    by_path = {post.path: post for post in posts}
    found: dict[str, OfficialPost] = {}
    if on_post is not None:
        on_post(posts[0].path, 0, len(posts))
    jobs = (Job(post.path, post.sidecar) for post in posts)
    for done, (job, verdict) in enumerate(pool.screen(jobs), start=1):
        post = by_path[job.path]
        if on_post is not None:
            on_post(posts[min(done, len(posts) - 1)].path, done, len(posts))
        if verdict.abstentions or verdict.failures:
            usual = all(one.reason == "not_applicable" for one in verdict.abstentions)
            level = logging.INFO if usual and not verdict.failures else logging.WARNING
            _log.log(level, "%s is no original: %s", shown_path(job.path), verdict.summary)
            continue
        sha256 = verdict.media.sha256
        if verdict.fingerprint:
            with _opened(folder) as catalogue:
                fingerprint = Fingerprint.from_bytes(verdict.fingerprint)
                catalogue.add(post.person, post.reference, sha256, fingerprint)
        # Which of two of the same content it is must not change from scan to scan.
        found[sha256] = min(found.get(sha256, post), post, key=lambda one: one.path)
    return found


def _file(
    found: Mapping[str, OfficialPost], folder: Path, enrolment: Enrolment
) -> dict[str, OfficialPost]:
    """Let the catalogue hold what is enrolled and the posts, and return those not enrolled."""
    from media_screen.footage.catalogue import Catalogue

    with contextlib.ExitStack() as stack:
        enrolled = None
        if enrolment.catalogue is not None:
            enrolled = stack.enter_context(Catalogue.open(enrolment.catalogue))
        known = {one.sha256: one for one in enrolled.entries()} if enrolled else {}
        posts = {sha256: post for sha256, post in found.items() if sha256 not in known}
        if not posts:
            return {}
        catalogue = stack.enter_context(_opened(folder))
        there = {one.sha256: one for one in catalogue.entries()}
        for sha256 in there.keys() - known.keys() - posts.keys():
            catalogue.remove(sha256=sha256)
        for sha256, post in posts.items():
            catalogue.file_under(sha256, post.person, post.reference, kind="official")
        for sha256, entry in known.items():
            same = there.get(sha256) == entry and catalogue.has(sha256)
            if not same and enrolled is not None:
                catalogue.take_over(enrolled, sha256)
    Proxies((folder / PROXIES,)).drop_others(posts)
    return posts


def _opened(folder: Path) -> Catalogue:
    """Open the catalogue of the scan; one that is damaged or outdated is made anew."""
    from media_screen.footage.catalogue import Catalogue, CatalogueError

    private_folder(folder)
    try:
        return Catalogue.open(folder / CATALOGUE)
    except CatalogueError as error:
        _log.warning("%s", error)
        remove_database(folder / CATALOGUE)
        return Catalogue.open(folder / CATALOGUE)


def _clear(folder: Path) -> None:
    """Remove what an earlier scan kept, and nothing else that may lie there."""
    if not folder.is_dir() or folder.is_symlink():
        return
    remove_database(folder / CATALOGUE)
    Proxies((folder / PROXIES,)).drop_others(())
    for path in (folder / PROXIES, folder):
        with contextlib.suppress(OSError):
            path.rmdir()
