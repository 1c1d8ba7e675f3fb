"""Some thousand lines in a row, stored in little room.

Owns: how rows lie in memory. Must not know: which chunk is whose neighbour.
"""

import zlib
from array import array
from dataclasses import dataclass

from workbench.logs.parse import Kind, Level, LogLine

ROWS = 2048
"""A chunk is full at so many rows."""
TEXT_BYTES = 512 * 1024
"""Or at so much text."""

_LEVELS, _KINDS = tuple(Level), tuple(Kind)
_LEVEL_OF = {level: number for number, level in enumerate(_LEVELS)}
_KIND_OF = {kind: number << 3 for number, kind in enumerate(_KINDS)}
_HEAD = 0x40
_ROW_BYTES = 8 + 4 + 2 + 2 + 2 + 1
ENCODING, ERRORS = "utf-8", "surrogatepass"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a log: an event, or one of the lines that an event of several has.

    Attributes:
        number: Counted since the log was begun; a row keeps its number.
        time_ms: Milliseconds since 1970, UTC.
        text: Without a line end.
        request_id: The invocation it belongs to, empty where that is not known.
        stream: The log stream.
        source: The function, empty when only one is read.
        is_head: False for what follows the first line of an event.
    """

    number: int
    time_ms: int
    text: str
    level: Level
    kind: Kind
    request_id: str
    stream: str
    source: str
    is_head: bool


class _Names:
    """Texts that many rows share, each once."""

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
    """Rows from `first` on. Once sealed it does not grow and its text is packed."""

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
        """The number behind its last row."""
        return self.first + len(self._times)

    @property
    def is_full(self) -> bool:
        return len(self._times) >= ROWS or len(self._text) >= TEXT_BYTES

    @property
    def size_bytes(self) -> int:
        """What it takes in memory, about."""
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
        """Packs the text. Level 1: a log is packed at the pace at which it is parsed."""
        self._text = zlib.compress(self._text, 1)
        self._names.seal()

    def text(self) -> bytes:
        """All rows, each closed by a line feed."""
        return bytes(self._text) if isinstance(self._text, bytearray) else zlib.decompress(self._text)

    def growing(self) -> bytearray | None:
        """The text as it lies there, without a copy; None once it is sealed."""
        return self._text if isinstance(self._text, bytearray) else None

    def row(self, number: int, text: bytes | bytearray) -> Row:
        """A row, out of what `text` has answered."""
        place = number - self.first
        begin = self._ends[place - 1] + 1 if place else 0
        info = self._info[place]
        names = self._names.texts
        return Row(
            number,
            self._times[place],
            bytes(text[begin : self._ends[place]]).decode(ENCODING, ERRORS),
            _LEVELS[info & 7],
            _KINDS[info >> 3 & 7],
            names[self._requests[place]],
            names[self._streams[place]],
            names[self._sources[place]],
            bool(info & _HEAD),
        )

    def cut(self, text: bytes | bytearray, first: int, end: int) -> bytes:
        """The text of some of its rows, each but the last closed by a line feed."""
        begin = self._ends[first - self.first - 1] + 1 if first > self.first else 0
        return bytes(text[begin : self._ends[end - self.first - 1]])
