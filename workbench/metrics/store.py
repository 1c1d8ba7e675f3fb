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
from itertools import batched
from pathlib import Path

import numpy as np

from workbench.core.clock import Clock, SystemClock
from workbench.core.files import make_private_folder, touch_private
from workbench.core.paths import Paths
from workbench.metrics.model import Floats, MetricSpec, Series, Window
from workbench.metrics.stretch import Stretch, merged, settled_s

_log = logging.getLogger(__name__)

MOST_BYTES = 128 * 1024 * 1024
"""2,000 series of a week at five minutes take 32 MB."""

_VERSION = 2
_SCHEMA = f"""
DROP TABLE IF EXISTS series;
CREATE TABLE series (
    account_id TEXT NOT NULL, region TEXT NOT NULL, spec TEXT NOT NULL, period_s INTEGER NOT NULL,
    start_s INTEGER NOT NULL, settled_s INTEGER NOT NULL, value BLOB NOT NULL, used_at REAL NOT NULL,
    PRIMARY KEY (account_id, region, spec, period_s, start_s)
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

    @classmethod
    def of(cls, paths: Paths) -> "SeriesStore":
        """Where the program keeps what charts and tables of any window show."""
        return cls(paths.cache_dir / "metrics.sqlite")

    def load(
        self, account_id: str, region: str, specs: Sequence[MetricSpec], period_s: int
    ) -> dict[MetricSpec, tuple[Stretch, ...]]:
        """What is kept of a period: of each series the stretches of time that it is known of."""
        if not self._path.exists():
            return {}
        found: dict[MetricSpec, list[Stretch]] = {}
        with self._as_a_cache(), self._open() as database:
            for _row, stretch in _rows(database, account_id, region, specs, period_s):
                found.setdefault(stretch.series.spec, []).append(stretch)
        return {spec: tuple(stretches) for spec, stretches in found.items()}

    def store(
        self, account_id: str, region: str, series: Iterable[Series], now_s: float | None = None
    ) -> None:
        """Keeps series, together with earlier ones that they continue. What may be incomplete is not kept.

        Args:
            account_id: Whose.
            region: Whose.
            series: Just read.
            now_s: The present by CloudWatch's clock; None when their windows end at it.
        """
        new = [Stretch(each, settled_s(each.window, now_s)) for each in series if not each.problem]
        by_period: dict[int, list[Stretch]] = {}
        for each in new:
            if each.settled_s > each.window.start_s:  # else there is nothing that is not asked for again
                by_period.setdefault(each.window.period_s, []).append(each)
        if not by_period:
            return
        with self._as_a_cache(), self._open() as database, database:
            database.execute("BEGIN IMMEDIATE")  # nobody may store between the reading and the writing
            for period_s, some in by_period.items():
                self._merge(database, account_id, region, period_s, some)
            self._shrink(database)

    def _merge(
        self, database: sqlite3.Connection, account_id: str, region: str, period_s: int, new: list[Stretch]
    ) -> None:
        used_at = self._clock.now().timestamp()
        known: dict[MetricSpec, dict[Stretch, int]] = {}
        specs = [each.series.spec for each in new]
        for row, stretch in _rows(database, account_id, region, specs, period_s):
            known.setdefault(stretch.series.spec, {})[stretch] = row
        gone: list[tuple[int]] = []
        rows = []
        for each in new:
            olds = known.get(each.series.spec, {})
            kept, taken = merged(each, olds)
            gone += [(olds[old],) for old in taken]
            text, start_s = _text(kept.series.spec), kept.window.start_s
            value = kept.series.value.tobytes()
            rows.append((account_id, region, text, period_s, start_s, kept.settled_s, value, used_at))
        database.executemany("DELETE FROM series WHERE rowid = ?", gone)
        database.executemany("INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

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
        make_private_folder(self._path.parent)
        touch_private(self._path)
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
    database: sqlite3.Connection, account_id: str, region: str, specs: Sequence[MetricSpec], period_s: int
) -> Iterator[tuple[int, Stretch]]:
    """What is kept of series, each with the number of its row."""
    by_text = {_text(spec): spec for spec in specs}
    times: dict[Window, Floats] = {}  # series of one window share them
    for some in batched(by_text, _SPECS_AT_ONCE):
        marks = ", ".join("?" * len(some))
        for row, text, start_s, settled, value in database.execute(
            "SELECT rowid, spec, start_s, settled_s, value FROM series "
            f"WHERE account_id = ? AND region = ? AND period_s = ? AND spec IN ({marks})",
            (account_id, region, period_s, *some),
        ):
            values = np.frombuffer(value, dtype=np.float64)
            window = Window(start_s, start_s + period_s * values.size, period_s)
            if window not in times:
                times[window] = window.time_s
            yield row, Stretch(Series(by_text[text], window, times[window], values), settled)


def _text(spec: MetricSpec) -> str:
    """A spec as the key that it is kept under."""
    return json.dumps([spec.namespace, spec.metric_name, spec.stat, *spec.dimensions], ensure_ascii=False)
