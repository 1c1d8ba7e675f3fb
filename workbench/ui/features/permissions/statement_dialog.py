"""Edits one statement: its actions and its resources."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from workbench.core.messages import _
from workbench.functions.permissions import Statement, action_fault, is_powerful, resource_fault
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.fields import LinesEditor
from workbench.ui.kit.form import Form
from workbench.ui.kit.text import text_label
from workbench.ui.kit.text_size import scaled

_WIDTH = 620
_ACTIONS, _RESOURCES = "statementActions", "statementResources"


class StatementDialog(Dialog):
    """Asks for actions and resources. `decided` carries the statement.

    Args:
        statement: What is edited; None for a new one.
        parent: The dialog that it lies over.
        hint: What to know first; empty for nothing.

    Signals:
        decided: The Statement that was entered.
    """

    decided = Signal(object)

    def __init__(self, statement: Statement | None, parent: QWidget, hint: str = "") -> None:
        super().__init__("statementDialog", "", parent)
        self.set_title(_("Edit Statement") if statement is not None else _("Add Statement"))
        self.setMinimumWidth(scaled(_WIDTH))
        self._statement = statement
        if hint:
            self.content.addWidget(text_label("statementHint", hint, "warning"))
        self.action_lines = LinesEditor(_ACTIONS, _("Actions"), None, placeholder="s3:GetObject")
        self.resource_lines = LinesEditor(
            _RESOURCES, _("Resources"), None, placeholder="arn:aws:s3:::my-bucket/*"
        )
        self.form = Form()
        self.form.add(
            self.action_lines, _("Actions"), name=_ACTIONS, hint=_("One per line. * and ? are wildcards.")
        )
        self.form.add(
            self.resource_lines,
            _("Resources"),
            name=_RESOURCES,
            hint=_("One ARN per line. * alone means all resources."),
        )
        self.content.addWidget(self.form)
        if statement is not None and statement.conditions:
            words = _("Conditions stay as they are: {conditions}")
            conditions = "; ".join(statement.conditions)
            self.content.addWidget(
                text_label("statementConditions", words.format(conditions=conditions), "muted")
            )
        self.finish_layout()
        self.save = self.add_button("statementSave", _("Save Statement"), "primary")
        cancel = self.add_button("statementCancel", _("Cancel"))
        self.save.clicked.connect(self._decide)
        cancel.clicked.connect(self.reject)
        for editor in (self.action_lines, self.resource_lines):
            editor.edited.connect(self._check)
        self.action_lines.show_value(statement.actions if statement else ())
        self.resource_lines.show_value(statement.resources if statement else ())
        self._check()
        is_filled = bool(self.action_lines.value())
        (
            self.resource_lines.text
            if is_filled and not self.resource_lines.value()
            else self.action_lines.text
        ).setFocus()

    def _check(self) -> None:
        actions, resources = self.action_lines.value(), self.resource_lines.value()
        faults = {
            _ACTIONS: next(filter(None, map(action_fault, actions)), ""),
            _RESOURCES: next(filter(None, map(resource_fault, resources)), ""),
        }
        self.form.show_faults(faults)
        is_whole = bool(actions and resources) and not any(faults.values())
        self.save.setEnabled(is_whole)
        warning = ""
        if is_whole and is_powerful(Statement.allowing(actions, resources)):
            warning = _("With iam actions the function can give itself and others any permission.")
        elif is_whole and "*" in resources:
            warning = _("This allows the actions on all resources of the account.")
        self.set_message(warning, "warning")

    def _decide(self) -> None:
        actions, resources = self.action_lines.value(), self.resource_lines.value()
        statement = self._statement
        if statement is None or not statement.is_plain:
            statement = Statement.allowing(actions, resources)
        self.accept()
        self.decided.emit(statement.with_values(actions, resources))
