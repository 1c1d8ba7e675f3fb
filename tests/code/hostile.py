"""Packages that are damaged, or were made to do harm."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.code.zips import make_zip, raw_zip


def _link(path: Path) -> None:
    make_zip(path, {"a.py": "1", "evil": "/etc/passwd"}, {"evil": 0o120777})


def _pipe(path: Path) -> None:
    make_zip(path, {"a.py": "1", "pipe": ""}, {"pipe": 0o010644})


def _damaged(path: Path) -> None:
    make_zip(path, {"a.bin": os.urandom(5000)})
    data = bytearray(path.read_bytes())
    data[600] ^= 0xFF
    path.write_bytes(data)


def _truncated(path: Path) -> None:
    make_zip(path, {"a.bin": os.urandom(5000)})
    path.write_bytes(path.read_bytes()[:3000])


def _bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("bomb", "w") as member:
        for _ in range(300):
            member.write(bytes(1 << 20))


def _bomb_that_lies(path: Path) -> None:
    _bomb(path)
    data = path.read_bytes()
    true = (300 << 20).to_bytes(4, "little")
    path.write_bytes(data.replace(true, (1000).to_bytes(4, "little")))


def _duplicate(path: Path) -> None:
    raw_zip(path, [(b"a.py", b"1"), (b"a.py", b"2")])


def _header_with_another_name(path: Path) -> None:
    make_zip(path, {"aaaa.py": "1"})
    path.write_bytes(path.read_bytes().replace(b"aaaa.py", b"bbbb.py", 1))


def _entries(*entries: tuple[bytes, bytes], flags: int = 0, method: int = 0) -> Callable[[Path], object]:
    return lambda path: raw_zip(path, list(entries), flags, method)


type Maker = Callable[[Path], object]

# What is wrong with a package -> what writes one, and a word of what a person is told.
HOSTILE: dict[str, tuple[Maker, str]] = {
    "0 bytes": (lambda path: path.write_bytes(b""), "empty"),
    "not a zip": (lambda path: path.write_bytes(b"#!/bin/sh\n" * 100), "not a zip"),
    "truncated": (_truncated, "not a zip"),
    "damaged": (_damaged, "damaged"),
    "another name in its header": (_header_with_another_name, "differ"),
    "climbs out": (_entries((b"../evil.py", b"x")), "leaves the folder"),
    "climbs out deep inside": (_entries((b"a/b/../../../evil", b"x")), "leaves the folder"),
    "absolute": (_entries((b"/etc/cron.d/evil", b"x")), "absolute"),
    "drive": (_entries((b"C:/evil.exe", b"x")), "drive"),
    "backslash": (_entries((b"..\\evil.py", b"x")), "backslash"),
    "no name": (_entries((b"", b"x")), "empty"),
    "NUL in name": (_entries((b"a.py\0.txt", b"x")), "control character"),
    "newline in name": (_entries((b"a\n.py", b"x")), "control character"),
    "not UTF-8": (_entries((b"caf\xe9.py", b"x")), "not UTF-8"),
    "not UTF-8 but flagged so": (_entries((b"caf\xe9.py", b"x"), flags=0x800), "damaged"),
    "symbolic link": (_link, "symbolic link"),
    "pipe": (_pipe, "pipe"),
    "encrypted": (_entries((b"a.py", b"x" * 20), flags=0x1), "encrypted"),
    "unknown compression": (_entries((b"a.py", b"x"), method=97), "compression method"),
    "twice the same": (_duplicate, "twice"),
    "twice the same by another spelling": (_entries((b"a.py", b"1"), (b"./a.py", b"2")), "twice"),
    "file and folder": (_entries((b"a", b"1"), (b"a/b", b"2")), "file and a folder"),
    "file and folder, other order": (_entries((b"a/b", b"2"), (b"a", b"1")), "file and a folder"),
    "bomb": (_bomb, "262,144,000"),
    "bomb that lies about its size": (_bomb_that_lies, "damaged"),
    "name too long for the disk": (_entries((b"a" * 300, b"x")), "too long"),
}
