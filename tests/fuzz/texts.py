"""Writes hostile JSON and TOML: deep, huge, of wrong types, twice, invisible, no text at all."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Mapping
from typing import Any

WORDS = (
    "",
    "\u202eevil\u202c\u2066x",  # bidi
    "\x00\x1b[31m\x07\r\n\t",
    "\u200b\ufeff\u00ad\U000e0041",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "{{7*7}}${x}%s%n",
    "\U0001f600" * 50,
    "a\u0301" * 300,
    "UC" + "x" * 22,
    "@" + "a" * 300,
)
# Values as JSON text, since some can't be made with `json.dumps`.
RAW = (
    "null", "true", "false", "0", "-1", "NaN", "Infinity", "-Infinity", "1e999", "-0.0", "9" * 400,
    "1" * 5000, "0.1", "[]", "{}", "[[]]", '[null, 1, "x", {}]', '{"a": {"b": []}}', '"\\ud800"',
    '"\\u0000"', '"' + "x" * 300_000 + '"', "[" * 900 + "]" * 900, "[" * 100_000 + "]" * 100_000,
    '{"a":' * 500 + "1" + "}" * 500, "[" + "1," * 20_000 + "1]", "4102444801", "1e400", "tru",
)  # fmt: skip


# What a sidecar says of the file itself, by which it is told whether it is that file's.
LENGTHS = ("duration", "section_start", "section_end", "filesize", "width", "height", "ext")


def hostile_json(chance: random.Random, record: Mapping[str, Any]) -> bytes:
    """Return a record as JSON with some of its values, keys or bytes made hostile."""
    pairs = [(json.dumps(key), json.dumps(value)) for key, value in record.items()]
    for _ in range(chance.choice([1, 3, 10])):
        place = chance.randrange(len(pairs))
        key = json.dumps(chance.choice(LENGTHS)) if chance.random() < 0.2 else pairs[place][0]
        value = chance.choice(RAW) if chance.random() < 0.6 else json.dumps(chance.choice(WORDS))
        if chance.random() < 0.2:
            pairs.append((key, value))  # twice
        elif chance.random() < 0.1:
            pairs[place] = (json.dumps(chance.choice(WORDS)), value)
        else:
            pairs[place] = (key, value)
    text = "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
    return damaged_text(chance, text.encode())


def hostile_toml(chance: random.Random, text: str) -> bytes:
    """Return TOML with a line changed, doubled, dropped or made hostile."""
    lines = text.splitlines()
    for _ in range(chance.choice([1, 2, 5])):
        place = chance.randrange(len(lines))
        key = lines[place].split("=")[0].strip() or "name"
        way = chance.randrange(5)
        if way == 0:
            lines[place] = f"{key} = {chance.choice([*RAW, 'nan', '1979-05-27', '[1, [2]]'])}"
        elif way == 1:
            lines[place] = f"{key} = {json.dumps(chance.choice(WORDS))}"
        elif way == 2:
            lines.insert(place, lines[place])
        elif way == 3:
            del lines[place]
            lines = lines or [""]
        else:
            lines[place] = "".join(chance.choices(string.printable, k=20))
    return damaged_text(chance, "\n".join(lines).encode("utf-8", "surrogatepass"))


def damaged_text(chance: random.Random, data: bytes) -> bytes:
    """Return the bytes of a text, one time in four cut, flipped or of another encoding."""
    way = chance.randrange(20)
    if way == 0:
        return data[: chance.randrange(len(data) + 1)]
    if way == 1:
        return b"\xff\xfe" + data
    if way == 2:
        return data.decode("utf-8", "replace").encode("utf-16")
    if way == 3 and data:
        changed = bytearray(data)
        for _ in range(10):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        return bytes(changed)
    if way == 4:
        return b""
    return data
