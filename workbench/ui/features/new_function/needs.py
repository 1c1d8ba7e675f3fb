"""The permissions of a new role: what the calls in the code need, with a box each, above the whole policy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from workbench.aws.iam import MAX_INLINE_CHARACTERS, counted
from workbench.core.messages import _
from workbench.functions.permissions import (
    Proposal,
    Statement,
    resource_fault,
    statements_of,
    with_statements,
)
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import named, text_label
from workbench.ui.kit.theme import monospace

_MAX_ROWS = 7


@dataclass(frozen=True, slots=True)
class _Row:
    """A proposal, and what the user made of it."""

    proposal: Proposal
    resource: str
    is_accepted: bool

    @property
    def statement(self) -> Statement:
        return Statement.allowing(self.proposal.statement.actions, [self.resource])


class NeedsTab(QWidget):
    """Lists the permissions to choose from; without any, only the policy.

    Signals:
        changed: Another permission was chosen, or its resource edited.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "newFunctionNeeds", _("Permissions"))
        self._proposals: tuple[Proposal, ...] = ()
        self._chosen: dict[Statement, _Row] = {}  # what the user made of proposals, by what was proposed
        words = _(
            "Calls that were found in the code need these permissions. Those with a check mark go into "
            "the policy of the new role; double-click a resource to change it."
        )
        self._about = text_label("newFunctionNeedsAbout", words, "muted")
        self.table = Table(
            "newFunctionNeedsTable",
            _("Permissions that the code needs"),
            (
                Column[_Row](_("Allow"), lambda _row: "", 50, checked=lambda row: row.is_accepted),
                Column[_Row](_("Actions"), lambda row: ", ".join(row.proposal.statement.actions), 170),
                Column[_Row](
                    _("Resource"),
                    lambda row: row.resource,
                    edit=_with_resource,
                    tip=lambda row: row.proposal.note or row.resource,
                ),
                Column[_Row](
                    _("Needed by"),
                    lambda row: row.proposal.why[0],
                    130,
                    full=lambda row: "\n".join(row.proposal.why),
                ),
            ),
            identity=lambda row: row.proposal.statement,
        )
        self.policy = named(QPlainTextEdit(), "newFunctionPolicy", _("Permissions"))
        self.policy.setReadOnly(True)
        self.policy.setTabChangesFocus(True)
        self.policy.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.policy.setFont(monospace())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self._about, self.table):
            column.addWidget(widget)
        column.addWidget(self.policy, 1)
        self.table.rows.ticked.connect(self._tick)
        self.table.rows.edited.connect(lambda _row: self.changed.emit())
        self.show_proposals(())

    def show_proposals(self, proposals: Sequence[Proposal], *, shown: bool = True) -> None:
        """Lists these. What names its resource is chosen; all resources are only after a click.

        Args:
            shown: Whether a role is created, so that there is something to choose.
        """
        if tuple(proposals) != self._proposals:
            self._proposals = tuple(proposals)
            # The code is read again when something else changes: what was chosen stays.
            self._chosen |= {row.proposal.statement: row for row in self.table.rows.all}
            self.table.rows.set_rows(
                replace(self._chosen.get(each.statement, _row(each)), proposal=each) for each in proposals
            )
            self.table.resize_to_content(_MAX_ROWS)
        for widget in (self._about, self.table):
            widget.setVisible(shown and bool(self._proposals))

    def added_to(self, policy: str) -> str:
        """A policy with the permissions that were chosen."""
        chosen = [row.statement for row in self.table.rows.all if row.is_accepted]
        return with_statements(policy, [*statements_of(policy), *chosen]) if chosen else policy

    def fault(self, policy: str) -> str:
        """Why the role cannot get this policy; empty if it can."""
        if (characters := counted(policy)) <= MAX_INLINE_CHARACTERS:
            return ""
        words = _("The permissions have {characters:,} characters; IAM allows {maximum:,}. Choose fewer.")
        return words.format(characters=characters, maximum=MAX_INLINE_CHARACTERS)

    def _tick(self, row: _Row, ticked: bool) -> None:
        self.table.rows.update(replace(row, is_accepted=ticked))
        self.changed.emit()


def _row(proposal: Proposal) -> _Row:
    [resource] = proposal.statement.resources
    return _Row(proposal, resource, resource != "*")


def _with_resource(row: _Row, value: object) -> _Row:
    """The row with a resource that was typed; as before if that is none."""
    resource = str(value).strip()
    return row if resource_fault(resource) else replace(row, resource=resource, is_accepted=True)
