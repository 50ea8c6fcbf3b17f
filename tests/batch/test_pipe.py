"""A line in, a line out: at once, whatever the line holds, while the input is still open."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from media_screen.batch.pipe import MAX_LINE, LineError, parse_line, screen_lines
from media_screen.batch.worker import Job
from media_screen.evidence import Verdict
from media_screen.screen import Config
from media_screen.testing import make_sample, validate_verdict
from tests.making import touch

CONFIG = Config(device="cpu", detectors=("container", "channel"), threads=1)


def answers(lines: bytes, *, workers: int = 1) -> dict[str, Verdict]:
    """The verdicts on some lines of input, by the path they name."""
    found: list[Verdict] = []
    screen_lines(io.BytesIO(lines), found.append, CONFIG, workers=workers)
    return {verdict.media.path: verdict for verdict in found}


LINES: dict[str, tuple[bytes, Job | None]] = {
    "a path": (b"a.mp4\n", Job(Path("a.mp4"))),
    "a path with blanks": (b"  with space.mp4 \r\n", Job(Path("  with space.mp4 "))),
    "a path with a tab": (b"a.mp4\t\n", Job(Path("a.mp4\t"))),
    "a path in Chinese": ("\u4e2d.mp4".encode(), Job(Path("\u4e2d.mp4"))),
    "a path of no letters": (b"\xff.mp4", Job(Path(os.fsdecode(b"\xff.mp4")))),
    "a path in braces": (b"{there}.mp4\n", Job(Path("{there}.mp4"))),
    "a path with a brace and blanks": (b" {there\n", Job(Path(" {there"))),
    "a record": (b'{"path": "a.mp4"}', Job(Path("a.mp4"))),
    "a record with blanks": (b'  {"path": " a.mp4"} \r\n', Job(Path(" a.mp4"))),
    "a record with more": (
        b'{"path": "a.mp4", "sidecar": null, "id": 7}',
        Job(Path("a.mp4")),
    ),
    "a record with a sidecar": (
        b'{"path": "a.mp4", "sidecar": "b.json"}',
        Job(Path("a.mp4"), Path("b.json")),
    ),
    "nothing": (b"\n", None),
    "blanks": (b" \t\r\n", None),
}


@pytest.mark.parametrize(("line", "job"), LINES.values(), ids=LINES.keys())
def test_lines_are_paths_or_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes, job: Job | None
) -> None:
    monkeypatch.chdir(tmp_path)
    touch(tmp_path, "{there}.mp4", " {there", '{"path": "a.mp4"}')
    assert parse_line(line) == job


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "not valid JSON"),
        (b"{not there}.mp4", "not valid JSON"),
        (b'{"path": "\xff"}', "not valid JSON"),
        (b"{}", '"path" to be text, got None'),
        (b'{"path": ""}', '"path" to be text'),
        (b'{"path": ["a"]}', '"path" to be text'),
        (b'{"path": "a", "sidecar": 1}', '"sidecar" to be text or null, got 1'),
        (b'{"path": "a\\u0000b"}', "null character"),
        (b"x" * (MAX_LINE + 1), "at most"),
        (b'{"a":' * 100_000, "not valid JSON"),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else "",
)
def test_broken_lines_are_named(line: bytes, message: str) -> None:
    with pytest.raises(LineError, match=message):
        parse_line(line)


def test_every_line_is_answered_and_broken_ones_stop_nothing(tmp_path: Path) -> None:
    sample = make_sample(tmp_path)
    other = sample.with_name("other.info.json")
    other.write_text(json.dumps({"extractor_key": "Youtube", "title": "Another", "id": "x"}))
    record = json.dumps({"path": str(sample), "sidecar": str(other)}).encode()
    lines = [b"nowhere.mp4", b"{broken", b"", record, b"x" * 3 * MAX_LINE, b"also-nowhere.mp4"]
    found = answers(b"\n".join(lines), workers=2)
    assert set(found) == {"nowhere.mp4", "<line 2>", str(sample), "<line 5>", "also-nowhere.mp4"}
    post = found[str(sample)].post
    assert post is not None and post.title == "Another"
    for path in set(found) - {str(sample)}:
        assert found[path].label == "unable_to_evaluate"
        validate_verdict(found[path].to_dict())
    assert "line 2 of the input" in found["<line 2>"].summary


def test_answers_come_while_the_input_is_open(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "media_screen",
        "scan",
        "--stdin",
        "--jsonl",
        "--device",
        "cpu",
        "--detector",
        "container",
        "--workers",
        "2",
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for name in ("one.mp4", "two.mp4"):
            process.stdin.write(name.encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["media"]["path"] == name
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait() == 1  # files that are not there
    assert not list(tmp_path.iterdir()), "nothing is written"
