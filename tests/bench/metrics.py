"""Reading and drawing metrics: 500 functions x 4 metrics x 1 week at 5 minutes, 4 million points.

A stub of CloudWatch (_metrics_server.py) answers at AWS's page limit, from memory: what is measured is who
asks.

- pull_vs_cli_wall, pull_vs_cli_cpu: all series into arrays, as a ratio to `aws cloudwatch get-metric-data`
  with --metric-data-queries file://, 500 a call, its JSON parsed.
- memory_vs_boto3: what it takes on top of the program, as a ratio to boto3's paginator with lists.
- refresh_bytes_share: of the first pull's bytes, what bringing the view up to date takes 5 minutes later.
- stall_max_ms: the longest that the window's beat comes late during the pull.
- pan_p95_ms_50x10k, pan_p95_ms_1x5m: a frame of panning over 50 curves of 10,000 points, over one
  of 5 million. pan_vs_bare_50x10k, pan_vs_bare_1x5m: as ratios to as many points as are drawn, drawn by
  QPainter as polylines on a bare widget of the same size.

boto3 takes half a minute of a processor and is only weighed, and panning compares five rounds of its own:
both run once. All of it takes two minutes of a processor; `--only pan` measures one thing.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median

from tests.bench._common import (
    AWS,
    CTX,
    ROOT,
    Arguments,
    Figure,
    interleave,
    place,
    quietly,
    ratio,
    show_stall,
)
from tests.bench._metrics_charts import ROUNDS
from tests.bench._metrics_pull import connect, metric_queries, metric_specs
from workbench.metrics.series import Window
from workbench.metrics.series_cache import SeriesCache, pull

FUNCTIONS, PERIOD_S = 500, 300
END_S = 1_782_900_000
START_S = END_S - 7 * 86_400
NUMBERS = tuple(map(str, (FUNCTIONS, START_S, END_S, PERIOD_S)))
CLI = "aws cloudwatch get-metric-data"
PANS = ("50x10k", "1x5m")


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.count("runs", 3)
    parser.add_argument("--only", choices=tuple(PARTS), nargs="+", default=tuple(PARTS))
    options = parser.parse()
    with place() as folder, _server() as url:
        for part in options.only:
            PARTS[part](url, folder, options.runs)


def _show_pull(url: str, folder: Path, runs: int) -> None:
    ours, peer = partial(_pull, "workbench", url), partial(_cli, url, _query_files(folder))
    sides: dict[str, Callable[[], Mapping[str, float]]] = {"ours": ours, CLI: peer}
    interleave(1, sides)  # the server keeps its pages from then on
    samples = interleave(runs, sides)
    for figure, name in (("pull_vs_cli_wall", "wall_s"), ("pull_vs_cli_cpu", "cpu_s")):
        value, cli_ms = ratio(samples, f"workbench {name}", f"{CLI} {name}"), median(samples[f"{CLI} {name}"])
        Figure("metrics", figure, value, "x", runs, 1 / 15, CLI, cli_ms * 1000).show()


def _show_memory(url: str, _folder: Path, _runs: int) -> None:
    ours, peer = (_pull(side, url)[f"{side} memory_mb"] for side in ("workbench", "boto3"))
    Figure("metrics", "memory_vs_boto3", ours / peer, "x", 1, 1 / 10, "boto3", peer).show()


def _show_refresh(url: str, folder: Path, _runs: int) -> None:
    share = _refresh_share(url, folder)
    Figure("metrics", "refresh_bytes_share", share, "x", 1, 0.02, "the first pull").show()


def _show_stall(url: str, _folder: Path, runs: int) -> None:
    pulling = partial(_program, "tests.bench._metrics_charts", "stall", url, *NUMBERS)
    samples = interleave(runs, {"stall": pulling})
    show_stall("metrics", samples["stall_max_ms"], max(samples["idle_stall_ms"]))


def _show_pan(_url: str, _folder: Path, _runs: int) -> None:
    found = _program("tests.bench._metrics_charts", "pan")
    for pan in PANS:
        Figure("metrics", f"pan_p95_ms_{pan}", found[f"pan_p95_ms_{pan}"], "ms", ROUNDS).show()
        name = f"pan_vs_bare_{pan}"
        Figure("metrics", name, found[name], "x", ROUNDS, 1.3, "bare polylines").show()


PARTS: Mapping[str, Callable[[str, Path, int], None]] = {
    "pull": _show_pull,
    "memory": _show_memory,
    "refresh": _show_refresh,
    "stall": _show_stall,
    "pan": _show_pan,
}


@contextmanager
def _server() -> Iterator[str]:
    command = (sys.executable, "-m", "tests.bench._metrics_server")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _refresh_share(url: str, folder: Path) -> float:
    """Bytes of a refresh five minutes later, as a share of the first pull's."""
    connection, specs = connect(url), metric_specs(FUNCTIONS)
    store, window = SeriesCache(folder / "metrics.sqlite"), Window(START_S, END_S, PERIOD_S)
    _sent_bytes(url)
    pull(connection, specs, window, CTX, store)
    first = _sent_bytes(url)
    later = replace(window, start_s=START_S + PERIOD_S, end_s=END_S + PERIOD_S)
    series = pull(connection, specs, later, CTX, store)
    assert all(each.window == later for each in series)
    assert series[-1].has_data
    return _sent_bytes(url) / first


def _sent_bytes(url: str) -> int:
    with urllib.request.urlopen(url) as answer:
        return int(answer.read())


def _query_files(folder: Path) -> list[Path]:
    files = []
    for number, queries in enumerate(metric_queries(FUNCTIONS, PERIOD_S)):
        files.append(folder / f"queries-{number}.json")
        files[-1].write_text(json.dumps(queries))
    return files


def _pull(side: str, url: str) -> dict[str, float]:
    figures = _program("tests.bench._metrics_pull", side, url, *NUMBERS)
    return {f"{side} {name}": value for name, value in figures.items()}


def _program(module: str, *arguments: str) -> dict[str, float]:
    # Without a screen: painting is done by the processor there as on a screen.
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    printed = quietly(sys.executable, "-m", module, *arguments, env=environment, cwd=ROOT)
    figures: dict[str, float] = json.loads(printed.splitlines()[-1])
    return figures


def _cli(url: str, files: list[Path]) -> dict[str, float]:
    """All calls one after the other, and their JSON parsed."""
    environment = os.environ | {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    span = [datetime.fromtimestamp(each, UTC).isoformat() for each in (START_S, END_S)]
    before, cpu_s, series = time.perf_counter(), 0.0, 0
    for path in files:
        command = [str(AWS), "cloudwatch", "get-metric-data", "--metric-data-queries", f"file://{path}"]
        command += ["--start-time", span[0], "--end-time", span[1], "--output", "json"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            text = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            assert process.returncode == 0
        cpu_s += usage.ru_utime + usage.ru_stime
        parsing = time.process_time()
        series += len({each["Id"] for each in json.loads(text)["MetricDataResults"]})
        cpu_s += time.process_time() - parsing
    assert series == FUNCTIONS * 4
    return {f"{CLI} wall_s": time.perf_counter() - before, f"{CLI} cpu_s": cpu_s}


if __name__ == "__main__":
    main()
