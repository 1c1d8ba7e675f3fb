"""Opens the AWS Management Console at the function, its role, its log group or the trigger that is shown."""

import sys
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from workbench.aws import console
from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.profiles.model import ProfileKind
from workbench.triggers.model import Trigger
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.services import OpenFunction

FUNCTION, ROLE, LOGS, TRIGGER = "console.function", "console.role", "console.logs", "console.trigger"
_KEY = "console.open"


def activate(context: Context) -> None:
    """Adds the actions of the console."""
    ConsoleLink(context)


class ConsoleLink(QObject):
    """Opens pages of the console, with the browser signed in where the credentials allow it."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context
        self._trigger: Trigger | None = None
        menu, terms = _("AWS Console"), _("browser, web, management console")
        after = "view.beside"
        for name, title, url_of, when in (
            (FUNCTION, _("Open Function in AWS Console"), _function_url, "function"),
            (ROLE, _("Open Execution Role in AWS Console"), _role_url, "function"),
            (LOGS, _("Open Log Group in AWS Console"), _log_group_url, "function"),
            (TRIGGER, _("Open Trigger in AWS Console"), self._trigger_url, TRIGGER),
        ):
            spec = ActionSpec(
                name, title, icon="globe", when=when, begins_group=name == FUNCTION, submenu=menu, terms=terms
            )
            context.action(spec, partial(self._open, name, url_of), after=after)
            after = name
        context.trigger_selected.connect(self._select)
        context.function_opened.connect(self._follow)
        context.function_closed.connect(self._follow)

    def _select(self, trigger: Trigger | None) -> None:
        self._trigger = trigger
        self._follow()

    def _follow(self) -> None:
        function, trigger = self._context.function, self._trigger
        has_page = function is not None and trigger is not None and _has_page(trigger.source_arn)
        self._context.set_condition(TRIGGER, is_met=has_page)
        reason = ""
        if function is not None and function.connection.is_custom_endpoint:
            is_sandbox = self._context.session.profile.kind is ProfileKind.SANDBOX
            reason = _("the Sandbox has no console") if is_sandbox else _("not connected to AWS")
        for name in (FUNCTION, ROLE, LOGS, TRIGGER):
            self._context.set_unavailable(name, reason)

    def _trigger_url(self, _function: OpenFunction) -> str:
        return console.source_url(self._trigger.source_arn) if self._trigger is not None else ""

    def _open(self, action: str, url_of: Callable[[OpenFunction], str]) -> None:
        function = self._context.function
        if function is None:
            return
        try:
            url = url_of(function)
        except WorkbenchError as error:
            self._context.report(error, key=action)
            return

        def run(ctx: JobContext) -> WorkbenchError | None:
            """Emits what the browser is to open; returns why it is not signed in."""
            try:
                signed_in = console.sign_in_url(function.connection, url, ctx)
            except WorkbenchError as error:
                if error.action:
                    raise  # the profile can be mended
                ctx.emit(url)
                return error
            if sys.platform != "linux":
                ctx.emit(signed_in)
            elif not console.hand_over(signed_in, ctx.emit, ctx):
                raise WorkbenchError(
                    _("The AWS console was not opened."), _("The browser did not ask for the page.")
                )
            return None

        def done(problem: WorkbenchError | None) -> None:
            if problem is not None:
                text = _("The AWS console was opened without signing in.")
                advice = _("Sign in there to account {account_id}.")
                detail = f"{problem.why} {advice.format(account_id=function.connection.account_id)}"
                self._context.notify(text, detail, key=_KEY, function=function)

        self._context.read(
            _("Signing in to the AWS console"),
            run,
            done,
            action=action,
            key=_KEY,
            on_item=lambda address: self._show(str(address), function),
        )

    def _show(self, address: str, function: OpenFunction) -> None:
        if not QDesktopServices.openUrl(QUrl(address, QUrl.ParsingMode.StrictMode)):
            self._context.services.jobs.drop(_KEY)
            what = _("The AWS console was not opened.")
            why = _("The system has no browser, or it could not be started.")
            self._context.report(WorkbenchError(what, why), key=_KEY, function=function)


def _has_page(source_arn: str) -> bool:
    try:
        return bool(console.source_url(source_arn))
    except WorkbenchError:
        return False


def _function_url(function: OpenFunction) -> str:
    return console.function_url(function.detail.function_arn)


def _role_url(function: OpenFunction) -> str:
    return console.role_url(function.detail.role_arn)


def _log_group_url(function: OpenFunction) -> str:
    partition = Arn.parse(function.detail.function_arn).partition
    return console.log_group_url(partition, function.connection.region, function.detail.log_group)
