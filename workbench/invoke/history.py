"""The invocation history: all invocations from this computer, with event, response and log.

One SQLite file of bounded size; the oldest entries are deleted first. An entry is written before the
request is sent, so that it exists however the invocation ends.
"""

import base64
import contextlib
import json
import logging
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import (
    enable_wal,
    explaining,
    has_room,
    make_private_folder,
    replacing,
    touch_private,
)
from workbench.core.jobs import JobContext
from workbench.core.messages import _

_log = logging.getLogger(__name__)


class Mode(Enum):
    """How the function was run; the first three are Lambda's InvocationType."""

    SYNC = "RequestResponse"
    ASYNC = "Event"
    DRY_RUN = "DryRun"
    LOCAL = "Local"
    """On this computer, from the working copy."""


class InvocationOutcome(Enum):
    """How an invocation ended."""

    SENT = "sent"
    """It still runs, or the program ended before it did."""
    SUCCEEDED = "succeeded"
    FUNCTION_ERROR = "function error"
    REFUSED = "refused"
    """AWS did not run the function."""
    LOST = "lost"
    """The response was lost; the function may have run."""
    CANCELLED = "cancelled"
    """The user stopped waiting; the function kept running."""


@dataclass(frozen=True, slots=True)
class SentInvocation:
    """An invocation that is sent.

    Attributes:
        started_at: ISO 8601, UTC, by this computer's clock.
        qualifier: Version or alias; empty for $LATEST.
        code_sha256: The function's CodeSha256, as known at that time.
        batch: An id that the runs of a repetition or replay share; empty for a single run.
        tenant_id: The tenant of a function with tenant isolation; empty for all others.
    """

    started_at: str
    account_id: str
    region: str
    function_name: str
    qualifier: str
    mode: Mode
    payload: bytes
    event_name: str = ""
    code_sha256: str = ""
    memory_mb: int = 0
    batch: str = ""
    client_context: str = ""
    tenant_id: str = ""


@dataclass(frozen=True, slots=True)
class EndedInvocation:
    """The end of an invocation.

    Attributes:
        status_code: HTTP status; 0 without a response.
        error: AWS's code and the message that was shown, if there is no response.
        duration_ms: From sending to the last byte, by this computer's clock.
        run_ms: Duration in the REPORT line; None if unknown, like the following.
        init_ms: Initialisation of a cold start; None for a warm one.
    """

    outcome: InvocationOutcome
    status_code: int = 0
    answer: bytes = b""
    error_type: str = ""
    error: str = ""
    request_id: str = ""
    executed_version: str = ""
    log: str = ""
    duration_ms: float = 0.0
    run_ms: float | None = None
    billed_ms: float | None = None
    init_ms: float | None = None
    max_memory_mb: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One invocation in the history.

    Attributes:
        number: Unique and ascending in the order of sending.
        sent: In listings without payload.
        ended: In listings without answer and log.
        redacted: Whether the user removed payload, answer and log.
    """

    number: int
    sent: SentInvocation
    ended: EndedInvocation
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class HistorySearch:
    """Conditions on entries; empty ones match all.

    Attributes:
        text: Part of payload, answer, log, event name, request id or error; case-insensitive for ASCII.
        batch: The id of a repetition or replay.
    """

    account_id: str = ""
    region: str = ""
    function_name: str = ""
    text: str = ""
    outcomes: tuple[InvocationOutcome, ...] = ()
    batch: str = ""


_SENT_COLUMNS = [field.name for field in fields(SentInvocation)]
_ENDED_COLUMNS = [field.name for field in fields(EndedInvocation)]
_LARGE_COLUMNS = ("payload", "answer", "log")  # not in listings
_PRIVATE_TEXTS = ("log", "client_context", "tenant_id", "error")


def _conditions(search: HistorySearch) -> tuple[list[str], dict[str, Any]]:
    """A search as SQL conditions and their values."""
    tests: list[str] = []
    values: dict[str, Any] = {}
    for name in ("account_id", "region", "function_name", "batch"):
        if value := getattr(search, name):
            tests.append(f"{name} = :{name}")
            values[name] = value
    if search.outcomes:
        names = [f":outcome{number}" for number in range(len(search.outcomes))]
        tests.append(f"outcome IN ({', '.join(names)})")
        values |= {f"outcome{number}": each.value for number, each in enumerate(search.outcomes)}
    if search.text:
        texts = ("CAST(payload AS TEXT)", "CAST(answer AS TEXT)", "log", "event_name", "request_id", "error")
        tests.append(f"({' OR '.join(f'instr(lower({each}), :text)' for each in texts)})")
        values["text"] = _lower(search.text)
    return tests, values


def _lower(text: str) -> str:
    """SQLite's lower(): ASCII only."""
    return "".join(each.lower() if each.isascii() else each for each in text)


def _columns(value: SentInvocation | EndedInvocation) -> dict[str, Any]:
    """The stored values of one half of an entry, by column."""
    found = {field.name: getattr(value, field.name) for field in fields(value)}
    return {name: each.value if isinstance(each, Enum) else each for name, each in found.items()}


def _entry(row: sqlite3.Row) -> HistoryEntry:
    """The entry of a row, complete or as in a listing."""
    known = dict(row)
    empty = {"payload": b"", "answer": b"", "log": ""} | known
    sent = SentInvocation(**{name: empty[name] for name in _SENT_COLUMNS})
    ended = EndedInvocation(**{name: empty[name] for name in _ENDED_COLUMNS})
    return HistoryEntry(
        known["number"],
        replace(sent, mode=Mode(sent.mode)),
        replace(ended, outcome=InvocationOutcome(ended.outcome)),
        bool(known["redacted"]),
    )


def _json_line(entry: HistoryEntry) -> bytes:
    """An entry as a line of JSON; bytes that are not UTF-8 become {"base64": …}."""

    def text(value: object) -> object:
        if isinstance(value, bytes):
            try:
                return value.decode()
            except UnicodeDecodeError:
                return {"base64": base64.b64encode(value).decode()}
        if isinstance(value, Enum):
            return value.value
        raise TypeError(type(value).__name__)

    members = {"number": entry.number, **asdict(entry.sent), **asdict(entry.ended)}
    return (
        json.dumps(members | {"redacted": entry.redacted}, default=text, ensure_ascii=False).encode() + b"\n"
    )


MAX_BYTES = 256 * 1024 * 1024
"""Default limit of payloads, answers and logs together; the user may change it."""

MAX_WAL_BYTES = 4 * 1024 * 1024
"""Size of SQLite's write-ahead log at which it is merged: opening the file reads all of it."""

_VERSION = 3


def _bytes_of(row: str) -> str:
    names = (f"{row}{name}" for name in _LARGE_COLUMNS)
    return " + ".join(f"length({name})" for name in names)


# The sum is maintained by triggers: adding up all entries would read all of their logs at every invocation.
_TOTAL = f"""
CREATE TABLE total (bytes INTEGER NOT NULL);
INSERT INTO total SELECT coalesce(sum({_bytes_of("")}), 0) FROM entry;
CREATE TRIGGER entry_added AFTER INSERT ON entry
    BEGIN UPDATE total SET bytes = bytes + {_bytes_of("NEW.")}; END;
CREATE TRIGGER entry_changed AFTER UPDATE OF {", ".join(_LARGE_COLUMNS)} ON entry
    BEGIN UPDATE total SET bytes = bytes + {_bytes_of("NEW.")} - ({_bytes_of("OLD.")}); END;
CREATE TRIGGER entry_removed AFTER DELETE ON entry
    BEGIN UPDATE total SET bytes = bytes - ({_bytes_of("OLD.")}); END;
PRAGMA user_version = {_VERSION};
"""
_SCHEMA = f"""
CREATE TABLE entry (
    number INTEGER PRIMARY KEY, {", ".join(_SENT_COLUMNS)}, {", ".join(_ENDED_COLUMNS)},
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
"""Version of the file -> script that upgrades it to the current one."""
_WHAT = _("The invocation history could not be used.")
_BUSY_S = 10.0


class HistorySetAside(WorkbenchError):
    """The file could not be read and was moved. The call can be repeated: it makes a new one."""

    def __init__(self, kept: Path, why: str) -> None:
        super().__init__(
            _("The invocation history was damaged. It was replaced by a new one."),
            why,
            _("The earlier one is kept as {kept}.").format(kept=kept),
        )


_setting_aside = threading.Lock()


class InvocationHistory:
    """Stores entries. Thread-safe: every call opens the file itself.

    What cannot be read is set aside: the call that finds it raises HistorySetAside, the next one begins anew.

    Args:
        max_bytes: Limit of payloads, answers and logs together.
        max_age_days: Age at which entries are deleted; None for no limit. See `prune`.
        keeps_payloads: Whether payloads, answers and logs are stored. Without them entries are like redacted
            ones.
    """

    def __init__(
        self,
        path: Path,
        max_bytes: int = MAX_BYTES,
        *,
        max_age_days: int | None = None,
        keeps_payloads: bool = True,
        clock: Clock | None = None,
    ) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._max_age_days = max_age_days
        self._keeps_payloads = keeps_payloads
        self._clock = clock or SystemClock()

    def begin(self, sent: SentInvocation) -> int:
        """Writes an invocation that is about to be sent; returns its number. Raises WorkbenchError."""
        sizes = {"payload_bytes": len(sent.payload), "answer_bytes": 0}
        if not self._keeps_payloads:
            sent = replace(sent, payload=b"", client_context="", tenant_id="")
        values = {**_columns(sent), **_columns(EndedInvocation(InvocationOutcome.SENT)), **sizes}
        values["redacted"] = int(not self._keeps_payloads)
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        with self._writing() as database:
            number = database.execute(f"INSERT INTO entry ({names}) VALUES ({marks})", values).lastrowid
        assert number is not None
        return number

    def end(self, number: int, ended: EndedInvocation) -> None:
        """Writes the result, and deletes the oldest entries beyond the limits. Raises WorkbenchError."""
        size = len(ended.answer)
        if not self._keeps_payloads:
            ended = replace(ended, answer=b"", log="", error="")
        with self._writing() as database:
            _update(database, number, {**_columns(ended), "answer_bytes": size})
            self._shrink(database)
            if oldest_allowed := self._oldest_allowed():
                self._delete_older(database, oldest_allowed)

    def set_log(self, number: int, log: str, **figures: float | None) -> None:
        """Writes the log, and figures of the REPORT line: run_ms, billed_ms…. Raises WorkbenchError."""
        values = {"log": log, **figures} if self._keeps_payloads else figures
        if not values:
            return
        with self._writing() as database:
            _update(database, number, values, unless_redacted=self._keeps_payloads)

    def list(self, search: HistorySearch, limit: int = 200, before: int = 0) -> tuple[HistoryEntry, ...]:
        """The newest matching entries, without payload, answer and log. Raises WorkbenchError.

        Args:
            before: Only entries older than this number; 0 for all.
        """
        tests, values = _conditions(search)
        if before:
            tests.append("number < :before")
            values["before"] = before
        where = f"WHERE {' AND '.join(tests)}" if tests else ""
        small = [name for name in (*_SENT_COLUMNS, *_ENDED_COLUMNS) if name not in _LARGE_COLUMNS]
        names = ", ".join(("number", "redacted", *small))
        query = f"SELECT {names} FROM entry {where} ORDER BY number DESC LIMIT :limit"
        with self._reading() as database:
            rows = database.execute(query, values | {"limit": limit}) if database else ()
            return tuple(_entry(row) for row in rows)

    def get(self, number: int) -> HistoryEntry | None:
        """A complete entry; None if it was deleted. Raises WorkbenchError."""
        with self._reading() as database:
            if database is None:
                return None
            row = database.execute("SELECT * FROM entry WHERE number = ?", (number,)).fetchone()
            return _entry(row) if row else None

    def redact(self, numbers: Iterable[int]) -> None:
        """Removes payload, answer and log from entries; figures stay. Raises WorkbenchError."""
        with self._writing() as database:
            # Deleted data must not remain in the file's free pages.
            database.execute("PRAGMA secure_delete = ON")
            empty = {"payload": b"", "answer": b"", **dict.fromkeys(_PRIVATE_TEXTS, ""), "redacted": 1}
            for number in numbers:
                _update(database, number, empty)
        self._truncate_wal()

    def delete(self, numbers: Iterable[int]) -> None:
        with self._writing() as database:
            database.execute("PRAGMA secure_delete = ON")
            database.executemany("DELETE FROM entry WHERE number = ?", [(number,) for number in numbers])
        self._truncate_wal()

    def prune(self) -> None:
        """Deletes old entries so that nothing of them remains in the file. Raises WorkbenchError."""
        oldest_allowed = self._oldest_allowed()
        if not oldest_allowed or not self._path.exists():
            return
        with self._writing() as database:
            database.execute("PRAGMA secure_delete = ON")
            database.execute("DELETE FROM entry WHERE started_at < ?", (oldest_allowed,))
        self._truncate_wal()

    def export(self, search: HistorySearch) -> Iterator[bytes]:
        """Yields the matching entries as JSON lines, oldest first. Bytes that are not UTF-8 become base64."""
        tests, values = _conditions(search)
        where = f"WHERE {' AND '.join(tests)}" if tests else ""
        with self._reading() as database:
            if database is None:
                return
            for row in database.execute(f"SELECT * FROM entry {where} ORDER BY number", values):
                yield _json_line(_entry(row))

    def size_bytes(self) -> int:
        """The size of payloads, answers and logs together. Raises WorkbenchError."""
        with self._reading() as database:
            return _size(database) if database else 0

    def merge(self) -> None:
        """Merges the write-ahead log into the file, for the end of the program. Never raises."""
        wal = self._path.with_name(f"{self._path.name}-wal")
        with contextlib.suppress(WorkbenchError, OSError):
            if wal.stat().st_size:
                with self._open() as database:
                    database.execute("PRAGMA busy_timeout = 0")  # another window may go on
                    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _oldest_allowed(self) -> str:
        """The oldest allowed time of sending, in the format of entries; empty for no limit."""
        if self._max_age_days is None:
            return ""
        return (self._clock.now() - timedelta(days=self._max_age_days)).isoformat()

    def _delete_older(self, database: sqlite3.Connection, oldest_allowed: str) -> None:
        """Deletes old entries. Reads only these, because it runs after every invocation."""
        outdated = []
        for number, started_at in database.execute("SELECT number, started_at FROM entry ORDER BY number"):
            if started_at >= oldest_allowed:
                break
            outdated.append((number,))
        if outdated:
            database.execute("PRAGMA secure_delete = ON")
            database.executemany("DELETE FROM entry WHERE number = ?", outdated)

    def _truncate_wal(self) -> None:
        """Truncates the write-ahead log: removed data must not remain there."""
        with self._open() as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _shrink(self, database: sqlite3.Connection) -> None:
        over = _size(database) - self._max_bytes
        if over <= 0:
            return
        query = f"SELECT number, {_bytes_of('')} FROM entry ORDER BY number"
        outdated = []
        for number, size in database.execute(query):
            outdated.append((number,))
            over -= size
            if over <= 0:
                break
        database.executemany("DELETE FROM entry WHERE number = ?", outdated)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """Yields None if nothing was ever written."""
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
            self._shrink_wal(database)

    def _shrink_wal(self, database: sqlite3.Connection) -> None:
        """Merges the write-ahead log into the file once it is large, without waiting for readers."""
        wal = self._path.with_name(f"{self._path.name}-wal")
        if wal.exists() and wal.stat().st_size > MAX_WAL_BYTES:
            database.execute("PRAGMA busy_timeout = 0")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _set_aside(self, error: sqlite3.Error | OSError) -> Path | None:
        """Moves a file that cannot be read, with its log; None if it is not that, or cannot be moved.

        If another thread has moved it already, the place is the one that it went to.
        """
        if not _is_unreadable(error, self._path):
            return None
        with _setting_aside:
            number = 1
            while (kept := self._aside(number)).exists():
                number += 1
            try:
                _check(self._path)
            except (sqlite3.Error, OSError) as damage:
                if not _is_unreadable(damage, self._path):
                    return None
            else:
                return self._aside(number - 1) if number > 1 else None
            try:
                self._path.rename(kept)
                for suffix in ("-wal", "-shm"):
                    with contextlib.suppress(FileNotFoundError):
                        log = self._path.with_name(f"{self._path.name}{suffix}")
                        log.rename(kept.with_name(f"{kept.name}{suffix}"))
            except OSError:
                return None
        _log.warning("%s could not be read and is now %s: %s", self._path, kept.name, error)
        return kept

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.damaged-{number}")

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            make_private_folder(self._path.parent)
            with contextlib.closing(self._connect()) as database:
                yield database
        except (sqlite3.Error, OSError) as error:
            if kept := self._set_aside(error):
                raise HistorySetAside(kept, str(error)) from error
            remedy = _("Check {path}. To start with an empty history, move it to another folder.").format(
                path=self._path
            )
            raise WorkbenchError(_WHAT, str(error), remedy, until=self.can_write) from error

    def can_write(self) -> bool:
        """Whether an invocation could be recorded now."""
        try:
            with self._writing() as database:
                database.execute("PRAGMA busy_timeout = 0")
                database.execute("UPDATE total SET bytes = bytes")
            return has_room(self._path.parent)
        except WorkbenchError:
            return False

    def _connect(self) -> sqlite3.Connection:
        with _setting_aside:  # or the log of a new file would be moved with the damaged one
            touch_private(self._path)  # payloads may contain secrets
            database = sqlite3.connect(self._path, timeout=_BUSY_S)
            try:
                database.row_factory = sqlite3.Row
                # The user waits for both writes of an invocation, so they are not synced (12 ms each,
                # measured). A crash of the program loses nothing; a power cut may lose the last ones.
                database.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
                database.execute("PRAGMA synchronous = NORMAL")
                # SQLite's own checkpoints start over with each opening, so the log would only grow. See
                # _shrink_wal.
                database.execute("PRAGMA wal_autocheckpoint = 0")
                _prepare(database)
            except BaseException:
                database.close()
                raise
            return database


def _is_unreadable(error: sqlite3.Error | OSError, path: Path) -> bool:
    """Whether an error means that the file will never be read, rather than that it is busy or new."""
    if isinstance(error, PermissionError | IsADirectoryError):
        return path.exists() and os.access(path.parent, os.W_OK)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest says more of the cause
    return code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def _check(path: Path) -> None:
    """Raises sqlite3.Error or OSError if the file cannot be read, or is damaged."""
    touch_private(path)
    with contextlib.closing(sqlite3.connect(path, timeout=_BUSY_S)) as database:
        (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            damaged = sqlite3.DatabaseError(found)
            damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damaged


def _prepare(database: sqlite3.Connection) -> None:
    """Creates or upgrades the tables. Raises sqlite3.Error for the file of a newer program."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > _VERSION:
        raise sqlite3.NotSupportedError(
            _("it was written by a newer Workbench (format {version})").format(version=version)
        )
    if version == 0:
        enable_wal(database, _BUSY_S)
    if version < _VERSION:
        try:
            database.executescript(f"BEGIN IMMEDIATE;{_SCRIPTS[version]}COMMIT;")
        except sqlite3.OperationalError:
            database.rollback()  # another thread upgraded it; any other error shows in the next statement


def _update(
    database: sqlite3.Connection, number: int, values: dict[str, Any], *, unless_redacted: bool = False
) -> None:
    changes = ", ".join(f"{name} = :{name}" for name in values)
    guard = " AND NOT redacted" if unless_redacted else ""
    database.execute(f"UPDATE entry SET {changes} WHERE number = :this{guard}", {**values, "this": number})


def _size(database: sqlite3.Connection) -> int:
    (size,) = database.execute("SELECT bytes FROM total").fetchone()
    return int(size)


def export_history(history: InvocationHistory, search: HistorySearch, path: Path, ctx: JobContext) -> int:
    """Writes matching entries to a file as JSON lines, oldest first; returns their number.

    An existing file is replaced once all is written.
    """
    count = 0
    with explaining(_("The invocations could not be exported."), path), replacing(path) as file:
        for line in history.export(search):
            ctx.progress(count, 0)
            file.write(line)
            count += 1
    return count
