"""How the work for a text grows with it: no figure of a machine's, so that it holds on any."""

import time
from collections.abc import Callable

_TIMES = 4
_TRIES = 4
LINEAR = 9.0
"""The most for work that is linear: four times the text takes 4 times as long, with all that a machine adds;
16 times where the work is quadratic."""
_NOTHING_S = 0.002
"""What takes less has no growth that could be measured."""


def growth(work: Callable[[int], object], size: int, least_s: float = _NOTHING_S) -> float:
    """How many times as long work takes for four times a size, by the processor time of this thread.

    Args:
        work: Does it for a size.
        size: The smaller one.
        least_s: The least time the smaller one is taken to need: what is below is not the work's.
    """
    small = max(least_s, min(processor_s(lambda: work(size)) for _ in range(_TRIES)))
    return min(processor_s(lambda: work(_TIMES * size)) for _ in range(_TRIES)) / small


def processor_s(work: Callable[[], object]) -> float:
    """The processor time that work takes in this thread, in seconds: not what others take meanwhile."""
    start_s = time.thread_time()
    work()
    return time.thread_time() - start_s
