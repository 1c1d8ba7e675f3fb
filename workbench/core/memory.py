"""Memory that is free in this process and not yet the system's again."""

import ctypes
import sys


def give_back() -> bool:
    """Gives it back, as far as the C library can. A few milliseconds; any thread.

    Opening a function's code needs a lot for a moment, in threads that each keep what they had.

    Returns:
        Whether there was something to give.
    """
    if not sys.platform.startswith("linux"):
        return False  # others do it themselves
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return False  # a C library other than glibc
    trim.argtypes, trim.restype = [ctypes.c_size_t], ctypes.c_int
    return bool(trim(0))
