"""What a person feels of charts, in a process of its own: frames while panning, and stalls during a pull.

`python -m tests.bench._metrics_charts pan` and `... stall URL FUNCTIONS START END PERIOD` print figures as
JSON. Without a screen (Qt's offscreen platform): painting is done by the processor there as on one.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from workbench.app import SWITCH_INTERVAL_S
from workbench.ui.charts import Chart, ChartTheme, Curve, Unit
from workbench.ui.charts.pyramid import Pyramid

SIZE = (1200, 700)
FRAMES = 150
_STEP_S = 60.0
_BEAT_MS = 5
_IDLE_MS = 2_000  # for so long the window has nothing to do, for comparison
_THEME = ChartTheme(
    "#ffffff", "#1d2129", "#5a6270", "#d5d8de", "#b3261e", ("#0072b2", "#d55e00", "#008060", "#b0578d")
)


def pan() -> dict[str, float]:
    """p95 of the frames of a pan over a quarter of what is in sight, which is half of the points."""
    return {
        "pan_p95_ms_50x10k": _pan_p95_ms(50, 10_000),
        "pan_p95_ms_1x5m": _pan_p95_ms(1, 5_000_000),
    }


def _pan_p95_ms(curves: int, points: int) -> float:
    random = np.random.default_rng(points)
    time_s = np.arange(points, dtype=np.float64) * _STEP_S
    drawn = []
    for number in range(curves):
        value = np.asarray(random.gamma(2.0, 50.0, points) + 20 * number, dtype=np.float64)
        drawn.append(Curve(f"c{number}", time_s, value, "", number, pyramid=Pyramid(time_s, value)))
    chart = Chart("bench", "Bench", Unit.MILLISECONDS, _THEME)
    chart.resize(*SIZE)
    end_s = points * _STEP_S
    chart.show_span(0.0, end_s)
    chart.show_curves(tuple(drawn))
    chart.show()
    assert chart.plot is not None
    chart.show_sight((0.0, end_s / 2))
    QApplication.processEvents()
    plot, step_s = chart.plot, end_s / 8 / FRAMES
    took_ms = []
    for frame in range(FRAMES):
        before = time.perf_counter()
        plot.show_span(frame * step_s, end_s / 2 + frame * step_s)
        QApplication.processEvents()
        took_ms.append((time.perf_counter() - before) * 1000)
    image = chart.grab().toImage()
    assert {image.pixelColor(x, SIZE[1] // 2).name() for x in range(100, SIZE[0] - 20)} != {"#ffffff"}
    chart.close()
    return float(np.percentile(took_ms, 95))


def stall(url: str, *numbers: str) -> dict[str, float]:
    """The longest that a beat of the window came late while 2,000 series were read."""
    from tests.bench._metrics_pull import connect, workbench_pull
    from workbench.core.jobs import Job, JobRunner
    from workbench.ui.main_thread import MainThread

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
    figures = pan() if sys.argv[1] == "pan" else stall(*sys.argv[2:])
    print(json.dumps(figures), flush=True)
    os._exit(0)
