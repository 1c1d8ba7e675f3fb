"""What a person feels of charts, in a process of its own: frames while panning, and stalls during a pull.

`python -m tests.bench._metrics_charts pan` and `... stall URL FUNCTIONS START END PERIOD` print figures as
JSON. Without a screen (Qt's offscreen platform): painting is done by the processor there as on one.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any

import numpy as np
from pyqtgraph import PlotCurveItem
from PySide6.QtCore import QEventLoop, QPointF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QApplication, QWidget

from tests.bench._scrolling import p95_of_frames
from workbench.app import SWITCH_INTERVAL_S
from workbench.ui.kit.charts import Chart, Curve, Unit
from workbench.ui.kit.charts.plot import Plot
from workbench.ui.kit.charts.points import Pyramid
from workbench.ui.kit.theme import LIGHT, Theme

SIZE = (1200, 700)
FRAMES = 150
ROUNDS = 5
_STEP_S = 60.0
_BEAT_MS = 5
_IDLE_MS = 2_000  # for so long the window has nothing to do, for comparison


class Polylines(QWidget):
    """Lines and nothing else, moved to the left by an offset in pixels."""

    def __init__(self, lines: Sequence[QPolygonF], like: QWidget) -> None:
        super().__init__()
        self._lines = lines
        self._pens = [QPen(QColor(color)) for color in LIGHT.series]
        self.offset = 0.0
        self.resize(like.size())
        self.show()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(LIGHT.base))
        painter.translate(-self.offset, 0)
        for number, line in enumerate(self._lines):
            painter.setPen(self._pens[number % len(self._pens)])
            painter.drawPolyline(line)
        painter.end()


def pan(theme: Theme) -> dict[str, float]:
    """Panning over a quarter of what is in sight, which is half of the points.

    The 95th percentile of a frame, and its ratio to that of as many polyline points as are drawn.
    """
    return _pan("50x10k", 50, 10_000, theme) | _pan("1x5m", 1, 5_000_000, theme)


def _pan(name: str, curves: int, points: int, theme: Theme) -> dict[str, float]:
    random = np.random.default_rng(points)
    time_s = np.arange(points, dtype=np.float64) * _STEP_S
    drawn = []
    for number in range(curves):
        value = np.asarray(random.gamma(2.0, 50.0, points) + 20 * number, dtype=np.float64)
        drawn.append(Curve(f"c{number}", time_s, value, "", number, pyramid=Pyramid(time_s, value)))
    chart = Chart("bench", "Bench", Unit.MILLISECONDS, theme)
    chart.resize(*SIZE)
    end_s = points * _STEP_S
    chart.show_span(0.0, end_s)
    chart.show_curves(tuple(drawn))
    chart.show()
    assert chart.plot is not None
    chart.show_sight((0.0, end_s / 2))
    QApplication.processEvents()
    plot, step_s = chart.plot, end_s / 8 / FRAMES
    bare = Polylines(list(_drawn(plot)), plot)
    step_px = plot.area.width() / 4 / FRAMES

    def pan_plot(frame: int) -> None:
        plot.show_span(frame * step_s, end_s / 2 + frame * step_s)
        QApplication.processEvents()

    def pan_bare(frame: int) -> None:
        bare.offset = frame * step_px
        bare.update()
        QApplication.processEvents()

    frames_ms, ratios = [], []
    for _ in range(ROUNDS):
        ours, peer = (p95_of_frames(map(move, range(FRAMES))) for move in (pan_plot, pan_bare))
        frames_ms.append(ours.ms)
        ratios.append(ours.cpu_ms / peer.cpu_ms)
    for each in (chart, bare):
        image = each.grab().toImage()
        assert {image.pixelColor(x, SIZE[1] // 2).name() for x in range(100, SIZE[0] - 200)} != {"#ffffff"}
        each.close()
    return {f"pan_p95_ms_{name}": median(frames_ms), f"pan_vs_bare_{name}": median(ratios)}


def _drawn(plot: Plot) -> Iterator[QPolygonF]:
    """The points of each line in sight, in pixels."""
    start_s, end_s = plot.span
    for item in plot.scene().items():
        if isinstance(item, PlotCurveItem):
            x, y = item.getData()
            x = x + item.pos().x()
            inside = (x >= start_s) & (x <= end_s) & np.isfinite(y)
            seen = zip(x[inside], y[inside], strict=True)
            places = [plot.area.mapViewToScene(QPointF(float(each), float(value))) for each, value in seen]
            yield QPolygonF(places)


def stall(url: str, *numbers: str) -> dict[str, float]:
    """The longest that a beat of the window came late while 2,000 series were read."""
    from tests.bench._metrics_pull import connect, workbench_pull
    from workbench.core.jobs import Job, JobRunner
    from workbench.ui.kit.main_thread import MainThread

    functions, start_s, end_s, period_s = map(int, numbers)
    connection = connect(url)
    runner = JobRunner(MainThread().post)
    loop, found = QEventLoop(), []
    latest = [time.perf_counter()]
    late_ms = [0.0]

    def beat() -> None:
        now = time.perf_counter()
        late_ms[0] = max(late_ms[0], (now - latest[0]) * 1000 - _BEAT_MS)
        latest[0] = now

    def done(series: Any) -> None:
        found.append(len(series))
        loop.quit()

    timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=_BEAT_MS)
    timer.timeout.connect(beat)
    run: Callable[[Any], Any] = workbench_pull(connection, functions, start_s, end_s, period_s)
    timer.start()
    latest[0] = time.perf_counter()
    QTimer.singleShot(_IDLE_MS, loop.quit)
    loop.exec()
    idle_ms, late_ms[0] = late_ms[0], 0.0
    latest[0] = time.perf_counter()
    runner.submit(Job("Reading", run, on_done=done))
    loop.exec()
    timer.stop()
    runner.shutdown()
    assert found
    return {"stall_max_ms": late_ms[0], "idle_stall_ms": idle_ms}


if __name__ == "__main__":
    sys.setswitchinterval(SWITCH_INTERVAL_S)  # as the program does
    application = QApplication([])
    figures = pan(Theme(application, "light")) if sys.argv[1] == "pan" else stall(*sys.argv[2:])
    print(json.dumps(figures), flush=True)
    os._exit(0)
