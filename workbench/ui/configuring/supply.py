"""What fields that look things up in AWS are given."""

from collections.abc import Callable
from dataclasses import dataclass

from workbench.core.jobs import JobRunner
from workbench.functions.settings.limits import Limits
from workbench.ui.services import OpenFunction


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """For the fields of one form.

    Attributes:
        limits: What AWS allows.
        jobs: Runs what they look up.
        function: The function that is shown now.
    """

    limits: Limits
    jobs: JobRunner
    function: Callable[[], OpenFunction | None]
