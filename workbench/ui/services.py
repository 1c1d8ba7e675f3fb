"""What every page needs, handed in by the composition root."""

from dataclasses import dataclass, field
from datetime import datetime

from workbench.aws.connection import Connection
from workbench.core.clock import Clock
from workbench.core.jobs import JobRunner
from workbench.core.paths import Paths
from workbench.core.policy import NO_POLICY, Policy
from workbench.core.settings import Settings
from workbench.functions.model import FunctionDetail
from workbench.ui.actions import ActionRegistry
from workbench.ui.icons import Icons
from workbench.ui.message_log import MessageLog
from workbench.ui.sample_words import SampleWords
from workbench.ui.theme import Theme

LOOKING = "looking"
"""The lane of jobs that compute in Python over all files of the open code. Side by side none of them would
end sooner: they would only take Python's lock from each other, and from the window (70 ms, measured)."""


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
    samples: SampleWords = field(default_factory=SampleWords)

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

    connection: Connection
    detail: FunctionDetail
