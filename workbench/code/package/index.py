"""What is remembered of a package between two runs of the program: a file beside a copy of the zip.

Owns: the file's format, in columns because that is read ten times quicker than JSON. It is only a cache: one
that is missing, damaged, of another version or of another zip counts as none.
"""

import hashlib
import json
import sys
from array import array
from base64 import b64encode
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, pairwise
from pathlib import Path

from workbench.code.contents import Contents, FileContent
from workbench.code.package.entry import Entry, Stamp
from workbench.code.package.layout import Last
from workbench.code.package.model import Package, package_name
from workbench.code.package.patterns import Patterns
from workbench.code.package.scan import Rules
from workbench.code.package.zip_format import CENTRAL_BYTES, LOCAL_BYTES
from workbench.core.files import write_atomic

_MAGIC = b"workbench package index 1\n"
_HASH_BYTES = 32
# Of each entry: size, mtime, inode, ctime, mode, unpacked size, packed size; then the narrower ones.
_WIDE, _NARROW = 7, 2


def save(path: Path, last: Last) -> None:
    """Writes what `load` reads. Raises WorkbenchError when the disk refuses."""
    entries, rules = last.entries, last.rules
    head = json.dumps(
        {
            "byteorder": sys.byteorder,
            "sha256": last.package.path.stem,
            "size": last.package.size_bytes,
            "count": len(entries),
            "notes": last.package.notes,
            "empty_folders": sorted(last.package.contents.empty_folders),
            "patterns": rules.patterns.lines,
            "executables": sorted(rules.executables),
            "kept_folders": sorted(rules.empty_folders),
            "names": sorted(last.names),
            "walked": sorted(last.walked),
            "in_project": rules.in_project,
            "has_links": last.has_links,
        }
    ).encode()
    wide = chain(
        *zip(*(entry.stamp for entry in entries), strict=True),
        (entry.content.size_bytes for entry in entries),
        (entry.packed_bytes for entry in entries),
    )
    narrow = chain((entry.crc32 for entry in entries), (entry.packed_crc32 for entry in entries))
    small = bytes(entry.method << 1 | entry.content.executable for entry in entries)
    parts = [
        head,
        "\0".join(entry.path for entry in entries).encode(),
        array("q", wide).tobytes(),
        array("I", narrow).tobytes(),
        small,
        bytes.fromhex("".join(entry.content.sha256 for entry in entries)),
    ]
    data = b"".join([array("Q", map(len, parts)).tobytes(), *parts])
    write_atomic(path, _MAGIC + hashlib.sha256(data).digest() + data)


def load(path: Path, target_dir: Path) -> Last | None:
    """What was remembered, without the marks; None when there is nothing of use.

    The package's path is one in `target_dir`, whether or not it is there. Of the zip beside the index only
    the directory is read: whether it is whole is for the caller to find out.
    """
    try:
        data = path.read_bytes()
        start = len(_MAGIC) + _HASH_BYTES
        body = memoryview(data)[start:]
        if data[: len(_MAGIC)] != _MAGIC or hashlib.sha256(body).digest() != data[len(_MAGIC) : start]:
            return None
        return _decode(body, path.parent, target_dir)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def zip_of(last: Last, state_dir: Path) -> Path:
    """Where the copy of the zip lies."""
    return state_dir / last.package.path.name


def _decode(body: memoryview, state_dir: Path, target_dir: Path) -> Last | None:
    head_data, names, wide_data, narrow_data, small, hashes = _parts(body)
    head = json.loads(bytes(head_data))
    if head["byteorder"] != sys.byteorder:
        return None
    count = int(head["count"])
    wide, narrow = array("q"), array("I")
    wide.frombytes(wide_data)
    narrow.frombytes(narrow_data)
    raw_names = bytes(names).split(b"\0")
    paths = bytes(names).decode().split("\0")
    columns = [wide[count * n : count * (n + 1)] for n in range(_WIDE)]
    *stamps, sizes, packed = columns
    crcs, packed_crcs = (narrow[count * n : count * (n + 1)] for n in range(_NARROW))
    hexadecimal = bytes(hashes).hex()
    contents = [
        FileContent(hexadecimal[place : place + 64], size, bool(bits & 1))
        for place, size, bits in zip(range(0, 64 * count, 64), sizes, small, strict=True)
    ]
    entries = [
        Entry(*values)
        for values in zip(
            paths, map(Stamp._make, zip(*stamps, strict=True)), contents, crcs,
            (bits >> 1 for bits in small), packed, packed_crcs, strict=True,
        )
    ]  # fmt: skip
    spans = (LOCAL_BYTES + len(name) + size for name, size in zip(raw_names, packed, strict=True))
    offsets = list(accumulate(spans, initial=0))
    sha256 = bytes.fromhex(head["sha256"])
    package = Package(
        target_dir / package_name(sha256),
        b64encode(sha256).decode(),
        int(head["size"]),
        Contents(dict(zip(paths, contents, strict=True)), frozenset(head["empty_folders"])),
        tuple(head["notes"]),
    )
    rules = Rules(
        Patterns(tuple(head["patterns"])),
        frozenset(head["executables"]),
        frozenset(head["kept_folders"]),
        bool(head["in_project"]),
    )
    central = _central(state_dir / package.path.name, package.size_bytes, offsets[-1], raw_names, package)
    return Last(
        package, rules, entries, dict(zip(paths, entries, strict=True)),
        dict(zip(paths, range(count), strict=True)), offsets, central, frozenset(head["names"]), (),
        frozenset(head["walked"]), bool(head["has_links"]),
    )  # fmt: skip


def _parts(body: memoryview) -> Iterator[memoryview]:
    count = 6
    lengths = array("Q")
    lengths.frombytes(body[: count * lengths.itemsize])
    for stop, length in zip(accumulate(lengths, initial=0), lengths, strict=False):
        position = count * lengths.itemsize + stop
        yield body[position : position + length]


def _central(
    zip_path: Path, size_bytes: int, data_end: int, names: Sequence[bytes], package: Package
) -> list[bytes]:
    """Each file's line in the zip's directory."""
    with zip_path.open("rb") as file:
        if file.seek(0, 2) != size_bytes:
            raise ValueError("another zip")
        # Empty folders stand between the files and the directory.
        folders = sum(LOCAL_BYTES + len(path.encode()) + 1 for path in package.contents.empty_folders)
        file.seek(data_end + folders)
        directory = file.read()
    stops = list(accumulate((CENTRAL_BYTES + len(name) for name in names), initial=0))
    return [directory[start:stop] for start, stop in pairwise(stops)]
