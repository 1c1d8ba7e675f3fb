"""How long the start takes until a person sees, can use the list, can use everything; and what it weighs.

Beside `aws --version` and `aws lambda list-functions` (one item, on a Sandbox of its own) in the same rounds.

- first_paint_ms, list_ms, all_ms: from the start of the process. all: the Sandbox answers, the list is
  refreshed, the editor is ready. The home folder is one that was used before, so a list is stored.
- first_start_*: one run in an empty home, where there is no stored list and no Sandbox yet.
- cold_*: the page cache was dropped before each run; only root can.
- rss_mb: resident memory of the program's own process once everything is usable. tree_pss_mb: its share
  together with the web view's processes (shared pages are divided). sandbox_pss_mb: the Sandbox's process.
"""

import compileall
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tests.bench._common import (
    AWS,
    CTX,
    ROOT,
    Arguments,
    Figure,
    Samples,
    cli_environment,
    interleave,
    place,
    quietly,
    ratio,
    running_sandbox,
)
from tests.bench._processes import command, memory_mb, tree
from tests.sandbox_functions import create_function
from workbench.sandbox.samples import create_samples, exercise_samples

VERSION, LIST = "aws --version", "aws lambda list-functions"
GOALS = {"first_paint": (VERSION, 0.6), "list": (LIST, 0.5), "all": (VERSION, 3.5)}
"""Milestone -> its peer, and how many times as long as that it may take."""
_DROP_CACHES = Path("/proc/sys/vm/drop_caches")
_PATIENCE_S = 60.0
# The editor's processes come last and settle a moment after it is ready.
_SETTLE_S = 1.0


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.count("runs", 7, help="rounds with a warm page cache")
    parser.count("cold-runs", 3, help="rounds with a cold one")
    options = parser.parse()
    # As an installed program has it; where Python writes no bytecode, each start would compile anew.
    compileall.compile_dir(ROOT / "workbench", quiet=1)
    with place() as folder:
        home = folder / "program"
        first = start_program(home)
        for name in GOALS:
            Figure("start", f"first_start_{name}_ms", first[name], "ms", 1).show()
        _prepare(home)
        with running_sandbox(folder / "peer") as connection:
            create_function(connection, "def handler(event, context):\n    return 1\n")
            environment = cli_environment(connection.access)
            sides = {
                "program": lambda: start_program(home),
                VERSION: lambda: {VERSION: _timed_ms(str(AWS), "--version", env=environment)},
                LIST: lambda: {LIST: _timed_ms(str(AWS), "lambda", "list-functions", env=environment)},
            }
            interleave(1, sides)  # bytecode of the peers, and what else only a first run makes
            show(interleave(options.runs, sides), options.runs)
            if os.access(_DROP_CACHES, os.W_OK):
                cold = {name: _after(_drop_caches, side) for name, side in sides.items()}
                if options.cold_runs:
                    show(interleave(options.cold_runs, cold), options.cold_runs, "cold_")
            else:
                print("cold starts are not measured: only root can drop the page cache", file=sys.stderr)


def show(samples: Samples, runs: int, prefix: str = "") -> None:
    """Prints the figures of one kind of round. The goals are for a warm page cache."""
    warm = not prefix
    for name, (peer, goal) in GOALS.items():
        peer_ms = median(samples[peer])
        Figure("start", f"{prefix}{name}_ms", median(samples[name]), "ms", runs, None, peer, peer_ms).show()
        vs_cli = ratio(samples, name, peer)
        Figure(
            "start", f"{prefix}{name}_vs_cli", vs_cli, "x", runs, goal if warm else None, peer, peer_ms
        ).show()
    if warm:
        Figure("start", "rss_mb", median(samples["rss_mb"]), "MB", runs, 420.0).show()
        Figure("start", "tree_pss_mb", median(samples["tree_pss_mb"]), "MB", runs).show()
        Figure("start", "sandbox_pss_mb", median(samples["sandbox_pss_mb"]), "MB", runs).show()


def start_program(home: Path) -> dict[str, float]:
    """Starts the program, waits until everything is usable, weighs it, ends it as a session's end does."""
    timings = home.with_suffix(".timings")
    timings.unlink(missing_ok=True)
    log = home.with_suffix(".log")
    with log.open("wb") as output:
        program = subprocess.Popen(
            [sys.executable, "-m", "workbench", "--timings", str(timings)],
            cwd=ROOT,
            env=os.environ | {"WORKBENCH_HOME": str(home)},
            stdout=output,
            stderr=output,
        )
    try:
        reached = _wait_for_all(program, timings)
        time.sleep(_SETTLE_S)
        return reached | _weigh(program.pid)
    except Exception as error:
        raise RuntimeError(f"the program said:\n{log.read_text(errors='replace')}") from error
    finally:
        _end(program)


def _end(program: subprocess.Popen[bytes]) -> None:
    """Ends the program and waits for all its processes: what they still do must not slow down the peer."""
    children = list(tree(program.pid)) if program.poll() is None else []
    program.send_signal(signal.SIGTERM)
    try:
        program.wait(10)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{child}").exists() for child in children):
        if time.monotonic() > deadline:
            raise RuntimeError("processes of the program are left")
        time.sleep(0.01)


def _wait_for_all(program: subprocess.Popen[bytes], timings: Path) -> dict[str, float]:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        lines = timings.read_text().splitlines() if timings.exists() else []
        reached = {line["milestone"]: line["ms"] for line in map(json.loads, lines)}
        if "all" in reached:
            return reached
        if program.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"only {sorted(reached)} reached; exit status {program.returncode}")
        time.sleep(0.05)


def _prepare(home: Path) -> None:
    """Completes what a first start began, so that the measured ones have nothing left to make or invoke."""
    with running_sandbox(home / "data" / "sandbox") as connection:
        create_samples(connection, CTX)
        exercise_samples(connection, CTX, pause_s=0.05)
    start_program(home)


def _timed_ms(*command: str, env: dict[str, str]) -> float:
    start = time.monotonic()
    quietly(*command, env=env)
    return (time.monotonic() - start) * 1000


def _after(
    before: Callable[[], None], then: Callable[[], dict[str, float]]
) -> Callable[[], dict[str, float]]:
    def both() -> dict[str, float]:
        before()
        return then()

    return both


def _drop_caches() -> None:
    os.sync()
    _DROP_CACHES.write_text("3")


def _weigh(pid: int) -> dict[str, float]:
    processes = list(tree(pid))
    web = [child for child in processes if "QtWebEngineProcess" in command(child)]
    sandbox = [child for child in processes if "workbench_sandbox.server" in command(child)]
    assert web, "no process of the web view: is the plain editor shown?"
    assert sandbox, "no Sandbox"
    return {
        "rss_mb": memory_mb(pid, "Rss"),
        "tree_pss_mb": sum(memory_mb(child, "Pss") for child in [pid, *web]),
        "sandbox_pss_mb": sum(memory_mb(child, "Pss") for child in sandbox),
    }


if __name__ == "__main__":
    main()
