"""Alarms with the rest of the window."""

from PySide6.QtCore import QObject

from workbench.ui.alarms.action_specs import SHOW
from workbench.ui.alarms.create_flow import CreateAlarmFlow
from workbench.ui.alarms.flow import AlarmsFlow
from workbench.ui.parts import Parts
from workbench.ui.protection import Protection


class ConnectedAlarms(QObject):
    """Connects them, for as long as the window lives."""

    def __init__(self, parts: Parts, protection: Protection) -> None:
        super().__init__(parts.window)
        shared = (parts.services, parts.metrics, parts.window, protection.confirm_change)
        self.flow = AlarmsFlow(*shared)
        self.create = CreateAlarmFlow(*shared, self.flow)
        self.flow.failed.connect(lambda error: protection.sign_in.note_failure(SHOW, error))
