"""The execution role: one of the account's, or one by its ARN; and what it allows, to read."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.functions.roles import Policy, Role, list_roles, read_policies
from workbench.ui.configuring.choices import CalmOpenChoice
from workbench.ui.configuring.editors import Editor, length_fault
from workbench.ui.configuring.supply import Supply
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.services import OpenFunction
from workbench.ui.sign_in.form import text_label

_LEAST_HEIGHT = 180


class RoleEditor(Editor):
    """A role.

    Args:
        title: What it is called.
        supply: Where to look.
    """

    def __init__(self, title: str, supply: Supply) -> None:
        super().__init__()
        self._supply = supply
        self._shown = ""
        self._listed_for: OpenFunction | None = None
        self._quiet = False
        self._words = ""
        self._unlisted = ""  # why the roles are not known: an ARN can still be typed
        self.box = CalmOpenChoice("setting.role_arn", title)
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.state = text_label("policiesState", "", "muted")
        self.policies = named(
            QPlainTextEdit(), "policies", QCoreApplication.translate("Configuration", "Policies of the role")
        )
        self.policies.setReadOnly(True)
        self.policies.setTabChangesFocus(True)
        self.policies.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.policies.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.policies.setMinimumHeight(scaled(_LEAST_HEIGHT))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.box, self.state, self.policies):
            column.addWidget(widget)
        self.setFocusProxy(self.box)
        self.box.currentTextChanged.connect(self._typed)

    def show_value(self, value: Any) -> None:
        self._shown = str(value)
        self._put(self._shown)
        self.look_up()

    def value(self) -> str:
        return self.box.text

    def fault(self) -> str:
        text = self.box.text
        wrong = QCoreApplication.translate(
            "Configuration", "Enter a role ARN: arn:aws:iam::123456789012:role/NAME."
        )
        if text == self._shown:
            return ""
        return length_fault(text, self._supply.limits.text("role_arn"), wrong) if text else wrong

    def setEnabled(self, enabled: bool) -> None:
        """Keeps the role from being changed; its policies can still be read."""
        self.box.setEnabled(enabled)

    def look_up(self) -> None:
        """Reads the roles, once for an account, and what the chosen one allows; while it can be seen."""
        function = self._supply.function()
        if function is None or not self.isVisible():
            return
        if self._listed_for is None or self._listed_for.connection is not function.connection:
            self._listed_for, self._unlisted = function, ""
            self._list(function)
        self._read(function)

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self.look_up()

    def add_roles(self, roles: Sequence[Role]) -> None:
        """Takes roles that have just come; what is typed stays."""
        text = self.box.text
        self._quiet = True
        for role in roles:
            if self.box.findText(role.arn) < 0:
                self.box.addItem(role.arn)
        self._quiet = False
        self._put(text)

    def _put(self, text: str) -> None:
        if text == self.box.currentText():
            return
        self._quiet = True
        self.box.setEditText(text)
        line = self.box.lineEdit()
        if line is not None and not line.hasFocus():
            line.setCursorPosition(0)
        self._quiet = False

    def _typed(self) -> None:
        if not self._quiet:
            self.edited.emit()
            if (function := self._supply.function()) is not None and not self.fault():
                self._read(function)

    def _list(self, function: OpenFunction) -> None:
        self._supply.jobs.submit(
            Job(
                QCoreApplication.translate("Configuration", "Reading the roles"),
                lambda ctx: list_roles(function.connection, ctx),
                replaces="configuration.roles",
                quiet=True,
                on_item=lambda page: self.add_roles(page) if isinstance(page, tuple) else None,
                on_error=self._not_listed,
            )
        )

    def _not_listed(self, error: WorkbenchError) -> None:
        self._unlisted = str(error)
        self._say(self._words, "warning")

    def _read(self, function: OpenFunction) -> None:
        role_arn = self.box.text
        self._say(QCoreApplication.translate("Configuration", "Reading its policies…"), "muted")
        self._supply.jobs.submit(
            Job(
                QCoreApplication.translate("Configuration", "Reading the policies"),
                lambda ctx: read_policies(function.connection, role_arn, ctx),
                replaces="configuration.policies",
                quiet=True,
                on_done=self._show,
                on_error=self._failed,
            )
        )

    def _show(self, policies: Sequence[Policy]) -> None:
        translate = QCoreApplication.translate
        parts = []
        for policy in policies:
            kind = policy.arn or translate("Configuration", "inline")
            head = f"# {policy.name} ({kind})" if policy.name else "#"
            parts.append(f"{head}\n{policy.document or policy.problem}")
        self.policies.setPlainText("\n\n".join(parts))
        self._say(
            ""
            if parts
            else translate("Configuration", "The role has no policies, so it grants no permissions."),
            "muted",
        )

    def _failed(self, error: WorkbenchError) -> None:
        self.policies.setPlainText("")
        self._say(str(error), "warning")

    def _say(self, words: str, role: str) -> None:
        self._words = words
        words = "\n".join(filter(None, (self._unlisted, words)))
        role = "warning" if self._unlisted else role
        self.state.setText(words)
        self.state.setAccessibleName(words)
        self.state.setProperty("role", role)
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)
        self.state.setVisible(bool(words))
