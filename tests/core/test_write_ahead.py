"""A file's log of changes is turned on although somebody else uses the file just then."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.files import enable_wal


@pytest.fixture
def used(tmp_path: Path) -> Path:
    path = tmp_path / "kept.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE kept (number)")
    return path


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    # The timeout is of no use: SQLite says at once that the file is locked when somebody is about to write.
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as database:
        yield database


def _mode(database: sqlite3.Connection) -> str:
    return str(database.execute("PRAGMA journal_mode").fetchone()[0])


def test_it_waits_for_who_writes_just_now(used: Path) -> None:
    writes, ends = threading.Event(), threading.Event()

    def write() -> None:
        with contextlib.closing(sqlite3.connect(used)) as other:
            other.execute("BEGIN IMMEDIATE")
            writes.set()
            ends.wait()
            other.rollback()

    writer = threading.Thread(target=write)
    writer.start()
    writes.wait()
    with _opened(used) as database:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            database.execute("PRAGMA journal_mode = WAL")
        threading.Timer(0.3, ends.set).start()
        enable_wal(database, 10)
        assert _mode(database) == "wal"
    writer.join()


def test_its_patience_ends(used: Path) -> None:
    with contextlib.closing(sqlite3.connect(used)) as other, _opened(used) as database:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            enable_wal(database, 0.1)


def test_what_no_waiting_helps_is_said_at_once(used: Path) -> None:
    used.write_bytes(b"no database" * 100)
    with _opened(used) as database, pytest.raises(sqlite3.DatabaseError, match="not a database"):
        enable_wal(database, 60)
