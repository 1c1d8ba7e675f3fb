"""A machine whose clock is wrong."""

from datetime import datetime, timedelta

from workbench.core.clock import SystemClock


class ShiftedClock(SystemClock):
    """The machine's clock, set so many hours ahead, or behind."""

    def __init__(self, hours: float) -> None:
        self._shift = timedelta(hours=hours)

    def now(self) -> datetime:
        return super().now() + self._shift
