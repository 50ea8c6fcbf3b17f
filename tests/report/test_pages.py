"""The pages as a whole: safe against hostile metadata, complete, and the same each time."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from media_screen.evidence import LABELS, SETUP_REASONS, Contribution, Fusion, Verdict
from media_screen.report import write_report
from media_screen.report.pages import MOST_OPEN
from media_screen.results import text
from media_screen.results.changes import ChangedFile, FolderChanges
from media_screen.results.thumbs import thumbnail_name
from media_screen.results.words import LABELS as WORDS
from tests.report import records
from tests.report.pages import Page, check_markup


def render(out: Path, *verdicts: Verdict) -> tuple[Page, list[Page]]:
    """Return the batch page and the file pages in the order given."""
    records.write_results(out, verdicts)
    index = write_report(out)
    assert index == out / "report" / "index.html"
    return read(index), [read(file_page(out, verdict)) for verdict in verdicts]


def file_page(out: Path, verdict: Verdict) -> Path:
    return out / "report" / "files" / f"{verdict.media.key}.html"


def read(path: Path) -> Page:
    return Page(path.read_text("utf-8"))


@pytest.mark.parametrize("number", range(len(records.HOSTILE)))
def test_hostile_metadata_stays_text(tmp_path: Path, number: int) -> None:
    hostile = records.HOSTILE[number]
    index, (page,) = render(tmp_path, records.hostile(hostile))
    check_markup(index)
    check_markup(page)
    shown = " ".join(text.visible(hostile).split())
    assert shown in page.words()
    assert shown in index.words()
    for html in (index.html, page.html):
        # Nothing hidden is left anywhere, not even in an attribute.
        assert text.visible(html.replace("\n", "")) == html.replace("\n", "")


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "/", "a\nb.mp4", 'c:\\x\\"y".mp4', "\udcff.mp4", "", "-", "%2e%2e"]
)
def test_any_path_gets_a_page_inside_the_report(tmp_path: Path, path: str) -> None:
    index, (page,) = render(tmp_path / "out", records.hostile("x", path))
    check_markup(index)
    check_markup(page)
    written = {each.name for each in (tmp_path / "out" / "report").rglob("*") if each.is_file()}
    assert written == {"index.html", file_page(tmp_path, records.hostile("x", path)).name}
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_long_text_is_cut_and_kept_in_full(tmp_path: Path) -> None:
    title = "word " * 2000
    verdict = records.suspected()
    assert verdict.post
    index, (page,) = render(tmp_path, replace(verdict, post=replace(verdict.post, title=title)))
    assert title.strip() in page.text
    assert len(index.html) < len(index.html.replace(title[:80], "")) + 400
    assert any(tag == "details" and "long" in a.get("class", "") for tag, a in page.tags)


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://www.youtube.com/watch?v=a&b=%20c", True),
        ("HTTP://example.org/", True),
        ("javascript:alert(1)", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("file:///etc/passwd", False),
        ("//example.org/x", False),
        (" https://example.org", False),
        ("https://youtube.com@example.org/", False),
        ("https://y\u043eutube.com/", False),
        ("https://example.org/\u202egpj", False),
        ("https://example.org/a b", False),
        ("https://", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_only_plain_web_addresses_are_linked(tmp_path: Path, url: str, linked: bool) -> None:
    verdict = records.suspected()
    assert verdict.post
    _, (page,) = render(tmp_path, replace(verdict, post=replace(verdict.post, url=url)))
    check_markup(page)
    outside = {a["href"] for _, a in page.having("href") if ":" in a["href"]}
    assert outside == ({url} if linked else set())


def test_the_policy_allows_exactly_what_the_page_holds(tmp_path: Path) -> None:
    index, files = render(tmp_path, records.suspected())
    for page in (index, *files):
        policy = next(a["content"] for _, a in page.having("http-equiv"))
        assert policy.startswith("default-src 'none'; img-src 'self'; ")
        assert "unsafe" not in policy and "http" not in policy
        for tag in ("style", "script"):
            content = page.html.split(f"<{tag}>")[1].split(f"</{tag}>")[0]
            digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in policy


def test_every_label_is_named_and_explained(tmp_path: Path) -> None:
    verdicts = records.every_label()
    assert {verdict.label for verdict in verdicts} == set(LABELS)
    index, files = render(tmp_path, *verdicts)
    for verdict, page in zip(verdicts, files, strict=True):
        check_markup(page)
        for text_ in (index.words(), page.words()):
            assert WORDS[verdict.label].name in text_
            assert WORDS[verdict.label].mark in text_
            assert WORDS[verdict.label].meaning in text_
        assert "a person decides" in page.words()
    check_markup(index)
    assert "1 of 8 files could not be judged (the file can't be read: 1)" in index.words()
    assert "In 1 file a part of the examination failed" in index.words()
    rows = [a["data-label"] for tag, a in index.having("data-label") if tag == "tr"]
    assert rows == list(WORDS)


def test_the_file_page_shows_the_whole_record(tmp_path: Path) -> None:
    verdict = records.suspected()
    index, (page,) = render(tmp_path, verdict)
    words = page.words()
    assert verdict.summary in words
    for piece in verdict.evidence:
        assert piece.why in words
    for abstention in verdict.abstentions:
        # What the installation lacks stands once, above the table of the batch.
        lacks = abstention.reason == "missing_package"
        assert (abstention.why in words) != lacks
        assert (abstention.why in index.words()) == (abstention.reason in SETUP_REASONS)
    assert verdict.post
    for shown in (
        verdict.media.sha256,
        verdict.post.channel_id,
        verdict.post.handle,
        verdict.post.ai_labels[0],
        "its handle or name imitates an official one",
        "Moderate support for H1.",
        "about 30 times more probable if H1 is true",
        "If 1 file in 100 is manipulated to begin with, it is 23% for this one",
        "if 1 file in 2 is, it is 97%",
        "the person shown or heard is Xin Liu",
        "ENFSI Guideline for Evaluative Reporting",
        "248 faces",
        "offset ms \u2212180",
        "29.97 frames/s",
        "sha256:12ab34cd",
        "8.02 s",
    ):
        assert shown in words, shown
    shots = [a["src"].rsplit("/", 1)[1] for _, a in page.having("src")]
    assert set(shots) == {thumbnail_name(one) for one in verdict.thumbnails}
    for _, attrs in page.having("src"):
        assert (file_page(tmp_path, verdict).parent / attrs["src"]).resolve().is_file()


def test_a_match_is_shown_with_both_spans(tmp_path: Path) -> None:
    _, (page,) = render(tmp_path, records.altered())
    for shown in (
        "re-voiced: shown with another sound",
        "The sound is another one, and the picture follows the original.",
        "Nothing vouches for the faces: they were not compared with the original",
        "official/interview.mp4",
        "0:02.0 to 0:38.0",
        "1:42.0 to 2:18.0",
        "97%",
        "6%",
    ):
        assert shown in page.words(), shown


def test_matched_footage_stands_side_by_side(tmp_path: Path) -> None:
    _, (page, other) = render(tmp_path, records.altered(), records.suspected())
    assert "Beside the matched footage" in page.words()
    for here, there in (("0:04.0", "1:44.0"), ("0:16.0", "1:56.0"), ("0:28.0", "2:08.0")):
        assert f"this file {here} reference {there}" in page.words()
    assert "Beside the matched footage" not in other.words()
    lone = replace(records.altered(), thumbnails=())
    _, (page,) = render(tmp_path / "lone", lone)
    assert "Beside the matched footage" not in page.words()
    assert "1:42.0 to 2:18.0" in page.words()


def test_a_face_stands_beside_the_original(tmp_path: Path) -> None:
    verdict = records.remade()
    _, (page, other) = render(tmp_path, verdict, records.altered())
    check_markup(page)
    for shown in (
        "Picture and sound are the original's but for: the mouth at 0:04.0 to 0:06.0",
        "The mouth is not the original's here.",
        "Where it differs most the face differs 12 times as much as the rest of the picture",
        "Where it differs least the face differs no more than the rest of the picture",
        "this file at 0:05.2 the original at 1:45.2 where they differ: the brighter, the more",
        "In a copy the two lines run together; where they part, the mouth says something else. "
        "Here they part (agreement \u22120.49",
        "beside the original mouth unlike the original's",
    ):
        assert shown in page.words(), shown
    assert "Beside the original" not in other.words()
    charts = [a["aria-label"] for _, a in page.tags if a.get("class") == "mouth chart"]
    assert len(charts) == 1 and charts[0].startswith(
        "Opening of the mouth from 0:04.0 to 0:05.6, in shares of the face's width: in this file "
        "2% to 12%, in the original 2% to 8%, 5% apart on average."
    )
    shots = {a["src"].rsplit("/", 1)[1] for _, a in page.having("src")}
    assert shots == {thumbnail_name(one) for one in verdict.thumbnails}
    lone = replace(verdict, thumbnails=())
    _, (page,) = render(tmp_path / "lone", lone)
    assert "Here they part" in page.words() and "Where it differs" not in page.words()


def test_names_are_context_and_said_to_be(tmp_path: Path) -> None:
    verdict = records.suspected()
    _, (page, other) = render(tmp_path, verdict, records.picture())
    assert "This is context and no evidence" in page.words()
    for shown in (
        "enrolled person the title",
        "\u5218\u6b23 speaks about",
        "politician what is said 0:12.0 \u00d73",
        "with Emanuel Makron, who",
        "spelled Emanuel Makron",
    ):
        assert shown in page.words(), shown
    assert "Named in" not in other.words()


def test_the_limits_fit_the_record(tmp_path: Path) -> None:
    _, (spoken, silent) = render(tmp_path, records.suspected(), records.unjudged())
    for page in (spoken, silent):
        assert "no label means authentic" in page.words()
    assert "No answer came from 1 check:" in spoken.words()
    assert "Nothing calibrated spoke about manipulation" not in spoken.words()
    assert "Nothing calibrated spoke about manipulation" in silent.words()
    assert "Pictures were sampled" in spoken.words() and "sampled" not in silent.words()


def test_the_offset_curve_is_drawn(tmp_path: Path) -> None:
    _, (page, other) = render(tmp_path, records.suspected(), records.picture())
    assert (
        "face track 0 5 windows, from \u2212200 to \u2212120 ms, median \u2212160 ms"
        in page.words()
    )
    assert sum(tag == "circle" for tag, _ in page.tags) == 5 + 2  # windows, and the two scales
    assert "Lips and voice" not in other.words()


def test_a_failure_is_loud_and_never_reads_as_authentic(tmp_path: Path) -> None:
    index, (page,) = render(tmp_path, records.unjudged())
    assert "RuntimeError: out of memory <at> layer 3" in page.words()
    assert "that is no sign of authenticity" in page.words()
    assert "Every detector that ran gave an answer" not in page.words()
    assert "moov atom not found" in page.words() and "unreadable" in page.words()
    assert "Not assessed." in page.words()
    assert any("alarm" in a.get("class", "") for tag, a in page.tags if tag == "div")
    assert any("failure" in a["data-marks"] for _, a in index.having("data-marks"))


def test_explicit_pictures_are_veiled_without_any_script(tmp_path: Path) -> None:
    film = replace(records.altered(), flags=("explicit",))
    faces = replace(records.remade(), flags=("explicit",))
    index, (explicit, strip, beside, plain) = render(
        tmp_path, records.picture(), film, faces, records.suspected()
    )
    for page, shots in (
        (explicit, 2 + 1),
        (strip, 16 + 10 + 6 + 2),
        (beside, 16 + 10 + 6 + 6 + 4),
        (index, 3),
    ):
        veils = [a for tag, a in page.tags if tag == "label" and a.get("class") == "veil"]
        boxes = [a for _, a in page.having("aria-label") if a["aria-label"].startswith("Show the")]
        assert len(veils) == len(boxes) == shots
        assert not any("checked" in box for box in boxes)
        assert ".veil img { filter: blur(" in page.html
    assert len(explicit.having("src")) == 3 and len(strip.having("src")) == 34
    assert len(index.having("src")) == 4
    assert not any(a.get("class") == "veil" for _, a in plain.tags)


def test_broken_lines_are_told_and_cost_nothing_else(tmp_path: Path) -> None:
    path = records.write_results(tmp_path, [records.suspected(), records.unjudged()])
    good = json.loads(records.picture().to_json())
    media = good["media"]
    bad = [
        "[" * 100_000,
        '"text"',
        json.dumps(good | {"schema": "media_screen.verdict/99"}),
        json.dumps(good | {"label": "certainly_fake"}),
        json.dumps(good | {"llr": {"manipulation": "high"}}),
        json.dumps(good | {"media": media | {"path": 7}}),
        json.dumps(good | {"media": media | {"duration_s": 0.5}}).replace("0.5", "1e999"),
        json.dumps(good | {"versions": {"torch": 3}}),
        json.dumps(good | {"timing_s": {"all": float("nan")}}),
        '{"schema": "media_screen.verdict/1", "label": "off',  # the writer was killed here
    ]
    with path.open("ab") as stream:
        stream.write(b"\xff\xfe\x00 binary <b>\n\n" + "\n".join(bad).encode())
    index = read(write_report(tmp_path))
    check_markup(index)
    assert "11 lines of results.jsonl were left out" in index.words()
    assert "\\xff\\xfe" in index.text
    assert [a["data-label"] for tag, a in index.having("data-label")] == [
        "suspected_impersonation",
        "unable_to_evaluate",
    ]
    assert len(list((tmp_path / "report" / "files").iterdir())) == 2
    assert "1 of 2" in read(file_page(tmp_path, records.suspected())).words()


def test_the_last_record_of_a_path_wins(tmp_path: Path) -> None:
    first = records.suspected()
    last = replace(records.quiet("no_finding", first.media.path, None, -1.0), summary="Again.")
    records.write_results(tmp_path, [first, last])
    index = read(write_report(tmp_path))
    assert [a["data-label"] for tag, a in index.having("data-label")] == ["no_finding"]
    assert "Again." in read(file_page(tmp_path, last)).words()


def test_pages_of_files_that_are_gone_go_too(tmp_path: Path) -> None:
    render(tmp_path, *records.every_label())
    note = tmp_path / "report" / "files" / "note.txt"
    note.write_text("mine")
    render(tmp_path, records.suspected())
    names = {each.name for each in note.parent.iterdir()}
    assert names == {"note.txt", f"{records.suspected().media.key}.html"}


def test_neighbours_follow_the_order_of_the_table(tmp_path: Path) -> None:
    index, _ = render(tmp_path, *records.every_label())
    names = [a["href"] for _, a in index.having("href") if a["href"].startswith("files/")]
    seen, name = [], names[0]
    while name:
        seen.append(name)
        page = read(tmp_path / "report" / name)
        following = [a["href"] for _, a in page.having("rel") if a["rel"] == "next"]
        name = f"files/{following[0]}" if following else ""
    assert seen == names


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    render(tmp_path, *records.every_label(), *map(records.hostile, records.HOSTILE))
    first = {p.name: p.read_bytes() for p in (tmp_path / "report").rglob("*.html")}
    write_report(tmp_path)
    assert {p.name: p.read_bytes() for p in (tmp_path / "report").rglob("*.html")} == first
    assert not list(tmp_path.rglob("*.tmp"))


def test_no_results_yet(tmp_path: Path) -> None:
    page = read(write_report(tmp_path))
    check_markup(page)
    assert "No results yet" in page.words()
    with pytest.raises(FileNotFoundError, match="no such results folder"):
        write_report(tmp_path / "missing")


def test_thousands_of_files(tmp_path: Path) -> None:
    verdict = records.quiet("no_finding", "x", "xin-liu", 0.3).to_dict()
    with (tmp_path / "results.jsonl").open("w") as stream:
        for number in range(5000):
            media = verdict["media"] | {"path": f"downloads/2025/clip_{number:05d}.mp4"}
            stream.write(json.dumps(verdict | {"media": media}) + "\n")
    index = write_report(tmp_path)
    assert index.stat().st_size < 5_000_000
    assert index.read_text("utf-8").count("<tr data-label=") == 5000
    assert sum(1 for _ in (tmp_path / "report" / "files").iterdir()) == 5000


def test_long_evidence_folds_away(tmp_path: Path) -> None:
    verdict = records.suspected()
    window = verdict.evidence[3]
    many = tuple(replace(window, why=f"window number {n}.") for n in range(700))
    _, (page,) = render(tmp_path, replace(verdict, evidence=many))
    check_markup(page)
    assert "476 more findings" in page.words()
    assert "200 more findings are in the record" in page.words()
    assert len(page.html) < 600_000


def test_the_report_needs_no_model(tmp_path: Path) -> None:
    records.write_results(tmp_path, [records.suspected()])
    code = (
        "import sys; from pathlib import Path; from media_screen.report import write_report; "
        "write_report(Path(sys.argv[1])); "
        "print([m for m in ('numpy', 'av', 'torch', 'cv2', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_page_says_what_adds_up_without_trusting_its_names(tmp_path: Path) -> None:
    fusion = Fusion("normal", 2.5, 4.0, (Contribution("<b>lip</b>_sync", 3.0, 2.75),))
    _, (page,) = render(tmp_path, replace(records.suspected(), fusion=fusion))
    check_markup(page)
    assert "What adds up: <b>lip</b> sync +2.75 of its +3.00." in page.words()


def test_a_page_says_what_of_the_file_was_not_judged(tmp_path: Path) -> None:
    _, (page,) = render(tmp_path, records.suspected())
    check_markup(page)
    said = page.words()
    assert "Picture looked at 100% of its time" in said
    assert "Sound listened to 75% of its time" in said
    assert "sound track 2: aac, zho, \u201c<i>original</i>\u201d" in said
    assert "mov_text" not in said and "sound track 1" not in said


def test_file_page_golden(tmp_path: Path, golden) -> None:  # type: ignore[no-untyped-def]
    _, (page,) = render(tmp_path, records.suspected())
    # The look has its own tests; the golden is of the content.
    html = re.sub(r"(<(style|script)>).*?(</\2>)", r"\1\3", page.html, flags=re.DOTALL)
    html = re.sub(r"sha256-[A-Za-z0-9+/=]{44}", "sha256-", html)
    golden("report/file_page.html", html)


@pytest.mark.parametrize(
    ("moved", "opened"), [(1, True), (MOST_OPEN, True), (MOST_OPEN + 1, False)]
)
def test_what_changed_does_not_push_the_queue_down(
    tmp_path: Path, moved: int, opened: bool
) -> None:
    verdict = records.every_label()[0]
    records.write_results(tmp_path, [verdict])
    one = ChangedFile(verdict.media.path, verdict.media.key, verdict.label, "official", "Why.")
    since, now = "2026-07-01T08:00:00+00:00", "2026-07-02T08:00:00+00:00"
    FolderChanges(since, now, moved=(one,) * moved, moved_count=moved).write(tmp_path)
    write_report(tmp_path)
    page = read(tmp_path / "report" / "index.html")
    assert ('id="changes" open' in page.html) is opened
    words = "1 label changed" if moved == 1 else f"{moved} labels changed"
    assert words in page.words()
