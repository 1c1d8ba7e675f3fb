"""Zip files for tests, well-behaved and otherwise."""

import io
import struct
import zipfile
import zlib
from pathlib import Path


def make_zip(path: Path, files: dict[str, bytes | str], modes: dict[str, int] | None = None) -> Path:
    """A plain zip as any tool makes it. `modes` are whole Unix modes (0o100755), by name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10))
            info.create_system = 3
            info.external_attr = (modes or {}).get(name, 0o100664) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return path


def raw_zip(
    path: Path,
    entries: list[tuple[bytes, bytes]],
    flags: int = 0,
    method: int = 0,
    size: int | None = None,
) -> Path:
    """Stored entries with names as bytes: what zipfile refuses to write. `size` lies about the size."""
    out, central = io.BytesIO(), io.BytesIO()
    for name, data in entries:
        crc = zlib.crc32(data)
        claimed = len(data) if size is None else size
        offset = out.tell()
        common = struct.pack("<HHHHHIIIHH", 20, flags, method, 0, 33, crc, len(data), claimed, len(name), 0)
        out.write(b"PK\3\4" + common + name + data)
        central.write(
            b"PK\1\2" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, offset) + name
        )
    start = out.tell()
    out.write(central.getvalue())
    count = len(entries)
    out.write(b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, central.tell(), start, 0))
    path.write_bytes(out.getvalue())
    return path
