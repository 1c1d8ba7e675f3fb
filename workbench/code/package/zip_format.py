"""The bytes between the streams of a zip, always the same for the same entry.

One fixed time (the first that zip can say), modes 0644 and 0755 and the Unix flag.
Source: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html (permissions of package files);
PKWARE's APPNOTE 6.3 for the layout.
"""

import stat
import struct

from workbench.code.package.entry import Entry

STORED, DEFLATED = 0, 8
LOCAL_BYTES = 30
CENTRAL_BYTES = 46
_VERSION = 20
_UNIX = 3 << 8
_UTF8 = 0x800
_EARLIEST = 33  # 1 January 1980 as MS-DOS writes it
_DIRECTORY_BIT = 0x10
_MOST_ENTRIES = 0xFFFF

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_END64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR64 = struct.Struct("<IIQI")


def local_header(entry: Entry) -> bytes:
    """What stands before a file's stream."""
    name, flags = _name(entry.path)
    return (
        _LOCAL.pack(
            0x04034B50, _VERSION, flags, entry.method, 0, _EARLIEST, entry.crc32, entry.packed_bytes,
            entry.content.size_bytes, len(name), 0,
        ) + name
    )  # fmt: skip


def span_bytes(entry: Entry) -> int:
    """How many bytes a file takes before the central directory: its header and its stream."""
    return LOCAL_BYTES + len(entry.path.encode()) + entry.packed_bytes


def central_record(entry: Entry, offset: int) -> bytes:
    """A file's line in the central directory; `offset` is where its header stands."""
    mode = stat.S_IFREG | (0o755 if entry.content.executable else 0o644)
    name, flags = _name(entry.path)
    return _central(
        name,
        flags,
        entry.method,
        entry.crc32,
        entry.packed_bytes,
        entry.content.size_bytes,
        mode << 16,
        offset,
    )


def folder_header(path: str) -> bytes:
    """What an empty folder takes before the central directory."""
    name, flags = _name(path + "/")
    return _LOCAL.pack(0x04034B50, _VERSION, flags, STORED, 0, _EARLIEST, 0, 0, 0, len(name), 0) + name


def folder_record(path: str, offset: int) -> bytes:
    """An empty folder's line in the central directory."""
    name, flags = _name(path + "/")
    return _central(name, flags, STORED, 0, 0, 0, (stat.S_IFDIR | 0o755) << 16 | _DIRECTORY_BIT, offset)


def end_records(count: int, size_bytes: int, offset: int) -> bytes:
    """What stands after the central directory of this many lines and bytes, which begins at `offset`."""
    end = _END.pack(
        0x06054B50, 0, 0, min(count, _MOST_ENTRIES), min(count, _MOST_ENTRIES), size_bytes, offset, 0
    )
    if count < _MOST_ENTRIES:
        return end
    end64 = _END64.pack(
        0x06064B50, _END64.size - 12, 45, 45, 0, 0, count, count, size_bytes, offset
    )  # the sizes fit: Lambda takes 250 MB
    return end64 + _LOCATOR64.pack(0x07064B50, 0, offset + size_bytes, 1) + end


def _central(
    name: bytes, flags: int, method: int, crc32: int, packed: int, size: int, attributes: int, offset: int
) -> bytes:
    return (
        _CENTRAL.pack(
            0x02014B50, _UNIX | _VERSION, _VERSION, flags, method, 0, _EARLIEST, crc32, packed, size,
            len(name), 0, 0, 0, 0, attributes, offset,
        ) + name
    )  # fmt: skip


def _name(path: str) -> tuple[bytes, int]:
    return path.encode(), 0 if path.isascii() else _UTF8
