"""Writes a package: the start that stays, streams copied from the last one, new streams, the end."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workbench.code.package.deflating import Stream
from workbench.code.package.layout import LastPackage, PackagePlan
from workbench.code.package.model import PackageEntry, SourceFile, size_of, too_large
from workbench.code.package.zip_file import (
    BackgroundTask,
    Mark,
    Output,
    Written,
    central_record,
    copy_start,
    end_records,
    folder_header,
    folder_record,
    local_header,
    read_at,
    span_bytes,
)
from workbench.core.jobs import JobContext

_CHUNK_BYTES = 1 << 20
_WORTH_A_THREAD_BYTES = 4 << 20


class ZipTarget:
    """Where the new zip is written; it is opened only when something differs from the last one.

    Args:
        last_zip: The last package, or None.
        marks: The hashes of its beginning; asked for when they are needed.
        spare: A copy of it that may be written over, or None.
        scratch: Where a new file is made.
    """

    def __init__(
        self, last_zip: Path | None, marks: Callable[[], tuple[Mark, ...]], spare: Path | None, scratch: Path
    ) -> None:
        self.path: Path | None = None
        self.source = -1
        self._last_zip = last_zip
        self._marks = marks
        self._spare = spare
        self._scratch = scratch
        self._descriptor = -1
        self._ahead: BackgroundTask[None] | None = None
        self._copied = 0

    def expect(self, position: int) -> None:
        """Something is known to differ that stood there: copies what stood before while others are looked at.

        It is a guess, which costs little when it is wrong: what is copied may be written over. Only the first
        one counts. Raises OSError.
        """
        if self._ahead is None and self._spare is None and position >= _WORTH_A_THREAD_BYTES:
            self._make_file()
            source, descriptor, self._copied = self.source, self._descriptor, position
            self._ahead = BackgroundTask(
                "package-copy", lambda stopped: copy_start(source, descriptor, position, stopped=stopped)
            )

    def open(self, position: int) -> Output:
        """A file that begins as the last package does, up to `position`. Raises OSError."""
        if self._ahead is not None:
            self._ahead.result()
            copy_start(self.source, self._descriptor, position, self._copied)
        elif self._spare is not None and self._spare.exists():
            self._open_last()
            self.path = self._spare
            self._descriptor = os.open(self._spare, os.O_RDWR | _FLAGS)
        else:
            self._make_file()
            copy_start(self.source, self._descriptor, position)
        return Output(self._descriptor, self._marks(), position)

    def _open_last(self) -> None:
        if self._last_zip is not None:
            self.source = os.open(self._last_zip, os.O_RDONLY | _FLAGS)

    def _make_file(self) -> None:
        self._open_last()
        self.path = self._scratch / f".building-{os.urandom(8).hex()}"
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)

    def close(self) -> None:
        """Lets go of the files, and removes an unfinished one: `path` is None if it was taken."""
        if self._ahead is not None:
            self._ahead.stop()
        for descriptor in (self.source, self._descriptor):
            if descriptor >= 0:
                os.close(descriptor)
        self.source = self._descriptor = -1
        if self.path is not None:
            self.path.unlink(missing_ok=True)


_FLAGS = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(frozen=True, slots=True)
class Assembled:
    """What stands in the new zip. `written` is None when nothing differs from the last one."""

    entries: list[PackageEntry]
    offsets: list[int]
    central: list[bytes]
    unpacked_bytes: int
    written: Written | None


class Assembly:
    """One package in the making. Raises OSError, and what the streams raise."""

    def __init__(
        self,
        plan: PackagePlan,
        last: LastPackage | None,
        target: ZipTarget,
        limit_bytes: int,
        ctx: JobContext,
    ) -> None:
        self._plan = plan
        self._last = last
        self._target = target
        self._limit_bytes = limit_bytes
        self._ctx = ctx
        self._output: Output | None = None
        self._range = (0, 0)  # of the last package, to be copied
        kept = plan.first
        self._entries: list[PackageEntry] = list(last.entries[:kept]) if last else []
        self._offsets: list[int] = list(last.offsets[:kept]) if last else []
        self._end = last.offsets[kept] if last else 0
        self._unpacked_bytes = last.unpacked_bytes - sum(map(size_of, last.entries[kept:])) if last else 0
        self._done = 0
        self._to_do = sum(item.size_bytes for item in plan.items[kept:] if isinstance(item, SourceFile))

    def run(self, streams: Iterator[Stream], folders: list[str]) -> Assembled:
        """Writes all of it."""
        for item in self._plan.items[self._plan.first :]:
            stream = next(streams) if isinstance(item, SourceFile) else Stream(item, None)
            self._unpacked_bytes += stream.entry.content.size_bytes
            if self._unpacked_bytes > self._limit_bytes:  # a file grew while it was packed
                sizes = {entry.path: entry.content.size_bytes for entry in [*self._entries, stream.entry]}
                raise too_large(sizes, self._limit_bytes)
            self._add(stream)
            if isinstance(item, SourceFile):
                self._done += stream.entry.content.size_bytes
                self._ctx.progress(self._done, max(self._to_do, self._done), item.path)
        return self._finish(folders)

    def _add(self, stream: Stream) -> None:
        entry, last = stream.entry, self._last
        old_place = last.positions[entry.path] if last is not None and stream.data is None else -1
        if self._output is None:
            if old_place == len(self._entries):
                self._note(entry)
                return
            self._output = self._target.open(self._end)
        if last is not None and stream.data is None:
            start, stop = last.offsets[old_place], last.offsets[old_place + 1]
            if start != self._range[1]:
                self._copy_range()
                self._range = (start, start)
            self._range = (self._range[0], stop)
        else:
            self._copy_range()
            self._output.write(local_header(entry))
            if isinstance(stream.data, bytes | bytearray):
                self._output.write(stream.data)
            elif stream.data is not None:
                self._spool(stream.data)
        self._note(entry)

    def _note(self, entry: PackageEntry) -> None:
        self._entries.append(entry)
        self._offsets.append(self._end)
        self._end += span_bytes(entry)

    def _copy_range(self) -> None:
        """Brings what is to be copied from the last package."""
        position, stop = self._range
        assert self._output is not None
        while position < stop:
            self._ctx.check()
            data = read_at(self._target.source, min(_CHUNK_BYTES, stop - position), position)
            self._output.write(data)
            position += len(data)
        self._range = (0, 0)

    def _spool(self, spool: IO[bytes]) -> None:
        assert self._output is not None
        with spool:
            while piece := spool.read(_CHUNK_BYTES):
                self._ctx.check()
                self._output.write(piece)

    def _finish(self, folders: list[str]) -> Assembled:
        last = self._last
        central = self._central()
        offsets = [*self._offsets, self._end]
        unchanged = (
            self._output is None
            and last is not None
            and len(self._entries) == len(last.entries)
            and central == last.central
            and set(folders) == last.package.contents.empty_folders
        )
        if unchanged:
            return Assembled(self._entries, offsets, central, self._unpacked_bytes, None)
        output = self._output or self._target.open(self._end)
        self._output = output
        self._copy_range()
        position = self._end
        lines = []
        for folder in folders:
            header = folder_header(folder)
            output.write(header)
            lines.append(folder_record(folder, position))
            position += len(header)
        directory = b"".join([*central, *lines])
        output.write(directory)
        output.write(end_records(len(central) + len(lines), len(directory), position))
        return Assembled(self._entries, offsets, central, self._unpacked_bytes, output.finish())

    def _central(self) -> list[bytes]:
        kept = self._plan.first
        lines = list(self._last.central[:kept]) if self._last else []
        lines += map(central_record, self._entries[kept:], self._offsets[kept:])
        return lines
