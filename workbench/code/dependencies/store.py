"""Installed dependencies on this machine, for all functions: one folder for each set of them.

    <cache>/<key>-<n>/tree/python/...              goes to the top of a package, or into a layer unchanged
    <cache>/<key>-<n>/tree/nodejs/node_modules/
    <cache>/<key>-<n>/installed.json               its contents, written last

A folder never changes: a set that is installed again gets a new one, and the newest of a key is used.

The store has a limit: the least recently used sets are removed first.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbench.code.dependencies.declared import Declaration
from workbench.code.dependencies.target import Target
from workbench.core.codec import Format
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, make_private_folder
from workbench.core.messages import _
from workbench.core.policy import NO_POLICY, Policy, Rule

_SETS = "2"  # changing it makes everything be installed again
_ABOUT = "installed.json"
_TREE = "tree"
_UNFINISHED = ".installing-"
LIMIT_BYTES = 4 << 30
TOPS = {"python": "python", "nodejs": "nodejs"}
"""Language -> the folder of its packages in a layer.
Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html"""


@dataclass(frozen=True, slots=True)
class InstalledFiles:
    """The files that an installer has put into a folder.

    Attributes:
        packages: Names and versions, sorted.
        paths: All files, relative with `/`, sorted.
        notes: Sentences for the user.
    """

    packages: tuple[tuple[str, str], ...]
    paths: tuple[str, ...]
    size_bytes: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _About:
    """The stored data of a set; see `Installed`."""

    language: str
    found: InstalledFiles


_FORMAT = Format(
    _About, upgrades={0: lambda values: {"language": values["language"], "found": values}}
)  # from before files had versions: one object


@dataclass(frozen=True, slots=True)
class Installed:
    """A set of dependencies on disk, never changed.

    Attributes:
        key: The same declaration for the same target has the same key.
        language: "python" or "nodejs".
        found: Its contents.
    """

    key: str
    folder: Path
    language: str
    found: InstalledFiles

    @property
    def root(self) -> Path:
        """Its files go to the top of a package."""
        return self.layer_root / TOPS[self.language]

    @property
    def layer_root(self) -> Path:
        """A complete layer."""
        return self.folder / _TREE


def key_of(declaration: Declaration, target: Target) -> str:
    """The key of a set of dependencies."""
    text = "\0".join((_SETS, declaration.digest, target.runtime, target.architecture))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class DependencyStore:
    """The folder of all sets.

    Args:
        folder: Created when first needed, for this user only.
        limit_bytes: Maximum size of all sets; shared files count for each.
        policy: May forbid installing; existing sets can still be used.
    """

    def __init__(self, folder: Path, limit_bytes: int = LIMIT_BYTES, policy: Policy = NO_POLICY) -> None:
        self._folder = folder
        self._policy = policy
        self._limit_bytes = limit_bytes

    def find(self, key: str) -> Installed | None:
        """The set with this key, if it exists and is complete."""
        return next((found for folder in self._folders(key) if (found := self._read(folder, key))), None)

    def folder_of(self, key: str) -> Path | None:
        """The folder of a set, laid out like a layer, if it exists; faster than `find`."""
        return next((folder / _TREE for folder in self._folders(key)), None)

    def _folders(self, key: str) -> list[Path]:
        """The folders of a key, newest first."""
        return sorted(self._folder.glob(f"{key}-*"), reverse=True)

    def _read(self, folder: Path, key: str) -> Installed | None:
        try:
            about = _FORMAT.read(folder / _ABOUT)
            installed = Installed(key, folder, about.language, about.found)
            if not installed.root.is_dir():
                return None
            os.utime(folder)
        except (OSError, ValueError, KeyError):
            return None
        return installed

    def check_policy(self) -> None:
        """Raises WorkbenchError if the policy forbids installing."""
        self._policy.check(Rule.INSTALLS, _("The dependencies were not installed."))

    def fill(self, key: str, language: str, install: Callable[[Path, Path], InstalledFiles]) -> Installed:
        """Creates or replaces a set atomically.

        Args:
            install: Called with the empty folder to fill, and a scratch folder.

        Raises:
            WorkbenchError: The policy forbids it, a file cannot be written, or `install` raised it.
            Cancelled: Raised by `install`.
        """
        self.check_policy()
        unfinished = ""
        try:
            make_private_folder(self._folder)
            self._sweep()
            unfinished = tempfile.mkdtemp(dir=self._folder, prefix=_UNFINISHED)
            new, scratch = Path(unfinished) / "new", Path(unfinished) / "scratch"
            root = new / _TREE / TOPS[language]
            root.mkdir(parents=True)
            scratch.mkdir()
            found = install(root, scratch)
            (new / _ABOUT).write_bytes(_FORMAT.encode(_About(language, found)))
            folder = self._folder / f"{key}-{time.time_ns():020}"
            new.rename(folder)
        except OSError as error:
            path = Path(error.filename or self._folder / key)
            raise explain_os_error(error, _("The dependencies were not installed."), path) from error
        finally:
            if unfinished:
                shutil.rmtree(unfinished, ignore_errors=True)
        self._trim(folder)
        installed = self._read(folder, key)
        if installed is None:
            raise WorkbenchError(
                _("The dependencies were not installed."),
                _("{folder} was removed in the meantime.").format(folder=folder),
            )
        return installed

    def _trim(self, keep: Path) -> None:
        """Removes the least recently used sets."""
        size = 0
        with contextlib.suppress(OSError):
            folders = [folder for folder in self._folder.iterdir() if not folder.name.startswith(".")]
            folders.sort(key=lambda folder: (folder == keep, folder.stat().st_mtime), reverse=True)
            for folder in folders:
                found = self._size_of(folder)
                size += found
                if folder != keep and size > self._limit_bytes:
                    shutil.rmtree(folder, ignore_errors=True)

    def _size_of(self, folder: Path) -> int:
        try:
            return _FORMAT.read(folder / _ABOUT).found.size_bytes
        except (OSError, ValueError):
            return self._limit_bytes  # damaged, so it is removed

    def _sweep(self) -> None:
        """Removes remains of a killed process that are at least an hour old."""
        now = _now_s(self._folder)
        for folder in self._folder.glob(f"{_UNFINISHED}*"):
            with contextlib.suppress(OSError):
                if now - folder.stat().st_mtime > 3600:
                    shutil.rmtree(folder, ignore_errors=True)


def _now_s(folder: Path) -> float:
    """The current time of the disk."""
    os.utime(folder)
    return folder.stat().st_mtime
