"""Writes a zip from some point on, knowing the hash of what stands before.

Owns: the file being written, its hash, and marks: the state of the hash at many points of the file, so that
the next package, which begins as this one does, need not hash that beginning again.
"""

import bisect
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hashlib import _Hash as Hash
    from io import FileIO

_MARK_BYTES = 1 << 18
_READ_MARK_BYTES = 1 << 21
"""Marks of a file that is read lie further apart: at each, who walks the disk waits for Python's lock."""
_CHUNK_BYTES = 1 << 20
_BUFFER_BYTES = 1 << 18


class Mark(NamedTuple):
    """The hash of a file's first `position` bytes."""

    position: int
    digest: "Hash"


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file: its hash and marks."""

    sha256: bytes
    size_bytes: int
    marks: tuple[Mark, ...]


def marks_of(file: "FileIO", stopped: Callable[[], bool]) -> Written:
    """The hash and marks of a file that was written before; of its beginning when it is to stop."""
    digest, position, marks = hashlib.sha256(), 0, []
    piece = memoryview(bytearray(_READ_MARK_BYTES))  # one for all: the system makes new memory zero
    while not stopped() and (size := file.readinto(piece)):
        digest.update(piece[:size])
        position += size
        marks.append(Mark(position, digest.copy()))
    return Written(digest.digest(), position, tuple(marks))


class Output:
    """A file that is being written. Raises OSError when the disk refuses."""

    def __init__(self, descriptor: int, marks: tuple[Mark, ...] = (), position: int = 0) -> None:
        """Goes on at `position`: what stands before is in the file already, and has these marks."""
        self._descriptor = descriptor
        at = bisect.bisect_right(marks, position, key=lambda mark: mark.position)
        self._marks = list(marks[:at])
        last = self._marks[-1] if self._marks else Mark(0, hashlib.sha256())
        self._digest = last.digest.copy()
        self._marked = self._hashed = last.position
        self._buffer = bytearray()
        os.lseek(descriptor, last.position, os.SEEK_SET)
        self.position = last.position
        while self.position < position:  # a little stands between the mark and the place to go on
            data = os.read(descriptor, min(_CHUNK_BYTES, position - self.position))
            if not data:
                raise OSError("The file is shorter than it was.")
            self._digest.update(data)
            self.position += len(data)
        self._hashed = self.position

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Appends; small pieces are gathered."""
        self.position += len(data)
        if len(data) < _BUFFER_BYTES:
            self._buffer += data
            if len(self._buffer) < _BUFFER_BYTES:
                return
            data, self._buffer = self._buffer, bytearray()
        else:
            self._flush()
        self._put(data)

    def finish(self) -> Written:
        """Cuts off what stood behind. The system brings everything to the disk in its own time."""
        self._flush()
        os.ftruncate(self._descriptor, self.position)
        self._marks.append(Mark(self.position, self._digest.copy()))  # of a small file the only one
        return Written(self._digest.digest(), self.position, tuple(self._marks))

    def _flush(self) -> None:
        if self._buffer:
            data, self._buffer = self._buffer, bytearray()
            self._put(data)

    def _put(self, data: bytes | bytearray | memoryview) -> None:
        self._digest.update(data)
        left = memoryview(data)
        while left:
            left = left[os.write(self._descriptor, left) :]
        self._hashed += len(data)
        if self._hashed - self._marked >= _MARK_BYTES:
            self._marks.append(Mark(self._hashed, self._digest.copy()))
            self._marked = self._hashed
