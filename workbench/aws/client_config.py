"""An identity and a region for requests to AWS, and how its clients behave.

Timeouts, retries and keep-alive, settings for emulators, bodies, AWS's time.

botocore parses a successful answer whose JSON is cut off as empty: a listing would have no functions, a log
no lines. Here it is an error.

For a page of 50 functions botocore visits every member in Python: 5 ms, half of the time of listing. From a
week of metrics it makes four million datetimes. All members of these answers are JSON's own types under their
own names, so the parsed text is the answer, with times in seconds since 1970.

A body that is read from a file reports how much was sent. botocore would hold a package in memory three times
and take a quarter of a second to encode 40 MB as base64. These bodies read the file in pieces. They are read
more than once (for the signature, for a repeated request); only what is read during a request counts as sent.
Cancel also takes effect there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from workbench.aws import endpoints
from workbench.core.errors import Cancelled
from workbench.core.jobs import current_job


@dataclass(frozen=True, slots=True)
class StaticKeys:
    """Explicit keys. Never printed."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    """An identity in a region.

    Attributes:
        profile_name: A profile of the AWS configuration files; None for the keys below, or without keys for
            those of the environment.
        endpoint_url: Replaces AWS's endpoints for every service; if empty, the profile decides (its
            `endpoint_url` or `services` section), then AWS.
        keys: Static keys. With them no configuration file is read.
    """

    profile_name: str | None
    region: str
    endpoint_url: str = ""
    keys: StaticKeys | None = None


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MAX_DURATION_S = 10.0
"""Slower answers are ignored, because their Date is too uncertain."""


class AwsTime:
    """The error of this computer's clock, from the Date header of answers. Thread-safe.

    AWS refuses signatures that are more than 5 minutes (S3: 15) off its own time; below that it accepts the
    request, and "the last minutes" of a log are then the wrong minutes.
    Source: https://github.com/boto/boto3/issues/1252

    Attributes:
        offset_s: AWS's time minus this computer's; 0 until an answer says otherwise, and as long as the two
            may be equal.
    """

    def __init__(self) -> None:
        self.offset_s = 0.0

    def note(self, headers: Mapping[str, Any], began: datetime, ended: datetime) -> None:
        """Updates the offset from an answer.

        Args:
            headers: The answer's headers, names in lower case.
        """
        moment = date_in(headers)
        if moment is None or not 0 <= (ended - began).total_seconds() <= _MAX_DURATION_S:
            return
        # The date has no fractions of a second.
        earliest_s = (moment - ended).total_seconds()
        latest_s = (moment + timedelta(seconds=1) - began).total_seconds()
        self.offset_s = 0.0 if earliest_s <= 0 <= latest_s else (earliest_s + latest_s) / 2

    def at(self, moment: datetime) -> datetime:
        """AWS's time at `moment` of this computer's clock."""
        return moment + timedelta(seconds=self.offset_s)


def date_in(headers: Mapping[str, Any]) -> datetime | None:
    """The Date of an answer; None if there is none.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 ("Sun, 06 Nov 1994 08:49:37 GMT")
    """
    try:
        _weekday, day, month, year, time, _zone = str(headers["date"]).split()
        hour, minute, second = (int(each) for each in time.split(":"))
        return datetime(int(year), _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)
    except (KeyError, ValueError):
        return None


Sent = Callable[[int, int], object]
"""Called with the bytes sent and the total; what it raises (Cancelled) ends the request."""

_REPORT_EVERY_BYTES = 1 << 18
_NOTHING = -1
_PIECE_BYTES = 3 << 16  # whole groups of base64
_EMPTY_ZIP_FILE = b'"ZipFile": ""'
_BODY_KEY = "workbench_zip_file"


class FileBody:
    """A part of a file.

    Args:
        path: The file, which must not change while it is sent.
        offset: Start of the part, in bytes.
        on_sent: Called from time to time, and at the end.
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
        self._file.close()

    def tell(self) -> int:
        return self._position

    def seek(self, position: int, whence: int = 0) -> int:
        """Moves to a position; nothing counts as sent until `begin_sending`."""
        self._position = min(max(position + (0, self._position, self._size)[whence], 0), self._size)
        self._file.seek(self._offset + self._position)
        self._sending = False
        return self._position

    def begin_sending(self) -> None:
        """Called when the request is about to be sent."""
        self._sending = True
        self._reported = _NOTHING

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes. Earlier ones have been sent, if the request is being sent."""
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
    """A whole file as the parameter ZipFile of UpdateFunctionCode."""

    def __init__(self, path: Path, size_bytes: int, on_sent: Sent | None = None) -> None:
        self._file = FileBody(path, 0, size_bytes, on_sent)
        self._before = self._after = b""
        self._ready, self._given = b"", 0
        self._position = 0
        self._opened = self._closed = False

    def close(self) -> None:
        self._file.close()

    def put_into(self, request: bytes) -> None:
        """Takes the serialized request, with an empty ZipFile, to wrap the file in."""
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
        """Moves to the start or the end, the only positions that are requested."""
        self._file.seek(0)
        self._ready, self._given = b"", 0
        at_end = whence == 2 or position >= len(self) > 0
        self._opened = self._closed = at_end
        self._position = len(self) if at_end else 0
        return self._position

    def begin_sending(self) -> None:
        """Called when the request is about to be sent."""
        self._file.begin_sending()

    def read(self, size: int | None = -1) -> bytes:
        """Some of the next bytes, at most `size`; without a number all remaining."""
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
    """Lets a botocore client send these bodies."""
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
    """Handles "needs-retry": a cancelled request is not repeated."""
    cause = getattr(caught_exception, "kwargs", {}).get("error")
    if isinstance(cause, Cancelled):
        raise cause


CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 30
ATTEMPTS = 3
"""Total number of requests, including the first. botocore waits at most 1 s, then 2 s, between them."""
PROBE_READ_TIMEOUT_S = 10
PROBE_ATTEMPTS = 2
"""For short requests that the user waits for. With `give_up_on_silence` they end within 11 s."""
_POOL_CONNECTIONS = 16
_READ_TIMEOUT_STEPS_S = (60, 120, 300, 600, 960, 1800)


def client_config(
    access: Access,
    read_timeout_s: float,
    retries: bool,
    attempts: int = ATTEMPTS,
    *,
    checks_requests: bool = True,
) -> Any:
    """The `botocore.config.Config` of a client."""
    from botocore.config import Config

    special: dict[str, Any] = {}
    if access.endpoint_url:
        # Host names such as bucket.127.0.0.1 do not exist, and settings for AWS do not apply.
        special = {
            "s3": {"addressing_style": "path"},
            "use_fips_endpoint": False,
            "use_dualstack_endpoint": False,
        }
        if endpoints.is_local(access.endpoint_url):
            special["proxies"] = {}  # no proxy reaches this computer's own servers
    return Config(  # type: ignore[call-arg]  # the stubs lack user_agent_appid
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": attempts if retries else 1},
        parameter_validation=checks_requests,
        max_pool_connections=_POOL_CONNECTIONS,
        tcp_keepalive=True,  # a long invocation is silent, and routers drop silent connections
        user_agent_appid="workbench",
        # Otherwise S3 gets a package in chunks followed by a checksum, which hides our body, and parts have a
        # checksum that their upload does not announce. Lambda's CodeSha256 verifies it anyway.
        request_checksum_calculation="when_required",
        **special,
    )


def probe_config() -> Any:
    """The `botocore.config.Config` of short requests (`PROBE_ATTEMPTS`)."""
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=PROBE_READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": PROBE_ATTEMPTS},
    )


def give_up_on_silence(caught_exception: Exception | None = None, **_: Any) -> None:
    """Handles botocore's "needs-retry": a request that timed out is not repeated."""
    from botocore.exceptions import ReadTimeoutError

    if isinstance(caught_exception, ReadTimeoutError):
        raise caught_exception


def give_up_when_cancelled(caught_exception: Exception | None = None, **_: Any) -> None:
    """Handles botocore's "needs-retry": a cancelled job's request is not repeated."""
    if caught_exception is not None and current_job().cancelled:
        raise caught_exception


def round_up(timeout_s: float) -> float:
    """Rounds a timeout up, in steps above 30 s, so that many functions share a client."""
    if timeout_s <= READ_TIMEOUT_S:
        return float(timeout_s)
    return float(next((step for step in _READ_TIMEOUT_STEPS_S if step >= timeout_s), timeout_s))


_LARGE_ANSWERS = (
    "before-parse.lambda.ListFunctions",
    "before-parse.resource-groups-tagging-api.GetResources",
    "before-parse.cloudwatch.GetMetricData",
)
_TIMES = b'"Timestamps":['


class DamagedAnswerError(Exception):
    """A successful answer is cut off, or otherwise not the JSON that AWS sends."""


def read_as_json(client: Any) -> None:
    """Makes a botocore client refuse damaged JSON, and read `_LARGE_ANSWERS` without its own parser."""
    client.meta.events.register_first("before-parse", _refuse_damaged)
    for event in _LARGE_ANSWERS:
        client.meta.events.register(event, _read_json)


def share_times(body: bytes) -> bytes:
    """Replaces timestamps equal to those of the previous result by null: they are half of a long answer.

    Series of one window mostly have the same timestamps. These bytes cannot occur in a JSON string, whose
    quotation marks are escaped.
    """
    first, *others = body.split(_TIMES)
    before, parts = b"", [first]
    for part in others:
        times = part[: part.find(b"]")]
        if times and times == before:
            parts += (_TIMES[:-1], b"null", part[len(times) + 1 :])
        else:
            parts += (_TIMES, part)
        before = times
    return b"".join(parts)


def _refuse_damaged(response_dict: dict[str, Any], operation_model: Any, **_: Any) -> None:
    """Handles botocore's "before-parse". A web page instead of an answer is refused later, by its text.

    Raises:
        DamagedAnswerError: The body of a success starts as JSON but is not valid, or is not UTF-8.
    """
    body = response_dict["body"]
    if response_dict["status_code"] >= 300 or not isinstance(body, bytes) or not body:
        return
    if "json" not in operation_model.service_model.resolved_protocol or _is_text(
        operation_model.output_shape
    ):
        return
    try:
        orjson.loads(body)
    except ValueError as error:
        if body.lstrip()[:1] in (b"{", b"[") or not _is_utf8(body):
            raise DamagedAnswerError(str(error)) from None


def _is_text(output_shape: Any) -> bool:
    """Whether the whole body is one string member. A blob is passed on unread and is not `bytes` here."""
    payload = output_shape.serialization.get("payload") if output_shape is not None else None
    return payload is not None and output_shape.members[payload].type_name == "string"


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _read_json(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Handles botocore's "before-parse". Failures, and bodies that are not JSON, are left to botocore."""
    if response_dict["status_code"] != 200:
        return
    try:
        answer = orjson.loads(share_times(response_dict["body"]))
    except ValueError:
        return
    if isinstance(answer, dict):
        customized_response_dict.update((name, value) for name, value in answer.items() if value is not None)
        response_dict["body"] = b"{}"
