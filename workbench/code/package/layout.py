"""The position of each file in the next package, where it starts to differ from the last one, and writing it.

Dependencies come first, the function's own code last, each sorted by path: an edit then leaves nearly all of
the zip unchanged, on disk and in an upload that sends only what is new. The order follows from the contents
of the package alone. An `Assembly` writes it: the unchanged start, streams copied from the last package, new
streams, the end.
"""

import contextlib
import os
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workbench.code.contents import Contents, fault_in_name
from workbench.code.package.deflating import Stream
from workbench.code.package.patterns import Secret
from workbench.code.package.scan import NO_SECRETS, Rules, Scan
from workbench.code.package.zip_file import (
    BackgroundTask,
    Mark,
    Output,
    Package,
    PackageEntry,
    SourceFile,
    Written,
    central_record,
    copy_start,
    empty_folder,
    end_records,
    local_header,
    read_at,
    size_of,
    span_bytes,
    too_large,
)
from workbench.core.jobs import JobContext
from workbench.core.messages import _


@dataclass(frozen=True, slots=True)
class LastPackage:
    """The last package.

    Attributes:
        positions: The index in `entries` of each path.
        offsets: Position of each header, followed by the end of the last stream.
        central: Each file's record in the central directory.
        names: Installed top-level names, which determined the order.
        marks: Hash states of its beginning.
        walked: The folders that were read.
        unpacked_bytes: Size of all files. Adding it up again takes longer than detecting an edit.
        is_foreign: Whether it was made from another tree (store.py) that shares many files with this one.
    """

    package: Package
    rules: Rules
    entries: Sequence[PackageEntry]
    by_path: Mapping[str, PackageEntry]
    positions: Mapping[str, int]
    offsets: Sequence[int]
    central: Sequence[bytes]
    names: frozenset[str]
    marks: tuple[Mark, ...] = ()
    walked: Set[str] = frozenset()
    has_links: bool = False
    secrets: Mapping[str, Secret] = NO_SECRETS
    notes: tuple[str, ...] = ()
    unpacked_bytes: int = 0
    is_foreign: bool = False

    def known(self) -> Mapping[str, PackageEntry]:
        """The entries by path that a file with their stamp can match."""
        if not self.is_foreign:
            return self.by_path
        return {path: entry for path, entry in self.by_path.items() if entry.stamp.is_exact}


@dataclass(frozen=True, slots=True)
class PackagePlan:
    """The next package.

    Attributes:
        items: Its files in order: entries of the last package, or files to read.
        first: All items before this one are the last package's, in the same positions.
        same_paths: Whether its file names are those of the last package.
        gone: Paths of the last package that are not in it.
    """

    items: list[PackageEntry | SourceFile]
    first: int
    same_paths: bool
    names: frozenset[str]
    gone: frozenset[str]
    notes: tuple[str, ...]


def arrange(found: Scan, last: LastPackage | None, roots: Sequence[Path]) -> PackagePlan:
    """Orders the results of a full scan. `roots` contain the files."""
    if last is not None and len(found.same) + len(found.new) == len(last.entries):
        places = [last.positions.get(file.path, -1) for file in found.new]
        if -1 not in places and not record_paths(file.path for file in found.new):
            items: list[PackageEntry | SourceFile] = list(last.entries)
            for place, file in zip(places, found.new, strict=True):
                items[place] = file
            first = min(places, default=len(items))
            return PackagePlan(items, first, True, last.names, frozenset(), last.notes)
    files: dict[str, PackageEntry | SourceFile] = {each.path: each for each in found.same}
    files |= {each.path: each for each in found.new}
    names = _installed_names(roots, record_paths(files))
    key = _sort_key(names)
    items = [files[path] for path in sorted(files, key=key)]
    first = 0
    for item, old in zip(items, last.entries if last else (), strict=False):
        if item is not old:
            break
        first += 1
    gone = frozenset(last.by_path.keys() - files.keys()) if last else frozenset()
    return PackagePlan(items, first, False, names, gone, _case_notes(files))


def merged(last: LastPackage, touched: Set[str], found: Scan) -> Scan:
    """The result of a full scan, from a scan of the touched files."""
    same = [entry for entry in last.entries if entry.path not in touched]
    folders = sorted(last.package.contents.empty_folders)
    secrets = {path: each for path, each in last.secrets.items() if path not in touched} | found.secrets
    return Scan(same + found.same, found.new, folders, set(last.walked), found.has_links, secrets)


def contents_of(
    entries: Sequence[PackageEntry], plan: PackagePlan, last: LastPackage | None, folders: Iterable[str]
) -> Contents:
    """The package's contents; with thousands of files only what changed is handled."""
    if last is None:
        return Contents({entry.path: entry.content for entry in entries}, frozenset(folders))
    files = dict(last.package.contents.files)
    for path in plan.gone:
        del files[path]
    for entry in entries[plan.first :]:
        files[entry.path] = entry.content
    return Contents(files, frozenset(folders))


def _case_notes(paths: Iterable[str]) -> tuple[str, ...]:
    """Notes on names that AWS distinguishes and Windows and macOS do not."""
    taken: dict[str, str] = {}
    for path in sorted(paths):
        folded = path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()
        if (other := taken.setdefault(folded, path)) != path:
            return (
                _("{other} and {path} are two files on AWS, but one on Windows and macOS.").format(
                    other=other, path=path
                ),
            )
    return ()


# Folders of installed packages anywhere: Node.js, Python, PHP, Go and Ruby.
_INSTALLED = re.compile(
    r"(?:^|/)(?:node_modules|site-packages|vendor)/|^[^/]+\.(?:dist-info|egg-info|libs)/|\.jar$"
)
_RECORD = re.compile(r"^[^/]+\.dist-info/RECORD$")
_LONGEST_RECORD = 8 << 20


def record_paths(paths: Iterable[str]) -> frozenset[str]:
    """The lists of installed files that pip and uv leave beside packages in the code's folder."""
    return frozenset(path for path in paths if ".dist-info/RECORD" in path and _RECORD.match(path))


def is_installed(path: str) -> bool:
    """Whether a path alone shows that it belongs to an installed package."""
    return _INSTALLED.search(path) is not None


def files_in(text: str) -> frozenset[str]:
    """The files below the code in such a list."""
    lines = text.splitlines()
    names = (line[1:].partition('"')[0] if line[:1] == '"' else line.partition(",")[0] for line in lines)
    return frozenset(name for name in names if not fault_in_name(name))


def _installed_names(roots: Sequence[Path], listed: Collection[str]) -> frozenset[str]:
    """The top-level files and folders of the package in these lists. `roots` contain the lists."""
    names: set[str] = set()
    for path in listed:
        for line in _text_of(roots, path).splitlines():
            names.add(line.partition(",")[0].partition("/")[0].strip('"'))
    return frozenset(names - {"", "..", "."})


def _text_of(roots: Sequence[Path], path: str) -> str:
    for root in roots:
        with contextlib.suppress(OSError), (root / path).open("rb") as file:
            return file.read(_LONGEST_RECORD).decode("utf-8", "replace")
    return ""  # packing reports the error


def _sort_key(names: frozenset[str]) -> Callable[[str], tuple[bool, str]]:
    def key(path: str) -> tuple[bool, str]:
        installed = path.partition("/")[0] in names or is_installed(path)
        return not installed, path

    return key


_CHUNK_BYTES = 1 << 20
_WORTH_A_THREAD_BYTES = 4 << 20


class ZipTarget:
    """The target of the new zip, which is opened only if something differs from the last one.

    Args:
        marks: Returns the hash states of its beginning when needed.
        spare: A copy of it that may be overwritten, or None.
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
        """Starts copying what precedes a difference at this position, while other files are read.

        The position is a guess that costs little if wrong: the copy may be overwritten. Only the first call
        counts. Raises OSError.
        """
        if self._ahead is None and self._spare is None and position >= _WORTH_A_THREAD_BYTES:
            self._make_file()
            source, descriptor, self._copied = self.source, self._descriptor, position
            self._ahead = BackgroundTask(
                "package-copy", lambda stopped: copy_start(source, descriptor, position, stopped=stopped)
            )

    def open(self, position: int) -> Output:
        """A file that begins like the last package up to `position`. Raises OSError."""
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
        """Closes the files, and removes an unfinished one: `path` is None if it was taken."""
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
    """The contents of the new zip. `written` is None if nothing differs from the last one."""

    entries: list[PackageEntry]
    offsets: list[int]
    central: list[bytes]
    unpacked_bytes: int
    written: Written | None


class Assembly:
    """A package that is being written. Raises OSError, and what the streams raise."""

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
        for folder in map(empty_folder, folders):
            output.write(local_header(folder))
            lines.append(central_record(folder, position))
            position += span_bytes(folder)
        directory = b"".join([*central, *lines])
        output.write(directory)
        output.write(end_records(len(central) + len(lines), len(directory), position))
        return Assembled(self._entries, offsets, central, self._unpacked_bytes, output.finish())

    def _central(self) -> list[bytes]:
        kept = self._plan.first
        lines = list(self._last.central[:kept]) if self._last else []
        lines += map(central_record, self._entries[kept:], self._offsets[kept:])
        return lines
