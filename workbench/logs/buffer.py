"""A bounded log in memory: a million rows in about 100 MB. Beyond that the oldest rows are dropped.

Rows are in chunks of some thousand; all but the last are compressed. `AllRows` and `SomeRows` are the rows
that a view shows: all, or some by their numbers. A buffer is thread-safe: a job fills it while the window
reads. `export` writes rows to a file: text, JSON lines or CSV.
"""

import json
import threading
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from itertools import batched
from pathlib import Path

from workbench.core.files import explain_os_error, replacing
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.spreadsheet import csv_row
from workbench.logs.parse import (
    Invocation,
    InvocationChanges,
    InvocationGrouper,
    Level,
    LineKind,
    LogLine,
    without_escapes,
)

ROWS = 2048
"""Rows of a full chunk."""
TEXT_BYTES = 512 * 1024
"""Text of a full chunk."""

_LEVELS, _KINDS = tuple(Level), tuple(LineKind)
_LEVEL_OF = {level: number for number, level in enumerate(_LEVELS)}
_KIND_OF = {kind: number << 3 for number, kind in enumerate(_KINDS)}
_HEAD = 0x40
_ROW_BYTES = 8 + 4 + 2 + 2 + 2 + 1
ENCODING, ERRORS = "utf-8", "surrogatepass"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a log: an event, or a line of an event with several.

    Attributes:
        number: Counted from the first row of the log; never changes.
        time_ms: Milliseconds since 1970, UTC.
        request_id: The invocation; empty if unknown.
        is_head: Whether it is the first row of its event.
    """

    number: int
    time_ms: int
    text: str
    level: Level
    kind: LineKind
    request_id: str
    stream: str
    source: str
    is_head: bool


class _Names:
    """Texts that many rows share, each stored once."""

    __slots__ = ("_numbers", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        found = self._numbers.get(text)
        if found is None:
            found = self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return found

    def seal(self) -> None:
        self._numbers = {}


class Chunk:
    """Rows from `first` on. Once sealed, it does not grow and its text is compressed."""

    __slots__ = ("_ends", "_info", "_names", "_requests", "_sources", "_streams", "_text", "_times", "first")

    def __init__(self, first: int) -> None:
        self.first = first
        self._times = array("q")
        self._ends = array("I")
        self._info = array("B")
        self._requests, self._streams, self._sources = array("H"), array("H"), array("H")
        self._names = _Names()
        self._text: bytearray | bytes = bytearray()

    @property
    def end(self) -> int:
        """The number after its last row."""
        return self.first + len(self._times)

    @property
    def is_full(self) -> bool:
        return len(self._times) >= ROWS or len(self._text) >= TEXT_BYTES

    @property
    def size_bytes(self) -> int:
        """Its approximate size in memory."""
        return len(self._text) + _ROW_BYTES * len(self._times)

    def append(self, line: LogLine, text: str, request_id: str, *, is_head: bool) -> None:
        """Adds a row; only before it is sealed."""
        self._times.append(line.time_ms)
        assert isinstance(self._text, bytearray)
        self._text += text.encode(ENCODING, ERRORS)
        self._ends.append(len(self._text))
        self._text += b"\n"
        self._info.append(_LEVEL_OF[line.level] | _KIND_OF[line.kind] | (_HEAD if is_head else 0))
        number = self._names.number
        self._requests.append(number(request_id))
        self._streams.append(number(line.stream))
        self._sources.append(number(line.source))

    def seal(self) -> None:
        """Compresses the text, with level 1: fast enough for the rate at which lines are parsed."""
        self._text = zlib.compress(self._text, 1)
        self._names.seal()

    def text(self) -> bytes:
        """The text of all rows, each ended by a line feed."""
        return bytes(self._text) if isinstance(self._text, bytearray) else zlib.decompress(self._text)

    def growing(self) -> bytearray | None:
        """The text itself, not a copy; None once the chunk is sealed."""
        return self._text if isinstance(self._text, bytearray) else None

    def row(self, number: int, text: bytes | bytearray) -> Row:
        """A row from the result of `text`."""
        index = number - self.first
        begin = self._ends[index - 1] + 1 if index else 0
        info = self._info[index]
        names = self._names.texts
        return Row(
            number,
            self._times[index],
            bytes(text[begin : self._ends[index]]).decode(ENCODING, ERRORS),
            _LEVELS[info & 7],
            _KINDS[info >> 3 & 7],
            names[self._requests[index]],
            names[self._streams[index]],
            names[self._sources[index]],
            bool(info & _HEAD),
        )

    def cut(self, text: bytes | bytearray, first: int, end: int) -> bytes:
        """The text of some of its rows, separated by line feeds."""
        begin = self._ends[first - self.first - 1] + 1 if first > self.first else 0
        return bytes(text[begin : self._ends[end - self.first - 1]])


MAX_LINES = 1_000_000
MAX_BYTES = 160 * 1024 * 1024

_EVENT_ROWS = 10_000
"""Maximum of rows per event: the last contains all further lines."""
_BATCH_LINES = 200
"""Lines that are added before a reader gets its turn."""
_MAX_UNPACKED = 8
"""Chunks whose text is cached for scrolling."""


class LogBuffer:
    """Rows, numbered from 0; those from `first` to before `end` are stored."""

    def __init__(self, max_lines: int = MAX_LINES, max_bytes: int = MAX_BYTES) -> None:
        self._max_lines = max_lines
        self._max_bytes = max_bytes
        self._lock = threading.RLock()
        self._chunks = [Chunk(0)]
        self._firsts = [0]
        self._sealed_bytes = 0
        self._unpacked: OrderedDict[int, bytes] = OrderedDict()
        self._grouper = InvocationGrouper()
        self._sources: dict[str, None] = {}

    @property
    def first(self) -> int:
        """The number of the oldest stored row, which is also the count of dropped ones."""
        return self._firsts[0]

    @property
    def end(self) -> int:
        """The number of the next row."""
        with self._lock:
            return self._chunks[-1].end

    @property
    def size_bytes(self) -> int:
        """The approximate size of the rows in memory."""
        with self._lock:
            return self._sealed_bytes + self._chunks[-1].size_bytes

    @property
    def sources(self) -> tuple[str, ...]:
        """The functions whose lines have arrived."""
        with self._lock:
            return tuple(self._sources)

    def take(self, item: object) -> object:
        """For JobContext.through: stores the lines that a reader emits, and passes on their count."""
        if not isinstance(item, tuple):
            return item
        self.add(item)
        return len(item)

    def add(self, lines: Iterable[LogLine]) -> None:
        """Adds lines; those of each stream must be in order."""
        some: list[LogLine] = []
        for line in lines:
            some.append(line)
            if len(some) == _BATCH_LINES:
                self._add(some)
                some.clear()
        self._add(some)

    def get(self, request_id: str) -> Invocation | None:
        """An invocation; None if none of its lines is stored."""
        with self._lock:
            return self._grouper.get(request_id)

    def take_changes(self) -> InvocationChanges:
        """The changes of the invocations since the last call."""
        with self._lock:
            return self._grouper.take_changes()

    def row(self, number: int) -> Row | None:
        """A row; None if it was dropped or does not exist yet."""
        with self._lock:
            chunk = self._chunk_of(number)
            return chunk.row(number, self._text(chunk)) if chunk is not None else None

    def event_text(self, number: int) -> str:
        """The whole event of a row, its lines separated by line feeds."""
        rows: list[Row] = []
        with self._lock:
            while (row := self.row(number)) is not None and not row.is_head:
                number -= 1
            while (row := self.row(number)) is not None and (not rows or not row.is_head):
                rows.append(row)
                number += 1
        return "\n".join(row.text for row in rows)

    def pieces(self, first: int, end: int) -> Iterator[tuple[range, bytes]]:
        """The text of rows, chunk by chunk: their numbers, and UTF-8 with a line feed between two rows."""
        while True:
            with self._lock:
                first = max(first, self.first)
                chunk = self._chunk_of(first) if first < end else None
                if chunk is None:
                    return
                stop = min(end, chunk.end)
                text = chunk.cut(self._text(chunk, keep=False), first, stop)
            yield range(first, stop), text
            first = stop

    def _add(self, lines: list[LogLine]) -> None:
        with self._lock:
            for line in lines:
                self._append(line)
            while self._is_over_limit and len(self._chunks) > 1:
                dropped = self._chunks.pop(0)
                self._firsts.pop(0)
                self._sealed_bytes -= dropped.size_bytes
                self._unpacked.pop(dropped.first, None)
                self._grouper.forget_before(self.first)

    @property
    def _is_over_limit(self) -> bool:
        return (
            self._chunks[-1].end - self.first > self._max_lines
            or self._sealed_bytes + self._chunks[-1].size_bytes > self._max_bytes
        )

    def _append(self, line: LogLine) -> None:
        if line.source not in self._sources:
            self._sources[line.source] = None
        rows = without_escapes(line.message).splitlines() or [""]
        if len(rows) > _EVENT_ROWS:
            rows[_EVENT_ROWS - 1 :] = [" ⏎ ".join(rows[_EVENT_ROWS - 1 :])]
        request_id = self._grouper.assign(line, self._chunks[-1].end, len(rows))
        is_head = True
        for text in rows:
            chunk = self._chunks[-1]
            if chunk.is_full:
                chunk.seal()
                self._sealed_bytes += chunk.size_bytes
                chunk = Chunk(chunk.end)
                self._chunks.append(chunk)
                self._firsts.append(chunk.first)
            chunk.append(line, text, request_id, is_head=is_head)
            is_head = False

    def _chunk_of(self, number: int) -> Chunk | None:
        if not self.first <= number < self._chunks[-1].end:
            return None
        return self._chunks[bisect_right(self._firsts, number) - 1]

    def _text(self, chunk: Chunk, *, keep: bool = True) -> bytes | bytearray:
        if (growing := chunk.growing()) is not None:
            return growing
        text = self._unpacked.get(chunk.first)
        if text is None:
            text = chunk.text()
            if keep:
                self._unpacked[chunk.first] = text
                if len(self._unpacked) > _MAX_UNPACKED:
                    self._unpacked.popitem(last=False)
        else:
            self._unpacked.move_to_end(chunk.first)
        return text


Piece = tuple[range | tuple[int, ...], bytes]
"""Numbers of rows, and their text in UTF-8 with a line feed between two rows."""

_PIECE_ROWS = 2000


class AllRows:
    """Every row of a buffer."""

    def __init__(self, buffer: LogBuffer) -> None:
        self.buffer = buffer

    def __len__(self) -> int:
        return self.buffer.end - self.buffer.first

    def number(self, index: int) -> int:
        """The number of a row by its index, counted from the oldest."""
        return self.buffer.first + index

    def index_of(self, number: int) -> int:
        """The index of a row, or of the next one that is stored."""
        return max(0, min(number - self.buffer.first, len(self)))

    def pieces(self, first_number: int = 0) -> Iterator[Piece]:
        """The text of all rows in pieces, without rows that arrive meanwhile."""
        return self.buffer.pieces(first_number, self.buffer.end)

    def each(self, first: int = 0, end: int | None = None) -> Iterator[Row]:
        """The rows from one index to before another, or to the current end."""
        return _each(self, first, end)


class SomeRows:
    """Rows by their numbers, ascending; those of an invocation grow while it is shown."""

    def __init__(self, buffer: LogBuffer, numbers: "array[int]") -> None:
        self.buffer = buffer
        self.numbers = numbers

    @property
    def _skipped(self) -> int:
        return bisect_left(self.numbers, self.buffer.first)

    def __len__(self) -> int:
        return len(self.numbers) - self._skipped

    def number(self, index: int) -> int:
        return self.numbers[index + self._skipped]

    def index_of(self, number: int) -> int:
        return max(0, bisect_left(self.numbers, number) - self._skipped)

    def pieces(self, first_number: int = 0) -> Iterator[Piece]:
        for numbers in batched(self.numbers[bisect_left(self.numbers, first_number) :], _PIECE_ROWS):
            rows = [row for number in numbers if (row := self.buffer.row(number)) is not None]
            yield (
                tuple(row.number for row in rows),
                "\n".join(row.text for row in rows).encode(ENCODING, ERRORS),
            )

    def each(self, first: int = 0, end: int | None = None) -> Iterator[Row]:
        return _each(self, first, end)


Rows = AllRows | SomeRows


def _each(rows: Rows, first: int, end: int | None) -> Iterator[Row]:
    end = len(rows) if end is None else min(end, len(rows))
    if first >= end:
        return
    low, high = rows.number(first), rows.number(end - 1)
    wanted: Iterable[int] = range(low, high + 1)
    if isinstance(rows, SomeRows):
        wanted = rows.numbers[bisect_left(rows.numbers, low) : bisect_right(rows.numbers, high)]
    for number in wanted:
        if (row := rows.buffer.row(number)) is not None:
            yield row


_CSV_HEAD = ("time", "function", "level", "request_id", "log_stream", "message")
_PROGRESS_ROWS = 2000


class Format(Enum):
    """The format of a file; its value is the file name's suffix."""

    TEXT = ".log"
    JSON_LINES = ".jsonl"
    CSV = ".csv"


def export(path: Path, format_: Format, rows: Iterable[Row], total: int, ctx: JobContext) -> int:
    """Writes rows into a file, which appears only when it is complete.

    Args:
        path: An existing file is replaced.
        rows: In order; in JSON lines and CSV the lines of an event form one entry.

    Returns:
        The number of entries.

    Raises:
        WorkbenchError: The file could not be written.
    """
    texts = _FORMATS[format_](_with_progress(rows, total, ctx))
    return _write(path, csv_row(_CSV_HEAD) if format_ is Format.CSV else "", texts)


def export_table(path: Path, fields: Sequence[str], rows: Sequence[Sequence[str]], ctx: JobContext) -> int:
    """Writes a table as CSV, as `export` does. Raises WorkbenchError, Cancelled."""

    def texts() -> Iterator[str]:
        for number, row in enumerate(rows):
            if number % _PROGRESS_ROWS == 0:
                ctx.progress(number, len(rows))
            yield csv_row(row)

    return _write(path, csv_row(fields), texts())


def _write(path: Path, head: str, texts: Iterable[str]) -> int:
    count = 0
    try:
        with replacing(path) as file:
            file.write(head.encode())
            for text in texts:
                file.write(text.encode("utf-8", "backslashreplace"))
                count += 1
    except OSError as error:
        raise explain_os_error(
            error, _("{path} could not be written.").format(path=path.name), path
        ) from error
    return count


def time_text(time_ms: int) -> str:
    """A time as ISO 8601 in UTC, with milliseconds."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _with_progress(rows: Iterable[Row], total: int, ctx: JobContext) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number % _PROGRESS_ROWS == 0:
            ctx.progress(number, total)
        yield row


def _as_text(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        source = f"{row.source}  " if row.source else ""
        yield f"{time_text(row.time_ms)}  {source}{row.text}\n"


def _as_json_lines(rows: Iterable[Row]) -> Iterator[str]:
    for row, message in _events(rows):
        entry: dict[str, object] = {"time": time_text(row.time_ms)}
        if row.source:
            entry["function"] = row.source
        entry |= {"level": row.level.value, "requestId": row.request_id, "logStream": row.stream}
        yield json.dumps(entry | {"message": message}) + "\n"


def _as_csv(rows: Iterable[Row]) -> Iterator[str]:
    for row, message in _events(rows):
        values = (time_text(row.time_ms), row.source, row.level.value, row.request_id, row.stream, message)
        yield csv_row(values)


def _events(rows: Iterable[Row]) -> Iterator[tuple[Row, str]]:
    """The first row of each event, with the text of the whole event."""
    head: Row | None = None
    texts: list[str] = []
    for row in rows:
        if head is not None and not row.is_head and row.number == head.number + len(texts):
            texts.append(row.text)
            continue
        if head is not None:
            yield head, "\n".join(texts)
        head, texts = row, [row.text]
    if head is not None:
        yield head, "\n".join(texts)


_FORMATS: dict[Format, Callable[[Iterable[Row]], Iterator[str]]] = {
    Format.TEXT: _as_text,
    Format.JSON_LINES: _as_json_lines,
    Format.CSV: _as_csv,
}
