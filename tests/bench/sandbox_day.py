"""The memory of the Sandbox after a day of use: 200 functions, 5,000 invocations, a million log lines.

- memory_mb: what the server process holds at the end, when its state has been saved.
- peak_mb: the most that it held.
"""

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench._common import Figure, place
from tests.sandbox.launcher.server import ROLE, Server

SOURCE = """
def handler(event, context):
    for number in range(event):
        print(f"line {number} of a request, with as much to say as real ones have: {context.aws_request_id}")
"""
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def memory_mb(pid: int, name: str) -> float:
    """Reads VmRSS or VmHWM of a process."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(status.partition(f"{name}:")[2].split()[0]) / 1024


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--functions", type=int, default=200)
    parser.add_argument("--invocations", type=int, default=5_000)
    parser.add_argument("--lines", type=int, default=1_000_000)
    options = parser.parse_args()
    each = options.lines // options.invocations
    with place() as folder, Server(folder / "sandbox", LAMBDA_WARM_TTL_SECONDS="5") as server:
        role = ROLE.rpartition("/")[2]
        server.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(_TRUST))
        for number in range(options.functions):
            server.create(f"day-{number}", SOURCE)
        client = server.client("lambda")

        def invoke(number: int) -> None:
            name = f"day-{number * options.functions // options.invocations}"
            client.invoke(FunctionName=name, Payload=str(each))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(invoke, range(options.invocations)))
        time.sleep(5)  # the last lines come, and the state is saved
        pid = server.process.pid
        Figure("sandbox_day", "memory_mb", memory_mb(pid, "VmRSS"), "MB", 1, goal=400).show()
        Figure("sandbox_day", "peak_mb", memory_mb(pid, "VmHWM"), "MB", 1, goal=400).show()


if __name__ == "__main__":
    main()
