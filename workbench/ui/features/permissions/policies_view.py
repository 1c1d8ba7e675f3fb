"""All policies of a role: their statements as a table, and the selected one's document as JSON."""

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from workbench.core.messages import _
from workbench.functions.permissions import StatementRow, statement_rows
from workbench.functions.roles import Policy, PolicyKind
from workbench.ui.kit.long_text import LongText
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import named, text_label
from workbench.ui.kit.theme import Theme

_SIZES = (3, 2)


def kind_text(policy: Policy) -> str:
    """What a policy is to the role."""
    if policy.is_own:
        return _("inline, Workbench's")
    words = {
        PolicyKind.MANAGED: _("managed"),
        PolicyKind.INLINE: _("inline"),
        PolicyKind.BOUNDARY: _("permissions boundary"),
        PolicyKind.TRUST: _("trust policy"),
    }
    return words[policy.kind]


def _effect(row: StatementRow) -> str:
    if row.statement is None:
        return _("unknown") if row.policy.problem else _("none")
    return row.statement.effect


def _effect_tone(row: StatementRow) -> str:
    if row.statement is None:
        return "warning" if row.policy.problem else "muted"
    return "danger" if row.statement.effect == "Deny" else ""


def _actions(row: StatementRow) -> str:
    if row.statement is None:
        return row.policy.problem
    is_excepted, __ = row.statement.excepts
    text = ", ".join(row.statement.actions)
    return _("All except {names}").format(names=text) if is_excepted else text


def _resources(row: StatementRow) -> str:
    if row.statement is None:
        return ""
    if row.policy.kind is PolicyKind.TRUST:
        return ", ".join(row.statement.principals)
    __, is_excepted = row.statement.excepts
    text = ", ".join(row.statement.resources)
    return _("All except {names}").format(names=text) if is_excepted else text


def _conditions(row: StatementRow) -> str:
    return "; ".join(row.statement.conditions) if row.statement else ""


def _policy(row: StatementRow) -> str:
    if row.policy.kind is PolicyKind.TRUST:
        return kind_text(row.policy)
    return f"{row.policy.name or _('unknown')} ({kind_text(row.policy)})"


class PoliciesView(QWidget):
    """The statements of all policies, and the document of the selected one.

    Args:
        theme: For the colours of effects.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        named(self, "rolePolicies", _("All policies of the role"))
        self.table = Table(
            "rolePoliciesTable",
            _("Statements of all policies"),
            (
                Column[StatementRow](_("Effect"), _effect, 84, tone=_effect_tone),
                Column[StatementRow](_("Actions"), _actions, elide=Qt.TextElideMode.ElideRight),
                Column[StatementRow](_("Resources or principals"), _resources),
                Column[StatementRow](_("Conditions"), _conditions, 110),
                Column[StatementRow](
                    _("Policy"), _policy, 210, full=lambda row: row.policy.arn or _policy(row)
                ),
            ),
            identity=lambda row: (row.policy.kind, row.policy.arn or row.policy.name, row.number),
            theme=theme,
            sortable=True,
            empty=_("The role has no policies, so it grants no permissions."),
        )
        self.title = text_label("rolePolicyTitle", "", "heading")
        self.document = LongText("rolePolicyDocument", _("Policy document"))
        self.document.setTabChangesFocus(True)
        self.copy = named(QPushButton(_("Copy JSON")), "rolePolicyCopy")
        self.copy.setAutoDefault(False)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.document.toPlainText()))
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.copy)
        lower = QWidget()
        below = QVBoxLayout(lower)
        below.setContentsMargins(0, 4, 0, 0)
        below.addLayout(head)
        below.addWidget(self.document, 1)
        split = named(QSplitter(Qt.Orientation.Vertical), "rolePoliciesSplit")
        split.addWidget(self.table)
        split.addWidget(lower)
        split.setChildrenCollapsible(False)
        for number, share in enumerate(_SIZES):
            split.setStretchFactor(number, share)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addWidget(split)
        self.table.chosen_changed.connect(self._show_document)
        self._show_document()

    def show_policies(self, policies: Iterable[Policy]) -> None:
        """Shows these; the selection stays."""
        self.table.rows.set_rows(statement_rows(policies))
        if self.table.current() is None and self.table.rows.visible:
            self.table.selectRow(0)
        self._show_document()

    def _show_document(self) -> None:
        row = self.table.current()
        self.title.setText(_policy(row) if row is not None else _("Select a statement to see its policy."))
        self.document.show_text("" if row is None else row.policy.document or row.policy.problem)
        self.copy.setEnabled(row is not None and bool(row.policy.document))
