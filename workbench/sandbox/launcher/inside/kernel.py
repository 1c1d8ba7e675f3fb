"""System calls for which Python has no function, for every Python that runs functions (3.10 and newer)."""

import ctypes
import os


def libc() -> ctypes.CDLL:
    """Returns the C library, whose functions set `ctypes.get_errno`."""
    return ctypes.CDLL(None, use_errno=True)


def check(name: str, result: int) -> int:
    """Returns the result of a system call, if it succeeded.

    Raises:
        OSError: The result is negative.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return int(result)


def prctl(name: str, option: int, *arguments: "int | bytes") -> None:
    """Asks the kernel for an operation on this process.

    Raises:
        OSError: The kernel refused it.
    """
    values = [each if isinstance(each, bytes) else ctypes.c_ulong(each) for each in arguments]
    values += [ctypes.c_ulong(0)] * (4 - len(values))
    check(name, libc().prctl(option, *values))
