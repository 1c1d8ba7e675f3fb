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
        before_write: Asks where that is due, before something is changed in AWS at once; calls what it is
            given after a yes.
    """

    limits: Limits
    jobs: JobRunner
    function: Callable[[], OpenFunction | None]
    before_write: Callable[[OpenFunction, Callable[[], None]], None] = lambda _function, then: then()
