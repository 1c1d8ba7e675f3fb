"""The Logs tab among the other parts of the window."""

from PySide6.QtCore import QObject

from workbench.ui.parts import Parts


class ConnectedLogs(QObject):
    """Connects it for as long as the window lives."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        window, logs = parts.window, parts.logs
        logs.notice.connect(window.banners.show_notice)
        parts.services.actions.bind("view.insights", self._show_insights)
        logs.cause_wanted.connect(lambda _arn: window.page.show_tab("triggersPage"))

    def _show_insights(self) -> None:
        self._parts.window.page.show_tab("logsPage")
        self._parts.logs.show_insights()
