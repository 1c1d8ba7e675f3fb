"""What is remembered of a package between two runs of the program: a file beside a copy of the zip.

Owns: the file's format, in columns because that is read ten times quicker than JSON. It is only a cache: one
that is missing, damaged, of another version or of another zip counts as none.
"""

import hashlib
import json
import sys
import zlib
from array import array
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any

import deflate

from workbench.code.contents import Contents, FileContent
from workbench.code.package.deflating import LEVEL
from workbench.code.package.entry import Entry, Stamp
from workbench.code.package.layout import Last
from workbench.code.package.model import Package, package_name
from workbench.code.package.patterns import Patterns, Secret
from workbench.code.package.scan import Rules
from workbench.code.package.secrets_found import left_out_notes, secrets_inside
from workbench.code.package.zip_format import CENTRAL_BYTES, LOCAL_BYTES
from workbench.core.files import write_atomic

_MAGIC = b"workbench package index 2\n"
_HASH_BYTES = 32
_HASH_DIGITS = 64
_PARTS = 6
# What made the streams: another version may make others of the same bytes, and one package holds one kind.
_MAKER = f"libdeflate {deflate.__version__}, zlib {zlib.ZLIB_RUNTIME_VERSION}, level {LEVEL}, {sys.byteorder}"


@dataclass(frozen=True, slots=True)
class Columns:
    """What an index holds, a column each: one value for each file, in the order of the zip.

    Attributes:
        head: What is said of the package as a whole.
        names: Paths as bytes.
        stamps: Five columns.
        sizes: Unpacked bytes.
        packed: Bytes in the zip.
        crc32: Of the file.
        packed_crc32: Of its stream.
        small: Method, and in the lowest bit whether it is executable.
        hashes: SHA-256, 64 digits each, one after the other.
    """

    head: Mapping[str, Any]
    names: Sequence[bytes]
    stamps: Sequence[Sequence[int]]
    sizes: Sequence[int]
    packed: Sequence[int]
    crc32: Sequence[int]
    packed_crc32: Sequence[int]
    small: Sequence[int]
    hashes: str

    def sha256(self) -> list[str]:
        """The hash of each file."""
        places = range(0, len(self.hashes), _HASH_DIGITS)
        return [self.hashes[place : place + _HASH_DIGITS] for place in places]

    def offsets(self) -> list[int]:
        """Where each file's header stands in the zip, and the end of the last one's stream."""
        spans = (LOCAL_BYTES + len(name) + size for name, size in zip(self.names, self.packed, strict=True))
        return list(accumulate(spans, initial=0))


def save(path: Path, last: Last) -> None:
    """Writes what `load` reads. Raises WorkbenchError when the disk refuses."""
    entries, rules = last.entries, last.rules
    head = {
        "maker": _MAKER,
        "sha256": last.package.path.stem,
        "size": last.package.size_bytes,
        "notes": last.notes,
        "secrets": {path: each.value for path, each in last.secrets.items()},
        "empty_folders": sorted(last.package.contents.empty_folders),
        "patterns": rules.patterns.lines,
        "executables": sorted(rules.executables),
        "kept_folders": sorted(rules.empty_folders),
        "in_project": rules.in_project,
        "dependencies": rules.dependencies,
        "deployed": sorted(rules.deployed),
        "of_packages": rules.of_packages,
        "names": sorted(last.names),
        "walked": sorted(last.walked),
        "has_links": last.has_links,
    }
    # Column by column, in C: while a package of 20,000 files is written down, the window wants its turn too.
    paths, stamps, contents, crc32, methods, packed_bytes, packed_crc32 = zip(*entries, strict=True)
    wide = chain(*zip(*stamps, strict=True), map(attrgetter("size_bytes"), contents), packed_bytes)
    executables = map(attrgetter("executable"), contents)
    parts = [
        json.dumps(head).encode(),
        "\0".join(paths).encode(),
        array("q", wide).tobytes(),
        array("I", chain(crc32, packed_crc32)).tobytes(),
        bytes(method << 1 | executable for method, executable in zip(methods, executables, strict=True)),
        bytes.fromhex("".join(map(attrgetter("sha256"), contents))),
    ]
    data = b"".join([array("q", map(len, parts)).tobytes(), *parts])
    write_atomic(path, _MAGIC + hashlib.sha256(data).digest() + data, lasting=False)


def read_columns(path: Path) -> Columns | None:
    """What `save` wrote; None when there is nothing of use."""
    try:
        data = path.read_bytes()
        start = len(_MAGIC) + _HASH_BYTES
        body = memoryview(data)[start:]
        if data[: len(_MAGIC)] != _MAGIC or hashlib.sha256(body).digest() != data[len(_MAGIC) : start]:
            return None
        head, names, wide_data, narrow_data, small, hashes = map(bytes, _parts(body))
    except (OSError, ValueError):
        return None
    about = json.loads(head)
    if about["maker"] != _MAKER:
        return None
    wide, narrow = array("q"), array("I")
    wide.frombytes(wide_data)
    narrow.frombytes(narrow_data)
    count = len(small)
    *stamps, sizes, packed = (wide[place : place + count] for place in range(0, len(wide), count))
    crc32, packed_crc32 = narrow[:count], narrow[count:]
    return Columns(about, names.split(b"\0"), stamps, sizes, packed, crc32, packed_crc32, small, hashes.hex())


def zip_beside(path: Path, columns: Columns) -> Path:
    """Where the copy of the zip lies that an index is of."""
    return path.with_name(package_name(bytes.fromhex(columns.head["sha256"])))


def last_of(path: Path, columns: Columns, target_dir: Path) -> Last | None:
    """What was remembered in an index, without the marks; None when the zip is another.

    The package's path is one in `target_dir`, whether or not it is there. Of the zip beside the index only
    the directory is read: whether it is whole is for the caller to find out.
    """
    head = columns.head
    paths = [name.decode() for name in columns.names]
    contents = [
        FileContent(sha256, size, bool(bits & 1))
        for sha256, size, bits in zip(columns.sha256(), columns.sizes, columns.small, strict=True)
    ]
    entries = [
        Entry(*values)
        for values in zip(
            paths, map(Stamp._make, zip(*columns.stamps, strict=True)), contents, columns.crc32,
            (bits >> 1 for bits in columns.small), columns.packed, columns.packed_crc32, strict=True,
        )
    ]  # fmt: skip
    sha256 = bytes.fromhex(head["sha256"])
    secrets = {path: Secret(value) for path, value in head["secrets"].items()}
    notes = tuple(head["notes"])
    package = Package(
        target_dir / package_name(sha256),
        b64encode(sha256).decode(),
        head["size"],
        Contents(dict(zip(paths, contents, strict=True)), frozenset(head["empty_folders"])),
        notes + left_out_notes(secrets),
        secrets_inside(secrets),
    )
    rules = Rules(
        Patterns(tuple(head["patterns"])),
        frozenset(head["executables"]),
        frozenset(head["kept_folders"]),
        head["in_project"],
        head["dependencies"],
        frozenset(head["deployed"]),
        head["of_packages"],
    )
    offsets = columns.offsets()
    try:
        central = _central(zip_beside(path, columns), package, offsets[-1], columns.names)
    except OSError:
        return None
    return Last(
        package, rules, entries, dict(zip(paths, entries, strict=True)),
        {path: place for place, path in enumerate(paths)}, offsets, central, frozenset(head["names"]), (),
        frozenset(head["walked"]), head["has_links"], secrets, notes, sum(columns.sizes),
    )  # fmt: skip


def zip_of(last: Last, state_dir: Path) -> Path:
    """Where the copy of the zip lies."""
    return state_dir / last.package.path.name


def _parts(body: memoryview) -> Iterator[memoryview]:
    lengths = array("q")
    lengths.frombytes(body[: _PARTS * lengths.itemsize])
    for start, stop in pairwise(accumulate(lengths, initial=_PARTS * lengths.itemsize)):
        yield body[start:stop]


def _central(zip_path: Path, package: Package, data_end: int, names: Sequence[bytes]) -> list[bytes]:
    """Each file's line in the zip's directory. Raises OSError, also for another zip."""
    with zip_path.open("rb") as file:
        if file.seek(0, 2) != package.size_bytes:
            raise OSError("another zip")
        # Empty folders stand between the files and the directory.
        folders = sum(LOCAL_BYTES + len(path.encode()) + 1 for path in package.contents.empty_folders)
        file.seek(data_end + folders)
        directory = file.read()
    stops = accumulate((CENTRAL_BYTES + len(name) for name in names), initial=0)
    return [directory[start:stop] for start, stop in pairwise(stops)]
