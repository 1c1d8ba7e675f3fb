"""Notices what other programs do to the files of the open code: tree, marks and open files follow."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QVBoxLayout

from workbench.core.messages import _
from workbench.ui.disk_watch import DiskWatch
from workbench.ui.outside_changes import OutsideChanges
from workbench.ui.pages.code import CodePage
from workbench.ui.services import Services


class DiskChanges(QObject):
    """Follows the Code tab, from `__init__` to `stop`."""

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._code = code
        self.outside = OutsideChanges(services, code.files)
        self.outside.failed.connect(code.failed)
        self.outside.notice.connect(code.notice)
        self.watch = DiskWatch(self)
        self.watch.changed.connect(self._look)
        self.watch.troubled.connect(self._tell_trouble)
        layout = code.files.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(1, self.outside.banner)  # between the tabs and the text
        code.workspace_changed.connect(self._follow)
        self._follow()

    def stop(self) -> None:
        """Ends the watch, and waits for that."""
        self._code.workspace_changed.disconnect(self._follow)
        self.watch.stop()

    def _follow(self) -> None:
        workspace = self._code.workspace
        self.outside.attach(workspace)
        self.watch.follow(workspace.root if workspace is not None else None)

    def _look(self) -> None:
        workspace = self._code.workspace
        if workspace is None:
            return
        if not workspace.root.is_dir():
            self._code.reopen()
            return
        self._code.files.stored.emit()
        self.outside.look()

    def _tell_trouble(self, reason: str) -> None:
        self._code.notice.emit(
            _("Changes by other programs are detected only when you return to this window."),
            _("The folder cannot be watched: {reason}").format(reason=reason),
        )
