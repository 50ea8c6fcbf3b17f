"""The addresses of the served pages, and what each answers."""

from __future__ import annotations

import json
import mimetypes
import re
import secrets
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.routing import Mount, Route

from media_screen.errors import MediaScreenError, SetupError
from media_screen.files import open_regular
from media_screen.results.plain import plain
from media_screen.results.thumbs import thumbnail_folder
from media_screen.results.whereabouts import recording_file, screened_file
from media_screen.serving.guard import Guard
from media_screen.serving.pages import language_of, live, live_policy
from media_screen.serving.results import PostedDecision, ServedResults, UnknownPageError

_MOST = 256 << 10  # bytes that a page may send; notes and checks at their longest have half
_KEY, _CAMPAIGN = re.compile(r"[0-9a-f]{16}"), re.compile(r"c-[0-9a-f]{12}")
_NAME = re.compile(rf"{_KEY.pattern}|{_CAMPAIGN.pattern}")
_PAGES = {"files": ("file", _KEY), "campaigns": ("campaign", _CAMPAIGN)}
_PICTURE = re.compile(r"[a-z0-9-]{1,80}\.jpg")
# Of media that the browser is shown; everything else is bytes to it.
_SHOWN = re.compile(r"(video|audio)/[\w.+-]+|image/(jpeg|png|gif|webp|avif|bmp)")
_BYTES = "application/octet-stream"


def make_app(served: ServedResults, *, port: int) -> Guard:
    """Return the pages of some results, guarded, as what a server of ASGI runs."""
    answers = _Answers(served)
    routes = [
        Route("/report/index.html", answers.index),
        Route("/report/{folder}/{name}.html", answers.page),
        Route("/thumbs/{key}/{name}", answers.picture),
        Route("/media/{key}", answers.media),
        Route("/recordings/{key}/{sha256}", answers.recording),
        Route("/decisions", answers.marks),
        Route("/decisions/{name}", answers.panel),
        Route("/decisions/{name}", answers.decide, methods=["POST"]),
        Route("/known-fakes/{key}", answers.add_known_fake, methods=["POST"]),
    ]
    room = f"/{secrets.token_urlsafe(16)}"
    pages = Starlette(
        routes=[Mount(room, routes=routes)],
        exception_handlers={UnknownPageError: _unknown, MediaScreenError: _refused},
    )
    return Guard(pages, port=port, room=room)


class _Answers:
    """What each address answers; those that read the disk run beside the others."""

    def __init__(self, served: ServedResults) -> None:
        self._served = served

    def index(self, request: Request) -> Response:
        """Answer with the batch page."""
        self._served.renew_pages()
        return self._written("index", Path("index.html"))

    def page(self, request: Request) -> Response:
        """Answer with the page of a file or campaign."""
        folder, name = request.path_params["folder"], request.path_params["name"]
        kind, form = _PAGES.get(folder, ("", _KEY))
        if not kind or not form.fullmatch(name):
            raise HTTPException(404)
        return self._written(kind, Path(folder, f"{name}.html"))

    def picture(self, request: Request) -> Response:
        """Answer with a small picture of a file."""
        key, name = request.path_params["key"], request.path_params["name"]
        if not (_KEY.fullmatch(key) and _PICTURE.fullmatch(name)):
            raise HTTPException(404)
        data = _read(thumbnail_folder(self._served.out, key) / name)
        return Response(data, media_type="image/jpeg")

    def media(self, request: Request) -> Response:
        """Answer with a file that was screened, or the part of it that is asked for."""
        row = self._served.row(request.path_params["key"])
        path = screened_file(self._served.out, row)
        if path is None:
            raise HTTPException(404, "the file is gone, or is not what was screened any more")
        return _file(path)

    def recording(self, request: Request) -> Response:
        """Answer with a recording of a person that the result of a file names, or a part of it."""
        row = self._served.row(request.path_params["key"])
        path = recording_file(self._served.out, row, request.path_params["sha256"])
        if path is None:
            raise HTTPException(404, "the recording is gone, or is not what was enrolled any more")
        return _file(path)

    def marks(self, request: Request) -> Response:
        """Answer with the marks of all files that anything was decided on."""
        return JSONResponse(self._state())

    def panel(self, request: Request) -> Response:
        """Answer with what the page of a file or campaign shows of decisions."""
        return JSONResponse(self._state(_name(request)))

    async def decide(self, request: Request) -> Response:
        """Write a decision down; the answer comes when it is on the disk."""
        asked = PostedDecision.from_dict(await _sent(request))

        def take() -> Response:
            self._served.take(_name(request), asked)
            return JSONResponse(self._state(_name(request)))

        return await run_in_threadpool(take)

    def add_known_fake(self, request: Request) -> Response:
        """Copy a confirmed fake to the known fakes."""
        added = self._served.add_known_fake(request.path_params["key"])
        state = "added to the known fakes" if added.is_new else "among the known fakes already"
        notes = "".join(f"; {note}" for note in added.notes)
        return JSONResponse({"told": plain(f"{state}: {added.file}{notes}")})

    def _state(self, name: str = "") -> dict[str, Any]:
        """Return the decisions as a page shows them, and up to which entry that is."""
        head = self._served.known().ledger.head
        state: dict[str, Any] = {"head": head, "marks": self._served.marks()}
        return state | {"panel": self._served.panel(name)} if name else state

    def _written(self, kind: str, place: Path) -> Response:
        page = _read(self._served.out / "report" / place).decode("utf-8")
        headers = {"content-security-policy": live_policy(kind, language_of(page))}
        return HTMLResponse(live(page, self._served.words), headers=headers)


def _file(path: Path) -> Response:
    """Return a file, or the part of it that is asked for, as what a page may show."""
    kind = mimetypes.guess_type(path.name)[0] or ""
    return FileResponse(path, media_type=kind if _SHOWN.fullmatch(kind) else _BYTES)


def _name(request: Request) -> str:
    name: str = request.path_params["name"]
    if not _NAME.fullmatch(name):
        raise HTTPException(404)
    return name


def _read(path: Path) -> bytes:
    try:
        with open_regular(path) as stream:
            return stream.read()
    except OSError as error:
        raise HTTPException(404) from error


async def _sent(request: Request) -> Any:
    """Return what a page sent as JSON."""
    if request.headers.get("content-type") != "application/json":
        raise HTTPException(415, "expected application/json")
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > _MOST:
            raise HTTPException(413, f"expected at most {_MOST} bytes")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, f"expected JSON: {error}") from error


def _unknown(request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{plain(str(error))}\n", status_code=404)


def _refused(request: Request, error: Exception) -> Response:
    """Say what is wrong: with what was sent, or with the folder that can't be written."""
    status = 400 if isinstance(error, SetupError) else 500
    return PlainTextResponse(f"{plain(str(error))}\n", status_code=status)
