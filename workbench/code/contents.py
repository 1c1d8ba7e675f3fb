"""What a deployment package holds, as a value: its files by path, hash, size and executable bit.

Two packages made by different tools differ in bytes and so in CodeSha256 though they hold the same code.
Contents answer "is this the same code?" and "which files changed?" without unpacking anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from workbench.code.names import never_packed
from workbench.code.secret_files import Certainty, certainty_of

_YEAR_1980_S = 315_532_800


class FileContent(NamedTuple):
    """One file.

    Attributes:
        sha256: Hash of its bytes, hexadecimal.
        size_bytes: Unpacked size.
        executable: Whether it is packed with mode 0755 rather than 0644.
    """

    sha256: str
    size_bytes: int
    executable: bool = False

    @property
    def pristine_ns(self) -> int:
        """The modification time that an unpacked file gets: a moment in January 1980 that tells its content.

        A file that still has it, and its size, has not been written since, nor been moved here from
        elsewhere: that is how thousands of files are compared with their package without reading them.
        """
        return (_YEAR_1980_S * 1_000_000 + int(self.sha256[:10], 16)) * 1000


@dataclass(frozen=True)
class Contents:
    """All of a package: files by path, and the folders that hold no file."""

    files: Mapping[str, FileContent] = field(default_factory=dict)
    empty_folders: frozenset[str] = frozenset()

    @property
    def size_bytes(self) -> int:
        """The unpacked size of all files."""
        return sum(file.size_bytes for file in self.files.values())

    @cached_property
    def secret_names(self) -> frozenset[str]:
        """The files that look like secrets, going by their names alone."""
        return frozenset(path for path in self.files if certainty_of(path) is not Certainty.ORDINARY)

    def packable(self) -> "Contents":
        """The same without what is never packed, so that a foreign package can be compared with ours."""
        return Contents(
            {path: file for path, file in self.files.items() if not never_packed(path)},
            frozenset(path for path in self.empty_folders if not never_packed(path)),
        )

    def same_code(self, other: "Contents") -> bool:
        """Whether both hold the same files with the same bytes and the same executable bits."""
        return self.packable() == other.packable()


def folders_of(paths: Iterable[str]) -> set[str]:
    """Every folder above the paths: `a/b/c` lies in `a` and `a/b`."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found
