"""Someone who wires a function in the whole window."""

import json
from typing import Any

from PySide6.QtWidgets import QDialog, QPushButton

from tests.sandbox_functions import create_function, make_logging_role
from tests.ui.sign_in.conftest import press
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.triggers.model import SourceKind
from workbench.ui.features.triggers.add_dialog import AddTriggerDialog
from workbench.ui.features.triggers.page import TriggersPage
from workbench.ui.features.triggers.plan_form import RemoveDialog
from workbench.ui.features.triggers.trigger_dialog import TriggerDialog

PRINTS = "def handler(event, context):\n    print(event)\n    return 'done'\n"


class Wirer:
    """Someone who wires a function."""

    def __init__(self, desk: Desk, connection: Connection) -> None:
        self.desk, self.connection = desk, connection
        self.detail = create_function(connection, PRINTS)
        name = self.detail.function_name
        role = make_logging_role(connection, f"{name}-role")
        connection.call("lambda", "update_function_configuration", FunctionName=name, Role=role)
        desk.connect()
        desk.open(self.detail.function_name)
        desk.window.page.show_tab("triggersPage")
        (self.page,) = desk.window.page.findChildren(TriggersPage)
        desk.until(lambda: self.page.shown)

    def act(self, action: str) -> None:
        self.desk.context.services.actions[action].trigger()

    def dialog[D: QDialog](self, kind: type[D]) -> D:
        def shown() -> list[D]:
            return [each for each in self.desk.window.findChildren(kind) if each.isVisible()]

        self.desk.until(shown)
        return shown()[0]

    def add(self, kind: SourceKind, source_arn: str = "") -> AddTriggerDialog:
        """Opens Add Trigger… and goes to the settings of a kind."""
        self.act("triggers.add")
        dialog = self.dialog(AddTriggerDialog)
        dialog.kinds.choose(kind)
        press(dialog, "addTriggerNext")
        if dialog.pages.currentIndex() == 1 and not source_arn:
            assert dialog.sources.wants_new
            press(dialog, "addTriggerNext")
        if source_arn:
            self.desk.until(lambda: source_arn in self.listed(dialog))
            dialog.sources.choose(source_arn)
            press(dialog, "addTriggerNext")
        return dialog

    def listed(self, dialog: AddTriggerDialog) -> set[str]:
        return set(dialog.sources._listed)

    def accept_all(self, dialog: TriggerDialog) -> None:
        """Accepts the first fix of whatever still blocks."""
        self.desk.until(lambda: dialog.prepared is not None)
        assert dialog.prepared is not None
        for finding in dialog.prepared.blocks(dialog.settings.findings.accepted()):
            self.press_fix(dialog, f"fix.{finding.check_id}.1")

    def press_fix(self, dialog: TriggerDialog, name: str) -> None:
        """Presses the button of a fix."""

        def button() -> QPushButton | None:
            return next((b for b in dialog.findChildren(QPushButton, name) if b.isVisible()), None)

        self.desk.until(button)  # the cards are made anew after each decision
        found = button()
        assert found is not None
        found.click()

    def agree(self, dialog: TriggerDialog) -> None:
        """To the plan, and yes."""
        self.desk.until(lambda: dialog.prepared is not None and dialog.next.isEnabled())
        press(dialog, dialog.next.objectName())
        assert dialog.shows_plan
        press(dialog, "planYes")

    def rows(self) -> list[tuple[str, str, str]]:
        triggers = self.page.table.rows.all
        return [(each.kind, each.name, each.link.value) for each in triggers]

    def policy(self) -> list[Any]:
        try:
            answer = self.connection.call("lambda", "get_policy", FunctionName=self.detail.function_name)
        except WorkbenchError:  # none is none
            return []
        return list(json.loads(answer["Policy"])["Statement"])

    def remove(self) -> None:
        self.page.panel.remove.click()
        press(self.dialog(RemoveDialog), "planYes")
