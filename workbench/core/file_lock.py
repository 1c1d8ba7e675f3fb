"""Files that several programs use: the system's lock on an open file, and SQLite's write-ahead log.

A lock ends with its process, so no crash leaves one behind.
"""

import errno
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
_FAR = 1 << 30


def try_lock(descriptor: int) -> bool:
    """Takes the lock of an open file or (not on Windows) folder for this descriptor; False if another has it.

    It is held until the descriptor is closed or the process ends, and excludes this process's other
    descriptors, too.

    Raises:
        OSError: There are no locks on this file system.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            # Windows locks bytes: one far behind the end, so that all that is written can be read meanwhile.
            here = os.lseek(descriptor, 0, os.SEEK_CUR)
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            finally:
                os.lseek(descriptor, here, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise
    return True


def is_locked(path: Path) -> bool:
    """Whether another descriptor holds a file's lock. True if that is not known; False without a file."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        return not try_lock(descriptor)
    except OSError:
        return True
    finally:
        os.close(descriptor)


_WAL_PAUSE_S = 0.01


def enable_wal(database: "sqlite3.Connection", timeout_s: float) -> None:
    """Turns SQLite's write-ahead log on, so that readers and a writer of the file do not wait for each other.

    SQLite ignores the connection's own timeout here while another connection is about to write.

    Raises:
        sqlite3.OperationalError: Others still use the file after `timeout_s`, or the disk refuses.
    """
    import sqlite3  # few need it

    last = time.monotonic() + timeout_s
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(_WAL_PAUSE_S)
        else:
            return
