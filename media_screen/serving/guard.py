"""Lets nobody in but the browser that was given the secret, asking from these pages themselves.

Other programs and pages on the machine can reach a port of it, and a page of another site can make
the browser ask for what it likes: so every request is held to the address that it names, to where
the browser says that it comes from, and to a cookie that was given for the secret in the address.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "media_screen"
_USUAL_PORT = 80  # of http
_OWN = ("same-origin", "none")  # as browsers name what these pages, or a person, ask for
HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """Asks every request who makes it, before the pages see it.

    The pages stand below `room`, a path that nobody can guess: cookies are sent to every port of a
    machine, but not to another path.
    """

    def __init__(self, app: ASGIApp, *, port: int, room: str) -> None:
        self._app = app
        # Browsers leave the usual port out of what they ask for, and of where they come from.
        ports = (f":{port}", "") if port == _USUAL_PORT else (f":{port}",)
        self._hosts = {f"{name}{end}" for name in ("127.0.0.1", "localhost") for end in ports}
        self._token, self._session = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._room = room
        self.address = f"http://127.0.0.1:{port}/?token={self._token}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is refused, hand on any other."""
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await (refusal or self._app)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to a request that must not reach the pages, None for a good one."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return _said(421, "This server answers to its own address alone.")
        origins = headers.getlist("origin")
        if any(origin != f"http://{hosts[0]}" for origin in origins):
            return _said(403, "Pages of other sites may not ask for anything here.")
        if headers.get("sec-fetch-site", "none") not in _OWN:
            return _said(403, "Pages of other sites may not ask for anything here.")
        if scope["method"] not in ("GET", "HEAD") and not origins:
            return _said(403, "Only these pages themselves may change anything.")
        if scope["path"] == "/":
            return self._entrance(scope)
        if scope["path"] == "/favicon.ico":  # browsers ask for it everywhere; there is none
            return Response(status_code=204)
        if not self._is_known(headers):
            return _said(401, "Open the address that media-screen serve printed.")
        return None

    def _entrance(self, scope: Scope) -> Response:
        """Give the cookie for the secret in the address."""
        token = QueryParams(scope["query_string"].decode("latin-1")).get("token", "")
        if not _same(token, self._token):
            return _said(401, "Open the address that media-screen serve printed.")
        answer = RedirectResponse(f"{self._room}/report/index.html", status_code=303)
        answer.set_cookie(
            COOKIE, self._session, path=f"{self._room}/", httponly=True, samesite="strict"
        )
        return answer

    def _is_known(self, headers: Headers) -> bool:
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(headers.get("cookie", ""))
        except CookieError:
            return False
        return COOKIE in cookies and _same(cookies[COOKIE].value, self._session)


def _same(given: str, wanted: str) -> bool:
    return secrets.compare_digest(given.encode(), wanted.encode())


def _said(status: int, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status_code=status)
