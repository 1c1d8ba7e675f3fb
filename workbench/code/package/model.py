"""A deployment package, its files as entries, and how its zip is named.

Entries are tuples, not dataclasses: a package has thousands, which are made, compared and stored together.
"""

import base64
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from workbench.code.contents import Contents, FileContent
from workbench.core.errors import WorkbenchError

WHAT = "The package could not be built."


@dataclass(frozen=True, slots=True)
class Package:
    """A deployment package on disk.

    Attributes:
        path: The zip file, named by its hash. It is never changed.
        code_sha256: What AWS calls CodeSha256: base64 of the zip's SHA-256.
        size_bytes: Of the zip.
        contents: What is in it.
        notes: What the user should know about it, in sentences.
        warnings: What it holds though it looks like a secret, in sentences.
    """

    path: Path
    code_sha256: str
    size_bytes: int
    contents: Contents
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def package_name(sha256: bytes) -> str:
    """The file name of a package with this hash."""
    return f"{sha256.hex()}.zip"


def package_name_of(code_sha256: str) -> str:
    """The file name of a package with this CodeSha256 (base64).

    Raises:
        ValueError: It is no base64.
    """
    return package_name(base64.b64decode(code_sha256, validate=True))


def refusal(why: str, remedy: str) -> WorkbenchError:
    """Why these files make no package."""
    return WorkbenchError(WHAT, why, remedy)


def too_large(sizes: Mapping[str, int], limit_bytes: int) -> WorkbenchError:
    """The refusal of files (path to bytes) that together are over the limit."""
    parts: Counter[str] = Counter()
    for path, size in sizes.items():
        parts[path.partition("/")[0]] += size
    largest = ", ".join(f"{name} ({size / 1e6:.0f} MB)" for name, size in parts.most_common(3))
    return refusal(
        f"The code has {sum(sizes.values()):,} bytes unzipped; Lambda allows {limit_bytes:,}, "
        f"including layers. The largest parts are {largest}.",
        "Remove or exclude what the function does not need.",
    )


# How long after its last change a file may change again without its time telling so: FAT counts in 2 s, and
# the clock that stamps files is a few milliseconds coarse everywhere.
DOUBTFUL_NS = 2_500_000_000
_SECOND_NS = 1_000_000_000


class Stamp(NamedTuple):
    """What the disk says of a file without reading it. The same stamp: the same bytes (`PackageEntry`).

    The time of the inode's last change says too much to be trusted alone (a hard link made elsewhere changes
    it) and too much to be ignored (it gives away who sets a file's time back): where only that differs, the
    file is read again, but not packed again.
    """

    size_bytes: int
    mtime_ns: int
    inode: int
    ctime_ns: int
    mode: int

    @classmethod
    def of(cls, about: os.stat_result) -> "Stamp":
        """From stat. Windows' scandir knows no inodes and its ctime is another thing: both are 0 there."""
        posix = os.name == "posix"
        return cls(
            about.st_size,
            about.st_mtime_ns,
            about.st_ino if posix else 0,
            about.st_ctime_ns if posix else 0,
            about.st_mode,
        )

    @property
    def is_exact(self) -> bool:
        """Whether it tells a file from all others of this computer, not only from what it was before.

        Disks that count whole seconds, or know no inodes, tell too little for that.
        """
        return bool(self.inode and self.mtime_ns % _SECOND_NS and self.ctime_ns % _SECOND_NS)

    def in_doubt(self) -> "Stamp":
        """The same, but equal to no file's stamp: every file has a mode."""
        return self._replace(mode=0)


NO_STAMP = Stamp(-1, 0, 0, 0, 0)


class PackageEntry(NamedTuple):
    """A packed file.

    Attributes:
        path: Relative, with `/`.
        stamp: Of the file as it was read. In doubt when it had been written so recently that another write
            could have followed unseen: it is read again the next time.
        content: Its bytes' hash, size, mode.
        crc32: Of its bytes.
        method: 8 for deflated, 0 for stored.
        packed_bytes: The length of its stream in the zip.
        packed_crc32: Of that stream: a damaged cache is noticed.
    """

    path: str
    stamp: Stamp
    content: FileContent
    crc32: int
    method: int
    packed_bytes: int
    packed_crc32: int


size_of: Callable[[PackageEntry], int] = attrgetter("content.size_bytes")
"""How large a packed file is unpacked; asked of all files of each package, so without a line of Python."""


class SourceFile(NamedTuple):
    """A file to be packed.

    Attributes:
        path: Its name in the package.
        source: Where it is read, relative to the root: its path, or what a link leads to.
        size_bytes: As far as known before it is read.
        executable: Whether it gets mode 0755.
    """

    path: str
    source: str
    size_bytes: int
    executable: bool
