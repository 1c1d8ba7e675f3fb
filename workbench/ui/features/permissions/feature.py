"""Execution Role Permissions…: reads the role, proposes what it lacks, allows what was denied."""

from dataclasses import dataclass

from PySide6.QtCore import QObject

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.aws.needs import Need, Scope
from workbench.code import calls
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import OperationRecord
from workbench.functions import denied, permissions
from workbench.functions.dependents import role_users
from workbench.functions.model import FunctionDetail
from workbench.profiles.safety import Tier
from workbench.triggers import execute as executing
from workbench.triggers.execute import TriggerJournal
from workbench.triggers.model import TriggerPlan
from workbench.triggers.role import own_policy_plan
from workbench.triggers.source_needs import needs_of_sources
from workbench.ui.features.permissions import dialog as dialogs
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context, Guard, Notice
from workbench.ui.shell.plan_run import carry_out
from workbench.ui.shell.recovery import Ended, Interruption
from workbench.ui.shell.services import OpenFunction

SHOW, UNDO = "permissions.show", "permissions.undo"
_KEY, _ROLE, _USERS, _CODE, _SOURCES = (
    f"permissions.{name}" for name in ("change", "role", "users", "code", "sources")
)


def activate(context: Context) -> None:
    """Adds the permissions of the role. The route "permissions.allow" takes a text with a denial."""
    flow = PermissionsFlow(context)
    spec = ActionSpec(
        SHOW,
        _("Execution Role Permissions…"),
        icon="key-round",
        when="function",
        submenu=_("Configuration"),
        terms=_("IAM policy, access denied, allow, statement, boundary, trust"),
    )
    undo = ActionSpec(
        UNDO,
        _("Undo Change of Permissions"),
        icon="undo-2",
        when=UNDO,
        only_when_enabled=True,
        submenu=_("Configuration"),
    )
    context.actions((spec, flow.show), (undo, flow.undo), after="configuration.revert")
    context.route("permissions.show", flow.show)
    context.route("permissions.allow", flow.allow)
    context.recovery(_("Change of permissions"), lambda: (flow.journal,), flow.describe)


@dataclass(frozen=True, slots=True)
class _Change:
    """A change that was made, and what undoes it."""

    function: OpenFunction
    role_name: str
    before: str
    after: str


class PermissionsFlow(QObject):
    """Shows and changes the permissions of the open function's role."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._services = context, context.services
        self._code = context.page(CodePage)
        self.journal = TriggerJournal(self._services.paths.data_dir / "permissions", self._services.clock)
        self._dialog: dialogs.PermissionsDialog | None = None
        self._last: _Change | None = None

    # The dialog ---------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Opens the dialog for the open function."""
        self._open("")

    def allow(self, text: str) -> None:
        """Opens the dialog with the statement that allows what was denied according to a text."""
        self._open(text)

    def _open(self, text: str) -> None:
        function = self._context.function
        if function is None or self._dialog is not None:
            return
        dialog = dialogs.PermissionsDialog(function.detail, self._services.theme, self._context.window)
        self._dialog = dialog
        needs = _Needs(dialog)
        dialog.agreed.connect(lambda plan: self._apply(dialog, function, plan))
        dialog.finished.connect(self._closed)
        if self._context.tier_for(function.connection) is Tier.READ_ONLY:
            words = _("The profile {name} is read-only.")
            dialog.set_read_only(words.format(name=self._context.session.profile.name))
        dialog.open()
        self._read_role(dialog, function, needs, text)
        self._find_users(dialog, function)
        self._find_calls(dialog, function, needs)
        self._find_sources(dialog, function, needs)

    def _closed(self) -> None:
        self._dialog = None
        for key in (_ROLE, _USERS, _CODE, _SOURCES):
            self._services.jobs.drop(key)

    def _read_role(
        self, dialog: "dialogs.PermissionsDialog", function: OpenFunction, needs: "_Needs", text: str
    ) -> None:
        connection, role_arn = function.connection, function.detail.role_arn

        def run(ctx: JobContext) -> tuple[permissions.RolePermissions, tuple[denied.Denial, ...]]:
            found = denied.denials_in(text) if text else ()
            return permissions.read_permissions(connection, role_arn, ctx), found

        def done(result: tuple[permissions.RolePermissions, tuple[denied.Denial, ...]]) -> None:
            role, found = result
            dialog.show_role(role)
            needs.show_role(role)
            if text:
                dialog.show_denial(*_denial(role, found, text))

        self._context.read(
            _("Reading the permissions of {name}").format(name=function.detail.function_name),
            run,
            done,
            action=SHOW,
            key=_ROLE,
            failed=dialog.show_unread,
            on_item=dialog.add_policy,
        )

    def _find_users(self, dialog: "dialogs.PermissionsDialog", function: OpenFunction) -> None:
        self._context.read(
            _("Finding the functions that use the role"),
            lambda ctx: role_users(function.connection, function.detail, ctx),
            dialog.show_users,
            key=_USERS,
            failed=lambda error: dialog.show_finding("users", str(error)),
            quiet=True,
        )

    def _find_calls(
        self, dialog: "dialogs.PermissionsDialog", function: OpenFunction, needs: "_Needs"
    ) -> None:
        workspace, displayed = self._code.workspace, self._code.displayed
        is_open = displayed is not None and displayed.detail.function_arn == function.detail.function_arn
        if workspace is None or not is_open:
            dialog.show_finding("code", _("The code is not open, so its calls are not known."))
            return
        dialog.show_finding("code", _("Finding calls in the code…"))
        environment, scope = dict(function.detail.environment), scope_of(function.detail)

        def run(ctx: JobContext) -> calls.CodeNeeds:
            drafts = {draft.path: draft.text for draft in workspace.drafts()}
            return calls.needs_of_code(workspace.root, environment, scope, ctx, drafts)

        def done(found: calls.CodeNeeds) -> None:
            words = ""
            if found.left_out:
                words = _("{count} large files were not read.").format(count=str(found.left_out))
            dialog.show_finding("code", words)
            needs.add("code", found.needs)

        self._context.read(
            _("Finding calls in the code"),
            run,
            done,
            key=_CODE,
            failed=lambda error: dialog.show_finding("code", str(error)),
            quiet=True,
        )

    def _find_sources(
        self, dialog: "dialogs.PermissionsDialog", function: OpenFunction, needs: "_Needs"
    ) -> None:
        def done(found: tuple[Need, ...]) -> None:
            dialog.show_finding("sources", "")
            needs.add("sources", found)

        dialog.show_finding("sources", _("Finding triggers…"))
        self._context.read(
            _("Finding triggers"),
            lambda ctx: needs_of_sources(function.connection, function.detail, ctx),
            done,
            key=_SOURCES,
            failed=lambda error: dialog.show_finding("sources", str(error)),
            quiet=True,
        )

    # Changing -----------------------------------------------------------------------------------------------

    def _apply(self, dialog: "dialogs.PermissionsDialog", function: OpenFunction, plan: TriggerPlan) -> None:
        args = plan.steps[0].args
        change = _Change(function, str(args["role_name"]), str(args["seen"]), str(args["document"]))
        words = _("This changes what the role {name} allows.").format(name=change.role_name)
        guard = Guard(_("Change Permissions in Production"), words, _("Apply"))

        def done() -> None:
            self._show_undo(change)
            what = _("The permissions of the role {name} were changed.").format(name=change.role_name)
            why = _("IAM applies a change within seconds, sometimes only after a minute.")
            self._context.report(WorkbenchError(what, why, action=UNDO), "info", key=_KEY, function=function)

        carry_out(
            self._context,
            self.journal,
            function,
            plan,
            done,
            key=_KEY,
            guard=guard,
            action=SHOW,
            dialog=dialog,
        )

    def _show_undo(self, change: _Change | None) -> None:
        self._last = change
        self._context.set_condition(UNDO, is_met=change is not None)

    def undo(self) -> None:
        """Restores the policy as it was before the last change."""
        if (change := self._last) is None:
            return
        self._show_undo(None)
        plan = own_policy_plan(change.function.detail, change.role_name, change.after, change.before)

        def done() -> Notice:
            words = _("The permissions of the role {name} are as before.").format(name=change.role_name)
            return Notice(words, tone="good")

        carry_out(self._context, self.journal, change.function, plan, done, key=_KEY)

    # What was interrupted -----------------------------------------------------------------------------------

    def describe(self, record: OperationRecord[TriggerPlan]) -> Interruption:
        """What is shown of an interrupted change."""
        plan = record.about

        def finish(connection: Connection, ctx: JobContext) -> Ended:
            executing.finish(connection, record, self.journal, ctx)
            return Ended(_("“{title}” was finished.").format(title=plan.title))

        def undo(connection: Connection, ctx: JobContext) -> Ended:
            executing.undo(connection, record, self.journal, ctx)
            return Ended(_("“{title}” was undone.").format(title=plan.title))

        return Interruption(
            _("Change of permissions “{title}”").format(title=plan.title),
            "\n".join(step.title for step in plan.steps),
            _("Finish writes the policy. Undo restores it as it was, unless another user has changed it."),
            len(record.done),
            len(plan.steps),
            finish,
            undo,
            subject=plan.function_name,
            lane=f"write:{plan.function_arn}",
        )


class _Needs:
    """Collects what the code and the triggers need, and proposes what the role lacks."""

    def __init__(self, dialog: "dialogs.PermissionsDialog") -> None:
        self._dialog = dialog
        self._role: permissions.RolePermissions | None = None
        self._found: dict[str, tuple[Need, ...]] = {}

    def show_role(self, role: permissions.RolePermissions) -> None:
        self._role = role
        self._propose()

    def add(self, source: str, needs: tuple[Need, ...]) -> None:
        self._found[source] = needs
        self._propose()

    def _propose(self) -> None:
        if self._role is not None:
            needs = [need for found in self._found.values() for need in found]
            self._dialog.propose(permissions.propose(needs, self._role))


def scope_of(detail: FunctionDetail) -> Scope:
    """Where the resources are that a function's code names."""
    arn = Arn.parse(detail.function_arn)
    return Scope(arn.partition, arn.region, arn.account_id)


def _denial(
    role: permissions.RolePermissions, found: tuple[denied.Denial, ...], text: str
) -> tuple[str, str, permissions.Statement | None]:
    """What is said of a denial, its tone, and the least statement that allows it; None if none helps."""
    if not found:
        words = _("The text names no denied action that AWS has, so there is nothing to allow.")
        if denied.is_encoded(text):
            words = _(
                "AWS has encoded what was denied. Decode it with “aws sts decode-authorization-message”, "
                "then add the action here."
            )
        return words, "warning", None
    helping = [each for each in found if not denied.why_not(each, role.arn)]
    if not helping:
        return denied.why_not(found[0], role.arn), "warning", None
    missing = [each for each in helping if not each.resource or not role.allows(each.action, each.resource)]
    if not missing:
        first = helping[0]
        words = _(
            "The role's policies already allow {action} on {resource}. IAM applies a change within seconds, "
            "sometimes only after a minute: invoke the function again."
        )
        return words.format(action=first.action, resource=first.resource), "muted", None
    first = missing[0]
    words = _("Denied: {action} on {resource}.").format(
        action=first.action, resource=first.resource or _("an unnamed resource")
    )
    if first.is_other_account(role.arn):
        words += " " + _("The resource belongs to another account, whose policy must allow the role, too.")
    resources = (first.resource,) if first.resource else ()
    return words, "warning", permissions.Statement.allowing((first.action,), resources)
