"""What a run tells of its log while it goes on. Values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogLines:
    """Emitted by a local run: what was logged since the last one, lines with their ends."""

    text: str
