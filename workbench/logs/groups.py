"""The log groups of functions that are read together.

Owns: which group is whose, asked once. Must not know: what is read.
"""

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.logs.tail import Source


class LogGroups:
    """Those of functions beside one whose group is known. For one account and region."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def sources(
        self, connection: Connection, detail: FunctionDetail, others: tuple[str, ...], ctx: JobContext
    ) -> tuple[Source, ...]:
        """What to read; functions are named only where there are several.

        Args:
            connection: Where the functions are.
            detail: The one.
            others: Names of the others.
            ctx: The job.

        Raises:
            WorkbenchError: A function may not be looked at, or is gone.
        """
        if not others:
            return (Source(detail.log_group),)
        sources = [Source(detail.log_group, detail.function_name)]
        for name in others:
            if name not in self._known:
                self._known[name] = get_function(connection, name, "", ctx).log_group
            sources.append(Source(self._known[name], name))
        return tuple(sources)
