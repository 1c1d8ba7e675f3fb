"""The table of all functions: 2,000 of them over four regions and two accounts, on a Sandbox.

Beside `aws lambda list-functions` over the same accounts and regions, all of its processes at once.

- first_rows_ms: from the action until stored rows are painted in the new window.
- stored_vs_sqlite: reading the 2,000 from the index, as a ratio to sqlite, json and a bare dataclass.
- refresh_ms: until all are listed again and in the table; refresh_vs_cli: as a ratio to the CLI's.
- refresh_vs_floor: a ratio to the same API calls made one after the other, their answers left alone.
- filter_key_ms: the slowest key of a search in 10,000 rows, until it is painted. scroll_frame_p95_ms: a frame
  of scrolling in them.
- memory_mb: of the process with both windows and all functions, without the editor.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from tests.bench._common import AWS, CTX, ROOT, Figure, cli_environment, interleave, place, quietly, ratio
from tests.bench._common import running_sandbox as running
from tests.sandbox_keys import keys_of
from tests.seed_functions import ACCOUNTS, COUNT, REGIONS, seed
from workbench.aws.access import Access
from workbench.aws.connection import Connection

GOALS = {
    "first_rows_ms": 300.0,
    "stored_vs_sqlite": 1.5,
    "filter_key_ms": 30.0,
    "scroll_frame_p95_ms": 1000 / 60,
    "memory_mb": 250.0,
}
CLI, FLOOR = "aws lambda list-functions", "one call after the other"


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with place() as folder, running(folder / "sandbox") as connection:
        url = connection.access.endpoint_url
        seed(url)
        places = [
            Access(None, region, url, keys_of(account_id)) for account_id in ACCOUNTS for region in REGIONS
        ]
        connections = [Connection.open(access) for access in places]
        sides = {
            "program": lambda: _program(url, folder / "home"),
            CLI: lambda: {CLI: _cli_ms(places)},
            FLOOR: lambda: {FLOOR: _floor_ms(connections)},
        }
        interleave(1, sides)  # bytecode, and what is stored from then on
        samples = interleave(options.runs, sides)
    assert set(samples["functions"]) == {COUNT}
    for name, goal in GOALS.items():
        unit = {"mb": "MB", "sqlite": "x"}.get(name.rpartition("_")[2], "ms")
        Figure("functions", name, median(samples[name]), unit, options.runs, goal).show()
    Figure("functions", "refresh_ms", median(samples["refresh_ms"]), "ms", options.runs).show()
    for name, goal, peer in (("refresh_vs_floor", 1.1, FLOOR), ("refresh_vs_cli", 0.15, CLI)):
        value, peer_ms = ratio(samples, "refresh_ms", peer), median(samples[peer])
        Figure("functions", name, value, "x", options.runs, goal, peer, peer_ms).show()


def _program(url: str, home: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench._fleet_program", url, str(home)]
    found: dict[str, float] = json.loads(quietly(*command, env=os.environ, cwd=ROOT).splitlines()[-1])
    return found


def _cli_ms(places: list[Access]) -> float:
    """All at once: what a person's shell script would do."""
    before = time.perf_counter()
    running = [
        subprocess.Popen(
            [str(AWS), "lambda", "list-functions", "--output", "json"],
            env=cli_environment(access),
            stdout=subprocess.DEVNULL,
        )
        for access in places
    ]
    for process in running:
        if process.wait():
            raise RuntimeError(f"{CLI} failed")
    return (time.perf_counter() - before) * 1000


def _floor_ms(connections: list[Connection]) -> float:
    before = time.perf_counter()
    for connection in connections[:: len(REGIONS)]:  # one for each account, as the program asks who it is
        connection.call("sts", "get_caller_identity")
    for connection in connections:
        for _page in connection.paginate("lambda", "list_functions", ctx=CTX):
            pass
    return (time.perf_counter() - before) * 1000


if __name__ == "__main__":
    main()
