"""Functions that are being created, on disk before each step: the next start knows what a crash interrupted.

One folder for each, with the wish, the steps that were begun, and the package; it goes when the function is
made, or everything is undone. Who creates holds a lock in it, which the system drops with the process.
"""

import base64
import hashlib
import json
import logging
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.file_lock import is_locked, try_lock
from workbench.core.files import copy_private, explain_os_error, make_private_folder, write_atomic
from workbench.functions.create_plan import NewFunction, StepKind

_log = logging.getLogger(__name__)
Code = bytes | Path
"""A package; the path of one that may be too large to be held in memory."""
_ABOUT, _PACKAGE, _LOCK = "creation.json", "package.zip", "lock"


@dataclass(frozen=True, slots=True)
class Creation:
    """A function that is being created.

    Attributes:
        folder: Its journal.
        when: ISO 8601, UTC.
        account_id: Where.
        region: Where.
        wanted: What it is to be.
        code_sha256: CodeSha256 of the package; empty when AWS takes the code from elsewhere.
        begun: The steps that were begun; each may have been made.
    """

    folder: Path
    when: str
    account_id: str
    region: str
    wanted: NewFunction
    code_sha256: str
    begun: tuple[StepKind, ...] = ()


class CreationEntry:
    """The journal of one creation while it runs. A context manager: it lets go of its lock at the end."""

    def __init__(self, creation: Creation, lock: int) -> None:
        self.creation = creation
        self._lock = lock

    @property
    def package_path(self) -> Path:
        """Where the code is kept."""
        return self.creation.folder / _PACKAGE

    @property
    def is_large(self) -> bool:
        """Whether the code is too large for a request."""
        try:
            return self.package_path.stat().st_size > ZIP_LIMIT_BYTES
        except OSError:
            return False  # `package` will tell

    def package(self) -> bytes:
        """The code.

        Raises:
            WorkbenchError: It cannot be read.
        """
        path = self.package_path
        try:
            return path.read_bytes()
        except OSError as error:
            raise explain_os_error(error, "The new function's code could not be read.", path) from error

    def begin(self, step: StepKind) -> None:
        """Notes that a step begins.

        Raises:
            WorkbenchError: The disk refuses, so the step must not be made: nobody would know of it.
        """
        if step not in self.creation.begun:
            self.creation = replace(self.creation, begun=(*self.creation.begun, step))
            _write(self.creation)

    def refused(self, step: StepKind) -> None:
        """Notes that AWS did not make a step. That the disk refuses is only logged: undoing looks anyway."""
        begun = tuple(each for each in self.creation.begun if each is not step)
        self.creation = replace(self.creation, begun=begun)
        try:
            _write(self.creation)
        except WorkbenchError as error:
            _log.warning("the journal %s misses a refusal: %s", self.creation.folder, error)

    def close(self) -> None:
        """Forgets the creation: the function is made, or nothing is left of it."""
        shutil.rmtree(self.creation.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)


class CreationJournal:
    """The folder of all creations that are not over."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._folder = folder
        self._clock = clock or SystemClock()

    def begin(self, wanted: NewFunction, package: Code, account_id: str, region: str) -> CreationEntry:
        """Opens the journal of a new creation, which keeps a copy of the package.

        Raises:
            WorkbenchError: The disk refuses; nothing must be created.
        """
        now = self._clock.now()
        folder = self._folder / f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        creation = Creation(folder, now.isoformat(), account_id, region, wanted, "")
        entry = _open(creation)
        try:
            entry.creation = replace(creation, code_sha256=_keep(package, entry.package_path))
            _write(entry.creation)
        except BaseException:
            entry.__exit__()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return entry

    def reopen(self, creation: Creation) -> CreationEntry:
        """Takes a creation up again.

        Raises:
            WorkbenchError: The disk refuses, or another window was quicker.
        """
        name = creation.wanted.function_name
        if not (creation.folder / _ABOUT).is_file():
            raise WorkbenchError(
                f"{name} was not changed.",
                "It was finished or undone in the meantime.",
                "Check the list of functions.",
                action="list.refresh",
            )
        return _open(creation)

    def unfinished(self, account_id: str, region: str) -> tuple[Creation, ...]:
        """Creations that a crash interrupted there, oldest first. Those that run now are not."""
        found = (_read(path) for path in sorted(self._folder.glob(f"*/{_ABOUT}")))
        here = (each for each in found if each and (each.account_id, each.region) == (account_id, region))
        return tuple(each for each in here if not is_locked(each.folder / _LOCK))


def _open(creation: Creation) -> CreationEntry:
    path = creation.folder / _LOCK
    what = f"{creation.wanted.function_name} was not changed."
    try:
        make_private_folder(creation.folder)
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if try_lock(lock):
            return CreationEntry(creation, lock)
        os.close(lock)
    except OSError as error:
        raise explain_os_error(error, what, path) from error
    raise WorkbenchError(what, "Workbench is already working on it.", "Wait until it has finished.")


def _keep(package: Code, path: Path) -> str:
    """Copies the package into the journal. Returns its CodeSha256; empty for none."""
    if isinstance(package, bytes):
        write_atomic(path, package)
        return base64.b64encode(hashlib.sha256(package).digest()).decode() if package else ""
    try:
        copy_private(package, path)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise explain_os_error(error, "The new function's code could not be saved.", package) from error
    return base64.b64encode(digest).decode()


def _write(creation: Creation) -> None:
    about = {
        "when": creation.when,
        "account_id": creation.account_id,
        "region": creation.region,
        "wanted": asdict(creation.wanted),
        "code_sha256": creation.code_sha256,
        "begun": [step.value for step in creation.begun],
    }
    write_atomic(creation.folder / _ABOUT, json.dumps(about, indent=1).encode())


def _read(path: Path) -> Creation | None:
    try:
        about = json.loads(path.read_bytes())
        return Creation(
            path.parent,
            str(about["when"]),
            str(about["account_id"]),
            str(about["region"]),
            NewFunction(**about["wanted"]),
            str(about["code_sha256"]),
            tuple(map(StepKind, about["begun"])),
        )
    except (OSError, ValueError, LookupError, TypeError) as error:
        _log.info("the journal %s could not be read: %s", path, error)
        return None
