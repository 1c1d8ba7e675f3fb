"""Display options of log lines: whether long ones wrap, and whether times and request IDs are shown."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from workbench.core.messages import _
from workbench.core.settings import Settings
from workbench.ui.preferences import LOGS_REQUEST_IDS, LOGS_WRAP, Preference


class LogLooks(QObject):
    """The two settings, and the menu entries that change them.

    Signals:
        changed: An option was changed.
    """

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self._settings = settings
        self.wrap = self._action("logsWrap", _("Wrap Long Lines"), LOGS_WRAP)
        self.request_ids = self._action("logsRequestIds", _("Show Request IDs"), LOGS_REQUEST_IDS)
        self.request_ids.setToolTip(_("Show the time and the request ID at the beginning of each line"))
        self.actions = (self.wrap, self.request_ids)

    def read(self) -> None:
        """Reads the settings again, as another view may have changed them."""
        self.wrap.setChecked(LOGS_WRAP.read(self._settings))
        self.request_ids.setChecked(LOGS_REQUEST_IDS.read(self._settings))

    def _action(self, name: str, text: str, preference: Preference[bool]) -> QAction:
        action = QAction(text, self)
        action.setObjectName(name)
        action.setCheckable(True)
        action.setChecked(preference.read(self._settings))
        action.toggled.connect(lambda on: self._choose(preference, on))
        return action

    def _choose(self, preference: Preference[bool], on: bool) -> None:
        self._settings.set(preference.key, on)
        self.changed.emit()
