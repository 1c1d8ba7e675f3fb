"""The operating system's lock on an open file: it is gone with the process, so no crash leaves one behind."""

import errno
import os
import sys
from pathlib import Path

_HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
_FAR = 1 << 30


def try_lock(descriptor: int) -> bool:
    """Takes the lock of an open file or (not on Windows) folder for this descriptor; True when it has it.

    The lock holds until the descriptor is closed, for other descriptors of this process too.

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
    """Whether somebody holds a file's lock. So it is if that cannot be seen; not if there is no file."""
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
