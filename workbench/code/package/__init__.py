"""Builds the deployment package of one tree, each time doing only what is new.

The same files give the same bytes on every machine, at any time, and whether or not they were packed before:
entries are in one order (layout.py), with one time and two modes (zip_file.py), compressed by one library
(deflating.py). So an unchanged file is not compressed again, and what precedes the first difference is not
even written again.

A file counts as unchanged if its stamp is (`Stamp`); in doubt it is read. A finished package never changes:
the next one is written over a spare copy of it, if there is one, so that only its end has to be written, or
into a new file, and then renamed.

What a packer remembers on disk (`_Memory`):

    <state_dir>/index           the known files (store.py)
    <state_dir>/<sha256>.zip    the package that the index describes, under its own name
    <state_dir>/spare-*         a copy that the next package may overwrite

The zip of an index is removed only after a newer index was written.
"""

import base64
import contextlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.aws.quotas import UNZIPPED_LIMIT_BYTES
from workbench.code.contents import ENVIRONMENT_MARK
from workbench.code.package.deflating import Deflating, FileChanged
from workbench.code.package.layout import (
    Assembled,
    Assembly,
    LastPackage,
    PackagePlan,
    ZipTarget,
    arrange,
    contents_of,
    merged,
)
from workbench.code.package.patterns import (
    PROJECT_PATTERNS,
    Decision,
    Patterns,
    Secret,
    preview,
    read_patterns,
    write_patterns,
)
from workbench.code.package.scan import (
    NO_SECRETS,
    Rules,
    Scan,
    left_out_notes,
    look_at,
    scan_tree,
    secrets_inside,
    stays_out_by,
)
from workbench.code.package.store import (
    StreamStore,
    read_columns,
    read_last_package,
    save,
    zip_of,
    zip_of_index,
)
from workbench.code.package.zip_file import (
    WHAT,
    BackgroundTask,
    Mark,
    Package,
    PackageEntry,
    SourceFile,
    Written,
    copy_start,
    link_or_copy,
    marks_of,
    package_name,
    package_name_of,
    refusal,
    too_large,
)
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, make_private_folder, private_opener
from workbench.core.jobs import JobContext
from workbench.core.messages import _

if TYPE_CHECKING:
    from workbench.code.package.watch import TreeWatch

__all__ = [
    "PROJECT_PATTERNS",
    "Decision",
    "Package",
    "Packer",
    "Patterns",
    "Rules",
    "Secret",
    "StreamStore",
    "build_package",
    "package_name",
    "package_name_of",
    "preview",
    "read_patterns",
    "stays_out_by",
    "write_patterns",
]


def _can_be_merged(touched: Set[str], last: LastPackage) -> bool:
    """Whether touched files affect no other files.

    Empty folders, virtual environments, links and lists of installed files do.
    """
    rules = last.rules
    if Secret.INSTALLED in last.secrets.values() and any(path.endswith("/RECORD") for path in touched):
        return False
    makes_environment = rules.in_project and any(path.endswith(ENVIRONMENT_MARK) for path in touched)
    return not (rules.empty_folders or last.has_links or makes_environment)


def _is_known(last: LastPackage | None, rules: Rules, found: Scan) -> bool:
    """Whether everything about an unchanged package is already stored."""
    if last is None or not last.marks or last.rules != rules:
        return False
    known = (last.walked, last.has_links, last.secrets)
    return known == (found.walked, found.has_links, found.secrets)


def _last_package_of(
    package: Package,
    rules: Rules,
    assembled: Assembled,
    plan: PackagePlan,
    last: LastPackage | None,
    found: Scan,
    marks: tuple[Mark, ...],
) -> LastPackage:
    """The start of the next package."""
    entries = assembled.entries
    if last is not None and plan.same_paths:
        positions = last.positions
        by_path = dict(last.by_path)  # copying is faster than rebuilding
        by_path.update((entry.path, entry) for entry in entries[plan.first :])
    else:
        by_path = {entry.path: entry for entry in entries}
        positions = {entry.path: place for place, entry in enumerate(entries)}
    return LastPackage(
        package, rules, entries, by_path, positions, assembled.offsets,
        assembled.central, plan.names, marks, found.walked, found.has_links, found.secrets, plan.notes,
        assembled.unpacked_bytes,
    )  # fmt: skip


_Marks = Callable[[], tuple[Mark, ...]]


class _DamagedPackage(Exception):
    """The stored zip is not what was written."""


class _Memory:
    """The last package. Its methods raise OSError unless they say otherwise.

    Attributes:
        spare: The copy that may be overwritten, or None.
    """

    def __init__(self, state_dir: Path | None, target_dir: Path) -> None:
        self.spare: Path | None = None
        self._state_dir = state_dir
        self._target_dir = target_dir
        self._last: LastPackage | None = None
        self._loaded = False
        self._saved: LastPackage | None = None
        self._worth_sharing = False

    @property
    def has_package(self) -> bool:
        """Whether there is a last package under the memory's own name."""
        return self._last is not None and self._state_dir is not None

    def entries(self) -> Sequence[PackageEntry]:
        """The last package's files that were loaded."""
        return self._last.entries if self._last is not None and not self._last.is_foreign else ()

    @property
    def zip(self) -> Path:
        assert self._last is not None
        assert self._state_dir is not None
        return zip_of(self._last, self._state_dir)

    def recall(
        self, ends: contextlib.ExitStack, store: StreamStore | None = None, roots: Sequence[Path] = ()
    ) -> tuple[LastPackage | None, _Marks]:
        """The last package and its marks. If there is none: a package of another, similar tree in the store.

        In a new process a thread still computes the marks when this returns: it reads the whole zip, which
        also verifies it. Asking for the marks waits; raises _DamagedPackage.
        """
        if self._state_dir is None:
            return None, tuple
        check: BackgroundTask[Written] | None = None
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
                raise _DamagedPackage
            return written.marks

        return last, marks

    def take(self, last: LastPackage, worth_sharing: bool) -> None:
        """Stores a package; it is worth sharing if much of it was new, so that others could use it."""
        self._worth_sharing = self._worth_sharing or worth_sharing
        if self._state_dir is None:
            return
        older = self._last
        if older is None or older.package.path != last.package.path:
            make_private_folder(self._state_dir)
            link_or_copy(last.package.path, zip_of(last, self._state_dir))
            self.drop_spare()  # it belongs to the older one
            if older is not None and (self._saved is None or self._saved.package != older.package):
                zip_of(older, self._state_dir).unlink(missing_ok=True)
        self._last = last

    def sync(self) -> None:
        """Waits until the last package is durable on disk."""
        if self._last is not None and self._state_dir is not None:
            with contextlib.suppress(OSError), self.zip.open("r+b") as file:
                os.fsync(file.fileno())

    def save(self, store: StreamStore | None = None) -> None:
        """Writes the index for the next process; adds what is worth sharing to the store.

        A failure does no harm: that process packs everything.
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
        """Copies the last package. A failure does no harm: the next package takes a little longer."""
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
        """Notes that a file is no longer a spare copy."""
        if path == self.spare:
            self.spare = None

    def drop_spare(self) -> None:
        if self.spare is not None:
            with contextlib.suppress(OSError):
                self.spare.unlink(missing_ok=True)
            self.spare = None

    def forget(self) -> None:
        """Starts from nothing."""
        self.drop_spare()
        if self._last is not None and self._state_dir is not None:
            with contextlib.suppress(OSError):
                (self._state_dir / "index").unlink(missing_ok=True)
                self.zip.unlink(missing_ok=True)
        self._last = self._saved = None

    def _load(self, index: Path, ends: contextlib.ExitStack) -> BackgroundTask[Written] | None:
        """Reads an index; returns the task that checks its zip meanwhile."""
        columns = read_columns(index)
        if columns is None:
            return None
        check = _check(zip_of_index(index, columns), ends)
        self._last = self._saved = read_last_package(index, columns, self._target_dir)
        return check

    def _borrow(
        self, store: StreamStore, roots: Sequence[Path], state_dir: Path, ends: contextlib.ExitStack
    ) -> BackgroundTask[Written] | None:
        """Uses a package of another tree as this one's last."""
        if (found := store.like(roots)) is None:
            return None
        index, columns = found
        last = read_last_package(index, columns, self._target_dir)
        if last is None:
            return None
        try:
            make_private_folder(state_dir)
            zip_of(last, state_dir).hardlink_to(zip_of_index(index, columns))  # the store may remove it
        except FileExistsError:
            pass  # left by a process that was killed
        except OSError:
            return None
        self._last = replace(last, walked=frozenset(), is_foreign=True)
        return _check(self.zip, ends)

    def _sweep(self) -> None:
        """Removes the remains of a killed process."""
        if self._state_dir is None or not self._state_dir.is_dir():
            return
        kept = {"index", self._last.package.path.name if self._last else ""}
        with contextlib.suppress(OSError):
            for path in self._state_dir.iterdir():
                if path.name not in kept:
                    path.unlink(missing_ok=True)


def _check(path: Path, ends: contextlib.ExitStack) -> BackgroundTask[Written]:
    def run(stopped: Callable[[], bool]) -> Written:
        with path.open("rb", buffering=0) as file:
            return marks_of(file, stopped)

    check = BackgroundTask("package-check", run)
    ends.callback(check.stop)
    return check


_TRIES = 3
_WORTH_SHARING_BYTES = 4 << 20  # files to compress; for fewer the store is not searched
_NO_RULES = Rules()


class Packer:
    """Packs one tree. Calls are serialized.

    Args:
        target_dir: The folder of packages; created if missing.
        state_dir: Folder for the last package: a link to it, the known files, a spare copy. On the same disk
            as `target_dir`, best beside it. None: nothing is stored.
        limit_bytes: Maximum unpacked size of the code. Layers count, too, but are not known here.
        store: Provides streams of equal files, and keeps new ones for other trees.
    """

    def __init__(
        self,
        root: Path,
        target_dir: Path,
        state_dir: Path | None = None,
        limit_bytes: int = UNZIPPED_LIMIT_BYTES,
        store: StreamStore | None = None,
    ) -> None:
        self._root = root
        self._target_dir = target_dir
        self._memory = _Memory(state_dir, target_dir)
        self._limit_bytes = limit_bytes
        self._store = store
        self._watching: TreeWatch | None = None
        self._watch_is_complete = False
        self._lock = threading.Lock()

    def share(self, store: StreamStore) -> None:
        self._store = store  # without the lock: the main thread calls this, and packing takes seconds

    def pack(self, ctx: JobContext, rules: Rules = _NO_RULES) -> Package:
        """Packs the files in their current state. Progress is in unpacked bytes of what is new.

        If it raises, no package is left in the target folder, and the stored state is kept. Raises
        WorkbenchError: no files, too large, a name or kind of file that cannot be packed, something
        unreadable, files that keep changing, disk full.
        """
        with self._lock:
            return self._pack_as_often_as_it_takes(ctx, rules)

    def get_ready(self, ctx: JobContext, rules: Rules = _NO_RULES) -> Package:
        """Packs in advance: if nothing changes meanwhile, `pack` only names the result.

        The package's file is in the target folder only if it was there before. Costs a copy of it on disk,
        which makes the next package faster. Raises as `pack` does.
        """
        with self._lock:
            before = set(self._target_dir.glob("*.zip"))
            package = self._pack_as_often_as_it_takes(ctx, rules)
            if self._watching is not None and not self._watch_is_complete:
                package = self._pack_as_often_as_it_takes(ctx, rules)  # now all its folders are watched
            self._memory.save(self._store)
            self._memory.make_spare()
            if self._memory.has_package and package.path not in before:
                package.path.unlink(missing_ok=True)
            return package

    def packed_bytes(self) -> dict[str, int]:
        """The packed size of each file in the last package, by path; empty if this process made none."""
        with self._lock:
            return {entry.path: entry.packed_bytes for entry in self._memory.entries()}

    def remember(self) -> None:
        """Makes the last package durable, and stores what later packers need to know about it.

        Must be called before anything relies on the package surviving a power failure.
        """
        with self._lock:
            self._memory.sync()
            self._memory.save(self._store)

    def watch(self) -> bool:
        """Starts learning from the system which files are touched, until `close`.

        False if the system cannot tell for this tree: each package then checks all files.
        """
        with self._lock:
            self._watch_folders(frozenset({""}))  # the others follow with the next scan
            return self._watching is not None

    @property
    def is_watching(self) -> bool:
        """Whether the next package need not check every file."""
        return self._watching is not None and self._watch_is_complete

    def close(self) -> None:
        """Ends watching and removes the spare copy. The rest of the state serves the tree's next packer."""
        with self._lock:
            self._memory.save(self._store)
            self._memory.drop_spare()
            if self._watching is not None:
                self._watching.close()
            self._watching = None

    def _pack_as_often_as_it_takes(self, ctx: JobContext, rules: Rules) -> Package:
        moved = ""
        for __ in range(_TRIES):
            is_packed = False
            try:
                make_private_folder(self._target_dir)
                package = self._pack(ctx, rules)
                is_packed = True
                return package
            except FileChanged as error:
                moved = str(error)
            except _DamagedPackage:
                self._memory.forget()
            except OSError as error:
                path = Path(error.filename or self._target_dir / "package")
                raise explain_os_error(error, WHAT, path) from error
            finally:
                if not is_packed:
                    self._watch_is_complete = False  # a change is reported once, and this one was not packed
        raise refusal(
            _("{moved} keeps changing while the package is created.").format(moved=moved),
            _("Wait until the changes have finished, then try again."),
        )

    def _pack(self, ctx: JobContext, rules: Rules) -> Package:
        with contextlib.ExitStack() as ends:
            roots = (self._root, *(Path(each) for each in (rules.dependencies,) if each))
            last, marks = self._memory.recall(ends, self._store, roots)
            known = last.known() if last else {}
            target = ZipTarget(
                self._memory.zip if last else None, marks, self._memory.spare, self._target_dir
            )
            ends.callback(target.close)

            def differs(path: str) -> None:
                if last is not None and path in known and not last.is_foreign:
                    target.expect(last.offsets[last.positions[path]])

            found = self._find(rules, last, known, differs, ctx)
            self._refuse(found, last)
            plan = arrange(found, last, roots)
            new = [item for item in plan.items if isinstance(item, SourceFile)]
            worth = sum([file.size_bytes for file in new]) >= _WORTH_SHARING_BYTES
            shared = ends.enter_context(self._store.open()) if self._store and worth else None
            deflating = Deflating(self._root, self._target_dir, shared, ctx)
            streams = deflating.run(new, last.by_path if last else {})
            ends.callback(streams.close)
            assembled = Assembly(plan, last, target, self._limit_bytes, ctx).run(streams, found.folders)
            ctx.check()
            package, new_marks = self._finish(assembled, plan, last, found, target, marks)
            if assembled.written or new or not _is_known(last, rules, found):
                self._memory.take(
                    _last_package_of(package, rules, assembled, plan, last, found, new_marks),
                    deflating.made_bytes >= _WORTH_SHARING_BYTES,
                )
            return package

    def _find(
        self,
        rules: Rules,
        last: LastPackage | None,
        known: Mapping[str, PackageEntry],
        differs: Callable[[str], object],
        ctx: JobContext,
    ) -> Scan:
        """Checks the touched files if they are known, otherwise all files."""
        same_rules = last is not None and last.rules == rules and not last.is_foreign
        if self._watching is not None:
            touched = self._watching.touched() if self._watch_is_complete else None
            if touched is not None and last is not None and same_rules and _can_be_merged(touched, last):
                return merged(last, touched, look_at(self._root, touched, rules, known, ctx))
            self._watch_folders(last.walked if last else frozenset())
        walked = last.walked if last is not None and same_rules else None
        secrets = last.secrets if last is not None else NO_SECRETS
        found = scan_tree(self._root, rules, known, ctx, walked, differs, secrets)
        if self._watching is not None:
            self._watch_is_complete = self._watching.folders == found.walked
        return found

    def _watch_folders(self, folders: Set[str]) -> None:
        if self._watching is not None:
            self._watching.close()
        self._watch_is_complete = False
        from workbench.code.package.watch import TreeWatch  # it needs ctypes, which takes a moment to load

        try:
            self._watching = TreeWatch(self._root, folders)
        except OSError:
            self._watching = None

    def _finish(
        self,
        assembled: Assembled,
        plan: PackagePlan,
        last: LastPackage | None,
        found: Scan,
        target: ZipTarget,
        marks: _Marks,
    ) -> tuple[Package, tuple[Mark, ...]]:
        notes, warnings = plan.notes + left_out_notes(found.secrets), secrets_inside(found.secrets)
        if assembled.written is None:
            assert last is not None
            checked = marks()
            if not last.package.path.exists():  # its owner has removed it
                link_or_copy(self._memory.zip, last.package.path)
            return replace(last.package, notes=notes, warnings=warnings), checked
        written = assembled.written
        place = self._target_dir / package_name(written.sha256)
        finished, target.path = target.path, None
        assert finished is not None
        self._memory.spare_is_used(finished)
        target.close()
        try:
            finished.replace(place)
        except OSError:
            finished.unlink(missing_ok=True)
            raise
        contents = contents_of(assembled.entries, plan, last, found.folders)
        sha256 = base64.b64encode(written.sha256).decode()
        return Package(place, sha256, written.size_bytes, contents, notes, warnings), written.marks

    def _refuse(self, found: Scan, last: LastPackage | None) -> None:
        if not found.same and not found.new:
            raise refusal(
                _("There are no files. Lambda does not accept an empty package."),
                _("Add the handler's file."),
            )
        new_bytes = sum([file.size_bytes for file in found.new])
        if last is not None and last.unpacked_bytes + new_bytes <= self._limit_bytes:
            return  # all unchanged files were in it
        sizes = {entry.path: entry.content.size_bytes for entry in found.same}
        sizes |= {file.path: file.size_bytes for file in found.new}
        if sum(sizes.values()) > self._limit_bytes:
            raise too_large(sizes, self._limit_bytes)


def build_package(
    root: Path,
    target_dir: Path,
    ctx: JobContext,
    rules: Rules = _NO_RULES,
    limit_bytes: int = UNZIPPED_LIMIT_BYTES,
) -> Package:
    """Packs a folder of Workbench's own once, without stored state; arguments and errors as for `Packer`.

    Users' code goes through a workspace.
    """
    return Packer(root, target_dir, limit_bytes=limit_bytes).pack(ctx, rules)
