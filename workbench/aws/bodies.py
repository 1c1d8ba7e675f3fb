"""Bodies of requests that are read from a file while they are sent, and report how much was sent.

botocore would hold a package three times in memory and take a quarter of a second to write 40 MB as base64.
These bodies read the file piece by piece. They are read more than once (for the signature, for a repeated
request); only what is read while the request is on the wire counts as sent. Cancel takes effect there too.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.core.errors import Cancelled

Sent = Callable[[int, int], object]
"""Called with the bytes sent and the bytes in all; what it raises (Cancelled) ends the request."""

_REPORT_EVERY_BYTES = 1 << 18
_NOTHING = -1
_PIECE_BYTES = 3 << 16  # whole groups of base64
_EMPTY_ZIP_FILE = b'"ZipFile": ""'
_BODY_KEY = "workbench_zip_file"


class FileBody:
    """A part of a file.

    Args:
        path: The file. It must not change while it is sent.
        offset: Where the part begins, in bytes.
        size_bytes: Of the part.
        on_sent: Called now and then, and at the end.
    """

    def __init__(self, path: Path, offset: int, size_bytes: int, on_sent: Sent | None = None) -> None:
        self._file = path.open("rb")
        self._offset = offset
        self._size = size_bytes
        self._on_sent = on_sent
        self._sending = False
        self._reported = _NOTHING
        self._position = 0
        self._file.seek(offset)

    def __len__(self) -> int:
        return self._size

    def __bool__(self) -> bool:
        return True

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def tell(self) -> int:
        return self._position

    def seek(self, position: int, whence: int = 0) -> int:
        """Goes to a place; from there on nothing counts as sent until `begin_sending`."""
        self._position = min(max(position + (0, self._position, self._size)[whence], 0), self._size)
        self._file.seek(self._offset + self._position)
        self._sending = False
        return self._position

    def begin_sending(self) -> None:
        """The request goes on the wire now."""
        self._sending = True
        self._reported = _NOTHING

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes. What was read before them has been sent, if this is on the wire."""
        self._tell(self._position)
        left = self._size - self._position
        data = self._file.read(left if size is None or size < 0 else min(size, left))
        self._position += len(data)
        if not data:
            self._tell(self._size)
        return data

    def _tell(self, sent: int) -> None:
        last = sent == self._size != self._reported
        if self._sending and self._on_sent and (last or sent - self._reported >= _REPORT_EVERY_BYTES):
            self._reported = sent
            self._on_sent(sent, self._size)


class ZipFileBody:
    """A whole file as the member ZipFile of UpdateFunctionCode, to be given as that parameter."""

    def __init__(self, path: Path, size_bytes: int, on_sent: Sent | None = None) -> None:
        self._file = FileBody(path, 0, size_bytes, on_sent)
        self._before = self._after = b""
        self._ready, self._given = b"", 0
        self._position = 0
        self._opened = self._closed = False

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def put_into(self, request: bytes) -> None:
        """Takes the serialized request, whose ZipFile is empty, to stand around the file."""
        self._before, place, self._after = request.partition(_EMPTY_ZIP_FILE)
        if not place:
            raise AssertionError("botocore serializes an empty ZipFile otherwise than expected")
        self._before += place[:-1]
        self._after = place[-1:] + self._after
        self.seek(0)

    def __len__(self) -> int:
        return len(self._before) + (len(self._file) + 2) // 3 * 4 + len(self._after)

    def tell(self) -> int:
        return self._position

    def seek(self, position: int, whence: int = 0) -> int:
        """To the start or to the end: nothing else is asked for."""
        self._file.seek(0)
        self._ready, self._given = b"", 0
        at_end = whence == 2 or position >= len(self) > 0
        self._opened = self._closed = at_end
        self._position = len(self) if at_end else 0
        return self._position

    def begin_sending(self) -> None:
        """The request goes on the wire now."""
        self._file.begin_sending()

    def read(self, size: int | None = -1) -> bytes:
        """Some of the next bytes, at most as many as asked for; all that are left without a number."""
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(_PIECE_BYTES), b""))
        if self._given == len(self._ready):
            self._ready, self._given = self._more(), 0
        data = self._ready[self._given : self._given + size]
        self._given += len(data)
        self._position += len(data)
        return data

    def _more(self) -> bytes:
        import pybase64

        if not self._opened:
            self._opened = True
            return self._before
        if piece := self._file.read(_PIECE_BYTES):
            return pybase64.b64encode(piece)
        if self._closed:
            return b""
        self._closed = True
        return self._after


def stream_uploads(client: Any) -> None:
    """Teaches a botocore client to send these bodies."""
    events = client.meta.events
    events.register("before-parameter-build.lambda.UpdateFunctionCode", _take_out)
    events.register("before-call.lambda.UpdateFunctionCode", _put_in)
    events.register("before-send", _begin_sending)
    events.register("needs-retry", _stop_when_cancelled)


def _take_out(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if isinstance(body := params.get("ZipFile"), ZipFileBody):
        context[_BODY_KEY] = body
        params["ZipFile"] = b""


def _put_in(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if (body := context.get(_BODY_KEY)) is not None:
        body.put_into(params["body"])
        params["body"] = body


def _begin_sending(request: Any, **_: Any) -> None:
    if isinstance(request.body, FileBody | ZipFileBody):
        request.body.begin_sending()


def _stop_when_cancelled(caught_exception: Exception | None = None, **_: Any) -> None:
    """Handles "needs-retry": a cancelled request is not sent again."""
    cause = getattr(caught_exception, "kwargs", {}).get("error")
    if isinstance(cause, Cancelled):
        raise cause
