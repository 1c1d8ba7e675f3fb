"""A clock that moves when the test says so."""

from datetime import UTC, datetime


class HandClock:
    """Stands at noon, 1 July 2026, UTC, until `time_s` is changed."""

    def __init__(self) -> None:
        self.time_s = datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time_s, UTC)

    def monotonic(self) -> float:
        return self.time_s
