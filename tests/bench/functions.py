"""The table of all functions: 2,000 of them over four regions and two accounts, on a Sandbox.

Beside `aws lambda list-functions` over the same accounts and regions, all of its processes at once.

- first_rows_ms: from the action until stored rows are painted in the new window.
- stored_vs_sqlite: reading the 2,000 from the index, as a ratio to sqlite, json and a bare dataclass.
- refresh_ms: until all are listed again and in the table; refresh_vs_cli: as a ratio to the CLI's.
- refresh_vs_calls: a ratio to its calls, by the same clients on as many threads, their answers left alone.
- filter_key_ms: the slowest key of a search in 10,000 rows, until it is painted.
- fleet_frame_p95_ms, list_frame_p95_ms: a frame of scrolling in them, and in the main window's list with as
  many. fleet_vs_bare, list_vs_bare: as ratios to Qt's own table and list of the same size, without a style.
- memory_mb: of the process with both windows and all functions, without the editor.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from tests.bench._common import (
    AWS,
    ROOT,
    Arguments,
    Figure,
    cli_environment,
    interleave,
    place,
    quietly,
    ratio,
)
from tests.bench._common import running_sandbox as running
from tests.sandbox_keys import keys_of
from tests.seed_functions import ACCOUNTS, COUNT, REGIONS, seed
from workbench.aws.client_config import Access

GOALS = {
    "first_rows_ms": 300.0,
    "stored_vs_sqlite": 1.5,
    "filter_key_ms": 30.0,
    "fleet_vs_bare": 1.3,
    "list_vs_bare": 1.3,
    "refresh_vs_calls": 1.1,
    "memory_mb": 250.0,
}
CLI = "aws lambda list-functions"


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.count("runs", 5)
    options = parser.parse()
    with place() as folder, running(folder / "sandbox") as connection:
        url = connection.access.endpoint_url
        seed(url)
        places = [
            Access(None, region, url, keys_of(account_id)) for account_id in ACCOUNTS for region in REGIONS
        ]
        sides = {
            "program": lambda: _program(url, folder / "home"),
            CLI: lambda: {CLI: _cli_ms(places)},
        }
        interleave(1, sides)  # bytecode, and what is stored from then on
        samples = interleave(options.runs, sides)
    assert set(samples["functions"]) == {COUNT}
    for name in (*GOALS, "refresh_ms", "fleet_frame_p95_ms", "list_frame_p95_ms"):
        unit = "x" if "_vs_" in name else "MB" if name == "memory_mb" else "ms"
        Figure("functions", name, median(samples[name]), unit, options.runs, GOALS.get(name)).show()
    value, cli_ms = ratio(samples, "refresh_ms", CLI), median(samples[CLI])
    Figure("functions", "refresh_vs_cli", value, "x", options.runs, 0.15, CLI, cli_ms).show()


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


if __name__ == "__main__":
    main()
