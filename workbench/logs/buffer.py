"""A log in memory that is bounded: a million rows in some 100 MB, the oldest let go beyond that.

Owns: the rows, their numbers, and which invocation each belongs to. Must not know: where lines come from, who
shows them. Safe from any thread: a job fills it while the window reads.
"""

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator

from workbench.logs.chunk import Chunk, Row
from workbench.logs.group import Changes, Invocation, InvocationGrouper
from workbench.logs.parse import LogLine

MAX_LINES = 1_000_000
MAX_BYTES = 160 * 1024 * 1024

_EVENT_ROWS = 10_000
"""An event of more lines has the rest in its last row."""
_AT_ONCE = 200
"""So many lines are taken before somebody who wants to read gets the turn."""
_UNPACKED = 8
"""So many chunks are kept unpacked, for who scrolls."""


class LogBuffer:
    """Rows numbered from 0 on; those from `first` to before `end` are there.

    Args:
        max_lines: The most rows to keep.
        max_bytes: The most memory for them.
    """

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
        """Number of the oldest row that is there; as many were let go."""
        return self._firsts[0]

    @property
    def end(self) -> int:
        """The number that the next row gets."""
        with self._lock:
            return self._chunks[-1].end

    @property
    def size_bytes(self) -> int:
        """What the rows take in memory, about."""
        with self._lock:
            return self._sealed_bytes + self._chunks[-1].size_bytes

    @property
    def sources(self) -> tuple[str, ...]:
        """The functions whose lines have come."""
        with self._lock:
            return tuple(self._sources)

    def take(self, item: object) -> object:
        """For JobContext.through: keeps lines that a reader emits, and lets how many they were go on."""
        if not isinstance(item, tuple):
            return item
        self.add(item)
        return len(item)

    def add(self, lines: Iterable[LogLine]) -> None:
        """Takes lines, each stream's in order."""
        some: list[LogLine] = []
        for line in lines:
            some.append(line)
            if len(some) == _AT_ONCE:
                self._add(some)
                some.clear()
        self._add(some)

    def get(self, request_id: str) -> Invocation | None:
        """An invocation, unless none of its lines is there."""
        with self._lock:
            return self._grouper.get(request_id)

    def take_changes(self) -> Changes:
        """What has become of the invocations since this was asked last."""
        with self._lock:
            return self._grouper.take_changes()

    def row(self, number: int) -> Row | None:
        """A row; None when it was let go, or is not there yet."""
        with self._lock:
            chunk = self._chunk_of(number)
            return chunk.row(number, self._text(chunk)) if chunk is not None else None

    def event_text(self, number: int) -> str:
        """The whole event that a row is of, its lines parted by line feeds."""
        rows: list[Row] = []
        with self._lock:
            while (row := self.row(number)) is not None and not row.is_head:
                number -= 1
            while (row := self.row(number)) is not None and (not rows or not row.is_head):
                rows.append(row)
                number += 1
        return "\n".join(row.text for row in rows)

    def pieces(self, first: int, end: int) -> Iterator[tuple[range, bytes]]:
        """The text of rows, chunk by chunk: their numbers, and their UTF-8, parted by line feeds."""
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
            while self._is_too_much and len(self._chunks) > 1:
                gone = self._chunks.pop(0)
                self._firsts.pop(0)
                self._sealed_bytes -= gone.size_bytes
                self._unpacked.pop(gone.first, None)
                self._grouper.forget_before(self.first)

    @property
    def _is_too_much(self) -> bool:
        return (
            self._chunks[-1].end - self.first > self._max_lines
            or self._sealed_bytes + self._chunks[-1].size_bytes > self._max_bytes
        )

    def _append(self, line: LogLine) -> None:
        if line.source not in self._sources:
            self._sources[line.source] = None
        rows = line.message.splitlines() or [""]
        if len(rows) > _EVENT_ROWS:
            rows[_EVENT_ROWS - 1 :] = [" ⏎ ".join(rows[_EVENT_ROWS - 1 :])]
        request_id = self._grouper.place(line, self._chunks[-1].end, len(rows))
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
                if len(self._unpacked) > _UNPACKED:
                    self._unpacked.popitem(last=False)
        else:
            self._unpacked.move_to_end(chunk.first)
        return text
