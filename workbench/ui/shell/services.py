"""What every page needs, handed in by the composition root."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from workbench.core.clock import Clock
from workbench.core.files import Paths
from workbench.core.jobs import JobRunner
from workbench.core.messages import _
from workbench.core.policy import NO_POLICY, Policy
from workbench.core.settings import Settings
from workbench.functions.model import FunctionDetail
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.messages import MessageLog

if TYPE_CHECKING:
    from workbench.aws.connection import Connection
    from workbench.sandbox.samples import SampleTraffic

LOOKING = "looking"
"""The lane of jobs that compute in Python over all files of the open code. Side by side none of them would
end sooner: they would only take Python's lock from each other, and from the window (70 ms, measured)."""


class SampleNotice(QObject):
    """Tells of a function and a time whether the Sandbox's own invocations are among what is shown.

    Signals:
        changed: More, or nothing more, is known.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._traffic: SampleTraffic | None = None  # replaced whole: workers read it meanwhile

    def take(self, traffic: "SampleTraffic | None") -> None:
        """Takes what is known now; None when the Sandbox was reset."""
        if traffic != self._traffic:
            self._traffic = traffic
            self.changed.emit()

    def until(self, function_arn: str, start: datetime, end: datetime) -> datetime | None:
        """Until when there was sample traffic, if some of it lies within a time; to the minute, upwards."""
        traffic = self._traffic
        if traffic is None or not traffic.is_in(function_arn, start, end):
            return None
        return traffic.end.replace(second=0, microsecond=0) + timedelta(minutes=1)

    def text(self, function_arn: str, start: datetime, end: datetime, zone: tzinfo | None = None) -> str:
        """That sample traffic is among what is shown; empty if it is not.

        Args:
            function_arn: Whose invocations are shown.
            start: Since when.
            end: Until when.
            zone: In which the time is said; None for this machine's own.
        """
        moment = self.until(function_arn, start, end)
        if moment is None:
            return ""
        return _("Includes sample traffic until {moment}").format(moment=_written(moment, zone))

    def marker(self, moment: datetime) -> tuple[float, str, str]:
        """The end of the sample traffic for a Marker of charts: its Unix time, text and tool tip."""
        words = _("Sample traffic until {moment}").format(moment=_written(moment, None))
        why = _("The Sandbox invokes its samples for some minutes, so that logs and charts have data.")
        return moment.timestamp(), words, f"{words}\n{why}"


def _written(moment: datetime, zone: tzinfo | None) -> str:
    is_today = moment.astimezone(zone).date() == datetime.now(UTC).astimezone(zone).date()
    return moment.astimezone(zone).strftime("%H:%M" if is_today else "%m-%d %H:%M")


@dataclass(frozen=True, slots=True, eq=False)
class Services:
    """The program's shared parts. Pages get this one value and nothing global."""

    jobs: JobRunner
    paths: Paths
    settings: Settings
    clock: Clock
    theme: Theme
    icons: Icons
    actions: ActionRegistry
    policy: Policy = NO_POLICY
    messages: MessageLog = field(default_factory=MessageLog)
    samples: SampleNotice = field(default_factory=SampleNotice)

    def now_at_aws(self, function: "OpenFunction | None") -> datetime:
        """The current time by AWS's clock, as far as a function's connection knows it."""
        now = self.clock.now()
        return function.connection.aws_time.at(now) if function is not None else now


@dataclass(frozen=True, slots=True, eq=False)
class OpenFunction:
    """The function that the window shows and the connection it came from.

    A page keeps it for as long as it shows the function: what it starts goes to that account and region,
    whatever the pickers say by then.
    """

    connection: "Connection"
    detail: FunctionDetail
