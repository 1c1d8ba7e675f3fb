"""What features are given of the window, so that they need no other feature."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, Progress
from workbench.core.messages import _
from workbench.core.operations import Description, OperationJournal, OperationRecord
from workbench.profiles.identities import Identities
from workbench.profiles.safety import Tier
from workbench.sandbox.supervisor import Sandbox
from workbench.ui.pages.base import Page
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.invoker import Invoker
from workbench.ui.shell.opener import FunctionOpener
from workbench.ui.shell.protection import Guard, Protection
from workbench.ui.shell.recovery import Found, Interruption, find
from workbench.ui.shell.services import OpenFunction, Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.window import MainWindow

__all__ = ["Context", "Guard", "Notice", "write_lane"]


@dataclass(frozen=True, slots=True)
class Notice:
    """A message about a function that is no failure; see FunctionBanners.show_notice."""

    text: str
    detail: str = ""
    tone: str = "info"
    key: str = ""


class Context(QObject):
    """Given to `activate(context)` of every feature; lives as long as the window.

    Attributes:
        services: Jobs, clock, settings, theme, icons, paths and policy of the program.
        session: The profile and region that are chosen, and their connection.
        window: The parent of dialogs.
        budget: Of calls to AWS, for those who ask for much.
        invoker: Sends invocations, and tells of all of them.
        identities: Whom the program can act as.
        sandbox: The local AWS.
        sign_in: Signs in to a profile or a portal.
        tier_of: How careful to be with a profile, by its name.
        recoveries: Each finds the interrupted operations of one kind, on a worker thread.
        show_tier: To be called once the tier of a profile was changed.
        repair: Does what a Profile needs before it can be used; see Protection.repair.
        confirm_name: As `confirm`, for a function that need not exist; see Protection.confirm_name.
        confirm_creation: Asks in production before a function is made; see Protection.confirm_creation.

    Signals:
        function_opened: An OpenFunction is shown: another function, or a newer state of the same one.
        function_closed: No function is open.
        deploy_started: The open function is being deployed.
        deployed: An OpenFunction has new code. Emitted by whoever has deployed it.
        deploy_conflicted: Other code is deployed than a Workspace was made from (DeployConflict): nothing was
            deployed.
        signed_in: The user has signed in.
        charts_answered: The charts of the open function show what CloudWatch has answered.
        tier_changed: The window is about a profile of another safety tier.
        setting_changed: The user gave a setting another value; its key.
        functions_changed: Functions of these Scopes were changed, or deleted, together.
        profiles_read: A ProfileList: the profiles of the AWS files, read again.
        trigger_selected: The Trigger that is selected on the Triggers tab, or None.
        sandbox_reset: Everything in the Sandbox was deleted.
        sandbox_status: A SandboxStatus: the Sandbox starts, runs, stops or has failed.
        sandbox_notice: A WorkbenchError: a warning about a Sandbox that runs.
    """

    function_opened = Signal(object)
    function_closed = Signal()
    deploy_started = Signal()
    deployed = Signal(object)
    deploy_conflicted = Signal(object, WorkbenchError)
    signed_in = Signal()
    charts_answered = Signal()
    tier_changed = Signal()
    setting_changed = Signal(str)
    functions_changed = Signal(object)
    profiles_read = Signal(object)
    trigger_selected = Signal(object)
    sandbox_reset = Signal()
    sandbox_status = Signal(object)
    sandbox_notice = Signal(object)

    def __init__(
        self,
        services: Services,
        session: Session,
        window: MainWindow,
        identities: Identities,
        sandbox: Sandbox,
        protection: Protection,
        opener: FunctionOpener,
        budget: RateBudget,
    ) -> None:
        super().__init__(window)
        self.services, self.session, self.window, self.budget = services, session, window, budget
        self._opener = opener
        self.identities, self.sandbox, self._protection = identities, sandbox, protection
        self.tier_of = protection.tier_of
        self.repair, self.show_tier = protection.repair, protection.show_tier
        self.confirm_name, self.confirm_creation = protection.confirm_name, protection.confirm_creation
        self.sign_in = protection.sign_in
        self.sign_in.signed_in.connect(lambda _name: self.signed_in.emit())
        protection.frame.tier_shown.connect(self.tier_changed)
        self.invoker = Invoker(services, protection, self)
        self._routes: dict[str, Callable[..., object]] = {}
        self.recoveries: list[Callable[[], Iterator[Found]]] = []
        window.page.function_shown.connect(lambda: self.function_opened.emit(self.function))
        window.page.function_closed.connect(self.function_closed)

    # The open function --------------------------------------------------------------------------------------

    @property
    def function(self) -> OpenFunction | None:
        """The function that the window shows."""
        return self.window.page.function

    def open_function(self, function_name: str) -> None:
        """Opens a function of the chosen profile and region; the one that is open stays until it is there."""
        self._opener.open(function_name)

    def open_again(self, function_name: str) -> None:
        """Opens the function that was open the last time, once there is a connection. It may be gone."""
        self._opener.open_again(function_name)

    def reload_function(self) -> None:
        """Reads the open function again."""
        self._opener.reload()

    def close_function(self) -> None:
        """Closes the open function."""
        self._opener.close()

    def show_function(self, function: OpenFunction) -> None:
        """Opens a function that was read already."""
        self._opener.show(function)

    def show(self, function: OpenFunction) -> None:
        """Shows a newer state of a function, if it is still the open one; the list is read again."""
        self._opener.show_newer(function)

    def tier_for(self, connection: Connection) -> Tier:
        """How careful to be with what a connection changes."""
        return self._protection.tier_for(connection)

    def follow_read_only(self, tell: Callable[[str], object]) -> None:
        """Tells why nothing of the open function can be changed with its profile; empty when it can."""

        def follow(*_function: OpenFunction) -> None:
            if (function := self.function) is None:
                return
            reason = ""
            if self.tier_for(function.connection) is Tier.READ_ONLY:
                reason = _("The profile {name} is read-only.").format(name=self.session.profile.name)
            tell(reason)

        self.tier_changed.connect(follow)
        self.function_opened.connect(follow)

    # What a feature adds ------------------------------------------------------------------------------------

    def action(self, spec: ActionSpec, handler: Callable[[], object], *, after: str) -> QAction:
        """Adds something that can be done: to a menu, the command palette and the shortcut sheet.

        Args:
            spec: The action.
            handler: What it does.
            after: The id of the action that stands before it in its menu; a menu's title: the first in it.
        """
        return self.services.actions.add(spec, handler, after)

    def actions(self, *rows: tuple[ActionSpec, Callable[[], object]], after: str) -> list[QAction]:
        """Adds actions with what they do, one below the other; see `action`."""
        made = []
        for spec, handler in rows:
            made.append(self.action(spec, handler, after=after))
            after = spec.id
        return made

    def set_condition(self, name: str, *, is_met: bool) -> None:
        """Says whether the actions whose `when` is this name make sense now."""
        self.services.actions.set_there(name, there=is_met)

    def set_unavailable(self, action: str, reason: str) -> None:
        """Switches an action off and says why; an empty reason allows it again."""
        self.services.actions.forbid(action, reason)

    def page[T: Page](self, kind: type[T]) -> T:
        """The tab of this kind."""
        return self.window.page.tab(kind)

    def route(self, name: str, handler: Callable[..., object]) -> None:
        """Offers a place to go to: other features know its name, and what `handler` takes."""
        self._routes[name] = handler

    def navigate(self, name: str, *what: object) -> None:
        """Goes to a place that a feature offers, such as "template" with the path of one."""
        self._routes[name](*what)

    def before_end(self, work: Callable[[Callable[[], None]], None]) -> None:
        """Works when the window may close, after all that `before_close` asks.

        Args:
            work: Calls what it is given at its end. The window waits for a second, then closes.
        """
        others = self.window.before_end
        self.window.before_end = lambda then: others(lambda: work(then))

    def before_close(self, ask: Callable[[Callable[[], None]], None]) -> None:
        """Asks before the window closes, after those who registered before.

        Args:
            ask: Calls what it is given once the window may close. What takes long belongs in `before_end`:
                the window waits for a second, then closes.
        """
        others = self.window.before_close
        self.window.before_close = lambda then: others(lambda: ask(then))

    def recovery[D: Description](
        self,
        name: str,
        journals: Callable[[], Iterable[OperationJournal[D]]],
        describe: Callable[[OperationRecord[D]], Interruption | None],
    ) -> None:
        """Registers operations that a crash or a failure may interrupt: all are listed in one panel.

        Args:
            name: What such an operation is called: "Deploy".
            journals: Where they are recorded; called on a worker thread.
            describe: What is shown of one, and how it is ended; None when there is nothing to decide. On a
                worker thread.
        """
        self.recoveries.append(partial(find, name, journals, describe))

    # Work ---------------------------------------------------------------------------------------------------

    def read[T](
        self,
        title: str,
        run: Callable[[JobContext], T],
        done: Callable[[T], object],
        *,
        action: str = "",
        key: str = "",
        failed: Callable[[WorkbenchError], object] | None = None,
        cancelled: Callable[[], object] | None = None,
        on_item: Callable[[object], object] | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        quiet: bool = False,
    ) -> JobHandle:
        """Reads something off the main thread, and reports what goes wrong.

        Args:
            title: Of the job ("Reading the alarms of hello").
            run: On a worker thread.
            done: On the main thread, with its result.
            action: The action that wants it: offered again once the user has signed in.
            key: A later read with this key takes the place of this one, as do its messages.
            failed: Told what went wrong, in place of a message.
            cancelled: Called once the job was cancelled.
            on_item: See Job.
            on_progress: See Job.
            quiet: See Job.
        """
        function = self.function

        def not_read(error: WorkbenchError) -> None:
            if failed is None:
                self.report(error, action=action, key=key, function=function)
            else:
                failed(error)
                self.remember(action, error)

        return self.services.jobs.submit(
            Job(
                title,
                run,
                replaces=key,
                on_item=on_item,
                on_done=done,
                on_error=not_read,
                on_cancelled=cancelled,
                on_progress=on_progress,
                quiet=quiet,
            )
        )

    def change[T](
        self,
        function: OpenFunction,
        title: str,
        run: Callable[[JobContext], T],
        done: Callable[[T], Notice | None],
        *,
        guard: Guard | None = None,
        action: str = "",
        key: str = "",
        failed: Callable[[WorkbenchError], object] | None = None,
        cancelled: Callable[[], object] | None = None,
        started: Callable[[JobHandle], object] | None = None,
        on_item: Callable[[object], object] | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        immediate: bool = False,
        urgent: bool = False,
    ) -> None:
        """Changes something of a function: asks in production, and waits for changes that came before.

        Args:
            function: What is changed.
            title: Of the job ("Deleting the alarm errors").
            run: On a worker thread.
            done: On the main thread, with its result; returns what is said then.
            guard: Asked in production; without it the user has been asked already.
            action: The action that wants it: offered again once the user has signed in.
            key: Of the messages; a later one takes the place of an earlier one.
            failed: Told what went wrong, in place of a message.
            cancelled: Called once the job was cancelled.
            started: Given the job once it is on its way.
            on_item: See Job.
            on_progress: See Job.
            immediate: See Job.
            urgent: It does not wait for changes that came before.
        """

        def submit() -> None:
            handle = self.services.jobs.submit(
                Job(
                    title,
                    run,
                    lane="" if urgent else write_lane(function),
                    on_done=ended,
                    on_error=not_done,
                    on_cancelled=cancelled,
                    on_item=on_item,
                    on_progress=on_progress,
                    immediate=immediate,
                    urgent=urgent,
                )
            )
            if started is not None:
                started(handle)

        def ended(result: T) -> None:
            if (notice := done(result)) is not None:
                self.notify(notice.text, notice.detail, notice.tone, key=notice.key or key, function=function)

        def not_done(error: WorkbenchError) -> None:
            if failed is None:
                self.report(error, action=action, key=key, function=function)
            else:
                failed(error)
                self.remember(action, error)

        if guard is None:
            submit()
        else:
            self.confirm(function, guard, submit)

    def confirm(self, function: OpenFunction, guard: Guard, then: Callable[[], object]) -> None:
        """Asks for the function's name in production; elsewhere `then` is just called."""
        self._protection.confirm(function, guard, then)

    # Messages -----------------------------------------------------------------------------------------------

    def notify(
        self,
        text: str,
        detail: str = "",
        tone: str = "info",
        key: str = "",
        function: OpenFunction | None = None,
    ) -> None:
        """Shows a message that is no failure. See FunctionBanners.show_notice."""
        self.window.function_banners.show_notice(text, detail, tone, key, function)

    def report(
        self,
        error: WorkbenchError,
        tone: str = "danger",
        *,
        action: str = "",
        key: str = "",
        function: OpenFunction | None = None,
    ) -> None:
        """Shows what went wrong; a function that has gone leaves the list. See FunctionBanners.show_error."""
        self.window.function_banners.show_error(error, tone, key, function)
        if error.aws_code == "ResourceNotFoundException":
            self.window.functions.refresh()
        self.remember(action, error)

    def remember(self, action: str, error: WorkbenchError) -> None:
        """Offers an action again once the user has signed in, if that is what the error asks for."""
        if action:
            self.sign_in.note_failure(action, error)


def write_lane(function: OpenFunction) -> str:
    """The lane of jobs in which the changes of a function run one after the other."""
    return f"write:{function.detail.function_arn}"
