"""The memory of the Sandbox after a day of use: 200 functions, 5,000 invocations, a million log lines.

- memory_mb: what the server process holds at the end, when its state has been saved.
- peak_mb: the most that it held.
"""

import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.bench._common import Arguments, Figure, place
from tests.sandbox.server.server import Server
from tests.waiting import eventually

SOURCE = """
def handler(event, context):
    for number in range(event):
        print(f"line {number} of a request, with as much to say as real ones have: {context.aws_request_id}")
"""
_SAVED_WITHIN_S = 180
"""The state of a service that takes long to write is saved once a minute."""


def memory_mb(pid: int, name: str) -> float:
    """Reads VmRSS or VmHWM of a process."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(status.partition(f"{name}:")[2].split()[0]) / 1024


def wait_until_logged(server: Server, invocations: Mapping[str, int]) -> None:
    """Waits for the last line of every invocation of each function."""
    for name, count in invocations.items():
        eventually(partial(_is_logged, server, name, count))


def _is_logged(server: Server, name: str, count: int) -> bool:
    return len(server.lines(name, filterPattern="REPORT")) == count


def wait_until_saved(server: Server) -> None:
    """Waits until the log lines are on the disk: makes a group, and waits for the file that has it."""
    saved = server.folder / "state" / "cloudwatch_logs.json"
    server.client("logs").create_log_group(logGroupName="day-ends")
    made_s = time.time()
    eventually(lambda: saved.is_file() and saved.stat().st_mtime > made_s, _SAVED_WITHIN_S)


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.count("functions", 200, smoke=3)
    parser.count("invocations", 5_000, smoke=20)
    parser.count("lines", 1_000_000, smoke=2_000)
    options = parser.parse()
    each = options.lines // options.invocations
    with place() as folder, Server(folder / "sandbox", LAMBDA_WARM_TTL_SECONDS="5") as server:
        for number in range(options.functions):
            server.create(f"day-{number}", SOURCE)
        client = server.client("lambda")

        names = [
            f"day-{number * options.functions // options.invocations}"
            for number in range(options.invocations)
        ]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: client.invoke(FunctionName=name, Payload=str(each)), names))
        wait_until_logged(server, Counter(names))
        wait_until_saved(server)
        pid = server.process.pid
        Figure("sandbox_day", "memory_mb", memory_mb(pid, "VmRSS"), "MB", 1, goal=400).show()
        Figure("sandbox_day", "peak_mb", memory_mb(pid, "VmHWM"), "MB", 1, goal=400).show()


if __name__ == "__main__":
    main()
