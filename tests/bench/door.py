"""The strict door of the Sandbox: what it costs a request, and what becomes of malformed ones.

- check_ms: what reading and checking one request takes, for each service; measured at the door itself, with
  nothing behind it; of PutLogEvents with 1,000 lines, too.
- malformed_faults: answers to malformed requests that are not of AWS's form, of all that were sent.
- malformed_p99_ms, malformed_slow: how long such an answer takes over HTTP, and how many took over 50 ms,
  three times. What MiniStack loads at the first request to a service is not counted.
"""

import asyncio
import json
import time
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from tests.bench._common import Arguments, Figure, place
from tests.malformed_requests import Malformed, fault_of, requests, send
from tests.sandbox.server.server import Server

SLOW_S = 0.05
_SOUND = json.loads((Path(__file__).parents[1] / "malformed_requests.json").read_text("utf-8"))


def sound() -> list[tuple[str, Malformed]]:
    """A request of each service, by the service's name."""
    found: dict[str, Malformed] = {}
    for service, target, document in _SOUND["json"]:
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
        found.setdefault(service, Malformed(service, "POST", "/", headers, json.dumps(document).encode()))
    for service, method, path, document in _SOUND["rest"]:
        body = b"" if document is None else json.dumps(document).encode()
        found.setdefault(service, Malformed(service, method, path, {}, body))
    for service, pairs in _SOUND["query"]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        found.setdefault(service, Malformed(service, "POST", "/", headers, urlencode(pairs).encode()))
    for method, path, text in _SOUND["xml"]:
        found.setdefault("s3", Malformed("s3", method, path, {}, text.encode()))
    return sorted(found.items())


def log_lines(count: int) -> Malformed:
    """A request of PutLogEvents with so many lines."""
    rows = [
        {
            "timestamp": 1_700_000_000_000 + each,
            "message": f"line {each} of usual length, about as long as this",
        }
        for each in range(count)
    ]
    document = {"logGroupName": "group", "logStreamName": "stream", "logEvents": rows}
    headers = {
        "X-Amz-Target": "Logs_20140328.PutLogEvents",
        "Content-Type": "application/x-amz-json-1.1",
    }
    return Malformed("logs", "POST", "/", headers, json.dumps(document).encode())


def check_ms(sample: Malformed, runs: int) -> float:
    """What the door takes for one request."""
    from workbench_sandbox.server.door.authorization import Permissions
    from workbench_sandbox.server.door.door import Door
    from workbench_sandbox.server.door.models import Models
    from workbench_sandbox.server.request_context import REQUEST, RequestContext, Signer

    async def nothing(*_: Any) -> None:
        pass

    async def payload() -> dict[str, Any]:
        return {"type": "http.request", "body": sample.body, "more_body": False}

    path, _, query = sample.path.partition("?")
    headers = [(name.lower().encode(), value.encode()) for name, value in sample.headers.items()]
    scope = {
        "type": "http",
        "method": sample.method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1:1"), *headers],
    }

    async def measure() -> float:
        door, took = Door(nothing, Models(), Permissions()), []
        REQUEST.set(RequestContext(signer=Signer("000000000000", sample.service, "us-east-1")))
        for _ in range(runs + 5):
            started = time.perf_counter()
            await door(dict(scope), payload, nothing)
            took.append(time.perf_counter() - started)
        return median(took[5:]) * 1000

    return asyncio.run(measure())


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.count("runs", 500, smoke=20)
    parser.count("malformed", 20_000, smoke=200)
    parser.add_argument("--seed", type=int, default=18)
    options = parser.parse()
    with place() as folder:
        for service, sample in sound():
            took = check_ms(sample, options.runs)
            Figure("door", f"check_ms {service}", took, "ms", options.runs, goal=1.0).show()
        took = check_ms(log_lines(1_000), options.runs)
        Figure("door", "check_ms logs, 1,000 lines", took, "ms", options.runs, goal=1.0).show()
        faults, times = 0, list[float]()
        with Server(folder / "sandbox") as server:
            connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
            for _, sample in sound():
                send(connection, sample, server.secret())
            for malformed in requests(options.seed, options.malformed):
                answer = send(connection, malformed, server.secret())
                took_s = answer.took_s
                for _ in range(2):  # a busy machine is no fault of the request's
                    if took_s > SLOW_S:
                        took_s = min(took_s, send(connection, malformed, server.secret()).took_s)
                times.append(took_s)
                if took_s > SLOW_S:
                    print(f"{malformed}: {took_s * 1000:.0f} ms")
                fault = fault_of(malformed, answer)
                faults += bool(fault)
                if fault:
                    print(f"{malformed}: {fault}")
            connection.close()
    count = len(times)
    slow = sum(each > SLOW_S for each in times)
    Figure("door", "malformed_faults", faults, "answers", count, goal=0).show()
    p99_ms = sorted(times)[int(count * 0.99)] * 1000
    Figure("door", "malformed_p99_ms", p99_ms, "ms", count, goal=SLOW_S * 1000).show()
    Figure("door", "malformed_slow", slow, "answers", count, goal=0).show()


if __name__ == "__main__":
    main()
