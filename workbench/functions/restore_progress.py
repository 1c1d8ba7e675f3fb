"""How far the restoring of a function is, on disk: after a crash it goes on from there.

A line for each version that is published again. While the function is restored the file is there, and locked;
without the lock, a crash has stopped it. Must not know: how anything is made again.
"""

import contextlib
import json
import logging
import os
from pathlib import Path
from types import TracebackType

from workbench.core.errors import WorkbenchError
from workbench.core.file_lock import is_locked, try_lock
from workbench.core.files import explain_os_error

_log = logging.getLogger(__name__)


class RestoreProgress:
    """Entered, it is under way; left by any way but a crash, it is over.

    Args:
        path: Of its own; kept where the copy of the function is.
        function_name: For words.
    """

    def __init__(self, path: Path, function_name: str) -> None:
        self._path, self._what = path, f"{function_name} was not restored."
        self._descriptor = -1
        self.numbers: dict[
            str, str
        ] = {}  # the new number of each version that is published again, by the old

    @property
    def was_interrupted(self) -> bool:
        """Whether a crash has stopped it half-way."""
        return self._path.exists() and not is_locked(self._path)

    def begin_anew(self) -> None:
        """Forgets what was noted of a function that is not there any more."""
        self.numbers.clear()
        os.ftruncate(self._descriptor, 0)

    def note_version(self, old: str, new: str) -> None:
        """Notes that a version is published again. Raises WorkbenchError where the disk refuses."""
        self.numbers[old] = new
        try:
            os.write(
                self._descriptor, f"\n{json.dumps([old, new])}\n".encode()
            )  # half a line may stand before
            os.fsync(self._descriptor)
        except OSError as error:
            raise explain_os_error(
                error, "The progress of the restore could not be recorded.", self._path
            ) from error

    def __enter__(self) -> "RestoreProgress":
        """Raises WorkbenchError where the disk refuses, or another window is at it: nothing must be made."""
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            has_it = try_lock(self._descriptor)
            lines = self._path.read_text("utf-8", errors="replace").splitlines()
        except OSError as error:
            self._close()
            raise explain_os_error(error, self._what, self._path) from error
        if not has_it:
            self._close()
            raise WorkbenchError(
                self._what, "Another window is already restoring it.", "Wait until it has finished."
            )
        for line in filter(None, lines):
            try:
                old, new = json.loads(line)
                self.numbers[str(old)] = str(new)
            except (ValueError, TypeError):
                _log.info("incomplete line in %s", self._path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._close()

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
