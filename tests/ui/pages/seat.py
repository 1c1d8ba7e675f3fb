"""Someone before the Test tab."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.bell import RING, Bell
from tests.ui.dialogs import answer_next_input
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.functions.model import FunctionDetail
from workbench.profiles.safety import Tier
from workbench.ui.kit.dialog import Question
from workbench.ui.pages.test import TestPage
from workbench.ui.shell.invoker import Invocation, Invoker
from workbench.ui.shell.protection import Protection
from workbench.ui.shell.services import OpenFunction, Services

# Rings a bell, and answers when that lets it go on.
HANDLER = f"""
{RING}
def handler(event, context):
    if "began" in event:
        ring(event["began"])
    if event.get("fail"):
        raise ValueError("boom")
    return {{"by": context.function_name, "got": event}}
"""


class Seat:
    """Someone before the Test tab, and what the tab told the window."""

    def __init__(self, services: Services, qtbot: QtBot) -> None:
        self.page = TestPage(services)
        self.services = services
        self.started: list[Invocation] = []
        self.finished: list[Invocation] = []
        self.ended: list[tuple[Invocation, WorkbenchError]] = []
        self.failed: list[WorkbenchError] = []
        self.notices: list[str] = []
        self._qtbot = qtbot
        qtbot.addWidget(self.page)
        self.page.resize(1140, 470)
        self.page.show()
        # Nothing is in production here.
        careless = cast("Protection", SimpleNamespace(tier_for=lambda _connection: Tier.NORMAL))
        self.invoker = Invoker(services, careless, self.page)
        self.invoker.started.connect(self.started.append)
        self.invoker.finished.connect(self.finished.append)
        self.invoker.ended.connect(lambda invocation, error: self.ended.append((invocation, error)))
        self.page.failed.connect(self.failed.append)
        self.page.notice.connect(lambda text, _detail: self.notices.append(text))
        services.actions.bind("function.invoke", self._invoke)
        services.actions.set_situation({"function"})

    def _invoke(self) -> None:
        if (request := self.page.ask()) is not None and self.page.function is not None:
            self.invoker.send(self.page.function, request)

    def open(self, connection: Connection, detail: FunctionDetail) -> None:
        """Opens a function and waits for its event."""
        self.page.show_function(OpenFunction(connection, detail))
        self.page.activate()
        self.until(lambda: self.page.picker.count() > 0)

    def until(self, condition: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(condition()))

    def idle(self) -> None:
        """Until no job is left and what they called back was heard."""
        self.until(lambda: not self.services.jobs.active())
        heard: list[bool] = []
        self.services.jobs.submit(Job("listening", lambda _ctx: None, on_done=lambda _: heard.append(True)))
        self.until(lambda: heard)

    @property
    def text(self) -> str:
        return self.page.text.toPlainText()

    def type_over(self, text: str) -> None:
        """Types a text in place of the event."""
        QTest.keyClick(self.page.text, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(self.page.text, text)

    def choose(self, label: str) -> None:
        """Chooses an event in the list."""
        row = self.page.picker.findText(label)
        assert row >= 0, label
        self.page.picker.setCurrentIndex(row)
        self.page.picker.activated.emit(row)

    def press(self, button: str) -> None:
        """Clicks a button of the page; "invoke" is in the window's top bar."""
        if button == "invoke":
            self.services.actions["function.invoke"].trigger()
            return
        QTest.mouseClick(getattr(self.page, f"{button}_button"), Qt.MouseButton.LeftButton)

    def question(self, name: str) -> Question:
        """The question of this name that is open."""
        (asked,) = [each for each in self.page.window().findChildren(Question, name) if each.isVisible()]
        return asked

    def save_as(self, name: str) -> None:
        """Presses Save As and answers with a name."""
        answer_next_input(self.page, name)
        self.press("save")

    def invoke(self, event: object) -> None:
        self.page.text.setPlainText(json.dumps(event))
        self.press("invoke")

    def invoke_slowly(self, bell: Bell) -> None:
        """Invokes and waits until the function runs; it answers once the bell, which holds, releases it."""
        self.invoke({"began": bell.address})
        self.until(lambda: bell.rings)

    def events(self) -> list[str]:
        """The person's own events, as the list shows them."""
        picker = self.page.picker
        labels = [picker.itemText(row) for row in range(picker.count())]
        return [label for label in labels if label and not label.startswith("Sample: ")]
