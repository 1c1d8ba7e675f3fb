"""Says in the header of a function, and in its row, that saved changes of its code are not deployed."""

from collections.abc import Sequence

from PySide6.QtCore import QObject

from workbench.code.workspace import saved_changes
from workbench.core.jobs import Job, JobContext
from workbench.deploy.run import code_source
from workbench.ui.function_model import FunctionModel
from workbench.ui.function_page import FunctionPage
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.code_facts import workspaces_dir
from workbench.ui.services import Services

_KEY = "deploy.not_deployed"


class NotDeployed(QObject):
    """Keeps the badge up to date: by what the Code tab sees, and by what is on disk before the code is open.

    Args:
        services: The program's.
        page: Has the header.
        code: The Code tab.
        rows: The list of functions.
    """

    def __init__(self, services: Services, page: FunctionPage, code: CodePage, rows: FunctionModel) -> None:
        super().__init__(page)
        self._services, self._page, self._code, self._rows = services, page, code, rows
        self._arn = ""
        page.function_shown.connect(self._look)
        page.function_closed.connect(self._look)
        code.workspace_changed.connect(self._look)
        code.changes_seen.connect(self._seen)

    def _look(self) -> None:
        """Looks at the saved files, unless the Code tab does."""
        function = self._page.function
        arn = function.detail.function_arn if function is not None else ""
        if arn != self._arn:
            self._arn = arn
            self._show(())
        workspace = self._code.workspace
        if function is None or (workspace is not None and not workspace.read_only):
            self._services.jobs.drop(_KEY)
            return
        source, folder = code_source(function.detail, function.connection), workspaces_dir(self._services)

        def look(ctx: JobContext) -> tuple[str, ...]:
            return saved_changes(source, folder, ctx)

        def show(changed: tuple[str, ...]) -> None:
            if arn == self._arn:
                self._show(changed)

        self._services.jobs.submit(
            Job(
                self.tr("Checking for changes to %1").replace("%1", function.detail.function_name),
                look,
                replaces=_KEY,
                quiet=True,
                on_done=show,
                on_error=lambda _error: None,  # opening the code says it
            )
        )

    def _seen(self, changed: Sequence[str]) -> None:
        workspace = self._code.workspace
        if workspace is not None and not workspace.read_only:
            self._show(changed)

    def _show(self, changed: Sequence[str]) -> None:
        function = self._page.function
        self._page.show_not_deployed(changed)
        self._rows.mark_not_deployed(function.detail.function_name if function and changed else "")
