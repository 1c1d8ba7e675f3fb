"""Packs one tree again and again, each time doing only what is new.

The same files give the same bytes, whoever packs them, where and when, and whether or not they were packed
before: entries are in one order (order.py), with one time and two modes (zip_format.py), compressed by one
library (deflating.py). So an entry whose file is the same need not be compressed again, and what stands
before the first difference need not even be written again.

Owns: what is remembered between two packages. A file counts as the same when its stamp is (entry.py); in
doubt it is read. Nothing is ever changed in a finished package: the next one is written on a spare copy of
it, if there is one, so that only its end has to be written, or beside it, and then renamed.
"""

import base64
import contextlib
import os
import threading
from pathlib import Path

from workbench.aws.quotas import UNZIPPED_LIMIT_BYTES
from workbench.code.package.assemble import Assembled, Assembly, Target, copy_start
from workbench.code.package.deflating import Deflating, KnownStreams, Moved, NoStreams
from workbench.code.package.entry import Found
from workbench.code.package.layout import Last, Plan, arrange, contents_of
from workbench.code.package.model import WHAT, Package, package_name, refusal, too_large
from workbench.code.package.scan import Rules, Scan, scan
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext

_TRIES = 3
_NO_RULES = Rules()


class Packer:
    """Packs one tree. Calls wait for each other.

    Args:
        root: The code.
        target_dir: Where packages go; made when missing.
        state_dir: Where the last package is remembered: a link to it, and a spare copy. On the same disk as
            `target_dir`, best beside it. None: nothing is remembered.
        limit_bytes: The most that the code may measure unpacked. Layers count too, but are not known here.
    """

    def __init__(
        self,
        root: Path,
        target_dir: Path,
        state_dir: Path | None = None,
        limit_bytes: int = UNZIPPED_LIMIT_BYTES,
        known: KnownStreams | None = None,
    ) -> None:
        self._root = root
        self._target_dir = target_dir
        self._state_dir = state_dir
        self._limit_bytes = limit_bytes
        self._known = known or NoStreams()
        self._last: Last | None = None
        self._kept: Path | None = None
        self._spare: Path | None = None
        self._lock = threading.Lock()

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
        moved = ""
        with self._lock:
            for _ in range(_TRIES):
                try:
                    self._target_dir.mkdir(parents=True, exist_ok=True)
                    return self._pack(ctx, rules)
                except Moved as error:
                    moved = str(error)
                except OSError as error:
                    raise explain_os_error(
                        error, WHAT, Path(error.filename or self._target_dir / "package")
                    ) from error
        raise refusal(
            f"{moved} keeps changing while it is packed.",
            "Wait until that is over, then try again.",
        )

    def prepare(self) -> None:
        """Gets ready for the next package, so that only what differs has to be written then.

        Costs a copy of the last package on disk. For moments when nobody waits; a failure matters to nobody.
        """
        with self._lock, contextlib.suppress(OSError):
            last, kept, state_dir = self._last, self._kept, self._state_dir
            if last is None or kept is None or state_dir is None or self._spare is not None:
                return
            spare = state_dir / f"spare-{os.urandom(8).hex()}"
            try:
                with kept.open("rb") as source, spare.open("xb") as target:
                    copy_start(source.fileno(), target.fileno(), last.package.size_bytes)
                    os.fsync(target.fileno())
            except OSError:
                spare.unlink(missing_ok=True)
                raise
            self._spare = spare

    def close(self) -> None:
        """Removes the spare copy. What else is remembered serves the next packer of this tree."""
        with self._lock:
            self._drop_spare()

    def _pack(self, ctx: JobContext, rules: Rules) -> Package:
        last = self._last
        if last is not None and (self._kept is None or not self._kept.exists()):
            last = self._last = None
            self._drop_spare()
        found = scan(
            self._root,
            rules,
            last.by_path if last else {},
            ctx,
            under_same_rules=last is not None and last.rules == rules,
        )
        self._refuse(found)
        plan = arrange(found, last, self._root)
        earlier = last.by_path if last else {}
        target = Target(self._kept if last else None, self._spare, self._target_dir)
        deflating = Deflating(self._root, self._target_dir, self._known, ctx)
        with contextlib.ExitStack() as ends:
            ends.callback(target.close)
            new = [item for item in plan.items if isinstance(item, Found)]
            streams = deflating.run(new, earlier)
            ends.callback(streams.close)
            assembled = Assembly(plan, last, target, self._limit_bytes, ctx).run(streams, found.folders)
            ctx.check()
            return self._finish(assembled, plan, found, rules, target)

    def _finish(self, assembled: Assembled, plan: Plan, found: Scan, rules: Rules, target: Target) -> Package:
        last = self._last
        if assembled.written is None:
            assert last is not None
            package, marks = self._again(last.package), last.marks
        else:
            written = assembled.written
            contents = contents_of(assembled.entries, plan, last, found.folders)
            place = self._target_dir / package_name(written.sha256)
            package = Package(
                place, base64.b64encode(written.sha256).decode(), written.size_bytes, contents, plan.notes
            )
            marks = written.marks
            assert target.path is not None
            finished, target.path = target.path, None
            if finished == self._spare:
                self._spare = None
            target.close()
            try:
                finished.chmod(0o600)
                finished.replace(place)
            except OSError:
                finished.unlink(missing_ok=True)
                raise
            self._keep(package)
        if self._state_dir is not None and self._kept is not None:
            same = plan.same_paths and last is not None
            self._last = Last(
                package,
                rules,
                assembled.entries,
                {entry.path: entry for entry in assembled.entries},
                last.positions
                if same and last is not None
                else {entry.path: place for place, entry in enumerate(assembled.entries)},
                assembled.offsets,
                assembled.central,
                plan.names,
                marks,
                found.has_links,
            )
        return package

    def _again(self, package: Package) -> Package:
        """The last package, brought back if it was removed."""
        if not package.path.exists():
            assert self._kept is not None
            _link(self._kept, package.path)
        return package

    def _keep(self, package: Package) -> None:
        """Remembers a package, whose own file may be removed by whoever asked for it."""
        if self._state_dir is None:
            return
        self._state_dir.mkdir(parents=True, exist_ok=True)
        older, kept = self._kept, self._state_dir / package.path.name
        if not kept.exists():
            _link(package.path, kept)
        self._kept = kept
        if older is not None and older != kept:
            older.unlink(missing_ok=True)
        self._drop_spare()  # it is of an older one

    def _drop_spare(self) -> None:
        if self._spare is not None:
            with contextlib.suppress(OSError):
                self._spare.unlink(missing_ok=True)
            self._spare = None

    def _refuse(self, found: Scan) -> None:
        if not found.same and not found.new:
            raise refusal("There are no files. Lambda takes no empty package.", "Add the handler's file.")
        size = sum(entry.content.size_bytes for entry in found.same)
        size += sum(file.size_bytes for file in found.new)
        if size > self._limit_bytes:
            sizes = {entry.path: entry.content.size_bytes for entry in found.same}
            sizes |= {file.path: file.size_bytes for file in found.new}
            raise too_large(sizes, self._limit_bytes)


def _link(source: Path, target: Path) -> None:
    """A second name for a file that never changes; a copy where the disk has no links."""
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        part = target.with_name(f".{target.name}.part")
        with source.open("rb") as read, part.open("wb") as write:
            copy_start(read.fileno(), write.fileno(), os.fstat(read.fileno()).st_size)
        part.replace(target)
