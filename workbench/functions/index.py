"""The functions that were listed last, on disk, so that the list is there before AWS is.

Owns: one SQLite file. Rows are kept under their account and region: nothing of another profile is ever shown.
The file is a cache: damaged, it is thrown away; unwritable, it is done without. Must not know: how to list.
"""

import contextlib
import json
import logging
import operator
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.core.clock import Clock, SystemClock
from workbench.functions.model import FunctionSummary

_log = logging.getLogger(__name__)

_VERSION = 2
# A listing is stored whole, as one JSON text: a row of SQLite for each function is read three times slower.
_SCHEMA = f"""
DROP TABLE IF EXISTS listing;
CREATE TABLE listing (
    account_id TEXT NOT NULL, region TEXT NOT NULL, refreshed_at TEXT NOT NULL, rows TEXT NOT NULL,
    PRIMARY KEY (account_id, region)
) WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
"""


@dataclass(frozen=True, slots=True)
class StoredFunctions:
    """What was stored of one account and region. `refreshed_at` is None when nothing ever was."""

    functions: tuple[FunctionSummary, ...] = ()
    refreshed_at: datetime | None = None


class FunctionIndex:
    """Keeps listings. Safe from any thread: every call opens the file for itself, and readers never wait."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self._path = path
        self._clock = clock or SystemClock()

    def load(self, account_id: str, region: str) -> StoredFunctions:
        """The functions of an account and region as they were when last listed; 2,000 take 3 ms."""
        if not self._path.exists():
            return StoredFunctions()
        try:
            with self._open() as database:
                found = database.execute(
                    "SELECT refreshed_at, rows FROM listing WHERE account_id = ? AND region = ?",
                    (account_id, region),
                ).fetchone()
            if found is None:
                return StoredFunctions()
            return StoredFunctions(_summaries(json.loads(found[1])), datetime.fromisoformat(found[0]))
        except sqlite3.OperationalError as error:
            _log.info("the function index could not be read: %s", error)
        except (sqlite3.DatabaseError, ValueError, TypeError, LookupError, AttributeError) as error:
            self._throw_away(error)
        return StoredFunctions()

    def store(self, account_id: str, region: str, functions: Iterable[FunctionSummary]) -> None:
        """Replaces what is stored of an account and region."""
        rows = json.dumps(_columns(functions), ensure_ascii=False, separators=(",", ":"))
        values = (account_id, region, self._clock.now().isoformat(), rows)
        for _ in range(2):
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._open() as database:
                    database.execute("INSERT OR REPLACE INTO listing VALUES (?, ?, ?, ?)", values)
                return
            except (sqlite3.OperationalError, OSError) as error:
                _log.info("the function index could not be written: %s", error)
                return
            except sqlite3.DatabaseError as error:
                self._throw_away(error)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=5)
        try:
            if database.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                database.execute("PRAGMA journal_mode = WAL")
                database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
            with database:
                yield database
        finally:
            database.close()

    def _throw_away(self, error: Exception) -> None:
        _log.info("the function index was damaged and begins anew: %s", error)
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)


def _columns(functions: Iterable[FunctionSummary]) -> dict[str, list[Any]]:
    """The stored form: a list of values for each field, of one value where all are alike.

    An ARN is its function's name after a prefix that all share; only the prefix is stored.
    """
    functions = tuple(functions)
    names = [field.name for field in fields(FunctionSummary)]
    columns = {name: [getattr(each, name) for each in functions] for name in names}
    columns["last_modified"] = [moment.isoformat() if moment else "" for moment in columns["last_modified"]]
    columns["architectures"] = [" ".join(names) for names in columns["architectures"]]
    columns["function_arn"] = [each.function_arn.removesuffix(each.function_name) for each in functions]
    return {name: values[:1] if len(set(values)) == 1 else values for name, values in columns.items()}


def _summaries(columns: dict[str, list[Any]]) -> tuple[FunctionSummary, ...]:
    """The rows again, filled field by field: 14 passes in C take a third of the time of 2,000 calls."""
    count = max(map(len, columns.values()))
    columns = {name: values * count if len(values) == 1 else values for name, values in columns.items()}
    moment = datetime.fromisoformat
    columns["last_modified"] = [moment(text) if text else None for text in columns["last_modified"]]
    architectures = {text: tuple(text.split()) for text in set(columns["architectures"])}
    columns["architectures"] = [architectures[text] for text in columns["architectures"]]
    columns["function_arn"] = list(map(operator.add, columns["function_arn"], columns["function_name"]))
    rows = [object.__new__(FunctionSummary) for _ in range(count)]
    for field in fields(FunctionSummary):
        put = getattr(FunctionSummary, field.name).__set__
        if len(columns[field.name]) != count:
            raise ValueError(f"{field.name}: not as many as rows")
        deque(map(put, rows, columns[field.name]), maxlen=0)
    return tuple(rows)
