"""Waiting until something has happened."""

import time
from collections.abc import Callable


def eventually[T](condition: Callable[[], T], within_s: float = 30) -> T:
    """Returns the first true value that the condition gives; fails after `within_s` seconds without one."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"did not come true within {within_s} s"
        time.sleep(0.02)
    return value
