"""Packs one tree again and again, each time doing only what is new.

The same files give the same bytes, whoever packs them, where and when, and whether or not they were packed
before: entries are in one order (order.py), with one time and two modes (zip_format.py), compressed by one
library (deflating.py). So an entry whose file is the same need not be compressed again, and what stands
before the first difference need not even be written again.

Owns: one package after the other. A file counts as the same when its stamp is (entry.py); in doubt it is
read. Nothing is ever changed in a finished package: the next one is written on a spare copy of it, if there
is one, so that only its end has to be written, or beside it, and then renamed.
"""

import base64
import contextlib
import threading
from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.aws.quotas import UNZIPPED_LIMIT_BYTES
from workbench.code.package.assemble import Assembled, Assembly, Target
from workbench.code.package.deflating import Deflating, Moved, NoStreams
from workbench.code.package.disk import second_name
from workbench.code.package.entry import Entry, Found
from workbench.code.package.last import as_last, can_be_merged, is_known
from workbench.code.package.layout import Last, Plan, arrange, contents_of, merged
from workbench.code.package.memory import Damaged, Marks, Memory
from workbench.code.package.model import WHAT, Package, package_name, refusal, too_large
from workbench.code.package.output import Mark
from workbench.code.package.scan import NO_SECRETS, Rules, Scan, look_at, scan
from workbench.code.package.secrets_found import left_out_notes, secrets_inside
from workbench.code.package.store import StreamStore
from workbench.core.files import explain_os_error, make_private_folder
from workbench.core.jobs import JobContext

if TYPE_CHECKING:
    from workbench.code.package.watch import TreeWatch

_TRIES = 3
_WORTH_SHARING_BYTES = 4 << 20  # of files to be compressed: less is done before a look into the store
_NO_RULES = Rules()


class Packer:
    """Packs one tree. Calls wait for each other.

    Args:
        root: The code.
        target_dir: Where packages go; made when missing.
        state_dir: Where the last package is remembered: a link to it, what is known of its files, a spare
            copy. On the same disk as `target_dir`, best beside it. None: nothing is remembered.
        limit_bytes: The most that the code may measure unpacked. Layers count too, but are not known here.
        store: Where streams of equal files may be found, and are kept for others.
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
        self._memory = Memory(state_dir, target_dir)
        self._limit_bytes = limit_bytes
        self._store = store
        self._watching: TreeWatch | None = None
        self._watch_is_complete = False
        self._lock = threading.Lock()

    def share(self, store: StreamStore) -> None:
        """From now on uses this store."""
        self._store = store  # without the lock: the main thread calls, and packing takes seconds

    def pack(self, ctx: JobContext, rules: Rules = _NO_RULES) -> Package:
        """Packs the files as they are now.

        Args:
            ctx: The job; progress is in unpacked bytes of what is new.
            rules: What goes in.

        Raises:
            WorkbenchError: No files, too large, a name or a kind of file that cannot be packed, something
                unreadable, files that keep changing, disk full. No package is left in the target folder
                then, and what is remembered stays.
            Cancelled: The same.
        """
        with self._lock:
            return self._pack_as_often_as_it_takes(ctx, rules)

    def get_ready(self, ctx: JobContext, rules: Rules = _NO_RULES) -> Package:
        """Packs in advance, and prepares: if nothing is changed meanwhile, `pack` only gives this a name.

        Returns:
            The package; its file is in the target folder only if it was there before. Errors as `pack`.
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
        """What each file measured in the last package, by path; nothing when this process made none yet."""
        with self._lock:
            return {entry.path: entry.packed_bytes for entry in self._memory.entries()}

    def remember(self) -> None:
        """Brings the last package to the disk for good, and what later packers need to know of it.

        To be called before anything relies on the package being there after a loss of power.
        """
        with self._lock:
            self._memory.bring_to_disk()
            self._memory.save(self._store)

    def prepare(self) -> None:
        """Gets ready for the next package, when nobody waits. Costs a copy of the last one on disk.

        A failure matters to nobody: the next package takes a little longer then.
        """
        with self._lock:
            self._memory.save(self._store)
            self._memory.make_spare()

    def watch(self) -> bool:
        """From now on, until `close`, learns from the system which files are touched.

        Returns:
            False when the system cannot tell for this tree: each package looks at all files then, as before.
        """
        with self._lock:
            self._watch_folders(frozenset({""}))  # the others follow with the next scan
            return self._watching is not None

    @property
    def is_watching(self) -> bool:
        """Whether the next package needs no look at every file."""
        return self._watching is not None and self._watch_is_complete

    def close(self) -> None:
        """Ends watching and removes the spare copy. What else is remembered serves the tree's next packer."""
        with self._lock:
            self._memory.save(self._store)
            self._memory.drop_spare()
            if self._watching is not None:
                self._watching.close()
            self._watching = None

    def _pack_as_often_as_it_takes(self, ctx: JobContext, rules: Rules) -> Package:
        moved = ""
        for _ in range(_TRIES):
            is_packed = False
            try:
                make_private_folder(self._target_dir)
                package = self._pack(ctx, rules)
                is_packed = True
                return package
            except Moved as error:
                moved = str(error)
            except Damaged:
                self._memory.forget()
            except OSError as error:
                path = Path(error.filename or self._target_dir / "package")
                raise explain_os_error(error, WHAT, path) from error
            finally:
                if not is_packed:
                    self._watch_is_complete = False  # it tells of a change once, and that was not packed
        raise refusal(
            f"{moved} keeps changing while the package is created.",
            "Wait until the changes have finished, then try again.",
        )

    def _pack(self, ctx: JobContext, rules: Rules) -> Package:
        with contextlib.ExitStack() as ends:
            roots = (self._root, *(Path(each) for each in (rules.dependencies,) if each))
            last, marks = self._memory.recall(ends, self._store, roots)
            known = last.known() if last else {}
            target = Target(self._memory.zip if last else None, marks, self._memory.spare, self._target_dir)
            ends.callback(target.close)

            def differs(path: str) -> None:
                if last is not None and path in known and not last.is_foreign:
                    target.expect(last.offsets[last.positions[path]])

            found = self._find(rules, last, known, differs, ctx)
            self._refuse(found, last)
            plan = arrange(found, last, roots)
            new = [item for item in plan.items if isinstance(item, Found)]
            worth = sum([file.size_bytes for file in new]) >= _WORTH_SHARING_BYTES
            shared = ends.enter_context(self._store.open()) if self._store and worth else NoStreams()
            deflating = Deflating(self._root, self._target_dir, shared, ctx)
            streams = deflating.run(new, last.by_path if last else {})
            ends.callback(streams.close)
            assembled = Assembly(plan, last, target, self._limit_bytes, ctx).run(streams, found.folders)
            ctx.check()
            package, new_marks = self._finish(assembled, plan, last, found, target, marks)
            if assembled.written or new or not is_known(last, rules, found):
                self._memory.take(
                    as_last(package, rules, assembled, plan, last, found, new_marks),
                    deflating.made_bytes >= _WORTH_SHARING_BYTES,
                )
            return package

    def _find(
        self,
        rules: Rules,
        last: Last | None,
        known: Mapping[str, Entry],
        differs: Callable[[str], object],
        ctx: JobContext,
    ) -> Scan:
        """Looks at what was touched, if that is known; at everything else."""
        same_rules = last is not None and last.rules == rules and not last.is_foreign
        if self._watching is not None:
            touched = self._watching.touched() if self._watch_is_complete else None
            if touched is not None and last is not None and same_rules and can_be_merged(touched, last):
                return merged(last, touched, look_at(self._root, touched, rules, known, ctx))
            self._watch_folders(last.walked if last else frozenset())
        walked = last.walked if last is not None and same_rules else None
        secrets = last.secrets if last is not None else NO_SECRETS
        found = scan(self._root, rules, known, ctx, walked, differs, secrets)
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
        plan: Plan,
        last: Last | None,
        found: Scan,
        target: Target,
        marks: Marks,
    ) -> tuple[Package, tuple[Mark, ...]]:
        notes, warnings = plan.notes + left_out_notes(found.secrets), secrets_inside(found.secrets)
        if assembled.written is None:
            assert last is not None
            checked = marks()
            if not last.package.path.exists():  # whoever asked for it has removed it
                second_name(self._memory.zip, last.package.path)
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

    def _refuse(self, found: Scan, last: Last | None) -> None:
        if not found.same and not found.new:
            raise refusal(
                "There are no files. Lambda does not accept an empty package.", "Add the handler's file."
            )
        new_bytes = sum([file.size_bytes for file in found.new])
        if last is not None and last.unpacked_bytes + new_bytes <= self._limit_bytes:
            return  # all that is the same was in it
        sizes = {entry.path: entry.content.size_bytes for entry in found.same}
        sizes |= {file.path: file.size_bytes for file in found.new}
        if sum(sizes.values()) > self._limit_bytes:
            raise too_large(sizes, self._limit_bytes)
