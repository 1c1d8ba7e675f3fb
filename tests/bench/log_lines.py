"""A million log lines: how fast they are taken in, what they weigh, how smoothly they scroll.

- log_lines_per_s: from FilterLogEvents' answers to rows in the buffer, grouped by invocation.
- scroll_frame_p95_ms: a frame of scrolling through them, three rows a frame and by leaps, painted.
  scroll_vs_bare: its ratio to a frame of Qt's own list of the same size.
- memory_mb: of the process with the view and all lines.
- find_ms: a regular expression in all of them.
- idle_calls_per_s: what following a group costs in which nothing happens.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.bench._common import ROOT, Arguments, Figure, place
from tests.bench._processes import memory_mb
from tests.fake_time import FakeClock, FakeContext
from tests.logs.lines import GROUP, event, report, start
from workbench.core.errors import Cancelled

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractScrollArea

_INSIDE = "inside"
_PAGE = 1000
_FRAMES = 600
_IDLE_S = 600
GOALS = {"scroll_vs_bare": 1.3, "memory_mb": 300.0, "idle_calls_per_s": 1.0}
UNITS = {
    "log_lines_per_s": "lines/s",
    "scroll_vs_bare": "x",
    "memory_mb": "MB",
    "idle_calls_per_s": "calls/s",
}


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.count("runs", 3)
    parser.count("lines", 1_000_000, smoke=20_000)
    parser.add_argument(f"--{_INSIDE}", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse()
    if options.inside:
        print(json.dumps(_measure(options.lines)))
        return
    with place():
        command = [sys.executable, "-m", "tests.bench.log_lines", f"--{_INSIDE}", f"--lines={options.lines}"]
        runs = [json.loads(_output(command)) for _ in range(options.runs)]
    for name in runs[0]:
        value = median(run[name] for run in runs)
        Figure("log_lines", name, value, UNITS.get(name, "ms"), options.runs, GOALS.get(name)).show()


def _output(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def _events(lines: int) -> Iterator[dict[str, Any]]:
    """Ten lines an invocation, of about 130 characters."""
    for number in range(lines // 10):
        request_id = f"{number:08x}-5c1d-4d9a-9a77-0d8e3d2f4b6a"
        stream = f"2026/03/13/[$LATEST]{number % 50:032x}"
        yield start(number, request_id, stream)
        for line in range(8):
            level = "ERROR" if number % 97 == line == 3 else "INFO"
            order = number * 7919 % 1_000_003
            text = (
                f"2026-03-13T15:02:24.118Z\t{request_id}\t{level}\tline {line} of order {order}: {order:060x}"
            )
            yield event(number + line, text, stream)
        yield report(number + 9, request_id, stream)


def _measure(lines: int) -> dict[str, float]:
    from PySide6.QtWidgets import QApplication

    from tests.bench._scrolling import bare_list, scroll
    from workbench.core.jobs import JobContext
    from workbench.logs.buffer import AllRows, LogBuffer
    from workbench.logs.find import Query, find
    from workbench.logs.parse import parse_event
    from workbench.ui.features.logs.lines_view import LinesView
    from workbench.ui.kit.theme import Theme

    application = QApplication([])
    theme = Theme(application, "light")
    buffer, taken_s = LogBuffer(), 0.0
    events = _events(lines)
    while page := [each for _, each in zip(range(_PAGE), events, strict=False)]:
        begun = time.perf_counter()
        buffer.add(map(parse_event, page))
        taken_s += time.perf_counter() - begun
    assert buffer.end - buffer.first == lines
    view = LinesView(theme)
    view.resize(1600, 900)
    view.show_rows(AllRows(buffer))
    view.show()
    application.processEvents()
    bare = bare_list(view, lines, lambda number: f"{number:08x} INFO line of order {number:060x}")
    scroll_ms, scroll_vs_bare = scroll(view, bare, _positions)
    begun = time.perf_counter()
    found = find(Query(r"order 77\d+7:", is_regex=True), AllRows(buffer).pieces(), lines, JobContext())
    find_ms = (time.perf_counter() - begun) * 1000
    assert len(found) > 0
    return {
        "log_lines_per_s": lines / taken_s,
        "scroll_frame_p95_ms": scroll_ms,
        "scroll_vs_bare": scroll_vs_bare,
        "memory_mb": memory_mb(os.getpid(), "Rss"),
        "find_ms": find_ms,
        "idle_calls_per_s": _idle_calls_per_s(),
    }


def _positions(area: "QAbstractScrollArea") -> Iterator[int]:
    """Three rows a frame, and every tenth frame a leap."""
    bar = area.verticalScrollBar()
    for frame in range(_FRAMES):
        yield frame * 104_729 % bar.maximum() if frame % 10 == 0 else bar.value() + 3


def _idle_calls_per_s() -> float:
    """Calls to a group that is empty, in ten minutes of a clock that does not really wait."""
    from tests.aws_stub import StubbedAws
    from workbench.logs.tail import TailedLogGroup, tail

    stub, clock, calls = StubbedAws(), FakeClock(), 0

    def call(*_names: str, **_request: Any) -> dict[str, Any]:
        nonlocal calls
        calls += 1
        return {"events": []}

    stub.connection.call = call  # type: ignore[method-assign]  # hundreds of answers
    ctx = FakeContext(clock, cancel_after_s=_IDLE_S)
    with contextlib.suppress(Cancelled):
        tail(stub.connection, (TailedLogGroup(GROUP),), clock.now(), ctx, clock=clock)
    return calls / _IDLE_S


if __name__ == "__main__":
    main()
