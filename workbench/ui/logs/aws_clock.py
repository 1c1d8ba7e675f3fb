"""The current time by AWS's clock, and a warning when this computer's clock is far off."""

from datetime import datetime

from workbench.core.messages import _
from workbench.ui.services import OpenFunction, Services
from workbench.ui.units import duration_text

_MIN_OFFSET_S = 300
"""AWS refuses signatures that are more than 5 minutes off: an emulator answers here, or AWS refuses next.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"""


def now_at_aws(services: Services, function: OpenFunction | None) -> datetime:
    """The current time by AWS's clock, as far as a function's connection knows it."""
    now = services.clock.now()
    return function.connection.aws_time.at(now) if function is not None else now


def clock_warnings(function: OpenFunction | None) -> tuple[str, ...]:
    """Says that this computer's clock is off by 5 minutes or more; else empty."""
    offset_s = function.connection.aws_time.offset_s if function is not None else 0.0
    if abs(offset_s) < _MIN_OFFSET_S:
        return ()
    words = (
        _("This computer's clock is {duration} behind AWS's clock. Set it.")
        if offset_s > 0
        else _("This computer's clock is {duration} ahead of AWS's clock. Set it.")
    )
    return (words.format(duration=duration_text(round(abs(offset_s) / 60) * 60_000)),)
