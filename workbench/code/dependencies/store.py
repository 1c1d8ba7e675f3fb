"""Installed dependencies on this machine, for all functions: one folder for each set of them.

    <cache>/<key>-<n>/tree/python/...              goes to the top of a package, or into a layer unchanged
    <cache>/<key>-<n>/tree/nodejs/node_modules/
    <cache>/<key>-<n>/installed.json               its contents, written last
    <cache>/.resolved/<digest>.json                the lock file that npm made for a declaration without one

A folder never changes: a set that is installed again gets a new one, and the newest of a key is used.

The store has a limit: the least recently used sets are removed first.

Source of runtimes: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html (operating systems) and
https://docs.aws.amazon.com/lambda/latest/dg/python-package.html (platform tags).
"""

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbench.code.dependencies.declared import Declaration
from workbench.code.dependencies.requirements import WHAT
from workbench.core.codec import Format
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, make_private_folder, write_atomic
from workbench.core.messages import _
from workbench.core.policy import NO_POLICY, Policy, Rule

_RUNTIME = re.compile(r"(python|nodejs)(\d+)(?:\.(\d+|x))?")
# The first runtimes on Amazon Linux 2023; older ones are on Amazon Linux 2.
_FIRST_ON_AL2023 = {"python": 12, "nodejs": 20}
_GLIBC_AL2, _GLIBC_AL2023 = (2, 26), (2, 34)
_MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True, slots=True)
class Target:
    """A runtime and an architecture."""

    runtime: str
    architecture: str = "x86_64"

    @property
    def language(self) -> str:
        """The language, "python" or "nodejs".

        "" for runtimes whose dependencies Workbench does not install.
        """
        found = _RUNTIME.fullmatch(self.runtime)
        return found[1] if found else ""

    @property
    def python_version(self) -> str:
        """The version, "3.13" for "python3.13"; otherwise ""."""
        return self.runtime.removeprefix("python") if self.language == "python" else ""

    @property
    def python_full_version(self) -> str:
        """A version that is higher than any release of `python_version`; otherwise "".

        Lambda keeps a runtime at the newest release. To uv, "3.13" alone is 3.13.0, which packages for 3.13.2
        and later refuse.
        """
        return f"{self.python_version}.99" if self.python_version else ""

    @property
    def glibc(self) -> tuple[int, int]:
        """Its version of the C library. Files built for a newer one do not load."""
        found = _RUNTIME.fullmatch(self.runtime)
        if found:
            number = int(found[3] if found[1] == "python" and found[3] else found[2])
            return _GLIBC_AL2023 if number >= _FIRST_ON_AL2023[found[1]] else _GLIBC_AL2
        older = self.runtime in ("provided.al2", "java8.al2", "java11", "java17", "ruby3.2", "dotnet6")
        return _GLIBC_AL2 if older else _GLIBC_AL2023

    @property
    def machine(self) -> str:
        """The processor in the words of Linux and wheels: "x86_64" or "aarch64"."""
        return _MACHINES.get(self.architecture, self.architecture)

    @property
    def platform(self) -> str:
        """The platform for uv. Wheels for this or any older C library are accepted."""
        libc = "manylinux_2_34" if self.glibc >= _GLIBC_AL2023 else "manylinux2014"
        return f"{self.machine}-{libc}"

    def __str__(self) -> str:
        return _("{runtime} on {architecture}").format(runtime=self.runtime, architecture=self.architecture)


_SETS = "2"  # changing it makes everything be installed again
_ABOUT = "installed.json"
_TREE = "tree"
_UNFINISHED = ".installing-"
_RESOLVED = ".resolved"
_MAX_RESOLUTIONS = 500
LIMIT_BYTES = 4 << 30
TOPS = {"python": "python", "nodejs": "nodejs"}
"""Language -> the folder of its packages in a layer.
Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html"""


@dataclass(frozen=True, slots=True)
class InstalledFiles:
    """The files that an installer has put into a folder: names and versions of packages, and all paths.

    `notes` are sentences for the user.
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
    """A set of dependencies on disk, never changed. The same declaration for the same target has its key."""

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

    def resolution(self, digest: str) -> bytes:
        """The lock file that was made for a declaration; empty if there is none."""
        try:
            path = self._folder / _RESOLVED / f"{digest}.json"
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return b""
        return data

    def keep_resolution(self, digest: str, lock: bytes) -> None:
        """Stores the lock file that was made for a declaration. Raises WorkbenchError."""
        folder = self._folder / _RESOLVED
        try:
            make_private_folder(self._folder)
            make_private_folder(folder)
            stored = sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime)
        except OSError as error:
            raise explain_os_error(error, WHAT, folder) from error
        for old in stored[:-_MAX_RESOLUTIONS]:
            old.unlink(missing_ok=True)
        write_atomic(folder / f"{digest}.json", lock)

    def check_policy(self) -> None:
        self._policy.check(Rule.INSTALLS, WHAT)

    def fill(self, key: str, language: str, install: Callable[[Path, Path], InstalledFiles]) -> Installed:
        """Creates or replaces a set atomically.

        Raises WorkbenchError if the policy forbids it, a file cannot be written, or `install` raised it.
        After Cancel: raised by `install`.

        Args:
            install: Called with the empty folder to fill, and a scratch folder.
        """
        self.check_policy()
        try:
            make_private_folder(self._folder)
            self._sweep()
            with tempfile.TemporaryDirectory(
                dir=self._folder, prefix=_UNFINISHED, ignore_cleanup_errors=True
            ) as unfinished:
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
            raise explain_os_error(error, WHAT, path) from error
        self._trim(folder)
        installed = self._read(folder, key)
        if installed is None:
            raise WorkbenchError(WHAT, _("{folder} was removed in the meantime.").format(folder=folder))
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
        os.utime(self._folder)
        now = self._folder.stat().st_mtime  # by the clock of the disk
        for folder in self._folder.glob(f"{_UNFINISHED}*"):
            with contextlib.suppress(OSError):
                if now - folder.stat().st_mtime > 3600:
                    shutil.rmtree(folder, ignore_errors=True)
