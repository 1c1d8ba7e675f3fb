"""Changes that the user stopped waiting for: AWS is looked at again at once, and when the answer has come."""

from dataclasses import replace

from PySide6.QtCore import QObject

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobHandle
from workbench.core.messages import _
from workbench.ui.services import Services
from workbench.ui.window import MainWindow


class LateChanges(QObject):
    """Has the window read again when the user stops waiting for a change, and when its answer comes."""

    def __init__(self, services: Services, window: MainWindow) -> None:
        super().__init__(window)
        self._services, self._window = services, window
        runner = services.jobs
        runner.on_late = self._ended
        runner.on_left_behind = self._left_behind

    def _left_behind(self, _handle: JobHandle) -> None:
        """Nobody waits for a change any more that AWS may have made: shows what AWS has."""
        self._look()

    def _ended(self, handle: JobHandle, error: WorkbenchError | None) -> None:
        """The answer has come, or there will be none, and the work has ended."""
        title = handle.job.title
        if error is None:
            self._window.banners.show_notice(
                _("AWS responded later: {title}.").format(title=title),
                _("What is shown is read again."),
                key=title,
            )
        else:
            what = _("You had stopped waiting: {title}.").format(title=title)
            late = replace(error, what=what, why=f"{error.what} {error.why}")
            self._window.banners.show_error(late, "warning", key=title)
        self._look()

    def _look(self) -> None:
        refresh = self._services.actions["function.refresh"]
        if refresh.isEnabled():
            refresh.trigger()
        self._window.functions.refresh()
        self._window.operations_changed.emit()
