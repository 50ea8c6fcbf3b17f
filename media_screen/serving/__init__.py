"""The pages of a folder of results on this machine alone, with buttons for what people decide."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from media_screen.errors import MediaScreenError
from media_screen.serving.results import ServedResults

ADDRESS = "127.0.0.1"
_KEEP_ALIVE_S = 30  # of a connection on which nothing is asked
_UNDER_WAY_S = 2  # for answers under way at the end: a browser may never read a file to its end


class ServeError(MediaScreenError, RuntimeError):
    """The pages can't be served: a package is missing, or the port is taken."""


def serve(
    out: Path,
    *,
    port: int = 0,
    people: Path | None = None,
    who: str = "",
    time_zone: str = "UTC",
    language: str = "en",
    tell: Callable[[str], object] = print,
) -> int:
    """Serve the pages of a folder of results until Ctrl-C; returns how many decisions were taken.

    `tell` hears the address, which holds a secret of this run. `port` 0 is any free one. `who` is
    written beside each decision, `language` is that of the pages. Raises ServeError, OSError,
    TimeZoneError and LanguageError.
    """
    try:
        import uvicorn

        from media_screen.serving.app import make_app
    except ImportError as error:
        raise ServeError(
            f"{error}: serving needs a package: pip install 'media_screen[serve]'"
        ) from error
    served = ServedResults(out, people=people, who=who, time_zone=time_zone, language=language)
    served.write_pages()
    with _listening(port) as listener:
        app = make_app(served, port=listener.getsockname()[1])
        config = uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            http="h11",
            ws="none",
            lifespan="off",
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_UNDER_WAY_S,
        )
        server = uvicorn.Server(config)
        tell(app.address)
        with contextlib.suppress(KeyboardInterrupt), _ending_quietly(lambda: server.should_exit):
            server.run(sockets=[listener])
    if served.taken:
        served.write_pages()
    return served.taken


@contextlib.contextmanager
def _ending_quietly(is_ending: Callable[[], bool]) -> Iterator[None]:
    """Say nothing of what the end breaks off: that nobody read it any more is no error."""
    log = logging.getLogger("uvicorn.error")

    def is_told(_: logging.LogRecord) -> bool:
        return not is_ending()

    log.addFilter(is_told)
    try:
        yield
    finally:
        log.removeFilter(is_told)


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((ADDRESS, port))
        listener.listen()  # who opens the address at once waits, and is not refused
    except OSError as error:
        listener.close()
        raise ServeError(
            f"port {port} of {ADDRESS} can't be used: {error.strerror}: give another --port, or "
            "none for any that is free"
        ) from error
    return listener
