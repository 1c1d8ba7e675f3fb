"""Change Several… for what is selected in the table of all functions; it hears what has become of it."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from workbench.functions.bulk_plan import Target
from workbench.functions.fleet import Scope
from workbench.ui.bulk.flow import ACTION, BulkFlow
from workbench.ui.fleet.flow import FleetFlow
from workbench.ui.parts import Parts


class ConnectedBulk(QObject):
    """Connects it, for as long as the window lives."""

    def __init__(self, parts: Parts, bulk: BulkFlow, fleet: FleetFlow) -> None:
        super().__init__(parts.window)
        self._bulk, self._fleet = bulk, fleet
        listed = parts.services.actions[ACTION]
        # Of its own: it is there while something is selected in that window, whatever is in the other.
        self.action = QAction(listed.text(), self)
        self.action.setObjectName("fleet.change_several")
        self.action.setShortcut(QKeySequence(listed.shortcut()))
        self.action.setEnabled(False)
        self.action.triggered.connect(self._open)
        fleet.add_row_actions(self.action)
        fleet.chosen_changed.connect(lambda: self.action.setEnabled(bool(fleet.selected)))
        bulk.changed.connect(self._refresh)

    def _open(self) -> None:
        rows = self._fleet.selected
        profiles = {row.function.function_arn: row.profile_name for row in rows}
        functions = [row.function for row in rows]
        self._bulk.open_for(functions, lambda row: profiles[row.function_arn], self._fleet.window)

    def _refresh(self, targets: tuple[Target, ...]) -> None:
        window = self._fleet.window
        if window is not None and window.isVisible():
            self._fleet.refresh(tuple({Scope(each.profile_name, each.region) for each in targets}))
