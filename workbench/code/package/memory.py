"""What a packer remembers of its last package, in this process and on disk.

    <state_dir>/index           what is known of the files (index.py)
    <state_dir>/<sha256>.zip    the package that the index is of: a second name, since nobody else keeps it
    <state_dir>/spare-*         a copy that the next package may be written over

Owns: these files. The zip of an index is removed only after a newer index was written.
"""

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from workbench.code.package.beside import Beside
from workbench.code.package.disk import copy_start, second_name
from workbench.code.package.entry import Entry
from workbench.code.package.index import last_of, read_columns, save, zip_beside, zip_of
from workbench.code.package.layout import Last
from workbench.code.package.output import Mark, Written, marks_of
from workbench.code.package.store import StreamStore
from workbench.core.errors import WorkbenchError
from workbench.core.files import make_private_folder, private_opener

Marks = Callable[[], tuple[Mark, ...]]


class Damaged(Exception):
    """The remembered zip is not what it was."""


class Memory:
    """The last package. Its methods raise OSError, unless they say otherwise.

    Attributes:
        zip: The last package under the memory's own name.
        spare: The copy that may be written over, or None.
    """

    def __init__(self, state_dir: Path | None, target_dir: Path) -> None:
        self.spare: Path | None = None
        self._state_dir = state_dir
        self._target_dir = target_dir
        self._last: Last | None = None
        self._loaded = False
        self._saved: Last | None = None
        self._worth_sharing = False

    @property
    def has_package(self) -> bool:
        """Whether there is a last package, kept under the memory's own name."""
        return self._last is not None and self._state_dir is not None

    def entries(self) -> Sequence[Entry]:
        """The last package's files, as far as it was recalled."""
        return self._last.entries if self._last is not None and not self._last.is_foreign else ()

    @property
    def zip(self) -> Path:
        assert self._last is not None
        assert self._state_dir is not None
        return zip_of(self._last, self._state_dir)

    def recall(
        self, ends: contextlib.ExitStack, store: StreamStore | None = None, roots: Sequence[Path] = ()
    ) -> tuple[Last | None, Marks]:
        """What was packed last, and its marks. When nothing was: what is in the store of another such tree.

        In a new process the marks are still being made when this returns: the whole zip is read for that, by
        a thread, which also shows whether it is whole. Asking for the marks waits, and raises Damaged.
        """
        if self._state_dir is None:
            return None, tuple
        check: Beside[Written] | None = None
        if not self._loaded:
            self._loaded = True
            check = self._load(self._state_dir / "index", ends)
            if self._last is None and store is not None:
                check = self._borrow(store, roots, self._state_dir, ends)
            self._sweep()
        last = self._last
        if last is None:
            return None, tuple
        if not self.zip.exists():
            self.forget()
            return None, tuple
        if last.marks:
            return last, lambda: last.marks
        check = check or _check(self.zip, ends)

        def marks() -> tuple[Mark, ...]:
            written = check.result()
            if written.sha256.hex() != last.package.path.stem:
                raise Damaged
            return written.marks

        return last, marks

    def take(self, last: Last, worth_sharing: bool) -> None:
        """Remembers a package.

        Args:
            last: The package.
            worth_sharing: Whether much of it was made for it, which other packages could use.
        """
        self._worth_sharing = self._worth_sharing or worth_sharing
        if self._state_dir is None:
            return
        older = self._last
        if older is None or older.package.path != last.package.path:
            make_private_folder(self._state_dir)
            second_name(last.package.path, zip_of(last, self._state_dir))
            self.drop_spare()  # it is of the older one
            if older is not None and (self._saved is None or self._saved.package != older.package):
                zip_of(older, self._state_dir).unlink(missing_ok=True)
        self._last = last

    def bring_to_disk(self) -> None:
        """Waits until the last package is there for good, as far as the disk can tell."""
        if self._last is not None and self._state_dir is not None:
            with contextlib.suppress(OSError), self.zip.open("r+b") as file:
                os.fsync(file.fileno())

    def save(self, store: StreamStore | None = None) -> None:
        """Writes the index, for the next process; puts into the store what is worth sharing.

        A failure is no harm: that process packs everything then.
        """
        if self._worth_sharing and store is not None and self._last is not None and not self._last.is_foreign:
            store.add(self.zip, self._last)
            self._worth_sharing = False
        last, older = self._last, self._saved
        if last is None or last is older or last.is_foreign or self._state_dir is None:
            return
        with contextlib.suppress(OSError, WorkbenchError, OverflowError):
            save(self._state_dir / "index", last)
            self._saved = last
            if older is not None and older.package.path != last.package.path:
                zip_of(older, self._state_dir).unlink(missing_ok=True)

    def make_spare(self) -> None:
        """Copies the last package. A failure is no harm: the next one takes a little longer then."""
        if self._last is None or self._state_dir is None or self.spare is not None:
            return
        spare = self._state_dir / f"spare-{os.urandom(8).hex()}"
        try:
            with self.zip.open("rb") as source, open(spare, "xb", opener=private_opener) as target:
                copy_start(source.fileno(), target.fileno(), self._last.package.size_bytes)
                os.fsync(target.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                spare.unlink(missing_ok=True)
            return
        self.spare = spare

    def spare_is_used(self, path: Path) -> None:
        """Notes that a file is no spare copy any more, if it was one."""
        if path == self.spare:
            self.spare = None

    def drop_spare(self) -> None:
        """Removes the spare copy."""
        if self.spare is not None:
            with contextlib.suppress(OSError):
                self.spare.unlink(missing_ok=True)
            self.spare = None

    def forget(self) -> None:
        """Begins anew."""
        self.drop_spare()
        if self._last is not None and self._state_dir is not None:
            with contextlib.suppress(OSError):
                (self._state_dir / "index").unlink(missing_ok=True)
                self.zip.unlink(missing_ok=True)
        self._last = self._saved = None

    def _load(self, index: Path, ends: contextlib.ExitStack) -> Beside[Written] | None:
        """Reads an index; says who checks its zip meanwhile."""
        columns = read_columns(index)
        if columns is None:
            return None
        check = _check(zip_beside(index, columns), ends)
        self._last = self._saved = last_of(index, columns, self._target_dir)
        return check

    def _borrow(
        self, store: StreamStore, roots: Sequence[Path], state_dir: Path, ends: contextlib.ExitStack
    ) -> Beside[Written] | None:
        """Takes a package of another tree for this one's last."""
        if (found := store.like(roots)) is None:
            return None
        index, columns = found
        last = last_of(index, columns, self._target_dir)
        if last is None:
            return None
        try:
            make_private_folder(state_dir)
            zip_of(last, state_dir).hardlink_to(zip_beside(index, columns))  # the store may let go of it
        except FileExistsError:
            pass  # left by a process that was killed
        except OSError:
            return None
        self._last = replace(last, walked=frozenset(), is_foreign=True)
        return _check(self.zip, ends)

    def _sweep(self) -> None:
        """Removes what a killed process has left."""
        if self._state_dir is None or not self._state_dir.is_dir():
            return
        kept = {"index", self._last.package.path.name if self._last else ""}
        with contextlib.suppress(OSError):
            for path in self._state_dir.iterdir():
                if path.name not in kept:
                    path.unlink(missing_ok=True)


def _check(path: Path, ends: contextlib.ExitStack) -> Beside[Written]:
    def run(stopped: Callable[[], bool]) -> Written:
        with path.open("rb", buffering=0) as file:
            return marks_of(file, stopped)

    check = Beside("package-check", run)
    ends.callback(check.stop)
    return check
