"""The zips of one workspace: what is deployed, and during a deploy also the one that is being sent."""

import contextlib
from pathlib import Path

from workbench.code.package import Package, package_name_of
from workbench.code.tree import hash_of
from workbench.code.unpack import read_contents
from workbench.core.jobs import JobContext


class KeptPackages:
    """A folder of zips, each named by its hash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, code_sha256: str) -> Path:
        """Where the zip with this CodeSha256 lies, or would."""
        return self.folder / package_name_of(code_sha256)

    def whole(self, code_sha256: str) -> Path | None:
        """The zip with this CodeSha256, if it is there and has that hash.

        Raises:
            WorkbenchError: It cannot be read.
        """
        try:
            path = self.path_of(code_sha256)
        except ValueError:  # an answer may announce anything
            return None
        return path if path.is_file() and hash_of(path) == path.stem else None

    def find(self, code_sha256: str, ctx: JobContext) -> Package | None:
        """A zip that is still there, whole; or None.

        Raises:
            WorkbenchError: It cannot be read.
        """
        path = self.whole(code_sha256)
        if path is None:
            return None
        return Package(path, code_sha256, path.stat().st_size, read_contents(path, ctx))

    def drop_unfinished(self) -> None:
        """Removes what a kill left of a package that was being built."""
        for unfinished in self.folder.glob(".*"):
            unfinished.unlink()

    def drop_all_but(self, kept: Path) -> None:
        """Removes the other zips."""
        with contextlib.suppress(OSError):  # they are in nobody's way
            for other in self.folder.iterdir():
                if other != kept:
                    other.unlink(missing_ok=True)
