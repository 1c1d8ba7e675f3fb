"""The Logs tab among the other parts of the window."""

from PySide6.QtCore import QObject

from workbench.ui.parts import Parts


class ConnectedLogs(QObject):
    """Connects it for as long as the window lives."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        window, logs = parts.window, parts.logs
        logs.notice.connect(window.banners.show_notice)
        logs.cause_wanted.connect(lambda _arn: window.page.show_tab("triggersPage"))
