"""The window that `functions.py` measures: a process of its own, without the editor. Prints JSON.

Usage: _fleet_program.py URL HOME. HOME is the same in every run: what one has listed the next finds stored.
"""

import gc
import json
import os
import sqlite3
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import make_dataclass
from functools import partial
from pathlib import Path
from statistics import median

from PySide6.QtCore import QEvent, QObject
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.bench._events import until
from tests.bench._processes import memory_mb
from tests.bench._scrolling import bare_list, bare_table, by_rows, scroll
from tests.sandbox_keys import keys_of
from tests.seed_functions import ACCOUNTS, COUNT, REGIONS
from workbench.app import SWITCH_INTERVAL_S, make_application
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection, Observer
from workbench.aws.retry import RateBudget
from workbench.aws.session import Sessions
from workbench.core.clock import SystemClock
from workbench.core.files import Paths, resources_dir
from workbench.core.jobs import JobContext, JobRunner
from workbench.core.settings import Settings
from workbench.functions.fleet import LISTING_THREADS, Scope
from workbench.functions.index import FunctionIndex
from workbench.functions.model import FunctionSummary
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.features.fleet.feature import FleetFlow
from workbench.ui.features.fleet.window import FleetWindow
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.main_thread import MainThread
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.function_rows import describe
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.sparklines import Sparkline, SparklineRow
from workbench.ui.shell.window import MainWindow

MANY = 10_000
_KEYS = ("payments", "oimp", "node arm", "team=search", "zzz")
_FRAMES = 240
_ROUNDS = 7
_STORED_ROUNDS = 25


class _Paints(QObject):
    """Hears when a widget was painted."""

    painted = False

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.painted = True
        return False


class Bench:
    """The parts of the program that the window needs."""

    def __init__(self, application: QApplication, url: str, home: Path) -> None:
        self._url = url
        self._main_thread = MainThread()
        paths = Paths.below(home)
        settings = Settings(paths.config_dir / "settings.json")
        theme = Theme(application, "light")
        icons = Icons(resources_dir() / "editor" / "dist" / "icons", theme)
        self.services = Services(
            JobRunner(self._main_thread.post),
            paths,
            settings,
            SystemClock(),
            theme,
            icons,
            ActionRegistry(application, icons),
        )
        self._sessions = {name: Sessions() for name in ACCOUNTS}
        profiles = [Profile(name, ProfileKind.STATIC, REGIONS[0]) for name in ACCOUNTS]
        session = Session(self.services, self._open, profiles[0])
        session.profiles = profiles
        self.index_path = paths.cache_dir / "functions.sqlite"
        self.index = FunctionIndex(self.index_path)
        self.window = MainWindow(self.services, session, self.index)
        self.flow = FleetFlow(self.services, session, self.index, RateBudget(), _mend, self.window)
        self.flow.choice.choose(ACCOUNTS, REGIONS)
        theme.dress()
        self.window.show()

    def _open(self, profile: Profile, region: str, observer: Observer, ctx: JobContext) -> Connection:
        return self.connect(profile.name, region, observer, ctx)

    def connect(
        self, name: str, region: str, observer: Observer | None = None, ctx: JobContext | None = None
    ) -> Connection:
        """Connects as a profile; the clients are those of all connections of the profile."""
        access = Access(None, region, self._url, keys_of(name))
        return Connection.open(access, observer, ctx, self._sessions[name])

    def end(self) -> None:
        self.services.jobs.shutdown()
        self._main_thread.close()


def _mend(_action: str, _profile: Profile) -> None:
    raise RuntimeError("nothing needs to be mended here")


def measure(bench: Bench) -> dict[str, float]:
    """What is measured once in a process."""
    found: dict[str, float] = {}
    until(lambda: not bench.services.jobs.active())
    before = time.perf_counter()
    window = bench.flow.open()
    paints = _Paints()
    window.table.viewport().installEventFilter(paints)
    until(lambda: paints.painted and window.model.rowCount())
    window.table.viewport().repaint()
    found["first_rows_ms"] = _since(before)
    refreshed: list[bool] = []
    bench.flow.refreshed.connect(lambda: refreshed.append(True))
    until(lambda: refreshed)
    found |= _refreshes(bench)
    places = [(account_id, region) for account_id in ACCOUNTS for region in REGIONS]
    stored = [(_stored_ms(bench.index, places), _sqlite_ms(bench.index_path)) for _ in range(_STORED_ROUNDS)]
    found["stored_rows_ms"], sqlite_ms = map(min, zip(*stored, strict=True))
    found["stored_vs_sqlite"] = found["stored_rows_ms"] / sqlite_ms
    found["functions"] = window.model.total
    found["memory_mb"] = memory_mb(os.getpid(), "Rss")
    return found | _many(bench) | _list(bench)


def _refreshes(bench: Bench) -> dict[str, float]:
    """Refreshing, and its calls made bare, in turn."""
    bare = BareCalls(bench)
    refreshes_ms, ratios = [], []
    for _ in range(_ROUNDS):
        refreshes_ms.append(_refresh_ms(bench))
        until(lambda: not bench.services.jobs.active())  # the tags
        ratios.append(refreshes_ms[-1] / bare.make_ms())
    return {"refresh_ms": median(refreshes_ms), "refresh_vs_calls": median(ratios)}


def _refresh_ms(bench: Bench) -> float:
    """Until every place was listed and is in the table; their tags come after that."""
    window = bench.flow.window
    assert window is not None
    before = time.perf_counter()
    bench.flow.refresh()
    until(lambda: not any(state.is_listing for state in bench.flow.states.values()))
    window.model.settle()
    assert not any(state.error for state in bench.flow.states.values())
    return _since(before)


class BareCalls:
    """The calls of a refresh, by the same clients on as many threads, their answers left alone."""

    def __init__(self, bench: Bench) -> None:
        self._scopes = [[bench.connect(name, region) for region in REGIONS] for name in ACCOUNTS]

    def make_ms(self) -> float:
        """How long all of them take."""
        before = time.perf_counter()
        with ThreadPoolExecutor(LISTING_THREADS) as listing, ThreadPoolExecutor(LISTING_THREADS) as entering:
            for asked in list(entering.map(partial(self._enter, listing), self._scopes)):
                for each in asked:
                    each.result()
        return _since(before)

    def _enter(self, listing: ThreadPoolExecutor, connections: list[Connection]) -> list[Future[int]]:
        connections[0].client("sts", probe=True).get_caller_identity()
        return [listing.submit(self._list, each) for each in connections]

    def _list(self, connection: Connection) -> int:
        pages = connection.client("lambda").get_paginator("list_functions").paginate()
        return sum(1 for _page in pages)


def _stored_ms(index: FunctionIndex, places: list[tuple[str, str]]) -> float:
    before = time.perf_counter()
    found = index.load_all(places)
    duration_ms = _since(before)
    assert sum(len(stored.functions) for stored in found.values())
    return duration_ms


def _sqlite_ms(path: Path) -> float:
    """The same rows by nothing but sqlite, json and a frozen dataclass with as many fields."""
    names = FunctionSummary.__slots__
    row = make_dataclass("row", names, frozen=True, slots=True)
    rows: list[object] = []
    before = time.perf_counter()
    with closing(sqlite3.connect(path)) as database:
        for (columns,) in database.execute("SELECT rows FROM listing"):
            stored = json.loads(columns).values()
            count = max(map(len, stored))  # what all rows have alike is stored once
            whole = (values * count if len(values) == 1 else values for values in stored)
            rows += [row(*values, *names[len(values) :]) for values in zip(*whole, strict=True)]
        for (tags,) in database.execute("SELECT rows FROM tags"):
            json.loads(tags)
    duration_ms = _since(before)
    assert len(rows) == COUNT
    return duration_ms


def _many(bench: Bench) -> dict[str, float]:
    """Searching and scrolling in 10,000 rows: each key, and each frame, until it is painted."""
    window = bench.flow.window
    assert window is not None
    rows = [entry.function for entry in window.model.every()]
    for number in range(MANY // 1_000):
        scope = Scope(f"profile-{number}", "eu-west-1")
        copies = [_copy(rows[each % len(rows)], f"{number}-{each}") for each in range(1_000)]
        window.model.take(scope, copies, complete=True)
    window.model.keep([Scope(f"profile-{number}", "eu-west-1") for number in range(MANY // 1_000)])
    assert window.model.rowCount() == MANY
    _draw_all(window)
    viewport = window.table.viewport()
    keys: list[float] = []
    for word in _KEYS:
        for letter in word:
            before = time.perf_counter()
            QTest.keyClicks(window.search, letter)
            viewport.repaint()
            keys.append(_since(before))
        window.search.clear()
    table_ms, table_vs_bare = scroll(
        window.table,
        bare_table(window.table),
        by_rows(_FRAMES, window.table.verticalHeader().defaultSectionSize()),
    )
    return {"filter_key_ms": max(keys), "fleet_frame_p95_ms": table_ms, "fleet_vs_bare": table_vs_bare}


def _list(bench: Bench) -> dict[str, float]:
    """Scrolling in the main window's list of 10,000 functions."""
    functions, fleet = bench.window.functions, bench.flow.window
    assert fleet is not None
    rows = [row.function for row in fleet.model.every()]
    functions.model.reset(rows)
    line = _sparkline()
    functions.model.show_sparklines(lambda _row: line, lambda _row: "")
    for text in ("f", ""):
        functions.search.setText(text)  # shows the rows
    QApplication.processEvents()
    view = functions.view
    texts = [f"{row.function_name}\n{describe(row, bench.services.clock)}" for row in functions.model.all()]
    row_height = view.visualRect(functions.model.index(0)).height()
    bare = bare_list(view, len(texts), texts.__getitem__, row_height)
    frame_ms, vs_bare = scroll(view, bare, by_rows(_FRAMES, row_height))
    return {"list_frame_p95_ms": frame_ms, "list_vs_bare": vs_bare}


def _draw_all(window: FleetWindow) -> None:
    """Each row has a sparkline, with errors in every third period."""
    lines = {SparklineRow.at(row): _sparkline() for row in window.model.every()}
    window.model.sparklines.set_off(())
    window.model.sparklines.put(lines)


def _sparkline() -> Sparkline:
    counts = [float(number * 7 % 23) for number in range(36)]
    errors = [float(number % 3 == 0) for number in range(36)]
    return Sparkline(counts, errors)


def _copy(function: FunctionSummary, more: str) -> FunctionSummary:
    values = {name: getattr(function, name) for name in FunctionSummary.__slots__}
    return FunctionSummary(**values | {"function_name": f"{function.function_name}-{more}"})


def _since(before: float) -> float:
    return (time.perf_counter() - before) * 1000


def main(url: str, home: Path) -> None:
    """Measures and prints."""
    gc.disable()  # as in the program, whose own collector works when nobody waits
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    application = make_application()
    bench = Bench(application, url, home)
    found = measure(bench)
    bench.end()
    print(json.dumps(found), flush=True)
    os._exit(0)  # taking everything apart is not measured


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
