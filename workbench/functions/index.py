"""The functions that were listed last, on disk, so that the list is there before AWS is.

Owns: one SQLite file. Rows are kept under their account and region: nothing of another profile is ever shown.
The file is a cache: damaged, it is thrown away; unwritable, it is done without. Must not know: how to list.
"""

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import make_private_folder, touch_private
from workbench.core.write_ahead import write_ahead
from workbench.functions.index_columns import Tags, columns_of, stored_tags, summaries_of, tags_of
from workbench.functions.model import FunctionSummary

_log = logging.getLogger(__name__)

_VERSION = 4
_BUSY_S = 5.0
# A listing is stored whole, as one JSON text: a row of SQLite for each function is read three times slower.
# Tags come from another service, and the last error from no listing at all: each is written without the rest.
_SCHEMA = f"""
DROP TABLE IF EXISTS listing;
CREATE TABLE listing (
    account_id TEXT NOT NULL, region TEXT NOT NULL, refreshed_at TEXT NOT NULL, rows TEXT NOT NULL,
    PRIMARY KEY (account_id, region)
) WITHOUT ROWID;
DROP TABLE IF EXISTS tags;
CREATE TABLE tags (
    account_id TEXT NOT NULL, region TEXT NOT NULL, rows TEXT NOT NULL, PRIMARY KEY (account_id, region)
) WITHOUT ROWID;
DROP TABLE IF EXISTS failure;
CREATE TABLE failure (
    account_id TEXT NOT NULL, region TEXT NOT NULL, error TEXT NOT NULL, PRIMARY KEY (account_id, region)
) WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
"""
_LOAD = """
SELECT listing.account_id, listing.region, refreshed_at, listing.rows, tags.rows FROM listing
LEFT JOIN tags ON (tags.account_id, tags.region) = (listing.account_id, listing.region)
WHERE (listing.account_id, listing.region) IN (VALUES {places})
"""
_LOAD_FAILURES = (
    "SELECT account_id, region, error FROM failure WHERE (account_id, region) IN (VALUES {places})"
)

Place = tuple[str, str]
"""An account and a region."""


@dataclass(frozen=True, slots=True)
class StoredFunctions:
    """What was stored of one account and region.

    Attributes:
        functions: As they were when last listed, with their tags if these were ever read.
        refreshed_at: When that was; None when nothing ever was stored.
        failure: Why the last listing did not succeed, if so.
    """

    functions: tuple[FunctionSummary, ...] = ()
    refreshed_at: datetime | None = None
    failure: WorkbenchError | None = None


class FunctionIndex:
    """Keeps listings. Safe from any thread: every call opens the file for itself, and readers never wait."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self._path = path
        self._clock = clock or SystemClock()

    @contextlib.contextmanager
    def kept_open(self) -> Iterator[None]:
        """While much is stored: else SQLite tidies up after each writing, which takes longer than that."""
        opened: sqlite3.Connection | None = None
        with contextlib.suppress(sqlite3.Error):
            if self._path.exists():
                opened = sqlite3.connect(self._path)
                _version(opened)  # until it has read it counts for nothing
        try:
            yield
        finally:
            if opened is not None:
                opened.close()

    def load(self, account_id: str, region: str) -> StoredFunctions:
        """The functions of an account and region as they were when last listed; 2,000 take 3 ms."""
        return self.load_all([(account_id, region)])[account_id, region]

    def load_all(self, places: Iterable[Place]) -> dict[Place, StoredFunctions]:
        """What is stored of several accounts and regions, each of which is a key of the answer."""
        found = dict.fromkeys(places, StoredFunctions())
        if not found or not self._path.exists():
            return found
        try:
            with self._open() as database:
                question = ", ".join(["(?, ?)"] * len(found))
                values = [value for place in found for value in place]
                failures = {
                    (account_id, region): _error_of(text)
                    for account_id, region, text in database.execute(
                        _LOAD_FAILURES.format(places=question), values
                    )
                }
                for account_id, region, moment, rows, tags in database.execute(
                    _LOAD.format(places=question), values
                ):
                    found[account_id, region] = StoredFunctions(
                        summaries_of(json.loads(rows), tags_of(json.loads(tags)) if tags else {}),
                        datetime.fromisoformat(moment),
                    )
            for place, failure in failures.items():
                known = found[place]
                found[place] = StoredFunctions(known.functions, known.refreshed_at, failure)
        except sqlite3.OperationalError as error:
            _log.info("the function index could not be read: %s", error)
        except (sqlite3.DatabaseError, ValueError, TypeError, LookupError, AttributeError) as error:
            self._throw_away(error)
            return dict.fromkeys(found, StoredFunctions())
        return found

    def store(self, account_id: str, region: str, functions: Iterable[FunctionSummary]) -> None:
        """Replaces what is stored of an account and region, but for tags. An earlier failure is past."""
        rows = json.dumps(columns_of(functions), ensure_ascii=False, separators=(",", ":"))
        self._write(
            (
                "INSERT OR REPLACE INTO listing VALUES (?, ?, ?, ?)",
                (account_id, region, self._clock.now().isoformat(), rows),
            ),
            ("DELETE FROM failure WHERE account_id = ? AND region = ?", (account_id, region)),
        )

    def store_tags(self, account_id: str, region: str, tags: Mapping[str, Tags]) -> None:
        """Replaces the tags of all functions of an account and region, by the functions' names."""
        rows = json.dumps(stored_tags(tags), ensure_ascii=False, separators=(",", ":"))
        self._write(("INSERT OR REPLACE INTO tags VALUES (?, ?, ?)", (account_id, region, rows)))

    def load_tags(self, account_id: str, region: str) -> dict[str, Tags]:
        """The tags that are stored of an account and region, by the functions' names."""
        if not self._path.exists():
            return {}
        question = "SELECT rows FROM tags WHERE account_id = ? AND region = ?"
        try:
            with self._open() as database:
                found = database.execute(question, (account_id, region)).fetchone()
            return tags_of(json.loads(found[0])) if found else {}
        except (sqlite3.Error, ValueError, TypeError, LookupError, AttributeError) as error:
            _log.info("the tags in the function index could not be read: %s", error)
        return {}

    def store_failure(self, account_id: str, region: str, error: WorkbenchError) -> None:
        """Remembers why a listing failed. What was listed before stays."""
        text = json.dumps([error.what, error.why, error.remedy, error.aws_code, error.action])
        self._write(("INSERT OR REPLACE INTO failure VALUES (?, ?, ?)", (account_id, region, text)))

    def _write(self, *statements: tuple[str, tuple[str, ...]]) -> None:
        for _ in range(2):
            try:
                make_private_folder(self._path.parent)
                touch_private(self._path)
                with self._open() as database:
                    for statement, values in statements:
                        database.execute(statement, values)
                return
            except (sqlite3.OperationalError, OSError) as error:
                _log.info("the function index could not be written: %s", error)
                return
            except sqlite3.DatabaseError as error:
                self._throw_away(error)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=_BUSY_S)
        try:
            database.execute("PRAGMA synchronous = NORMAL")  # a cache: nobody waits for the disk
            if _version(database) != _VERSION:
                write_ahead(database, _BUSY_S)
                database.execute("BEGIN IMMEDIATE")
                if (
                    _version(database) != _VERSION
                ):  # or another thread has just made the tables, and filled them
                    for statement in _SCHEMA.split(";"):
                        database.execute(statement)
                database.commit()
            with database:
                yield database
        finally:
            database.close()

    def _throw_away(self, error: Exception) -> None:
        _log.info("the function index was damaged and begins anew: %s", error)
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _error_of(text: str) -> WorkbenchError:
    what, why, remedy, aws_code, action = map(str, json.loads(text))
    return WorkbenchError(what, why, remedy, aws_code=aws_code, action=action)
