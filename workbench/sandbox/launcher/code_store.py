"""Functions' code and layers on disk, unpacked once and shared by all environments of the same code.

The path of a folder ends in `var/task` and `opt` as on AWS, so that one expression finds a file
of the function in the stack traces of both.
"""

import base64
import functools
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
        self._locks: dict[Path, threading.Lock] = {}
        self._used: dict[Path, float] = {}

    def task_root(self, archive: bytes, sha256: str) -> Path:
        """Returns the folder of a function's code.

        Args:
            archive: The deployment package.
            sha256: What the function's record says of it, in base64. While code is updated the record is
                behind for a moment; an archive is therefore looked at before it is unpacked under this name.

        Raises:
            zipfile.BadZipFile: The archive is none.
            OSError: The disk is full.
        """
        path = self._path(sha256, "var/task")
        if self._use(path):
            return path
        path = self._path(base64.b64encode(hashlib.sha256(archive).digest()).decode(), "var/task")
        return self._get(path, (archive,))

    def layers_root(self, archives: Sequence[bytes]) -> Path:
        """Returns the folder that is /opt on AWS: layers unpacked over each other, in their order."""
        digest = hashlib.sha256(b"".join(map(_digest, archives))).digest()
        return self._get(self._path(base64.b64encode(digest).decode(), "opt"), archives)

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

    def _path(self, sha256: str, name: str) -> Path:
        short = sha256[:22].replace("+", "-").replace("/", "_")
        return self._root / short / name

    def _use(self, path: Path) -> bool:
        with self._lock:
            if path not in self._used:
                return False
            self._used[path] = time.monotonic()
            return True

    def _get(self, path: Path, archives: Sequence[bytes]) -> Path:
        with self._lock:
            one_at_a_time = self._locks.setdefault(path, threading.Lock())
        with one_at_a_time:
            if not self._use(path):
                self._create(path, archives)
                with self._lock:
                    self._used[path] = time.monotonic()
        return path

    def _create(self, path: Path, archives: Sequence[bytes]) -> None:
        top = self._top(path)
        shutil.rmtree(top, ignore_errors=True)  # What is left of an older run of `prune`.
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


@functools.lru_cache(maxsize=16)
def _digest(archive: bytes) -> bytes:
    """Digests a layer once: the same object comes with every invocation."""
    return hashlib.sha256(archive).digest()
