"""The packages of earlier deploys, so that each can be deployed again.

The least recently used are removed first.

    <folder>/<sha256>/package.zip    a hard link to a workspace's package, or a copy

A package appears completely or not at all, and its folder's time is that of its last use. Storing one is a
convenience: an error is logged, and the deploy continues.
"""

import base64
import contextlib
import logging
import os
import secrets
import shutil
import time
from pathlib import Path

from workbench.code.package import Package, package_name_of
from workbench.code.package.zip_file import link_or_copy
from workbench.code.tree import hash_of
from workbench.code.unpack import read_contents
from workbench.core.errors import WorkbenchError
from workbench.core.files import make_private_folder
from workbench.core.jobs import JobContext
from workbench.core.messages import _

MOST_BYTES = 1024**3
"""Maximum of all packages together."""
_FILE = "package.zip"

_log = logging.getLogger(__name__)
_DAY_NS = 24 * 3600 * 10**9
_UNFINISHED_FOR_S = 3600.0
"""Storing takes less than a second, so older ones were left by a kill, not by a running deploy."""


class PackageStore:
    """A folder of packages.

    Args:
        folder: Created with the first package.
        most_bytes: Maximum of all packages together; the last two used are kept whatever their size.
        max_age_days: Days after its last use for which a package is kept; None for no limit.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES, max_age_days: int | None = None) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._max_age_days = max_age_days

    def keep(self, package: Path, code_sha256: str) -> None:
        """Stores a package from this disk, or records that a stored one was used again. Never raises."""
        try:
            entry = self._entry(code_sha256)
            if (entry / _FILE).is_file():
                os.utime(entry)
                return
            unfinished = self._folder / f".{secrets.token_hex(8)}"
            make_private_folder(unfinished)
            try:
                link_or_copy(package, unfinished / _FILE)
                unfinished.rename(entry)
            except OSError:
                if not (entry / _FILE).is_file():  # otherwise another deploy has stored it in the meantime
                    raise
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
            self._drop_oldest()
        except (OSError, ValueError) as error:
            _log.warning("the package %s is not kept: %s", package, error)

    def prune(self) -> None:
        """Removes packages older than allowed. Never raises."""
        if self._max_age_days is None:
            return
        oldest_allowed_ns = time.time_ns() - self._max_age_days * _DAY_NS
        for used_ns, _size_bytes, entry in self._found():
            if used_ns < oldest_allowed_ns:
                shutil.rmtree(entry, ignore_errors=True)

    def size_of(self, code_sha256: str) -> int:
        """The size of a stored package; 0 if it is not stored."""
        try:
            return (self._entry(code_sha256) / _FILE).stat().st_size
        except (OSError, ValueError):
            return 0

    def total_bytes(self) -> int:
        """The size of all stored packages of all functions."""
        return sum(size_bytes for _used, size_bytes, _entry in self._found())

    def find(self, code_sha256: str, ctx: JobContext) -> Package | None:
        """A stored package, verified; or None. Raises WorkbenchError."""
        if not self.size_of(code_sha256):
            return None
        path = self._entry(code_sha256) / _FILE
        ctx.check()
        if hash_of(path) != base64.b64decode(code_sha256).hex():
            _log.warning("the kept package %s is damaged", path)
            shutil.rmtree(path.parent, ignore_errors=True)
            return None
        return Package(path, code_sha256, path.stat().st_size, read_contents(path, ctx))

    def lend(self, code_sha256: str, target: Path) -> bool:
        """Links a stored package to another path. Returns whether it exists there now."""
        if not self.size_of(code_sha256):
            return False
        try:
            link_or_copy(self._entry(code_sha256) / _FILE, target)
        except OSError as error:
            _log.warning("the kept package %s cannot be used: %s", code_sha256, error)
            return False
        return True

    def need(self, code_sha256: str, ctx: JobContext, failure: str) -> Package:
        """Does what `find` does, but the package must exist.

        Raises:
            WorkbenchError: It does not exist, or cannot be read. `failure` is the first sentence.
        """
        package = self.find(code_sha256, ctx)
        if package is None:
            raise WorkbenchError(
                failure,
                _("The package with CodeSha256 {code_sha256} is no longer on this computer.").format(
                    code_sha256=code_sha256
                ),
                _("Deploy it from source, or point the alias to a version published from it."),
            )
        return package

    def _entry(self, code_sha256: str) -> Path:
        return self._folder / Path(package_name_of(code_sha256)).stem

    def _found(self) -> list[tuple[int, int, Path]]:
        """Time of last use, size and folder of each package, most recently used first."""
        found = []
        for entry in self._folder.glob("[!.]*"):
            with contextlib.suppress(OSError):  # another window has just removed it
                found.append((entry.stat().st_mtime_ns, (entry / _FILE).stat().st_size, entry))
        return sorted(found, key=lambda each: each[:2], reverse=True)

    def _drop_oldest(self) -> None:
        """Makes room, and removes unfinished packages of killed processes."""
        self.prune()
        for unfinished in self._folder.glob(".*"):
            with contextlib.suppress(OSError):  # it has just been finished
                if unfinished.stat().st_mtime < time.time() - _UNFINISHED_FOR_S:
                    shutil.rmtree(unfinished, ignore_errors=True)
        total = 0
        for number, (_used, size_bytes, entry) in enumerate(self._found()):
            total += size_bytes
            if total > self._most_bytes and number > 1:
                shutil.rmtree(entry, ignore_errors=True)
