"""A folder for one local run, and the end of those that a killed program has left."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core.file_lock import is_locked, try_lock
from workbench.core.files import explain_os_error, make_private_folder

_LOCK = "lock"


@contextmanager
def run_folder(root: Path) -> Iterator[Path]:
    """A private folder below `root`, gone afterwards. Folders whose program was killed go now.

    Raises:
        WorkbenchError: The disk refuses.
    """
    folder, lock = _make(root)
    try:
        yield folder
    finally:
        os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)


def _make(root: Path) -> tuple[Path, int]:
    try:
        make_private_folder(root)
        for left in root.iterdir():
            # One without a lock is being made just now.
            if (left / _LOCK).exists() and not is_locked(left / _LOCK):
                shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=root))
        lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        with contextlib.suppress(OSError):  # no locks on this disk: then everything is as if locked
            try_lock(lock)
    except OSError as error:
        raise explain_os_error(error, "The function was not run on this computer.", root) from error
    return folder, lock
