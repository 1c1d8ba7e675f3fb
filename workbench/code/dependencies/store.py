"""Installed dependencies on this machine, for all functions: one folder for each set of them.

    <cache>/<key>-<n>/tree/python/...              what goes to the top of a package, or into a layer as it is
    <cache>/<key>-<n>/tree/nodejs/node_modules/
    <cache>/<key>-<n>/installed.json               written last: what is in it

A folder never changes: a set that is installed anew gets another one, and the youngest of a key counts.

The store has a limit: the sets that were not used for longest are removed first.
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

_SETS = "2"  # another one installs everything anew
_ABOUT = "installed.json"
_TREE = "tree"
_UNFINISHED = ".installing-"
LIMIT_BYTES = 4 << 30
TOPS = {"python": "python", "nodejs": "nodejs"}
"""Language -> the folder of a layer that its packages are in.

Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
"""


@dataclass(frozen=True, slots=True)
class InstalledFiles:
    """What an installer has put into a folder.

    Attributes:
        packages: Names and versions, sorted.
        paths: All files, relative with `/`, sorted.
        size_bytes: Of all files.
        notes: What the user should know, in sentences.
    """

    packages: tuple[tuple[str, str], ...]
    paths: tuple[str, ...]
    size_bytes: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _About:
    """What is kept of a set; see `Installed`."""

    language: str
    found: InstalledFiles


_FORMAT = Format(
    _About, upgrades={0: lambda values: {"language": values["language"], "found": values}}
)  # of before there were versions: one object


@dataclass(frozen=True, slots=True)
class Installed:
    """A set of dependencies on disk, never changed.

    Attributes:
        key: Of the set: the same declaration for the same target has the same.
        folder: Its folder in the cache.
        language: "python" or "nodejs".
        found: What is in it.
    """

    key: str
    folder: Path
    language: str
    found: InstalledFiles

    @property
    def root(self) -> Path:
        """What lies here goes to the top of a package."""
        return self.layer_root / TOPS[self.language]

    @property
    def layer_root(self) -> Path:
        """What lies here is a whole layer."""
        return self.folder / _TREE


def key_of(declaration: Declaration, target: Target) -> str:
    """What tells a set of dependencies from others."""
    text = "\0".join((_SETS, declaration.digest, target.runtime, target.architecture))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class DependencyStore:
    """The folder of all sets.

    Args:
        folder: Made when first needed, for this user only.
        limit_bytes: What all sets may measure; files that several share count for each.
        policy: May forbid that anything is installed; what is there can be used then.
    """

    def __init__(self, folder: Path, limit_bytes: int = LIMIT_BYTES, policy: Policy = NO_POLICY) -> None:
        self._folder = folder
        self._policy = policy
        self._limit_bytes = limit_bytes

    def find(self, key: str) -> Installed | None:
        """The set with this key, if it is here and whole."""
        return next((found for folder in self._folders(key) if (found := self._read(folder, key))), None)

    def folder_of(self, key: str) -> Path | None:
        """Where a set lies, as a layer does, if it is here; quicker than `find`."""
        return next((folder / _TREE for folder in self._folders(key)), None)

    def _folders(self, key: str) -> list[Path]:
        """The youngest first."""
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
        """Raises WorkbenchError when the policy forbids that anything is installed."""
        self._policy.check(Rule.INSTALLS, _("The dependencies were not installed."))

    def fill(self, key: str, language: str, install: Callable[[Path, Path], InstalledFiles]) -> Installed:
        """Makes a set, or makes it anew; there is the old one or the new one, whole.

        Args:
            key: Of the set.
            language: Of the set.
            install: Called with the folder to fill, which is there and empty, and another for its own use.

        Raises:
            WorkbenchError: The policy or the disk refuses, or what `install` raises.
            Cancelled: The same.
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
        """Removes what was not used for longest."""
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
            return self._limit_bytes  # damaged: it goes

    def _sweep(self) -> None:
        """Removes what a killed process has left an hour or more ago."""
        now = _now_s(self._folder)
        for folder in self._folder.glob(f"{_UNFINISHED}*"):
            with contextlib.suppress(OSError):
                if now - folder.stat().st_mtime > 3600:
                    shutil.rmtree(folder, ignore_errors=True)


def _now_s(folder: Path) -> float:
    """The disk's own time."""
    os.utime(folder)
    return folder.stat().st_mtime
