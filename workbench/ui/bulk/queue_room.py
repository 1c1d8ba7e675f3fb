"""What the queues that run functions leave room for: looked at before timeouts are raised, as in the form.

Must not know: how the change is planned.
"""

import threading
from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from workbench.aws.caching_connection import CachingConnection
from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.bulk_plan import BulkChange, Configure, ObservedFunction, Target
from workbench.functions.bulk_run import observe
from workbench.triggers.model import Severity
from workbench.triggers.timeouts import check_timeout


class QueueRooms:
    """Of one look at many functions. Safe from any thread.

    Args:
        budget: The program's.
    """

    def __init__(self, budget: RateBudget) -> None:
        self._budget = budget
        self._lock = threading.Lock()
        self._asking: dict[tuple[str, str], CachingConnection] = {}

    def observe(
        self, connection: Connection, target: Target, change: BulkChange, ctx: JobContext
    ) -> ObservedFunction:
        """Looks at a function, and at its queues if its timeout is to be raised.

        Raises as `bulk_run.observe`.

        Args:
            connection: The way to the function.
            target: Which.
            change: What is to be done to it.
            ctx: The job.
        """
        seen = observe(connection, target, change, self._budget, ctx)
        timeout_s = change.wanted.timeout_s if isinstance(change, Configure) else None
        if timeout_s is None or timeout_s <= seen.detail.timeout_s:
            return seen
        with self._lock:  # all mappings of a region are one listing, for all of its functions
            key = (target.profile_name, target.region)
            asking = self._asking.setdefault(key, CachingConnection(connection, self._budget, ctx))
        return _minded(asking, seen, timeout_s, ctx)


def _minded(
    connection: Connection, seen: ObservedFunction, timeout_s: int, ctx: JobContext
) -> ObservedFunction:
    translate = QCoreApplication.translate
    try:
        found = check_timeout(connection, seen.detail, timeout_s, ctx)
    except WorkbenchError as error:  # who may change a function may not see its queues: AWS decides
        words = translate("Bulk", "Could not determine whether its queues allow this timeout: %1")
        return replace(seen, warning_=words.replace("%1", error.why or error.what))
    hurdles = [f"{each.what} {each.why}" for each in found if each.severity is Severity.BLOCK]
    if hurdles:
        way = translate(
            "Bulk", "Change the timeout on its Configuration page, which updates the queue first."
        )
        return replace(seen, obstacle=" ".join((*hurdles, way)))
    return replace(seen, warning_=" ".join(each.what for each in found))
