"""Reports when another program changes the configuration files."""

import os
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

_QUIET_MS, _LONGEST_MS = 100, 1_000  # a burst counts once, but a file that never rests is reported, too
_LOOK_MS = 1_000
_POLL_S = 1.0

type Stamp = tuple[object, ...]


class FileWatch:
    """Watches files in its own thread, from `start` to `stop`.

    The folders are watched, not the files, because most programs replace a file. Once a second the files are
    checked as well, for network disks, which report nothing.

    Args:
        paths: Files, which need not exist, or folders, whose files are watched.
        on_change: Called on the watch's thread soon after a change. Should only pass it on.
    """

    def __init__(self, paths: Iterable[Path], on_change: Callable[[], None]) -> None:
        self._paths = tuple(paths)
        self._on_change = on_change
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._seen: tuple[Stamp, ...] = ()

    def start(self) -> None:
        """Starts: changes after this call are reported."""
        self._seen = stamps(self._paths)
        self._thread = threading.Thread(target=self._run, name="profile files")
        self._thread.start()

    def stop(self) -> None:
        """Ends within a fraction of a second; nothing is reported afterwards."""
        self._stop.set()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        from watchfiles import watch

        while not self._stop.is_set():
            folders = _folders(self._paths)
            try:
                changes = watch(
                    *folders,
                    watch_filter=None,
                    debounce=_LONGEST_MS,
                    step=_QUIET_MS,
                    stop_event=self._stop,
                    rust_timeout=_LOOK_MS,
                    yield_on_timeout=True,
                    raise_interrupt=False,
                    recursive=False,
                    ignore_permission_denied=True,
                )
                with closing(changes):
                    for _ in changes:
                        self._compare()
                        if _folders(self._paths) != folders:
                            break
            except OSError:  # a folder was just deleted, or the system watches no more of them
                self._stop.wait(_POLL_S)
                self._compare()

    def _compare(self) -> None:
        before, self._seen = self._seen, stamps(self._paths)
        if self._seen != before and not self._stop.is_set():
            self._on_change()


def stamps(paths: Iterable[Path]) -> tuple[Stamp, ...]:
    """A value that changes with a file, or with a file in a folder."""
    return tuple(_stamp(path) for path in paths)


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
        own = (found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode)
        if not path.is_dir():
            return own
        with os.scandir(path) as entries:
            inside = [(each.name, each.stat().st_mtime_ns, each.stat().st_size) for each in entries]
    except OSError:
        return ()
    return (*own, *sorted(inside))


def _folders(paths: Iterable[Path]) -> dict[str, tuple[int, int]]:
    """The folders to watch, with their identity: one may be replaced by another of the same name."""
    found: dict[str, tuple[int, int]] = {}
    for path in paths:
        for place in (path, Path(os.path.realpath(path))):
            folder = place if place.is_dir() else place.parent
            while not folder.is_dir() and folder != folder.parent:
                folder = folder.parent
            try:
                details = folder.stat()
            except OSError:
                continue
            found[str(folder)] = (details.st_dev, details.st_ino)
    return found
