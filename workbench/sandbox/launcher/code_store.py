"""Functions' code and layers on disk, unpacked once and shared by all environments of the same code.

Owns: the folders. Must not know: functions, workers. The path ends in `var/task` and `opt` as on AWS, so that
one expression finds a file of the function in the stack traces of both.
"""

import hashlib
import io
import shutil
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

Unpack = Callable[[zipfile.ZipFile, str], object]
_KEPT_UNUSED = 4
_RECENTLY_S = 60


class CodeStore:
    """Unpacks archives by their content.

    Args:
        root: A folder that is this store's alone.
        unpack: Unpacks one archive into a folder, keeping file modes.
    """

    def __init__(self, root: Path, unpack: Unpack) -> None:
        self._root = root
        self._unpack = unpack
        self._lock = threading.Lock()
        self._used: dict[Path, float] = {}

    def task_root(self, archive: bytes) -> Path:
        """Returns the folder of a function's code.

        Raises:
            zipfile.BadZipFile: The archive is none.
            OSError: The disk is full.
        """
        return self._folder((archive,), "var/task")

    def layers_root(self, archives: Sequence[bytes]) -> Path:
        """Returns the folder that is /opt on AWS: layers unpacked over each other, in their order."""
        return self._folder(archives, "opt")

    def prune(self, in_use: set[Path]) -> None:
        """Removes folders that no environment uses, except a few of those used last."""
        with self._lock:
            now = time.monotonic()
            unused = sorted((used, path) for path, used in self._used.items() if path not in in_use)
            doomed = [path for used, path in unused[:-_KEPT_UNUSED] if now - used > _RECENTLY_S]
            for path in doomed:
                del self._used[path]
        for path in doomed:
            shutil.rmtree(self._top(path), ignore_errors=True)

    def _folder(self, archives: Sequence[bytes], name: str) -> Path:
        digest = hashlib.sha256()
        for archive in archives:
            digest.update(hashlib.sha256(archive).digest())
        path = self._root / digest.hexdigest()[:16] / name
        with self._lock:
            if path not in self._used:
                self._create(path, archives)
            self._used[path] = time.monotonic()
        return path

    def _create(self, path: Path, archives: Sequence[bytes]) -> None:
        top = self._top(path)
        try:
            path.mkdir(parents=True)
            for archive in archives:
                with zipfile.ZipFile(io.BytesIO(archive)) as opened:
                    self._unpack(opened, str(path))
        except BaseException:
            shutil.rmtree(top, ignore_errors=True)
            raise

    def _top(self, path: Path) -> Path:
        return self._root / path.relative_to(self._root).parts[0]
