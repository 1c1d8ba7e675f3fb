"""When the charts of a function are read next."""

from workbench.ui.preferences import METRICS_REFRESH_S
from workbench.ui.services import Services

_MIN_REFRESH_S = 5
_EAGER_S = (2, 5, 10, 20, 30)
"""Pauses after something is expected to change: CloudWatch shows an invocation within a minute or so."""


class RefreshSchedule:
    """As often as the settings say, and more often for a while after something happened."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._eager: list[int] = []
        self._due_s = 0.0

    def hurry(self) -> None:
        """The next pauses are short."""
        self._eager = list(_EAGER_S)

    def plan_next(self) -> None:
        """The pause begins now."""
        usual_s = max(_MIN_REFRESH_S, METRICS_REFRESH_S.read(self._services.settings))
        pause_s = min(self._eager.pop(0), usual_s) if self._eager else usual_s
        self._due_s = self._services.clock.monotonic() + pause_s

    @property
    def left_s(self) -> int:
        """Until the pause is over."""
        return round(self._due_s - self._services.clock.monotonic())
