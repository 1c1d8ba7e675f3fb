"""Somebody who changes several functions in the whole window."""

from dataclasses import dataclass, field

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton

from tests.ui.test_routes import desk, opener  # noqa: F401 - fixtures
from tests.ui.window_desk import Desk, Opener
from workbench.aws.connection import Connection
from workbench.functions.detail import get_function
from workbench.ui.features.bulk.dialog import BulkDialog
from workbench.ui.features.bulk.feature import ACTION, BulkFlow
from workbench.ui.features.bulk.run import Phase


@dataclass
class Changer:
    """Somebody who changes several functions."""

    desk: Desk
    opener: Opener
    names: list[str] = field(default_factory=list)

    @property
    def flow(self) -> BulkFlow:
        found = self.desk.window.findChild(BulkFlow)
        assert isinstance(found, BulkFlow)
        return found

    def at(self, profile: str, region: str = "us-east-1") -> Connection:
        found = self.opener.ready[profile]
        assert isinstance(found, Connection)
        return found.in_region(region)

    def select(self, *names: str) -> None:
        """Clicks the first and adds the others with Ctrl."""
        view, model = self.desk.window.functions.view, self.desk.window.functions.model
        self.desk.until(lambda: all(model.index_of(name).isValid() for name in names))
        for number, name in enumerate(names):
            area = view.visualRect(model.index_of(name))
            keys = Qt.KeyboardModifier.ControlModifier if number else Qt.KeyboardModifier.NoModifier
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, keys, area.center())

    def open(self) -> BulkDialog:
        self.desk.context.services.actions[ACTION].trigger()
        self.desk.until(self.dialog)
        return self.shown()

    def dialog(self) -> BulkDialog | None:
        found = self.desk.window.findChild(BulkDialog)
        return found if isinstance(found, BulkDialog) else None

    def shown(self) -> BulkDialog:
        dialog = self.dialog()
        assert dialog is not None
        return dialog

    def choose(self, title: str) -> None:
        kind = self.shown().form.kind
        kind.setCurrentIndex(kind.findText(title))

    def plan(self) -> list[str]:
        self.press("bulkPlan")
        self.until(Phase.PLANNED)
        return self.states()

    def until(self, phase: Phase) -> None:
        self.desk.until(lambda: self.shown().run.phase is phase and not self.shown().run.is_busy)

    def states(self) -> list[str]:
        rows = self.shown().table.rows
        last = rows.columnCount() - 1
        return [str(rows.data(rows.index(number, last))) for number in range(rows.rowCount())]

    def press(self, name: str) -> None:
        button = self.shown().findChild(QPushButton, name)
        assert button is not None
        assert button.isVisible()
        assert button.isEnabled()
        button.click()

    def type_name(self, text: str) -> None:
        """Answers the question for a typed confirmation."""
        line = self.shown().findChild(QLineEdit, "confirmName")
        assert line is not None
        yes = self.shown().findChild(QPushButton, "confirmByNameYes")
        assert yes is not None
        assert not yes.isEnabled()
        line.setText(text)
        assert yes.isEnabled()
        yes.click()

    def close(self) -> None:
        self.press("bulkClose")
        self.desk.until(lambda: self.dialog() is None)
        self.desk.idle()


def memory(connection: Connection, *names: str) -> list[int]:
    return [get_function(connection, name).memory_mb for name in names]
