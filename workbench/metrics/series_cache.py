"""A disk cache of the series that were read, so that only new points are requested.

One SQLite file of bounded size; the least recently used series are dropped first. A damaged file is deleted,
an unwritable one is not used. Series are stored by account and region, so that nothing of another profile is
ever shown.
"""

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from pathlib import Path

import numpy as np

from workbench.aws.connection import Connection
from workbench.core.clock import Clock, SystemClock
from workbench.core.files import Paths, make_private_folder, touch_private
from workbench.core.jobs import JobContext
from workbench.metrics.series import (
    USD_PER_SERIES,
    Floats,
    MetricSpec,
    Series,
    Window,
    query,
    series_in_a_page,
)

SETTLING_S = 15 * 60
"""CloudWatch may still change younger points, which a refresh requests again."""


@dataclass(frozen=True, slots=True, eq=False)
class CachedRange:
    """A series of a time range, and how much of it is final.

    Attributes:
        settled_s: Start of the first period that may still change; at most the window's end.
    """

    series: Series
    settled_s: int

    @property
    def window(self) -> Window:
        return self.series.window


def settled_s(window: Window, now_s: float | None = None) -> int:
    """Up to where the points that are read now are final.

    Args:
        now_s: The time by CloudWatch's clock; None if the window ends at it.
    """
    old_s = (window.end_s if now_s is None else now_s) - SETTLING_S
    return min(window.end_s, max(window.start_s, int(old_s // window.period_s) * window.period_s))


def reaching_back(ranges: Iterable[CachedRange], window: Window) -> CachedRange | None:
    """The range that contains the window's start and as many final points after it as possible."""
    candidates = [each for each in ranges if each.window.start_s <= window.start_s < each.settled_s]
    return max(candidates, key=lambda each: each.settled_s, default=None)


def latest_in(ranges: Iterable[CachedRange], window: Window) -> CachedRange | None:
    """The latest range that overlaps a window."""
    candidates = [
        each for each in ranges if each.window.end_s > window.start_s and each.window.start_s < window.end_s
    ]
    return max(candidates, key=lambda each: each.window.end_s, default=None)


def joined(old: CachedRange, tail: Series | None, window: Window) -> Series:
    """A window made of a cached range and the points that were read after its final ones (None for none)."""
    series = old.series.placed(window)
    if tail is None:
        return series
    _lay_over(series, tail)
    return replace(series, problem=tail.problem)


def _lay_over(series: Series, newer: Series) -> None:
    """Writes the points of a newer series, within the window of the older one, over its points."""
    first = (newer.window.start_s - series.window.start_s) // series.window.period_s
    series.value[first : first + newer.window.points] = newer.value


def merged(new: CachedRange, olds: Iterable[CachedRange]) -> tuple[CachedRange, list[CachedRange]]:
    """A range merged with those that it continues or overlaps; and those, which it replaces.

    Only final parts are merged: between two ranges that do not touch, points would stay missing. The
    result is at most as long as the longest old range, or twice as long as the new one.
    """
    replaced: list[CachedRange] = []
    max_points = 2 * new.window.points
    found = new
    for old in sorted(olds, key=lambda each: each.window.start_s):
        within = found.window.start_s <= old.window.start_s and old.window.end_s <= found.window.end_s
        touching = found.window.start_s <= old.settled_s and old.window.start_s <= found.settled_s
        if touching and not within:
            found = _over(found, old)
        if touching or within:
            replaced.append(old)
            max_points = max(max_points, old.window.points)
    if found.window.points > max_points:
        window = found.window
        start_s = window.end_s - max_points * window.period_s
        shorter = Window(start_s, window.end_s, window.period_s)
        found = CachedRange(found.series.placed(shorter), max(start_s, found.settled_s))
    return found, replaced


def _over(new: CachedRange, old: CachedRange) -> CachedRange:
    """The newer range laid over the older one."""
    start_s = min(new.window.start_s, old.window.start_s)
    end_s = max(new.window.end_s, old.window.end_s)
    series = old.series.placed(Window(start_s, end_s, new.window.period_s))
    _lay_over(series, new.series)
    return CachedRange(series, max(new.settled_s, old.settled_s))


_log = logging.getLogger(__name__)

MAX_BYTES = 128 * 1024 * 1024
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


class SeriesCache:
    """Stores series. Thread-safe: every call opens the file itself."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES, clock: Clock | None = None) -> None:
        self._path, self._max_bytes = path, max_bytes
        self._clock = clock or SystemClock()

    @classmethod
    def of(cls, paths: Paths) -> "SeriesCache":
        """The cache that all windows of the program share."""
        return cls(paths.cache_dir / "metrics.sqlite")

    def load(
        self, account_id: str, region: str, specs: Sequence[MetricSpec], period_s: int
    ) -> dict[MetricSpec, tuple[CachedRange, ...]]:
        """The cached ranges of each series with a period."""
        if not self._path.exists():
            return {}
        found: dict[MetricSpec, list[CachedRange]] = {}
        with self._as_a_cache(), self._open() as database:
            for _row, cached in _rows(database, account_id, region, specs, period_s):
                found.setdefault(cached.series.spec, []).append(cached)
        return {spec: tuple(ranges) for spec, ranges in found.items()}

    def store(
        self, account_id: str, region: str, series: Iterable[Series], now_s: float | None = None
    ) -> None:
        """Stores series, merged with earlier ones that they continue. Incomplete series are not stored.

        Args:
            now_s: The time by CloudWatch's clock; None if their windows end at it.
        """
        new = [CachedRange(each, settled_s(each.window, now_s)) for each in series if not each.problem]
        by_period: dict[int, list[CachedRange]] = {}
        for each in new:
            if each.settled_s > each.window.start_s:  # otherwise every point is requested again
                by_period.setdefault(each.window.period_s, []).append(each)
        if not by_period:
            return
        with self._as_a_cache(), self._open() as database, database:
            database.execute("BEGIN IMMEDIATE")  # no other thread may store between reading and writing
            for period_s, some in by_period.items():
                self._merge(database, account_id, region, period_s, some)
            self._shrink(database)

    def _merge(
        self,
        database: sqlite3.Connection,
        account_id: str,
        region: str,
        period_s: int,
        new: list[CachedRange],
    ) -> None:
        used_at = self._clock.now().timestamp()
        known: dict[MetricSpec, dict[CachedRange, int]] = {}
        specs = [each.series.spec for each in new]
        for row, cached in _rows(database, account_id, region, specs, period_s):
            known.setdefault(cached.series.spec, {})[cached] = row
        replaced_rows: list[tuple[int]] = []
        rows = []
        for each in new:
            olds = known.get(each.series.spec, {})
            kept, replaced = merged(each, olds)
            replaced_rows += [(olds[old],) for old in replaced]
            text, start_s = _text(kept.series.spec), kept.window.start_s
            value = kept.series.value.tobytes()
            rows.append((account_id, region, text, period_s, start_s, kept.settled_s, value, used_at))
        database.executemany("DELETE FROM series WHERE rowid = ?", replaced_rows)
        database.executemany("INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _shrink(self, database: sqlite3.Connection) -> None:
        (size,) = database.execute("SELECT coalesce(sum(length(value)), 0) FROM series").fetchone()
        over = size - self._max_bytes
        if over <= 0:
            return
        dropped_rows = []
        for row, length in database.execute("SELECT rowid, length(value) FROM series ORDER BY used_at"):
            dropped_rows.append((row,))
            over -= length
            if over <= 0:
                break
        database.executemany("DELETE FROM series WHERE rowid = ?", dropped_rows)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The file, created if it is missing or has another version. Raises sqlite3.Error, OSError."""
        make_private_folder(self._path.parent)
        touch_private(self._path)
        with contextlib.closing(sqlite3.connect(self._path)) as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version != _VERSION:
                database.executescript(_SCHEMA)
            yield database

    @contextlib.contextmanager
    def _as_a_cache(self) -> Iterator[None]:
        """Logs errors instead of raising them: everything can be read from CloudWatch again."""
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            _log.info("the cache of metrics is not used: %s", error)
        except (sqlite3.DatabaseError, ValueError) as error:
            _log.warning("the cache of metrics is damaged and deleted: %s", error)
            with contextlib.suppress(OSError):
                self._path.unlink()


def _rows(
    database: sqlite3.Connection, account_id: str, region: str, specs: Sequence[MetricSpec], period_s: int
) -> Iterator[tuple[int, CachedRange]]:
    """The cached ranges of series, each with the number of its row."""
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
            yield row, CachedRange(Series(by_text[text], window, times[window], values), settled)


def _text(spec: MetricSpec) -> str:
    """A spec as its key in the file."""
    return json.dumps([spec.namespace, spec.metric_name, spec.stat, *spec.dimensions], ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The cost of reading series."""

    series: int
    calls: int
    points: int
    usd: float


def estimate(specs: Sequence[MetricSpec], window: Window) -> Estimate:
    """The cost of reading these without the cache, to show before a large read. The Sandbox is free."""
    points = len(specs) * window.points
    calls = -(-len(specs) // series_in_a_page(window.points))
    return Estimate(len(specs), calls, points, len(specs) * USD_PER_SERIES)


def stored(
    cache: SeriesCache, connection: Connection, specs: Sequence[MetricSpec], window: Window
) -> tuple[Series, ...]:
    """The cached points of series in the window, to show until the read has ended. May be outdated."""
    known = cache.load(connection.account_id, connection.region, specs, window.period_s)
    found = ((spec, latest_in(known.get(spec, ()), window)) for spec in specs)
    return tuple(cached.series.placed(window) for _spec, cached in found if cached is not None)


def pull(
    connection: Connection,
    specs: Sequence[MetricSpec],
    window: Window,
    ctx: JobContext,
    cache: SeriesCache,
    now_s: float | None = None,
) -> tuple[Series, ...]:
    """Reads series and stores them; for cached series only the points after the final ones are requested.

    Args:
        cache: Final points in it are not requested again.
        now_s: The time by CloudWatch's clock; None if the window ends at it by this computer's.

    Returns:
        One for each spec, in order.

    Raises:
        WorkbenchError: As for `query`.
        Cancelled: Nothing is stored.
    """
    known = cache.load(connection.account_id, connection.region, specs, window.period_s)
    olds = {spec: reaching_back(known.get(spec, ()), window) for spec in specs}
    groups: dict[int, list[MetricSpec]] = {}  # by the moment from which they are requested
    for spec, old in olds.items():
        groups.setdefault(old.settled_s if old else window.start_s, []).append(spec)
    found: dict[MetricSpec, Series] = {}
    news: list[Series] = []
    for from_s, group in groups.items():
        tails: Sequence[Series | None] = [None] * len(group)
        if from_s < window.end_s:
            tails = query(connection, group, replace(window, start_s=from_s), ctx)
        for spec, tail in zip(group, tails, strict=True):
            old = olds[spec]
            series = joined(old, tail, window) if old else tail
            assert series is not None  # what is not cached was requested
            found[spec] = series
            if tail is not None:
                news.append(series)
    if now_s is None:
        now_s = window.end_s + min(0.0, connection.aws_time.offset_s)
    cache.store(connection.account_id, connection.region, news, now_s)
    return tuple(found[spec] for spec in specs)
