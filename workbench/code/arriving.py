"""A package's code while it is still being unpacked: its tree is known, its files are read out of the zip.

20,000 files take seconds to write, their names a moment to read. Must not know: how they are written.
"""

import threading
import zipfile
import zlib
from collections.abc import Collection, Sequence
from pathlib import Path

from workbench.code.base import Base
from workbench.code.drafts import Draft
from workbench.code.names import never_packed
from workbench.code.text import HEAD_BYTES, HUGE_BYTES, Document, FileKind, decode
from workbench.code.tree import EntryKind, TreeEntry, in_order
from workbench.code.unpack import Member, chunks
from workbench.code.working_copy import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

_MANY_FILES = 1_000
_MANY_BYTES = 32 << 20
"""From here on unpacking takes long enough to be worth showing code twice."""
_PATIENCE_S = 10  # between the last byte and the workspace


class Arriving(Workspace):
    """What will be a workspace soon, for a look: nothing of it can be changed, and nothing is in its folder.

    Attributes:
        became: The workspace that it is now, once there is one and it is shown.
    """

    def __init__(self, folder: Path, base: Base) -> None:
        super().__init__(folder, base)
        self.became: Workspace | None = None
        self._archive: zipfile.ZipFile | None = None
        self._members: dict[str, Member] = {}
        self._folders: frozenset[str] = frozenset()
        self._reading = threading.Lock()
        self._ended = threading.Event()

    def show(
        self, ctx: JobContext, archive: zipfile.ZipFile, members: Sequence[Member], folders: Collection[str]
    ) -> None:
        """Takes a package whose names were found safe; hands itself over, if it is large.

        Args:
            ctx: The job; this is the item that it emits.
            archive: Open for a while.
            members: Its files.
            folders: And all its folders.
        """
        size = sum(member.info.file_size for member in members)
        if len(members) >= _MANY_FILES or size >= _MANY_BYTES:
            self._archive, self._folders = archive, frozenset(folders)
            self._members = {member.path: member for member in members}
            ctx.emit(self)

    def leave_zip(self) -> None:
        """From here on nobody reads the zip, which may move; whoever wants to, waits for `end`."""
        with self._reading:
            self._archive, self._members, self._folders = None, {}, frozenset()

    def end(self) -> None:
        """The files are in their place, or there are none."""
        self.leave_zip()
        self._ended.set()

    @property
    def read_only(self) -> bool:
        return True

    def tree(self, ctx: JobContext) -> tuple[TreeEntry, ...]:
        ctx.check()
        entries = [TreeEntry(path, EntryKind.FOLDER, packed=not never_packed(path)) for path in self._folders]
        entries.extend(
            TreeEntry(
                path,
                EntryKind.FILE,
                member.info.file_size,
                member.executable,
                packed=not never_packed(path),
            )
            for path, member in self._members.items()
        )
        return in_order(entries)

    def drafts(self) -> tuple[Draft, ...]:
        return ()

    def draft(self, path: str) -> Draft | None:
        return None

    def read(self, path: str) -> Document:
        with self._reading:
            archive, member = self._archive, self._members.get(path)
            if archive is not None and member is not None:
                try:
                    return _read(archive, member)
                except WorkbenchError:
                    if archive.fp is not None:
                        raise  # else all is unpacked, and the zip was just closed
        self._ended.wait(_PATIENCE_S)
        return super().read(path)


def has_arrived(before: Workspace | None, now: Workspace) -> bool:
    """Whether a workspace is what was arriving before, which is told so."""
    if not isinstance(before, Arriving) or before.folder != now.folder:
        return False
    before.became = now
    return True


def as_of_now(workspace: Workspace) -> Workspace:
    """The workspace, or what it has become."""
    return workspace.became or workspace if isinstance(workspace, Arriving) else workspace


def _read(archive: zipfile.ZipFile, member: Member) -> Document:
    size = member.info.file_size
    try:
        if size > HUGE_BYTES:
            with archive.open(member.info) as source:
                return Document(FileKind.HUGE, "", size, head=source.read(HEAD_BYTES))
        return decode(b"".join(chunks(archive, member.info)))
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, OSError) as error:
        raise WorkbenchError(
            f"{member.path} could not be read.", f"The .zip file is damaged: {error}."
        ) from error
