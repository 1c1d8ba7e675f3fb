"""Series that were read, on disk: the next opening draws them at once and asks only for what is new.

Owns: one SQLite file of bounded size; what was not used longest goes first. It is a cache: damaged, it is
thrown away; unwritable, it is done without. Series are kept under their account and region: nothing of
another profile is ever drawn. Must not know: asking.
"""

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from workbench.core.clock import Clock, SystemClock
from workbench.metrics.model import MetricSpec, Series, Window

_log = logging.getLogger(__name__)

MOST_BYTES = 128 * 1024 * 1024
"""2,000 series of a week at five minutes take 32 MB."""

_VERSION = 1
_SCHEMA = f"""
DROP TABLE IF EXISTS series;
CREATE TABLE series (
    account_id TEXT NOT NULL, region TEXT NOT NULL, spec TEXT NOT NULL, period_s INTEGER NOT NULL,
    start_s INTEGER NOT NULL, value BLOB NOT NULL, used_at REAL NOT NULL,
    PRIMARY KEY (account_id, region, spec, period_s)
);
PRAGMA user_version = {_VERSION};
"""
_SPECS_AT_ONCE = 500


class SeriesStore:
    """Keeps series. Safe from any thread: every call opens the file for itself.

    Args:
        path: The file.
        most_bytes: What all values may take.
        clock: Tells when a series was used.
    """

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES, clock: Clock | None = None) -> None:
        self._path, self._most_bytes = path, most_bytes
        self._clock = clock or SystemClock()

    def load(
        self, account_id: str, region: str, specs: Sequence[MetricSpec], period_s: int
    ) -> dict[MetricSpec, Series]:
        """The series that are kept of a period, each with the window that it was read for."""
        if not self._path.exists():
            return {}
        by_text = {_text(spec): spec for spec in specs}
        found: dict[MetricSpec, Series] = {}
        windows: dict[Window, Series] = {}  # series of one window share its times
        with self._as_a_cache(), self._open() as database:
            for text, start_s, value in _rows(database, account_id, region, list(by_text), period_s):
                values = np.frombuffer(value, dtype=np.float64)
                window = Window(start_s, start_s + period_s * values.size, period_s)
                spec = by_text[text]
                like = windows.get(window)
                time_s = like.time_s if like else window.time_s
                found[spec] = Series(spec, window, time_s, values)
                windows.setdefault(window, found[spec])
        return found

    def store(self, account_id: str, region: str, series: Iterable[Series]) -> None:
        """Keeps series in place of earlier ones. What may be incomplete is not kept."""
        now = self._clock.now().timestamp()
        rows = [
            (
                account_id,
                region,
                _text(each.spec),
                each.window.period_s,
                each.window.start_s,
                each.value.tobytes(),
                now,
            )
            for each in series
            if not each.problem
        ]
        if not rows:
            return
        with self._as_a_cache(), self._open() as database, database:
            database.executemany("INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self._shrink(database)

    def _shrink(self, database: sqlite3.Connection) -> None:
        (size,) = database.execute("SELECT coalesce(sum(length(value)), 0) FROM series").fetchone()
        over = size - self._most_bytes
        if over <= 0:
            return
        gone = []
        for row, length in database.execute("SELECT rowid, length(value) FROM series ORDER BY used_at"):
            gone.append((row,))
            over -= length
            if over <= 0:
                break
        database.executemany("DELETE FROM series WHERE rowid = ?", gone)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The file, made where it is missing or of another version. Raises sqlite3.Error, OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(self._path)) as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version != _VERSION:
                database.executescript(_SCHEMA)
            yield database

    @contextlib.contextmanager
    def _as_a_cache(self) -> Iterator[None]:
        """What goes wrong inside is only logged: everything can be read from CloudWatch again."""
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            _log.info("the store of metrics is not used: %s", error)
        except (sqlite3.DatabaseError, ValueError) as error:
            _log.warning("the store of metrics is thrown away: %s", error)
            with contextlib.suppress(OSError):
                self._path.unlink()


def _rows(
    database: sqlite3.Connection, account_id: str, region: str, texts: list[str], period_s: int
) -> Iterator[tuple[str, int, bytes]]:
    for first in range(0, len(texts), _SPECS_AT_ONCE):
        some = texts[first : first + _SPECS_AT_ONCE]
        marks = ", ".join("?" * len(some))
        yield from database.execute(
            "SELECT spec, start_s, value FROM series WHERE account_id = ? AND region = ? AND period_s = ? "
            f"AND spec IN ({marks})",
            (account_id, region, period_s, *some),
        )


def _text(spec: MetricSpec) -> str:
    """A spec as the key that it is kept under."""
    return json.dumps([spec.namespace, spec.metric_name, spec.stat, *spec.dimensions], ensure_ascii=False)
