"""The dialog of a role's permissions: all policies, the own one edited by statements, and the plan."""

from collections.abc import Callable, Sequence
from typing import cast

from PySide6.QtCore import QSize
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHBoxLayout,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.iam import MAX_INLINE_CHARACTERS
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _, ngettext
from workbench.functions.dependents import RoleUsers
from workbench.functions.model import FunctionDetail
from workbench.functions.permissions import Proposal, RolePermissions, Statement, check_change, shared_text
from workbench.functions.roles import POLICY_NAME, Policy
from workbench.triggers.role import own_policy_plan
from workbench.ui.editor.fallback import PlainComparison
from workbench.ui.features.permissions.draft import Draft, DraftStatement
from workbench.ui.features.permissions.policies_view import PoliciesView
from workbench.ui.features.permissions.statement_dialog import StatementDialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import named, show_message, text_label, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import Theme, monospace
from workbench.ui.shell.owner import owner_warning
from workbench.ui.shell.plan_form import PlanForm

_EDIT, _ALL = range(2)
_SIZE, _PLAN_HEIGHT = QSize(1060, 660), 100


class PermissionsDialog(PlanForm):
    """Shows the permissions of a function's role. `agreed` carries the plan of a change.

    Args:
        detail: The function.
        theme: For tables and differences.
        parent: The window.
    """

    def __init__(self, detail: FunctionDetail, theme: Theme, parent: QWidget) -> None:
        super().__init__("rolePermissions", _("Permissions of the Execution Role"), _("Apply"), parent)
        self._detail, self._theme = detail, theme
        self._draft = Draft()
        self._read: list[Policy] = []
        self._refusal = ""  # why nothing can be changed
        self._finding: dict[str, str] = {}  # what is still looked for, and what could not be found, by source
        self._notes: dict[str, str] = {"owner": owner_warning(detail)}
        self.about = text_label("rolePermissionsRole", detail.role_arn)
        self.notes = text_label("rolePermissionsNotes", "", "warning")
        self.notes.setVisible(False)
        self.denied = text_label("rolePermissionsDenied", "", "warning")
        self.denied.setVisible(False)
        self.check = text_label("rolePermissionsCheck", "", "muted")
        self.policies = PoliciesView(theme)
        self.tabs = named(QTabWidget(), "rolePermissionsTabs", _("Permissions of the role"))
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self._make_editor(), _("Workbench's Policy"))
        self.tabs.addTab(self.policies, _("All Policies"))
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.about, self.notes, self.denied):
            column.addWidget(widget)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.check)
        self._page = page
        self.pages.addWidget(page)
        self.add_plan_page()
        self.differences = PlainComparison(self)
        self.differences.setFont(monospace())
        self.differences.setTabChangesFocus(True)
        self._add_differences()
        self.cancel.setText(_("Close"))
        self.back = self.add_button(
            "rolePermissionsBack", _("Back"), part=QDialogButtonBox.ButtonRole.ResetRole
        )
        self.next = self.add_button("rolePermissionsNext", _("Show Plan"), "primary")
        self.back.clicked.connect(self._go_back)
        self.next.clicked.connect(self._go_on)
        self.yes.clicked.connect(self.agree)
        self.resize(_SIZE)
        self._show_draft()
        self.switch()

    # What comes ---------------------------------------------------------------------------------------------

    def add_policy(self, policy: object) -> None:
        """Takes a policy that has just been read."""
        if isinstance(policy, Policy):
            self._read.append(policy)
            self.policies.show_policies(self._read)

    def show_role(self, role: RolePermissions) -> None:
        """Shows the whole role."""
        self._draft.show_role(role)
        self._notes["problem"] = role.problem
        if role.is_service_linked:
            self._notes["linked"] = _("This is a service-linked role: only its service can change it.")
        self.policies.show_policies(role.policies)
        self._show_notes()
        self._show_draft()

    def show_unread(self, error: WorkbenchError) -> None:
        """Says why the role could not be read."""
        self._notes["problem"] = str(error)
        self._show_notes()
        self._show_draft()

    def show_users(self, users: RoleUsers) -> None:
        """Says who else uses the role."""
        self._notes["shared"] = shared_text(users.functions)
        if users.unread and not users.functions:
            words = _("The functions of these regions could not be read, and may use the role: {regions}.")
            self._notes["shared"] = words.format(regions=", ".join(users.unread))
        self._show_notes()

    def set_read_only(self, reason: str) -> None:
        """Keeps the policy from being changed; empty allows it."""
        self._refusal = reason
        self._show_draft()

    def show_finding(self, source: str, words: str) -> None:
        """Says what is looked for, or why it was not found; empty once it was."""
        self._finding[source] = words
        self._show_empty_proposals()

    def propose(self, proposals: Sequence[Proposal]) -> None:
        """Shows what the code and the triggers need."""
        self._draft.propose(proposals)
        self._show_draft()

    def show_denial(self, words: str, tone: str, statement: Statement | None) -> None:
        """Says what was denied, and fills in the statement that allows it.

        Args:
            statement: None where a statement does not help. One without resources is asked for.
        """
        self.tabs.setCurrentIndex(_EDIT)
        show_message(self.denied, words, tone)
        if statement is None:
            return
        if statement.resources:
            self._draft.add(statement)
            self._show_draft()
            self.statements.selectRow(self.statements.rows.rowCount() - 1)
        else:
            hint = _(
                "The text names no single resource. Enter its ARN; * allows the action on all resources."
            )
            self._edit(statement, self._draft.add, hint)

    # Editing ------------------------------------------------------------------------------------------------

    def _make_editor(self) -> QWidget:
        self.statements = Table(
            "rolePermissionsStatements",
            _("Statements of Workbench's policy"),
            (
                Column[DraftStatement](_("Change"), _change_text, 78, tone=_change_tone),
                Column[DraftStatement](_("Actions"), lambda row: ", ".join(row.statement.actions)),
                Column[DraftStatement](_("Resources"), lambda row: ", ".join(row.statement.resources)),
                Column[DraftStatement](_("Conditions"), lambda row: "; ".join(row.statement.conditions), 120),
            ),
            identity=lambda row: row.number,
            theme=self._theme,
            empty=_("No statements yet. Add one, or accept a proposal."),
        )
        self.proposals = Table(
            "rolePermissionsProposals",
            _("Proposed statements"),
            (
                Column[Proposal](
                    _("Add"), lambda _row: "", 44, checked=lambda row: self._draft.is_accepted(row)
                ),
                Column[Proposal](_("Actions"), lambda row: ", ".join(row.statement.actions), 250),
                Column[Proposal](
                    _("Resources"),
                    lambda row: "  ·  ".join(filter(None, (*row.statement.resources, row.note))),
                    tone=lambda row: "warning" if row.note else "",
                ),
                Column[Proposal](_("Needed by"), _why_text, 230, full=lambda row: "\n".join(row.why)),
            ),
            identity=lambda row: row.statement,
            theme=self._theme,
            empty=_("No proposals."),
        )
        self.add = self._button("rolePermissionsAdd", _("Add…"))
        self.edit = self._button("rolePermissionsEdit", _("Edit…"))
        self.remove = self._button("rolePermissionsRemove", _("Remove"))
        words = _("The inline policy “{name}”, which Workbench writes. Other policies are not changed.")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(text_label("rolePermissionsOwn", words.format(name=POLICY_NAME), "muted"), 1)
        for button in (self.add, self.edit, self.remove):
            head.addWidget(button)
        self.proposed = text_label(
            "rolePermissionsProposed", _("Needed by the code and the triggers"), "heading"
        )
        self.adopt = self._button("rolePermissionsAdopt", _("Edit and Add…"))
        middle = QHBoxLayout()
        middle.addWidget(self.proposed, 1)
        middle.addWidget(self.adopt)
        editor = QWidget()
        column = QVBoxLayout(editor)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.statements, 3)
        column.addLayout(middle)
        column.addWidget(self.proposals, 2)
        self.add.clicked.connect(lambda: self._edit(None, self._draft.add))
        self.edit.clicked.connect(self._edit_chosen)
        self.remove.clicked.connect(self._remove_chosen)
        self.adopt.clicked.connect(self._adopt_chosen)
        self.statements.opened.connect(lambda _row: self._edit_chosen())
        self.proposals.opened.connect(lambda _row: self._adopt_chosen())
        self.statements.chosen_changed.connect(self._switch_buttons)
        self.proposals.chosen_changed.connect(self._switch_buttons)
        self.proposals.rows.ticked.connect(self._tick)
        return editor

    @staticmethod
    def _button(name: str, title: str) -> QPushButton:
        button = named(QPushButton(title), name, title)
        button.setAutoDefault(False)
        return button

    def _edit(self, statement: Statement | None, take: Callable[[Statement], object], hint: str = "") -> None:
        dialog = StatementDialog(statement, self, hint)

        def decided(edited: Statement) -> None:
            take(edited)
            self._show_draft()

        dialog.decided.connect(decided)
        dialog.open()

    def _edit_chosen(self) -> None:
        row = self.statements.current()
        if row is not None and self.edit.isEnabled():
            self._edit(row.statement, lambda edited: self._draft.change(row.number, edited))

    def _remove_chosen(self) -> None:
        if (row := self.statements.current()) is not None:
            self._draft.remove(row.number)
            self._show_draft()

    def _adopt_chosen(self) -> None:
        proposal = self.proposals.current()
        if proposal is None or not self.adopt.isEnabled():
            return

        def take(edited: Statement) -> None:
            self._draft.accept(proposal, accepted=False)
            self._draft.add(edited)

        self._edit(proposal.statement, take, proposal.note)

    def _tick(self, proposal: Proposal, ticked: bool) -> None:
        self._draft.accept(proposal, accepted=ticked)
        self._show_draft()

    # What is shown ------------------------------------------------------------------------------------------

    def _show_notes(self) -> None:
        text = "\n".join(filter(None, self._notes.values()))
        self.notes.setText(text)
        self.notes.setVisible(bool(text))

    def _show_draft(self) -> None:
        """Shows the statements, the proposals, and what was found about the change."""
        draft = self._draft
        self.statements.rows.set_rows(draft.rows)
        self.proposals.rows.set_rows(draft.proposals)
        self.proposals.rows.repaint()
        self._show_empty_proposals()
        if draft.role is None:
            words = "" if self._notes.get("problem") else _("Reading the policies of the role…")
            show_message(self.check, words)
        elif self._refusal:
            show_message(self.check, self._refusal, "warning")
        elif draft.is_changed:
            self._show_check(draft.role)
        else:
            show_message(self.check, _("No changes."))
        self._switch_buttons()
        self.switch()

    def _show_check(self, role: RolePermissions) -> None:
        found = check_change(role, self._draft.document())
        size = _("{characters:,} of {maximum:,} characters of inline policies.").format(
            characters=found.characters, maximum=MAX_INLINE_CHARACTERS
        )
        if found.blocks:
            show_message(self.check, "\n".join(found.blocks), "danger")
        elif found.warnings:
            show_message(self.check, "\n".join((*found.warnings, size)), "warning")
        else:
            show_message(self.check, size)

    def _show_empty_proposals(self) -> None:
        words = " ".join(filter(None, self._finding.values()))
        nothing = _("The role allows all calls that were found in the code, and what the triggers need.")
        self.proposals.set_message(words or nothing)
        count = len(self._draft.proposals)
        title = _("Needed by the code and the triggers")
        if count:
            title = ngettext(
                "{count} proposal: needed by the code or the triggers, not allowed yet",
                "{count} proposals: needed by the code or the triggers, not allowed yet",
                count,
            ).format(count=count)
        self.proposed.setText(title)
        self.proposed.setToolTip(tool_tip(words))

    @property
    def _can_edit(self) -> bool:
        role = self._draft.role
        own = role.own if role is not None else None
        is_free = role is not None and not role.is_service_linked and not (own is not None and own.problem)
        return is_free and not self._refusal

    def _switch_buttons(self) -> None:
        row, can_edit = self.statements.current(), self._can_edit
        self.add.setEnabled(can_edit)
        is_there = row is not None and not row.is_removed
        self.edit.setEnabled(can_edit and is_there and row is not None and row.statement.is_plain)
        self.remove.setEnabled(can_edit and row is not None)
        self.remove.setText(_("Keep") if row is not None and row.is_removed else _("Remove"))
        self.adopt.setEnabled(can_edit and self.proposals.current() is not None)
        self.proposals.setEnabled(can_edit)

    # The plan -----------------------------------------------------------------------------------------------

    def _add_differences(self) -> None:
        column = cast("QVBoxLayout", self._plan_page.layout())
        column.addWidget(text_label("rolePermissionsDelay", _delay_text(), "muted"))
        column.addWidget(self.differences, 3)
        self.plan_view.setMinimumHeight(scaled(_PLAN_HEIGHT))
        self.differences.show()

    def _go_on(self) -> None:
        role = self._draft.role
        if role is None or not self.next.isEnabled():
            return
        before, after = self._draft.before, self._draft.document()
        self.differences.show_differences(before + "\n" if before else "", after + "\n" if after else "")
        self.show_plan(own_policy_plan(self._detail, role.name, before, after))
        self.yes.setFocus()

    def _go_back(self) -> None:
        self.pages.setCurrentWidget(self._page)
        self.set_message("")
        self.switch()

    def switch(self) -> None:
        super().switch()
        if not hasattr(self, "next"):
            return  # it is still being made
        self.next.setVisible(not self.shows_plan)
        role, is_sound = self._draft.role, False
        if role is not None and self._can_edit and self._draft.is_changed:
            is_sound = not check_change(role, self._draft.document()).blocks
        self.next.setEnabled(is_sound and not self.is_busy)
        self.back.setVisible(self.shows_plan)
        self.back.setEnabled(not self.is_busy)
        (self.yes if self.shows_plan else self.next).setDefault(True)


def _delay_text() -> str:
    return _("IAM applies a change within seconds, sometimes only after a minute.")


def _why_text(proposal: Proposal) -> str:
    more = len(proposal.why) - 1
    if not more:
        return proposal.why[0]
    return ngettext("{first} and {count} more", "{first} and {count} more", more).format(
        first=proposal.why[0], count=more
    )


def _change_text(row: DraftStatement) -> str:
    if row.is_removed:
        return _("Removed")
    if row.before is None:
        return _("New")
    return _("Changed") if row.is_changed else ""


def _change_tone(row: DraftStatement) -> str:
    return "danger" if row.is_removed else "good" if row.before is None else "warning"
