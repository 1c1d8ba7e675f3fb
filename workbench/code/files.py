"""The working files of a workspace: reading and changing them, never anything outside.

Every change is one replaced or renamed file, so a kill leaves it done or not done. Must not know: drafts,
what is deployed.
"""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Collection
from pathlib import Path

from workbench.code.contents import FileContent
from workbench.code.names import fault_in_name, normalised
from workbench.code.text import HEAD_BYTES, HUGE_BYTES, Document, FileKind, decode, encode
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, move, write_atomic


class WorkingFiles:
    """A folder of files, and a folder elsewhere for unfinished writes. Paths are relative, with `/`.

    Args:
        root: The files.
        scratch: For unfinished writes, best on the same disk.
        is_foreign: The folder is one that a person works in, not ours: only what they change is touched.

    Every method raises WorkbenchError for a path that leads out of the folder, and when the disk refuses.
    """

    def __init__(self, root: Path, scratch: Path, *, is_foreign: bool = False) -> None:
        self.root = root
        self._scratch = scratch
        self._is_foreign = is_foreign

    def locate(self, path: str) -> Path:
        """Where a path lies. Raises WorkbenchError when that is not surely below the root."""
        fault = fault_in_name(path) or ("" if normalised(path) == path else "it is not in its simplest form")
        file = self.root / path
        try:
            if not fault and not file.parent.resolve().is_relative_to(self.root.resolve()):
                fault = "a link in the path leads out of the code folder"
            if not fault and file.is_symlink():
                fault = "it is a link"
        except OSError as error:  # a name that is too long for the disk
            raise explain_os_error(error, f"{path} is not a file of this function.", file) from error
        if fault:
            raise WorkbenchError(
                f"{path!r} is not a file of this function.", f"The name is not valid: {fault}."
            )
        return file

    def read(self, path: str) -> Document:
        """A file as text."""
        file = self.locate(path)
        try:
            about = file.stat()
            if not stat.S_ISREG(about.st_mode):
                raise WorkbenchError(
                    f"{path} could not be read.", "It is a folder, a device, a socket or a pipe, not a file."
                )
            if about.st_size > HUGE_BYTES:
                with file.open("rb") as reader:
                    return Document(FileKind.HUGE, "", about.st_size, head=reader.read(HEAD_BYTES))
            return decode(file.read_bytes())
        except OSError as error:
            raise explain_os_error(error, f"{path} could not be read.", file) from error

    def save(self, path: str, text: str) -> None:
        """Writes text in the file's encoding and line ends; a new file is UTF-8 and LF."""
        file = self.locate(path)
        try:
            old, mode = (file.read_bytes(), file.stat().st_mode & 0o777) if file.exists() else (b"", 0o644)
        except OSError as error:
            raise explain_os_error(error, f"{path} could not be saved.", file) from error
        new = encode(text, old, path)
        if new != old or not file.exists():
            write_atomic(file, new, mode, self._scratch)

    def create(self, path: str, text: str) -> None:
        """Makes a new file. Raises WorkbenchError when there is one."""
        file = self.locate(path)
        if os.path.lexists(file):
            raise WorkbenchError(
                f"{path} could not be created.", "It already exists.", "Choose another name."
            )
        write_atomic(file, encode(text, b"", path), 0o644, self._scratch)

    def create_folder(self, path: str) -> None:
        """Makes a new folder, and those above it."""
        folder = self.locate(path)
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise explain_os_error(error, f"{path} could not be created.", folder) from error

    def restore(self, path: str, data: bytes, content: FileContent) -> None:
        """Makes a file what a package has, so that it counts as untouched."""
        file = self.locate(path)
        if file.is_dir():
            raise WorkbenchError(
                f"{path} could not be reverted.", "A folder with the same name exists.", "Rename the folder."
            )
        write_atomic(file, data, 0o755 if content.executable else 0o644, self._scratch)
        if self._is_foreign:
            return  # its time says when it was written, as everywhere in such a folder
        with contextlib.suppress(OSError):  # without its time, the file is compared by its bytes
            os.utime(file, ns=(content.pristine_ns, content.pristine_ns))

    def rename(self, old: str, new: str) -> None:
        """Renames or moves a file or a folder. Raises WorkbenchError when something has the new name."""
        source, target = self.locate(old), self.locate(new)
        if os.path.lexists(target) and not (source.exists() and source.samefile(target)):
            raise WorkbenchError(
                f"{old} could not be renamed.", f"{new} already exists.", "Choose another name."
            )
        if target.is_relative_to(source) and target != source:
            raise WorkbenchError(f"{old} could not be moved.", "A folder cannot be moved into itself.")
        try:
            if os.path.lexists(source):  # else it was never saved
                target.parent.mkdir(parents=True, exist_ok=True)
                source.rename(target)
        except OSError as error:
            raise explain_os_error(error, f"{old} could not be renamed.", source) from error

    def delete(self, path: str) -> None:
        """Deletes a file or a folder with all that is in it; nothing there is fine too."""
        file = self.locate(path)
        try:
            if file.is_dir():
                gone = Path(tempfile.mkdtemp(dir=self._scratch)) / "deleted"
                move(file, gone)  # in one step, however many files it holds
                shutil.rmtree(gone)
            else:
                file.unlink(missing_ok=True)
        except OSError as error:
            raise explain_os_error(error, f"{path} could not be deleted.", file) from error

    def prune(self, keep: Collection[str]) -> None:
        """Removes folders that are empty, but those to keep; in a foreign folder none."""
        if self._is_foreign:
            return
        for folder, _, _ in os.walk(self.root, topdown=False):
            path = Path(folder).relative_to(self.root).as_posix()
            if path != "." and path not in keep:
                with contextlib.suppress(OSError):  # it is not empty
                    Path(folder).rmdir()
