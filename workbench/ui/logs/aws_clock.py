"""Now, by the clock that wrote the lines; and words for a machine whose own is far off."""

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from workbench.ui.services import OpenFunction, Services
from workbench.ui.units import duration_text

_SAID_FROM_S = 300
"""AWS refuses signatures that are more than 5 minutes off: an emulator answers here, or AWS refuses next.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"""


def now_at_aws(services: Services, function: OpenFunction | None) -> datetime:
    """The moment, by AWS's clock as far as a function's connection has heard of it."""
    now = services.clock.now()
    return function.connection.aws_time.at(now) if function is not None else now


def clock_words(function: OpenFunction | None) -> tuple[str, ...]:
    """That this computer's clock is wrong; none where it is not, or only a little."""
    offset_s = function.connection.aws_time.offset_s if function is not None else 0.0
    if abs(offset_s) < _SAID_FROM_S:
        return ()
    translate = QCoreApplication.translate
    words = (
        translate("AwsClock", "This computer's clock is %1 behind AWS's clock. Set it.")
        if offset_s > 0
        else translate("AwsClock", "This computer's clock is %1 ahead of AWS's clock. Set it.")
    )
    return (words.replace("%1", duration_text(round(abs(offset_s) / 60) * 60_000)),)
