"""Who gets in to the served pages, and what they answer: over the wire, byte for byte."""

from __future__ import annotations

import hashlib
import http.client
import json
import signal
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from media_screen.evidence import DecidedFile
from media_screen.results.ledger import LEDGER, decide, read_ledger
from tests.report import invented, records
from tests.serving.conftest import Server, clip_key, results, serving

KEY = records.suspected().media.key
CAMPAIGN = invented.ID


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Browser:
    """What a browser that was let in knows."""

    server: Server
    room: str
    cookie: str

    def get(self, path: str, **headers: str) -> Answer:
        known = {"Cookie": self.cookie} if self.cookie else {}
        return ask(self.server, "GET", self.room + path, known | headers)

    def post(self, path: str, sent: Any, **headers: str) -> Answer:
        known = {
            "Cookie": self.cookie,
            "Origin": f"http://{self.server.host}",
            "Content-Type": "application/json",
        }
        body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(self.server, "POST", self.room + path, known | named, body)


def ask(
    server: Server, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
) -> Answer:
    """Send a request as it stands: nothing is tidied. A header that is "" is left out."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in ({"Host": server.host} | dict(headers)).items():
        if value:
            connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    got = connection.getresponse()
    answer = Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
    connection.close()
    return answer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(results(tmp_path_factory.mktemp("serve") / "out")) as running:
        yield running


def entered(server: Server) -> Browser:
    """Return a browser that opened the address that was printed."""
    parts = urlsplit(server.address)
    answer = ask(server, "GET", f"{parts.path}?{parts.query}", {})
    assert answer.status == 303
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
    room = answer.headers["location"].removesuffix("/report/index.html")
    assert f"Path={room}/" in cookie and len(room) > 20
    return Browser(server, room, cookie.partition(";")[0])


@pytest.fixture(scope="module")
def known(server: Server) -> Browser:
    return entered(server)


# --- who gets in ---------------------------------------------------------------------------------


def test_the_pages_open_for_who_has_the_secret(known: Browser) -> None:
    answer = known.get("/report/index.html")
    assert answer.status == 200 and b"Screening report" in answer.body
    assert known.get(f"/report/files/{KEY}.html").status == 200
    assert known.get(f"/report/campaigns/{CAMPAIGN}.html").status == 200


REFUSED: dict[str, tuple[dict[str, str], int]] = {
    "no cookie": ({"Cookie": ""}, 401),
    "another cookie": ({"Cookie": "media_screen=x"}, 401),
    "no cookie at all but letters": ({"Cookie": "\x7f;;=;"}, 401),
    "another host": ({"Host": "evil.example"}, 421),
    "another host with the port": ({"Host": "evil.example:{port}"}, 421),
    "the address without the port": ({"Host": "127.0.0.1"}, 421),
    "another port": ({"Host": "127.0.0.1:1"}, 421),
    "no host": ({"Host": ""}, 400),
    "another origin": ({"Origin": "https://evil.example"}, 403),
    "the origin of another port": ({"Origin": "http://127.0.0.1:1"}, 403),
    "an origin that is hidden": ({"Origin": "null"}, 403),
    "the other name of the host": ({"Origin": "http://localhost:{port}"}, 403),
    "a page of another site": ({"Sec-Fetch-Site": "cross-site"}, 403),
    "a page of another port": ({"Sec-Fetch-Site": "same-site"}, 403),
}


@pytest.mark.parametrize("headers, status", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("path", ["/report/index.html", "/decisions", f"/media/{KEY}"])
def test_others_are_refused(
    known: Browser, path: str, headers: dict[str, str], status: int
) -> None:
    sent = {
        name: value.replace("{port}", str(known.server.port)) for name, value in headers.items()
    }
    answer = known.get(path, **sent)
    assert answer.status == status
    assert b"xin" not in answer.body


@pytest.mark.parametrize("token", ["", "?token=", "?token=x", "?token=%ff%00", "?key=x"])
def test_a_wrong_secret_gets_no_cookie(server: Server, token: str) -> None:
    answer = ask(server, "GET", f"/{token}", {})
    assert answer.status == 401 and "set-cookie" not in answer.headers


def test_the_secret_does_not_open_for_pages_of_others(server: Server) -> None:
    parts = urlsplit(server.address)
    path = f"{parts.path}?{parts.query}"
    assert ask(server, "GET", path, {"Host": "evil.example"}).status == 421
    assert ask(server, "GET", path, {"Sec-Fetch-Site": "cross-site"}).status == 403


CHANGES: dict[str, tuple[dict[str, str], int]] = {
    "without an origin": ({"Origin": ""}, 403),
    "from another origin": ({"Origin": "http://127.0.0.1:1"}, 403),
    "as a form": ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
    "as plain text": ({"Content_Type": "text/plain"}, 415),
    "without the cookie": ({"Cookie": ""}, 401),
}


@pytest.mark.parametrize("headers, status", CHANGES.values(), ids=CHANGES.keys())
def test_only_the_pages_themselves_change_anything(
    known: Browser, headers: dict[str, str], status: int
) -> None:
    before = read_ledger(known.server.out)
    for path in (f"/decisions/{KEY}", f"/known-fakes/{KEY}"):
        if path.startswith("/known") and status == 415:
            continue  # which takes nothing that was sent
        assert known.post(path, {"answer": "genuine"}, **headers).status == status
    assert read_ledger(known.server.out).entries == before.entries


def test_every_answer_is_closed_to_other_pages(known: Browser) -> None:
    for path in (
        "/report/index.html",
        "/decisions",
        "/nothing",
        f"/media/{clip_key(known.server.out)}",
    ):
        headers = known.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "*" not in policy and "http" not in policy
        assert "access-control-allow-origin" not in headers and "server" not in headers


PATHS = [
    "/",
    "/report/",
    "/report/../results.jsonl",
    "/report/..%2fresults.jsonl",
    "/report/files/..%2f..%2f..%2fresults.jsonl.html",
    "/report/files/../../results.jsonl",
    "/report/thumbs/index.html",
    "/report/files/0123456789abcdef.html",
    "/results.jsonl",
    "/ledger.jsonl",
    f"/thumbs/{KEY}/..%2f..%2f..%2fresults.jsonl",
    "/thumbs/..%2f..%2fetc/passwd",
    f"/thumbs/{KEY}/none.jpg",
    "/media/../../etc/passwd",
    "/media/..%2f..%2f..%2fetc%2fpasswd",
    "/media//etc/passwd",
    "/media/0123456789abcdef",
    f"/media/{KEY}",  # a result whose file is not there
    f"/recordings/{KEY}/{'ab' * 32}",  # of which its result says nothing
    "/recordings/0123456789abcdef/..%2f..%2fetc%2fpasswd",
    "/decisions/..%2fx",
    "/decisions/c-ffffffffffff",
    "/decisions/0123456789abcdef",
]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_but_results_is_given_out(known: Browser, path: str) -> None:
    answer = known.get(path)
    assert answer.status in (400, 404, 405), answer.body[:200]


def test_a_recording_is_given_out_in_parts_to_the_pages_of_files_that_name_it(
    known: Browser,
) -> None:
    data = (known.server.out.parent / "people/xin-liu/official/recording.mp4").read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    path = f"/recordings/{clip_key(known.server.out)}/{sha256}"
    answer = known.get(path, Range="bytes=10-19")
    assert (answer.status, answer.body) == (206, data[10:20])
    assert answer.headers["cache-control"] == "no-store"
    assert known.get(path, Cookie="").status == 401
    assert known.get(f"/recordings/{KEY}/{sha256}").status == 404  # of another file


# --- decisions -----------------------------------------------------------------------------------


def test_a_decision_is_in_the_ledger_when_the_page_hears_of_it(known: Browser) -> None:
    answer = known.post(
        f"/decisions/{KEY}",
        {
            "answer": "confirmed_fake",
            "note": "<script>alert(1)</script>",
            "checks": [{"name": "watermark", "outcome": "none"}],
        },
    )
    assert answer.status == 200
    ledger = read_ledger(known.server.out)
    record = ledger.on(records.suspected().media)
    assert (record.answer, record.checks[0].name) == ("confirmed_fake", "watermark")
    assert record.by is not None and record.by.who == "ada"
    state = answer.json
    assert state["head"] == ledger.head and state["marks"][KEY][0] == "confirmed_fake"
    assert "&lt;script&gt;" in state["panel"] and "<script" not in state["panel"]


def test_a_decision_on_a_campaign_holds_for_its_members(known: Browser) -> None:
    assert known.post(f"/decisions/{CAMPAIGN}", {"answer": "to_check"}).status == 200
    campaign, verdicts = invented.small()
    ledger = read_ledger(known.server.out)
    members = {one.key for one in campaign.members}
    for verdict in verdicts:
        answer = ledger.on(verdict.media).answer
        assert (answer == "to_check") == (verdict.media.key in members)
    assert known.post(f"/decisions/{CAMPAIGN}", {"undo": True}).status == 200
    assert read_ledger(known.server.out).on(verdicts[0].media).answer is None


def test_who_had_not_seen_the_newest_decision_is_told_and_both_are_kept(known: Browser) -> None:
    key = records.altered().media.key
    seen = known.get("/decisions").json["head"]
    media = records.altered().media
    decide(
        known.server.out,
        [DecidedFile(media.sha256, media.path)],
        who="eve",
        after=seen,
        answer="genuine",
    )
    answer = known.post(f"/decisions/{key}", {"after": seen, "answer": "confirmed_fake"})
    assert answer.status == 200
    assert "eve" in answer.json["panel"] and "had not seen" in answer.json["panel"]
    record = read_ledger(known.server.out).on(media)
    assert record.answer == "confirmed_fake" and [one.who for one in record.unseen] == ["eve"]


def test_many_pages_at_once_lose_nothing(known: Browser) -> None:
    before = len(read_ledger(known.server.out).entries)

    def send(number: int) -> int:
        return known.post(f"/decisions/{KEY}", {"note": f"note {number}"}).status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(24))) == {200}
    ledger = read_ledger(known.server.out)
    assert len(ledger.entries) == before + 24 and ledger.broken == []


BAD: dict[str, tuple[Any, int]] = {
    "not JSON": (b"{", 400),
    "deep": (b"[" * 100_000, 400),
    "a list": ([], 400),
    "nothing": ({}, 400),
    "only what was seen": ({"after": ""}, 400),
    "another field": ({"who": "eve", "answer": "genuine"}, 400),
    "another answer": ({"answer": "fake"}, 400),
    "a number": ({"note": 7}, 400),
    "no answer": ({"answer": None}, 400),
    "a check of another shape": ({"checks": [{"name": "x"}]}, 400),
    "a check that is none": ({"checks": [1]}, 400),
    "a check of numbers": ({"checks": [{"name": 1, "outcome": 2}]}, 400),
    "an id that is none": ({"after": "x", "answer": "genuine"}, 400),
    "a note that is too long": ({"note": "x" * 10_001}, 400),
    "far too much": (b'{"note": "' + b"x" * 300_000 + b'"}', 413),
}


@pytest.mark.parametrize("sent, status", BAD.values(), ids=BAD.keys())
def test_what_is_no_decision_is_refused(known: Browser, sent: Any, status: int) -> None:
    before = (known.server.out / LEDGER).read_bytes()
    assert known.post(f"/decisions/{KEY}", sent).status == status
    assert (known.server.out / LEDGER).read_bytes() == before


def test_without_people_nothing_becomes_a_known_fake(known: Browser) -> None:
    answer = known.post(f"/known-fakes/{KEY}", {})
    assert answer.status == 400 and b"--people" in answer.body


# --- the file itself -----------------------------------------------------------------------------


def test_a_file_is_given_whole_and_in_parts(known: Browser) -> None:
    key, data = (
        clip_key(known.server.out),
        (known.server.out.parent / "downloads/clip.mp4").read_bytes(),
    )
    whole = known.get(f"/media/{key}")
    assert whole.status == 200 and whole.body == data
    assert (
        whole.headers["content-type"] == "video/mp4" and whole.headers["accept-ranges"] == "bytes"
    )
    part = known.get(f"/media/{key}", Range="bytes=100-199")
    assert part.status == 206 and part.body == data[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(data)}"
    assert known.get(f"/media/{key}", Range="bytes=-10").body == data[-10:]
    assert known.get(f"/media/{key}", Range=f"bytes={len(data)}-").status == 416
    assert known.get(f"/media/{key}", Range="bytes=9-1").status in (200, 400, 416)


def test_a_file_that_changed_since_is_not_given_out(tmp_path: Path) -> None:
    out = results(tmp_path / "out")
    with serving(out) as server:
        browser = entered(server)
        path = f"/media/{clip_key(out)}"
        assert browser.get(path).status == 200
        clip = out.parent / "downloads" / "clip.mp4"
        clip.write_bytes(b"<script>alert(1)</script>")
        assert browser.get(path).status == 404
        clip.unlink()
        clip.symlink_to("/etc/passwd")
        assert browser.get(path).status == 404


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_file_that_a_browser_reads_no_further_keeps_nothing_running(
    tmp_path: Path, number: signal.Signals
) -> None:
    clip = tmp_path / "long.mp4"
    with clip.open("wb") as stream:
        stream.truncate(64 << 20)  # bytes, more than a connection takes unread
    out = results(tmp_path / "out", clip)
    with serving(out) as server:
        browser = entered(server)
        assert browser.post(f"/decisions/{KEY}", {"answer": "genuine"}).status == 200
        with socket.create_connection(("127.0.0.1", server.port)) as half:
            asked = f"GET {browser.room}/media/{clip_key(out)} HTTP/1.1\r\nHost: {server.host}\r\n"
            half.sendall(f"{asked}Cookie: {browser.cookie}\r\n\r\n".encode())
            assert half.recv(12) == b"HTTP/1.1 200"
            server.process.send_signal(number)
            assert server.process.wait(15) == 0
        assert server.process.stderr is not None
        told = server.process.stderr.read()
        assert told.startswith("ended; 1 decision written into ") and told.count("\n") == 1
