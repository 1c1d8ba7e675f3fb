"""How long states take: about as on AWS, or quick. Refusals and the order of states are the same."""

from collections.abc import Mapping
from enum import Enum


class Pace(Enum):
    """Values of the setting."""

    QUICK = "quick"
    AS_AWS = "aws"


class StateChange(Enum):
    """What takes a while."""

    CREATE_FUNCTION = "create a function"
    UPDATE_FUNCTION = "update a function"
    CREATE_MAPPING = "create an event source mapping"
    UPDATE_MAPPING = "update an event source mapping"
    DELETE_MAPPING = "delete an event source mapping"
    PROVISION = "provision concurrency"


# AWS names no figures: what accounts see, at the lower end. A mapping takes up to a minute there.
_ON_AWS_S: Mapping[StateChange, float] = {
    StateChange.CREATE_FUNCTION: 3.0,
    StateChange.UPDATE_FUNCTION: 2.0,
    StateChange.CREATE_MAPPING: 12.0,
    StateChange.UPDATE_MAPPING: 8.0,
    StateChange.DELETE_MAPPING: 10.0,
    StateChange.PROVISION: 60.0,
}


class Pacing:
    """The pace that was chosen, which can change while the server runs.

    Args:
        pace: The first one.
        quick_s: What everything takes when it is quick.
    """

    def __init__(self, pace: Pace, quick_s: float) -> None:
        self._pace = pace
        self._quick_s = quick_s

    def set(self, pace: Pace) -> None:
        """Has what begins from now on take as long as at this pace."""
        self._pace = pace

    def seconds(self, change: StateChange) -> float:
        """Returns how long a change takes now."""
        return self._quick_s if self._pace is Pace.QUICK else _ON_AWS_S[change]
