"""Packages on the wire: what arrives, what is told of it, and Cancel in the middle."""

import base64
import contextlib
import io
import json
import socket
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from urllib3 import HTTPResponse

from tests.aws.model_check import model_checked_sessions
from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from workbench.aws.client_config import Access, FileBody, StaticKeys, ZipFileBody
from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError


class Receiver:
    """A server that keeps what it is sent, and fails the first requests when told to."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.failures = 0
        self.cut_after = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def _take(self) -> None:
                length = int(self.headers["Content-Length"])
                if receiver.cut_after:
                    self.rfile.read(receiver.cut_after)
                    receiver.cut_after = 0
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.close_connection = True
                    return
                receiver.bodies.append(self.rfile.read(length))
                failing = receiver.failures > 0
                receiver.failures -= failing
                answer = b"{}" if self.path.startswith("/2015") else b""
                self.send_response(503 if failing else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.send_header("ETag", '"1"')
                self.end_headers()
                with contextlib.suppress(OSError):  # the sender has gone
                    self.wfile.write(answer)

            do_PUT = _take

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        access = Access(
            None, "us-east-1", f"http://127.0.0.1:{self._server.server_port}", StaticKeys("AKIDEXAMPLE", "s")
        )
        self.connection = Connection(access, model_checked_sessions().get(access), "123456789012")

    def close(self) -> None:
        self.connection.client("lambda").close()
        self.connection.client("s3").close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def update(self, body: ZipFileBody) -> None:
        self.connection.call(
            "lambda", "update_function_code", FunctionName="f", ZipFile=body, RevisionId="r1", Publish=False
        )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def _file(tmp_path: Path, size: int) -> tuple[Path, bytes]:
    data = bytes(number * 7 % 251 for number in range(size % 1000)) + b"x" * (size - size % 1000)
    path = tmp_path / "package.zip"
    path.write_bytes(data)
    return path, data


@pytest.mark.parametrize("size", [0, 1, 2, 3, 196_607, 196_608, 196_609, 1_000_001])
def test_a_package_arrives_as_botocore_would_have_sent_it(
    receiver: Receiver, tmp_path: Path, size: int
) -> None:
    path, data = _file(tmp_path, size)
    told: list[tuple[int, int]] = []
    body = ZipFileBody(path, size, lambda sent, total: told.append((sent, total)))

    receiver.update(body)
    body.close()

    sent = json.loads(receiver.bodies[0])
    assert base64.b64decode(sent.pop("ZipFile"), validate=True) == data
    assert sent == {"RevisionId": "r1", "Publish": False}
    assert told[-1] == (size, size)
    assert [each for each, _ in told] == sorted({each for each, _ in told})


def test_a_repeated_request_is_sent_whole_and_counted_anew(receiver: Receiver, tmp_path: Path) -> None:
    path, data = _file(tmp_path, 700_000)
    told: list[int] = []
    receiver.failures = 1
    body = ZipFileBody(path, len(data), lambda sent, _: told.append(sent))

    receiver.update(body)
    body.close()

    assert len(receiver.bodies) == 2
    assert receiver.bodies[0] == receiver.bodies[1]
    assert told.count(len(data)) == 2


def test_an_upload_that_is_reset_after_three_quarters_is_sent_again(
    receiver: Receiver, tmp_path: Path
) -> None:
    path, data = _file(tmp_path, 10_000_000)
    told: list[int] = []
    receiver.cut_after = 10_000_000
    body = ZipFileBody(path, len(data), lambda sent, _: told.append(sent))

    receiver.update(body)
    body.close()

    assert base64.b64decode(json.loads(receiver.bodies[0])["ZipFile"]) == data
    assert told != sorted(told)  # it began anew
    assert told[-1] == len(data)


def test_cancel_in_the_middle_ends_the_request_at_once(receiver: Receiver, tmp_path: Path) -> None:
    path, data = _file(tmp_path, 30_000_000)
    told: list[int] = []

    def cancel(sent: int, _total: int) -> None:
        told.append(sent)
        if sent > 1_000_000:
            raise Cancelled

    body = ZipFileBody(path, len(data), cancel)
    with pytest.raises(Cancelled):
        receiver.update(body)
    body.close()

    assert told[-1] < 3_000_000


def test_a_part_of_a_file_is_sent_to_s3(receiver: Receiver, tmp_path: Path) -> None:
    path, data = _file(tmp_path, 2_000_000)
    told: list[tuple[int, int]] = []
    body = FileBody(path, 300_000, 1_500_000, lambda sent, total: told.append((sent, total)))

    receiver.connection.call(
        "s3", "upload_part", Bucket="bucket", Key="k", UploadId="u", PartNumber=1, Body=body
    )
    body.close()

    assert receiver.bodies == [data[300_000:1_800_000]]
    assert told[-1] == (1_500_000, 1_500_000)
    assert len(told) < 10


def test_a_server_that_stays_broken_is_an_error_as_ever(receiver: Receiver, tmp_path: Path) -> None:
    path, data = _file(tmp_path, 1000)
    receiver.failures = 99
    body = ZipFileBody(path, len(data))
    with pytest.raises(WorkbenchError):
        receiver.update(body)
    body.close()
    assert len(receiver.bodies) == 3


def test_a_part_goes_to_s3_over_https_as_it_is_and_is_counted(aws: StubbedAws, tmp_path: Path) -> None:  # noqa: F811 - pytest's way
    """For a checksum botocore would wrap it: over HTTPS only, which the Sandbox does not speak."""
    path, data = _file(tmp_path, 700_000)
    told: list[int] = []
    seen: list[tuple[dict[str, str], bytes]] = []

    def receive(request: Any, **_: Any) -> AWSResponse:
        seen.append((dict(request.headers), b"".join(iter(lambda: request.body.read(8192), b""))))
        headers = HTTPHeaders.from_dict({"ETag": '"1"'})
        return AWSResponse(request.url, 200, headers, HTTPResponse(io.BytesIO(), preload_content=False))

    client = aws.connection.client("s3")
    client.meta.events.register_last("before-send", receive)
    body = FileBody(path, 0, len(data), lambda sent, _: told.append(sent))
    aws.connection.call("s3", "upload_part", Bucket="b", Key="k", UploadId="u", PartNumber=1, Body=body)
    body.close()

    headers, sent = seen[0]
    assert sent == data
    assert int(headers["Content-Length"]) == len(data)
    assert not {name for name in headers if "checksum" in name.lower() or "trailer" in name.lower()}
    assert told[-1] == len(data)
