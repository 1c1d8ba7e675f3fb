"""The operating system's lock on an open file: it is gone with the process, so no crash leaves one behind."""

import errno
import sys

_HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)


def try_lock(descriptor: int) -> bool:
    """Takes the lock of an open file or (not on Windows) folder for this descriptor; True when it has it.

    The lock holds until the descriptor is closed, for other descriptors of this process too.

    Raises:
        OSError: There are no locks on this file system.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise
    return True
