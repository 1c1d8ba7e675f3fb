"""What all changes of versions have in common: what is read first, the job, the question in production."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.aws.retrying_connection import RetryingConnection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.functions import aliases as alias_functions
from workbench.functions import prune as pruning
from workbench.functions.versions import Alias, Version, list_aliases, list_versions
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.services import OpenFunction, Services
from workbench.ui.versions import words as version_words
from workbench.ui.window import MainWindow

Confirm = Callable[[OpenFunction, str, str, str, Callable[[], object]], object]
"""Asks for the name in production: function, title, words, button, and what is done then."""


@dataclass(frozen=True, slots=True)
class There:
    """What the dialogs show, read by a job."""

    versions: tuple[Version, ...]
    aliases: tuple[Alias, ...]
    limits: "alias_functions.AliasLimits"


class VersionsWork(QObject):
    """Lives as long as the window.

    Signals:
        failed: Which action failed, and why.
        notice: How it ended: text, detail, tone.
    """

    failed = Signal(str, WorkbenchError)
    notice = Signal(str, str, str)

    def __init__(
        self, services: Services, window: MainWindow, page: VersionsPage, confirm: Confirm, budget: RateBudget
    ) -> None:
        super().__init__(window)
        self.services, self.window, self.confirm = services, window, confirm
        self._page, self._budget = page, budget

    def connection(self, function: OpenFunction, ctx: JobContext) -> Connection:
        """Where a function is, for a job: it keeps to AWS's rate, and asks again where AWS is busy."""
        return RetryingConnection(function.connection, self._budget, ctx)

    def read(self, action: str, then: Callable[[OpenFunction, There], object]) -> None:
        """Reads what the dialogs show, anew: it may have changed since the tab was read."""
        function = self.window.page.function
        if function is None:
            return
        name = function.detail.function_name

        def run(ctx: JobContext) -> There:
            connection = self.connection(function, ctx)
            versions, aliases = list_versions(connection, name, ctx), list_aliases(connection, name, ctx)
            return There(versions, aliases, alias_functions.load_limits())

        self.services.jobs.submit(
            Job(
                self.tr("Reading the versions of %1").replace("%1", name),
                run,
                replaces="versions.read",
                on_done=lambda there: then(function, there),
                on_error=lambda error: self.fail(action, error),
            )
        )

    def find_uses(
        self, function: OpenFunction, qualifier: str, ask: Callable[[tuple[str, ...]], object]
    ) -> None:
        """Looks what calls a version or an alias; not being allowed to look is told in its place."""
        name = function.detail.function_name

        def run(ctx: JobContext) -> tuple[str, ...]:
            try:
                (looked,) = pruning.find_uses(self.connection(function, ctx), name, (qualifier,), ctx)
            except WorkbenchError as error:
                return (str(error),)
            return tuple(map(version_words.use_text, looked.uses))

        self.services.jobs.submit(
            Job(
                self.tr("Finding what uses %1").replace("%1", f"{name}:{qualifier}"),
                run,
                replaces="versions.uses",
                on_done=ask,
            )
        )

    def write[T](
        self,
        action: str,
        function: OpenFunction,
        title: str,
        run: Callable[[Connection, JobContext], T],
        done: Callable[[T], object],
        *,
        failed: Callable[[WorkbenchError], object] | None = None,
        cancelled: Callable[[], object] | None = None,
    ) -> JobHandle:
        """Changes something, after what is being changed of the function already; the tab follows."""

        def ended(tell: Callable[[], object]) -> None:
            self._page.refresh()
            tell()

        return self.services.jobs.submit(
            Job(
                title,
                lambda ctx: run(self.connection(function, ctx), ctx),
                lane=f"write:{function.detail.function_arn}",
                on_done=lambda result: ended(lambda: done(result)),
                on_error=lambda error: ended(
                    lambda: (
                        failed(error) if failed is not None else self.fail(action, error, function=function)
                    )
                ),
                on_cancelled=lambda: ended(cancelled or (lambda: None)),
            )
        )

    def fail(
        self, action: str, error: WorkbenchError, tone: str = "danger", function: OpenFunction | None = None
    ) -> None:
        """Says it above the page."""
        self.window.function_banners.show_error(error, tone, function=function)
        self.failed.emit(action, error)
