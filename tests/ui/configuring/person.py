"""Someone before the Configuration tab, which shows a function."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.features.page_context import PageContext
from workbench.core.jobs import JobContext
from workbench.functions.configuration import Settings
from workbench.functions.detail import get_function
from workbench.functions.settings import read_others
from workbench.ui.features.configuration.feature import activate
from workbench.ui.features.configuration.form import SettingsForm
from workbench.ui.features.configuration.page import ConfigurationPage
from workbench.ui.kit.dialog import Dialog
from workbench.ui.shell.services import OpenFunction, Services

PATIENCE_MS = 10_000


class Person:
    """Someone before the tab.

    Args:
        qtbot: Waits.
        services: Of the window.
        function: What the tab shows.
    """

    def __init__(self, qtbot: QtBot, services: Services, function: OpenFunction) -> None:
        self._qtbot = qtbot
        self.services = services
        self.page = ConfigurationPage(services)
        qtbot.addWidget(self.page)
        self.page.resize(1000, 640)
        self.context = PageContext(services, self.page)
        self.shown, self.notices, self.errors = self.context.shown, self.context.notices, self.context.errors
        services.actions.set_there("function", there=True)
        activate(self.context)
        self.page.failed.connect(lambda error: self.errors.append(str(error)))
        self.page.show_function(function)
        self.context.function_opened.emit(function)
        assert self.page.draft.reading is not None
        self._being_read = dict(self.page.draft.reading.unread)["recursion"]  # until it is read
        self.page.show()
        self.page.activate()
        self.until(self.is_read)

    @property
    def form(self) -> SettingsForm:
        assert self.page.form is not None
        return self.page.form

    @property
    def wanted(self) -> Settings:
        return self.page.draft.wanted

    def is_read(self) -> bool:
        """Whether the form is there and every setting was asked for."""
        reading = self.page.draft.reading
        return (
            self.page.form is not None
            and reading is not None
            and not any(why == self._being_read for _name, why in reading.unread)
            and not self.services.jobs.active()
        )

    def until(self, condition: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)

    def now(self) -> Settings:
        """The function's settings as AWS has them."""
        function = self.page.function
        assert function is not None
        detail = get_function(function.connection, function.detail.function_name)
        return read_others(function.connection, detail, JobContext()).settings

    def field[W: QWidget](self, section: str, kind: type[W], name: str) -> W:
        """A widget of a section, which is gone to."""
        self.form.show_section(section)
        found = self.page.findChild(kind, name)
        assert found is not None, name
        return found

    def type(self, section: str, setting: str, text: str) -> None:
        """Types a text in place of a field's."""
        line = self.field(section, QLineEdit, f"setting.{setting}")
        line.selectAll()
        QTest.keyClick(line, Qt.Key.Key_Delete)
        QTest.keyClicks(line, text)

    def message(self, setting: str) -> str:
        """What is said below a field."""
        self.form.rows[setting].mark()
        return self.form.rows[setting].message.text()

    def dialog(self, name: str) -> Any:
        """The open dialog of this name."""

        def found() -> list[Dialog]:
            open_ones = self.page.window().findChildren(Dialog)
            return [each for each in open_ones if each.objectName() == name and each.isVisible()]

        self.until(found)
        return found()[0]

    def apply(self) -> None:
        """Applies, says yes, and waits for the end."""
        self.services.actions["configuration.apply"].trigger()
        self.dialog("settingsChanges").apply.click()
        self.rest()

    def rest(self) -> None:
        """Until nothing runs any more."""
        QApplication.processEvents()
        self.until(self._is_idle)

    def _is_idle(self) -> bool:
        """Whether no job runs, and none was started by the result of the last one."""
        if self.services.jobs.active():
            return False
        QApplication.processEvents()
        return not self.services.jobs.active()
