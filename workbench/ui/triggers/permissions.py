"""Both permissions of a function at a glance: who may run it, and what it may do."""

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.roles import Policy
from workbench.triggers.policy import Grant
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, text_label, tool_tip
from workbench.ui.named import named

_SIDE_BY_SIDE = 820  # px
_MAX_ROWS = 6


class PermissionsView(QWidget):
    """Two tables side by side. A part that could not be read says so in its place."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "permissions", _("Permissions"))
        self.grants = Table(
            "grantTable",
            _("Who can invoke it"),
            (
                Column[Grant](_("Principal"), _principal, 150, full=lambda grant: grant.principal),
                Column[Grant](_("Source"), _source, full=_full_source),
                Column[Grant](_("Target"), lambda grant: grant.qualifier or "$LATEST", 70),
                Column[Grant](_("Statement ID"), lambda grant: grant.sid, 120),
            ),
            identity=id,
            cells=True,
        )
        self.policies = Table(
            "policyTable",
            _("What it can do"),
            (
                Column[Policy](
                    _("Policy"),
                    lambda policy: _("unknown") if policy.problem else policy.name,
                    full=lambda policy: policy.problem or policy.document or policy.arn,
                ),
                Column(_("Kind"), _kind_text, 90),
            ),
            identity=id,
            cells=True,
        )
        self.grants_status = text_label("grantWords", "", "muted")
        self.policies_status = text_label("policyWords", "", "muted")
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(16)
        self._row.addWidget(self._part("grant", _("Who can invoke it"), self.grants_status, self.grants), 3)
        self._row.addWidget(self._part("policy", _("What it can do"), self.policies_status, self.policies), 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        directions = QBoxLayout.Direction
        wide = self.width() >= _SIDE_BY_SIDE
        self._row.setDirection(directions.LeftToRight if wide else directions.TopToBottom)

    def show_grants(self, grants: Sequence[Grant] | None, error: WorkbenchError | None = None) -> None:
        """Shows the statements of the function's policy; None: they may not be read."""
        words = _("Statements of the function's resource-based policy.")
        if grants is None:
            why = str(error) if error is not None else _("You do not have permission to read it.")
            words = _("Could not read the function's policy: {why}").format(why=why)
        elif not grants:
            words = _("Only principals in this account: there is no resource-based policy.")
        self._set_status(self.grants_status, words, unknown=grants is None)
        self._fill(self.grants, grants or ())

    def show_role(self, role_arn: str, policies: Sequence[Policy] | WorkbenchError | None) -> None:
        """Shows the execution role and its policies; None while they are being read."""
        words = _("Execution role {role}").format(role=role_arn.rpartition("/")[2] or role_arn)
        unknown = isinstance(policies, WorkbenchError)
        if unknown:
            words += ". " + _("Could not read its policies: {policies}").format(policies=str(policies))
        elif policies is None:
            words += ". " + _("Reading its policies…")
        elif not policies:
            words += ". " + _("It has no policies: the function has no permissions.")
        elif problems := _problems(policies):
            unknown = True
            words += ". " + _("Could not read all of its policies: {names}").format(names=" ".join(problems))
        self._set_status(self.policies_status, words, unknown=unknown)
        self.policies_status.setToolTip(tool_tip(role_arn))
        rows = () if isinstance(policies, WorkbenchError) or policies is None else policies
        self._fill(self.policies, rows)

    def _part(self, name: str, title: str, words: QLabel, table: QWidget) -> QWidget:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(named(PlainLabel(title), f"{name}Heading", role="heading"))
        column.addWidget(words)
        column.addWidget(table)
        column.addStretch(1)
        return part

    @staticmethod
    def _fill[R](table: Table[R], rows: Sequence[R]) -> None:
        table.set_rows(rows)
        table.fit(_MAX_ROWS)
        table.setVisible(bool(rows))

    @staticmethod
    def _set_status(label: QLabel, words: str, *, unknown: bool) -> None:
        label.setText(words)
        label.setAccessibleName(words)
        label.setProperty("role", "warning" if unknown else "muted")
        label.style().unpolish(label)
        label.style().polish(label)


def _principal(grant: Grant) -> str:
    principal = grant.service or grant.principal
    return _("Deny: {principal}").format(principal=principal) if grant.denies else principal


def _source(grant: Grant) -> str:
    return grant.source_arn or grant.source_account or grant.other_conditions or _("any")


def _full_source(grant: Grant) -> str:
    parts = (grant.source_arn, grant.source_account, grant.action, grant.other_conditions)
    return " · ".join(filter(None, parts))


def _kind_text(policy: Policy) -> str:
    if policy.problem:
        return ""
    return _("attached") if policy.arn else _("inline")


def _problems(policies: Sequence[Policy] | WorkbenchError) -> tuple[str, ...]:
    """Why some policies could not be read, each reason once."""
    read = () if isinstance(policies, WorkbenchError) else policies
    return tuple(dict.fromkeys(policy.problem for policy in read if policy.problem))
