"""Fan-outs on disk: what a crash, or a failure, left to go on with.

    <folder>/<time>-<function>-<random>/
        <hash>.zip       the package: it goes on with the very same bytes, whatever was edited since
        fan-out.json     the state of each function; replaced as a whole at every change
        lock             held while this program, or another window, is at it

A fan-out without a fan-out.json was not begun.
"""

import contextlib
import logging
import os
import secrets
import shutil
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.code.package import Package
from workbench.code.working_copy import PackageFolder
from workbench.core.clock import Clock, SystemClock
from workbench.core.codec import Format
from workbench.core.errors import WorkbenchError
from workbench.core.files import copy_private, explain_os_error, make_private_folder, path_below, try_lock
from workbench.core.jobs import JobContext
from workbench.deploy.fan_out import FanOut, Standing, Target, TargetState
from workbench.deploy.options import DeployOptions

_log = logging.getLogger(__name__)
_RECORD, _LOCK = "fan-out.json", "lock"
_NOT_BEGUN = "The deployment to several functions was not started."
_TARGET = ("profile_name", "region", "function_name", "wave", "function_arn", "seen_sha256")


def _with_targets(values: dict[str, Any]) -> dict[str, Any]:
    """A record of before there were versions: the members of a target stood among those of its standing."""
    standings = [each | {"target": {name: each[name] for name in _TARGET}} for each in values["standings"]]
    return values | {"standings": standings}


_FORMAT = Format(FanOut, upgrades={0: _with_targets})


class FanOutFile:
    """One fan-out: its package, and where its functions stand. From any thread; `close` releases it."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self.package: Package | None = None
        self.fan_out: FanOut | None = None
        self._lock = lock
        self._mutex = threading.Lock()

    def begin(self, fan_out: FanOut) -> None:
        """Writes it down: from here on a crash leaves it to go on with.

        Raises:
            WorkbenchError: The disk refuses; it must not begin.
        """
        with self._mutex:
            self._write(fan_out)

    def note(self, number: int, state: TargetState, text: str = "") -> None:
        """Notes where a target stands. Before it begins, and after it ended.

        Raises:
            WorkbenchError: The disk refuses.
        """
        with self._mutex:
            assert self.fan_out is not None
            changed = self.fan_out.after(number, state, text)
            self.fan_out = changed  # what is done is done, whatever the disk says
            self._write(changed)

    def close(self) -> None:
        """Releases it. One that was never begun, or is complete, leaves nothing behind."""
        if self.fan_out is None or self.fan_out.is_complete:
            self.discard()
        else:
            self.release()

    def discard(self) -> None:
        """Releases and deletes it."""
        with contextlib.suppress(OSError):
            (self.folder / _RECORD).unlink(missing_ok=True)
        self.release()
        shutil.rmtree(self.folder, ignore_errors=True)

    def release(self) -> None:
        """Releases it as it is."""
        if self._lock >= 0:
            os.close(self._lock)
        self._lock = -1

    def _write(self, fan_out: FanOut) -> None:
        stored = replace(fan_out, options=fan_out.options.without_configuration())
        _FORMAT.write(self.folder / _RECORD, stored)
        self.fan_out = fan_out


class FanOutStore:
    """The folder of all fan-outs.

    Args:
        folder: Where they lie.
        clock: Tells when they began.
    """

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._folder = folder
        self._clock = clock or SystemClock()

    def hold(self, package: Package, source_name: str) -> FanOutFile:
        """Copies a package for a fan-out that may begin.

        Raises:
            WorkbenchError: The disk refuses.
        """
        name = f"{self._clock.now():%Y%m%dT%H%M%SZ}-{source_name}-{secrets.token_hex(3)}"
        folder = path_below(self._folder, name)
        try:
            make_private_folder(folder.parent)
            folder.mkdir(mode=0o700)
            file = FanOutFile(folder, _open_lock(folder))
            try:
                kept = folder / package.path.name
                link_or_copy(package.path, kept)
            except OSError:
                file.close()
                raise
        except OSError as error:
            raise explain_os_error(error, _NOT_BEGUN, folder) from error
        file.package = replace(package, path=kept)
        return file

    def new(
        self,
        package: Package,
        source_name: str,
        source_arn: str,
        targets: Sequence[Target],
        options: DeployOptions,
    ) -> FanOut:
        """A fan-out that begins now, as a value."""
        return FanOut(
            source_name,
            source_arn,
            package.code_sha256,
            package.size_bytes,
            self._clock.now().isoformat(),
            options,
            tuple(map(Standing, targets)),
        )

    def unfinished(self, ctx: JobContext) -> FanOutFile | None:
        """The oldest one that can go on and that no other window works on; it is locked for the caller.

        What was never begun is removed, and so is what is complete. What this version cannot read stays.
        """
        for folder in sorted(self._folder.glob("*")):
            ctx.check()
            try:
                lock = _open_lock(folder)
            except OSError:
                continue  # another window is at it
            file = FanOutFile(folder, lock)
            if self._read(file, ctx):
                return file
        return None

    def _read(self, file: FanOutFile, ctx: JobContext) -> bool:
        """Reads one, or releases it. Returns whether it can go on."""
        try:
            file.fan_out = _FORMAT.read(file.folder / _RECORD).after_crash()
            file.package = PackageFolder(file.folder).find(file.fan_out.code_sha256, ctx)
        except FileNotFoundError:
            file.discard()
            return False
        except (OSError, ValueError, WorkbenchError) as error:
            _log.info("%s cannot be continued: %s", file.folder, error)
            file.fan_out = None
        if file.fan_out and file.package and not file.fan_out.is_complete:
            return True
        file.release()
        return False


def link_or_copy(package: Path, kept: Path) -> None:
    """Hard-links or copies a package, unless the target exists. Raises OSError."""
    with contextlib.suppress(OSError):
        kept.hardlink_to(package)  # a package is never changed
    if not kept.exists():
        copy_private(package, kept)


def _open_lock(folder: Path) -> int:
    """Raises OSError when the lock is held, or cannot be made."""
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not try_lock(descriptor):
            raise BlockingIOError(f"{folder} is in use")
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
