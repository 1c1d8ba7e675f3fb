"""The way to each account and region of a change: opened when first needed, and kept while it runs."""

import threading
from collections.abc import Callable

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.bulk_plan import Target

Connect = Callable[[str, str, JobContext], Connection]
"""Opens a connection as a profile, by its name, in a region. Runs in a job; raises WorkbenchError."""


class Reach:
    """Safe from any thread. What does not open is not tried for every function again: see `forget`."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._found: dict[tuple[str, str], Connection | WorkbenchError] = {}

    def forget(self) -> None:
        """Somebody may have signed in, or the network is there again: everything is opened anew."""
        with self._lock:
            self._found.clear()

    def connection(self, target: Target, ctx: JobContext) -> Connection:
        """The way to a function.

        Raises:
            WorkbenchError: It cannot be reached.
            Cancelled: While opening.
        """
        key = (target.profile_name, target.region)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            ctx.check()
            found = self._found.get(key)
            if found is None:
                try:
                    found = self._connect(*key, ctx)
                except WorkbenchError as error:
                    found = error
                with self._lock:
                    self._found[key] = found
        if isinstance(found, WorkbenchError):
            raise found
        return found
