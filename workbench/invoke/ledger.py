"""The ledger: every invocation that was made here, with what was sent, answered and logged.

Owns: one SQLite file of bounded size, oldest entries first out. An entry is written before the request is
sent, so that whatever happens to it is kept. Must not know: how a function is invoked.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.file_lock import enable_wal
from workbench.core.files import make_private_folder, touch_private
from workbench.invoke.ledger_entry import Ended, Entry, Outcome, Search, Sent
from workbench.invoke.ledger_rows import ENDED, LARGE, SENT, columns, conditions, entry, json_line

MOST_BYTES = 256 * 1024 * 1024
"""What payloads, answers and logs may take; a person sets another bound."""

MOST_LOG_OF_CHANGES_BYTES = 4 * 1024 * 1024
"""What SQLite's log of changes beside the file may hold: whoever opens the file reads all of it first."""

_VERSION = 3


def _bytes_of(row: str) -> str:
    names = (f"{row}{name}" for name in LARGE)
    return " + ".join(f"length({name})" for name in names)


# To add up all entries would read all of their logs, with every invocation.
_TOTAL = f"""
CREATE TABLE total (bytes INTEGER NOT NULL);
INSERT INTO total SELECT coalesce(sum({_bytes_of("")}), 0) FROM entry;
CREATE TRIGGER entry_added AFTER INSERT ON entry
    BEGIN UPDATE total SET bytes = bytes + {_bytes_of("NEW.")}; END;
CREATE TRIGGER entry_changed AFTER UPDATE OF {", ".join(LARGE)} ON entry
    BEGIN UPDATE total SET bytes = bytes + {_bytes_of("NEW.")} - ({_bytes_of("OLD.")}); END;
CREATE TRIGGER entry_removed AFTER DELETE ON entry
    BEGIN UPDATE total SET bytes = bytes - ({_bytes_of("OLD.")}); END;
PRAGMA user_version = {_VERSION};
"""
_SCHEMA = f"""
CREATE TABLE entry (
    number INTEGER PRIMARY KEY, {", ".join(SENT)}, {", ".join(ENDED)},
    redacted INTEGER NOT NULL DEFAULT 0, payload_bytes INTEGER NOT NULL, answer_bytes INTEGER NOT NULL
);
CREATE INDEX by_function ON entry (account_id, region, function_name);
{_TOTAL}
"""
_TENANT = f"""
ALTER TABLE entry ADD COLUMN tenant_id TEXT NOT NULL DEFAULT '';
PRAGMA user_version = {_VERSION};
"""
_SCRIPTS = {0: _SCHEMA, 1: f"{_TOTAL}{_TENANT}", 2: _TENANT}
"""Format of the file -> what brings it to this one."""
_WHAT = "The ledger of invocations could not be used."
_BUSY_S = 10.0


class Ledger:
    """Keeps entries. Safe from any thread: every call opens the file for itself.

    Args:
        path: The file; made when first written.
        most_bytes: What payloads, answers and logs may take together.
        max_age_days: How old an entry may become; None for any age. See `prune`.
        keeps_payloads: Whether payloads, answers and logs may be written at all. Without them an entry is as
            one that was redacted.
        clock: Says how old an entry is.
    """

    def __init__(
        self,
        path: Path,
        most_bytes: int = MOST_BYTES,
        *,
        max_age_days: int | None = None,
        keeps_payloads: bool = True,
        clock: Clock | None = None,
    ) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._max_age_days = max_age_days
        self._keeps_payloads = keeps_payloads
        self._clock = clock or SystemClock()

    def begin(self, sent: Sent) -> int:
        """Writes an invocation that is about to be sent. Returns its number.

        Raises:
            WorkbenchError: The disk refuses.
        """
        sizes = {"payload_bytes": len(sent.payload), "answer_bytes": 0}
        if not self._keeps_payloads:
            sent = replace(sent, payload=b"", client_context="", tenant_id="")
        values = {**columns(sent), **columns(Ended(Outcome.SENT)), **sizes}
        values["redacted"] = int(not self._keeps_payloads)
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        with self._writing() as database:
            number = database.execute(f"INSERT INTO entry ({names}) VALUES ({marks})", values).lastrowid
        assert number is not None
        return number

    def end(self, number: int, ended: Ended) -> None:
        """Writes how it ended, and lets go of the oldest entries when there are too many bytes.

        Raises:
            WorkbenchError: The disk refuses.
        """
        size = len(ended.answer)
        if not self._keeps_payloads:
            ended = replace(ended, answer=b"", log="", error="")
        with self._writing() as database:
            _update(database, number, {**columns(ended), "answer_bytes": size})
            self._shrink(database)
            if oldest_allowed := self._oldest_allowed():
                self._delete_older(database, oldest_allowed)

    def set_log(self, number: int, log: str, **figures: float | None) -> None:
        """Writes what it logged once that is known, and figures of the REPORT line: run_ms, billed_ms….

        Raises:
            WorkbenchError: The disk refuses.
        """
        values = {"log": log, **figures} if self._keeps_payloads else figures
        if not values:
            return
        with self._writing() as database:
            _update(database, number, values, unless_redacted=self._keeps_payloads)

    def list(self, wanted: Search, limit: int = 200, before: int = 0) -> tuple[Entry, ...]:
        """The newest entries that match, without payload, answer and log.

        Args:
            wanted: Which.
            limit: The most of them.
            before: Only older ones than this number; 0 for all.

        Raises:
            WorkbenchError: The file may not be read.
        """
        tests, values = conditions(wanted)
        if before:
            tests.append("number < :before")
            values["before"] = before
        where = f"WHERE {' AND '.join(tests)}" if tests else ""
        small = [name for name in (*SENT, *ENDED) if name not in LARGE]
        names = ", ".join(("number", "redacted", "payload_bytes", "answer_bytes", *small))
        query = f"SELECT {names} FROM entry {where} ORDER BY number DESC LIMIT :limit"
        with self._reading() as database:
            rows = database.execute(query, values | {"limit": limit}) if database else ()
            return tuple(entry(row) for row in rows)

    def get(self, number: int) -> Entry | None:
        """One entry, whole; None when it is gone.

        Raises:
            WorkbenchError: The file may not be read.
        """
        with self._reading() as database:
            if database is None:
                return None
            row = database.execute("SELECT * FROM entry WHERE number = ?", (number,)).fetchone()
            return entry(row) if row else None

    def redact(self, numbers: Iterable[int]) -> None:
        """Takes payload, answer and log out of entries; figures stay.

        Raises:
            WorkbenchError: The disk refuses.
        """
        with self._writing() as database:
            # What is deleted must not linger in the file's free pages.
            database.execute("PRAGMA secure_delete = ON")
            for number in numbers:
                empty = {
                    "payload": b"",
                    "answer": b"",
                    "log": "",
                    "client_context": "",
                    "tenant_id": "",
                    "error": "",
                }
                _update(database, number, {**empty, "redacted": 1})
        self._forget_old_pages()

    def delete(self, numbers: Iterable[int]) -> None:
        """Removes entries.

        Raises:
            WorkbenchError: The disk refuses.
        """
        with self._writing() as database:
            database.execute("PRAGMA secure_delete = ON")
            database.executemany("DELETE FROM entry WHERE number = ?", [(number,) for number in numbers])
        self._forget_old_pages()

    def prune(self) -> None:
        """Deletes the entries that are older than allowed, and leaves no trace of them in the file.

        Raises:
            WorkbenchError: The disk refuses.
        """
        oldest_allowed = self._oldest_allowed()
        if not oldest_allowed or not self._path.exists():
            return
        with self._writing() as database:
            database.execute("PRAGMA secure_delete = ON")
            database.execute("DELETE FROM entry WHERE started_at < ?", (oldest_allowed,))
        self._forget_old_pages()

    def export(self, wanted: Search) -> Iterator[bytes]:
        """The matching entries as JSON lines, oldest first. Bytes that are no UTF-8 come as base64.

        Raises:
            WorkbenchError: The file may not be read.
        """
        tests, values = conditions(wanted)
        where = f"WHERE {' AND '.join(tests)}" if tests else ""
        with self._reading() as database:
            if database is None:
                return
            for row in database.execute(f"SELECT * FROM entry {where} ORDER BY number", values):
                yield json_line(entry(row))

    def size_bytes(self) -> int:
        """What payloads, answers and logs take.

        Raises:
            WorkbenchError: The file may not be read.
        """
        with self._reading() as database:
            return _size(database) if database else 0

    def _oldest_allowed(self) -> str:
        """When the oldest entry may have been sent, as entries say it; empty for any time."""
        if self._max_age_days is None:
            return ""
        return (self._clock.now() - timedelta(days=self._max_age_days)).isoformat()

    def _delete_older(self, database: sqlite3.Connection, oldest_allowed: str) -> None:
        """Reads no more entries than it deletes, as it follows every invocation."""
        gone = []
        for number, started_at in database.execute("SELECT number, started_at FROM entry ORDER BY number"):
            if started_at >= oldest_allowed:
                break
            gone.append((number,))
        if gone:
            database.execute("PRAGMA secure_delete = ON")
            database.executemany("DELETE FROM entry WHERE number = ?", gone)

    def _forget_old_pages(self) -> None:
        """What was taken out must not lie on in the log of changes beside the file."""
        with self._open() as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _shrink(self, database: sqlite3.Connection) -> None:
        over = _size(database) - self._most_bytes
        if over <= 0:
            return
        query = f"SELECT number, {_bytes_of('')} FROM entry ORDER BY number"
        gone = []
        for number, size in database.execute(query):
            gone.append((number,))
            over -= size
            if over <= 0:
                break
        database.executemany("DELETE FROM entry WHERE number = ?", gone)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """None while nothing was ever written."""
        if not self._path.exists():
            yield None
            return
        with self._open() as database:
            yield database

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._open() as database:
            with database:
                yield database
            self._shorten_log_of_changes(database)

    def _shorten_log_of_changes(self, database: sqlite3.Connection) -> None:
        """Brings changes into the file, and drops them, once they are many. Whoever reads is not awaited."""
        wal = self._path.with_name(f"{self._path.name}-wal")
        if wal.exists() and wal.stat().st_size > MOST_LOG_OF_CHANGES_BYTES:
            database.execute("PRAGMA busy_timeout = 0")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            make_private_folder(self._path.parent)
            touch_private(self._path)  # payloads may hold secrets
            database = sqlite3.connect(self._path, timeout=_BUSY_S)
            try:
                database.row_factory = sqlite3.Row
                # A person waits for both writes of an invocation: the disk need not have them before (12 ms
                # each, measured). The end of the program loses nothing by that, only a loss of power may.
                database.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
                database.execute("PRAGMA synchronous = NORMAL")
                # What SQLite brings into the file by itself is forgotten when the file is opened anew: the
                # log of changes would only grow. See _shorten_log_of_changes.
                database.execute("PRAGMA wal_autocheckpoint = 0")
                _prepare(database)
                yield database
            finally:
                database.close()
        except (sqlite3.Error, OSError) as error:
            remedy = f"Check {self._path}. To start with an empty history, move it to another folder."
            raise WorkbenchError(_WHAT, str(error), remedy) from error


def _prepare(database: sqlite3.Connection) -> None:
    """Makes the table in a new file; a newer program's file is left alone."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > _VERSION:
        raise sqlite3.NotSupportedError(f"it was written by a newer Workbench (format {version})")
    if version == 0:
        enable_wal(database, _BUSY_S)
    if version < _VERSION:
        try:
            database.executescript(f"BEGIN IMMEDIATE;{_SCRIPTS[version]}COMMIT;")
        except sqlite3.OperationalError:
            database.rollback()  # another thread was quicker; any other fault shows in what is done next


def _update(
    database: sqlite3.Connection, number: int, values: dict[str, Any], *, unless_redacted: bool = False
) -> None:
    changes = ", ".join(f"{name} = :{name}" for name in values)
    guard = " AND NOT redacted" if unless_redacted else ""
    database.execute(f"UPDATE entry SET {changes} WHERE number = :this{guard}", {**values, "this": number})


def _size(database: sqlite3.Connection) -> int:
    (size,) = database.execute("SELECT bytes FROM total").fetchone()
    return int(size)
