"""Tampers with what the program keeps: its databases, and links where it writes."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path

import numpy as np

from media_screen.batch.campaigns import MEMORY
from media_screen.batch.scan import scan
from media_screen.config import Config
from media_screen.errors import MediaScreenError
from media_screen.footage.catalogue import Catalogue
from media_screen.footage.fingerprint import Fingerprint
from media_screen.footage.memory import Memory
from media_screen.people.references import FoundFace, Store
from media_screen.report import write_report
from media_screen.results.folder import RESULTS
from media_screen.results.written import STATE
from tests.footage.making import Scene, take
from tests.fuzz.media import flipped

# Each leaves a file that SQLite itself takes for whole.
SCHEMAS = {
    "trigger": "CREATE TRIGGER t AFTER INSERT ON {table} BEGIN DELETE FROM {table}; END",
    "endless-trigger": "CREATE TRIGGER t BEFORE INSERT ON {table} BEGIN SELECT count(*) FROM (WITH "
    "RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n); END",
    "view": "CREATE VIEW v AS SELECT 1",
    "view-in-place-of-a-table": "DROP TABLE {table}; CREATE VIEW {table} AS SELECT 1 AS path",
    "virtual-table": "CREATE VIRTUAL TABLE v USING fts5(a)",
    "another-column": "ALTER TABLE {table} ADD COLUMN more TEXT",
    "index-on-an-expression": "CREATE INDEX i ON {table} (lower(digest))",
    "another-version": "PRAGMA user_version = 1",
}
OURS = (MediaScreenError, OSError)  # what tells the user what to do
FACES = [FoundFace(np.linspace(0, 1, 16, dtype="<f4"), 80.0, 0.5, 1.0, 1)]
A, B = "a" * 64, "b" * 64


@cache
def footage(number: int) -> Fingerprint:
    """Fingerprint made footage once."""
    return take(Scene(number), 4.0)


def change_schema(path: Path, table: str, sql: str) -> None:
    """Change a database by a statement of `SCHEMAS`."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(sql.format(table=table))


def tamper_database(chance: random.Random, path: Path) -> None:
    """Change the bytes, the rows or the tables of a database, as somebody who may write it can."""
    data = path.read_bytes()
    way = chance.randrange(6)
    if way == 0:
        path.write_bytes(bytes(flipped(chance, bytearray(data))))
    elif way == 1:
        path.write_bytes(data[: chance.randrange(len(data) + 1)])
    elif way == 2:
        path.write_bytes(chance.randbytes(chance.choice([0, 10, 5000])))
    elif way == 3:
        suffix = chance.choice(["-journal", "-wal", "-shm"])
        path.with_name(path.name + suffix).write_bytes(chance.randbytes(chance.choice([0, 600])))
    else:
        _tamper_rows(chance, path, schema=way == 4)


def _tamper_rows(chance: random.Random, path: Path, *, schema: bool) -> None:
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection, connection:
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
            )
        ]
        table = chance.choice(tables)
        if schema:
            sql = chance.choice(sorted(SCHEMAS.values())).format(table=table)
            connection.executescript(sql)
            return
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        for _ in range(chance.choice([1, 3])):
            column = chance.choice(columns)
            rows = [value for (value,) in connection.execute(f"SELECT {column} FROM {table}")]
            odd = [None, -1, 1 << 62, 1e999, "x" * 1000, chance.randbytes(64)]
            value = chance.choice([*odd, *rows])
            where = chance.choice(["", "WHERE rowid = 1"])
            with suppress(sqlite3.IntegrityError):
                connection.execute(f"UPDATE {table} SET {column} = ? {where}", (value,))


def check_databases(chance: random.Random, folder: Path) -> None:
    """Whatever stands in a database, it is used as it was written, made anew, or refused."""
    for name, (fill, use) in DATABASES.items():
        path = folder / name
        fill(path)
        tamper_database(chance, path)
        for _ in range(2):  # a second start finds what the first one left
            with suppress(*OURS):
                use(path)


def _fill_memory(path: Path) -> None:
    memory = Memory(path)
    memory.meet("a.mp4", A, footage(1))
    memory.close()


def _use_memory(path: Path) -> None:
    memory = Memory(path)
    try:
        memory.meet("b.mp4", B, footage(1))
        memory.meet("c.mp4", "c" * 64, footage(2))
    finally:
        memory.close()


def _fill_catalogue(path: Path) -> None:
    with Catalogue.open(path) as catalogue:
        catalogue.add("ada", "a.mp4", A, footage(1))
        catalogue.add("bob", "b.mp4", B, footage(2), kind="known_fake")


def _use_catalogue(path: Path) -> None:
    with Catalogue.open(path) as catalogue:
        for match in catalogue.find(footage(1)):
            assert isinstance(match.match.person, str)
        catalogue.entries()


def _fill_gallery(path: Path) -> None:
    store = Store(path.parent)
    store.put(A, "picture", FACES, "")
    store.put(B, "picture", [], "not a picture")
    store.close()


def _use_gallery(path: Path) -> None:
    store = Store(path.parent)
    try:
        found = store.get(A, "picture")
        assert found is None or (len(found[0]), found[1]) == (1, "")
        assert found is None or np.array_equal(found[0][0].embedding, FACES[0].embedding)
        assert store.get(B, "picture") in (None, ([], "not a picture"))
    finally:
        store.close()


Use = Callable[[Path], None]
DATABASES: dict[str, tuple[Use, Use]] = {
    MEMORY: (_fill_memory, _use_memory),
    "catalogue.sqlite": (_fill_catalogue, _use_catalogue),
    "gallery.sqlite": (_fill_gallery, _use_gallery),
}


# --- links ---------------------------------------------------------------------------------------

PLACES = (
    RESULTS,
    f"{RESULTS}.new",
    f"{RESULTS}.old",
    STATE,
    f"{STATE}-journal",
    MEMORY,
    f"{MEMORY}-wal",
    f"{MEMORY}-shm",
    "thumbs",
    "report",
    "report/files",
    "report/index.html",
)


def check_links(chance: random.Random, folder: Path) -> None:
    """Wherever links, pipes and folders lie in the way of a scan, nothing else is written."""
    victim, out, files = folder / "victim", folder / "out", folder / "in"
    for each in (victim, out, files):
        each.mkdir()
    (victim / "precious").write_bytes(b"precious")
    (files / "a.mp4").write_bytes(chance.randbytes(50))
    config = Config(device="cpu", threads=1, detectors=("container",))
    if chance.random() < 0.5:
        scan([files], out, config)
        write_report(out)
    for name in chance.sample(PLACES, chance.choice([1, 2])):
        _lay(chance, out / name, victim)
    for _ in range(2):
        with suppress(*OURS):
            scan([files], out, config)
        with suppress(*OURS):
            write_report(out)
    assert {path.name: path.read_bytes() for path in victim.iterdir()} == {"precious": b"precious"}


def _lay(chance: random.Random, name: Path, victim: Path) -> None:
    """Put something in the place of a file or folder of the program."""
    if not name.parent.is_dir() or name.parent.is_symlink():
        return
    if name.is_dir() and not name.is_symlink():
        name.rename(name.with_name(f"{name.name}.aside"))
    else:
        name.unlink(missing_ok=True)
    way = chance.randrange(6)
    if way == 0:
        name.symlink_to(victim / "precious")
    elif way == 1:
        name.symlink_to(victim, target_is_directory=True)
    elif way == 2:
        name.symlink_to(victim / "new")
    elif way == 3:
        os.link(victim / "precious", name)
    elif way == 4:
        os.mkfifo(name)
    else:
        name.symlink_to(name.name)  # round and round
