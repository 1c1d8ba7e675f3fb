"""CloudWatch for the bench of metrics: answers GetMetricData at AWS's own page limit, out of a made-up store.

`python -m tests.bench._metrics_server` prints its URL. It speaks JSON and CBOR: each client asks in its own
protocol. Every series has a point in every period, told by `values_of`, so that answers can be checked. Pages
are encoded once and kept: what is measured is who asks.
"""

import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cbor2
import numpy as np
import orjson

from workbench.metrics.series import POINTS_PER_PAGE, Floats


def values_of(name: str, start_s: int, end_s: int, period_s: int) -> Floats:
    """The values of the series of a function and a metric ("f-7/Duration"), one a period."""
    seed = zlib.crc32(name.encode()) % 1000
    number = np.arange(start_s // period_s, end_s // period_s, dtype=np.float64)
    return np.round(seed + (number * 7919) % 997 / 10, 1)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    sent_bytes = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[Any, bytes] = {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Tells how many bytes of answers were sent since it was asked last."""
        sent, self.server.sent_bytes = self.server.sent_bytes, 0
        self._answer(str(sent).encode(), "text/plain")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        in_cbor = "cbor" in self.headers.get("Content-Type", "")
        request = cbor2.loads(body) if in_cbor else orjson.loads(body)
        start_s, end_s = (_seconds(request[name]) for name in ("StartTime", "EndTime"))
        queries = request["MetricDataQueries"]
        period_s = queries[0]["MetricStat"]["Period"]
        fits = max(1, POINTS_PER_PAGE // max(1, (end_s - start_s) // period_s))
        first = int(request.get("NextToken") or 0)
        names = tuple((each["Id"], _name(each)) for each in queries[first : first + fits])
        token = str(first + fits) if first + fits < len(queries) else ""
        key = (in_cbor, names, start_s, end_s, period_s, token)
        if key not in self.server.pages:
            self.server.pages[key] = _page(names, start_s, end_s, period_s, token, in_cbor)
        self._answer(self.server.pages[key], "application/cbor" if in_cbor else "application/x-amz-json-1.0")

    def _answer(self, body: bytes, kind: str) -> None:
        if kind != "text/plain":
            self.server.sent_bytes += len(body)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if "cbor" in kind:
            self.send_header("smithy-protocol", "rpc-v2-cbor")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def _name(query: Mapping[str, Any]) -> str:
    metric = query["MetricStat"]["Metric"]
    return f"{metric['Dimensions'][0]['Value']}/{metric['MetricName']}"


def _seconds(moment: Any) -> int:
    if isinstance(moment, datetime):
        return int(moment.timestamp())
    return int(getattr(moment, "value", moment))


def _page(
    names: Sequence[tuple[str, str]], start_s: int, end_s: int, period_s: int, token: str, in_cbor: bool
) -> bytes:
    # Newest first, as AWS does.
    times = list(range(end_s - period_s, start_s - period_s, -period_s))
    moments = [datetime.fromtimestamp(each, UTC) for each in times] if in_cbor else times
    results = [
        {
            "Id": identity,
            "Label": name,
            "Timestamps": moments,
            "Values": values_of(name, start_s, end_s, period_s)[::-1].tolist(),
            "StatusCode": "Complete",
        }
        for identity, name in names
    ]
    answer = {"MetricDataResults": results, "Messages": []} | ({"NextToken": token} if token else {})
    if in_cbor:
        return cbor2.dumps(answer, datetime_as_timestamp=True)
    return json.dumps(answer, separators=(",", ":")).encode()


if __name__ == "__main__":
    server = _Server()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit()
