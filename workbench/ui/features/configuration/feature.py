"""Applies what was changed on the Configuration tab, and stops and resumes functions."""

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QCheckBox

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, JobHandle
from workbench.core.messages import _, ngettext
from workbench.functions import configure as applying
from workbench.functions.detail import get_function
from workbench.functions.emergency import (
    Stopped,
    StopStore,
    emergency_stop,
    enabled_mappings,
    resume,
    switch_mappings,
)
from workbench.functions.settings import Reading, SettingChange
from workbench.profiles.safety import Tier
from workbench.triggers import execute, model
from workbench.triggers import execute as executing
from workbench.triggers.kinds import sqs
from workbench.ui.features.configuration import dialogs
from workbench.ui.features.configuration.page import (
    APPLY,
    DISCARD,
    RESUME,
    REVERT,
    STOP,
    ConfigurationPage,
    disabled_mappings_text,
)
from workbench.ui.kit.dialog import Question
from workbench.ui.kit.text import named
from workbench.ui.pages.base import Page
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context, Guard, Notice
from workbench.ui.shell.owner import owner_warning
from workbench.ui.shell.services import OpenFunction, Services

_KEY, _STOPPED = "configure", "stopped"
Then = Callable[[], object]


def make_page(services: Services) -> Page:
    """The tab, made before the feature is activated."""
    return ConfigurationPage(services)


def activate(context: Context) -> None:
    """Adds the actions of the Configuration tab, and those that stop a function."""
    page = context.page(ConfigurationPage)
    applying_changes, stopping = Applying(context, page), Stopping(context, page)
    menu, after = _("Configuration"), "debug.stop"
    for spec, handler in (
        (
            ActionSpec(APPLY, _("Apply Configuration Changes…"), "Ctrl+Shift+S", when=APPLY),
            applying_changes.begin,
        ),
        (ActionSpec(DISCARD, _("Discard Configuration Changes"), when=DISCARD), page.kept.discard),
        (ActionSpec(REVERT, _("Revert Last Configuration Change"), when=REVERT), page.revert),
    ):
        context.action(replace(spec, submenu=menu), handler, after=after)
        after = spec.id
    stop = ActionSpec(
        STOP,
        _("Emergency Stop…"),
        icon="triangle-alert",
        when="function",
        begins_group=True,
        terms=_("throttle, disable, kill"),
    )
    context.action(stop, stopping.stop, after=REVERT)
    go_on = ActionSpec(RESUME, _("Resume Function"), icon="play", when=RESUME, only_when_enabled=True)
    context.action(go_on, stopping.resume, after=STOP)
    page.bar.connect_actions(context.services.actions)
    page.show_state()
    page.permissions_wanted.connect(lambda: context.navigate("permissions.show"))
    context.route("configuration.setting", partial(_show_setting, context, page))
    context.before_close(partial(_keep_or_ask, context, page))
    context.follow_read_only(page.set_read_only)


def _show_setting(context: Context, page: ConfigurationPage, setting: str) -> None:
    context.window.page.show_tab(page.object_name)
    page.go_to_setting(setting)


def _keep_or_ask(context: Context, page: ConfigurationPage, then: Callable[[], None]) -> None:
    """Sees that the disk has all changes that were not applied; asks where it does not take them."""
    if not page.kept.disk.is_behind:
        then()
        return

    def ask(error: WorkbenchError) -> None:
        words = _(
            "The changes of these functions have not been applied: {names}. They will be lost when "
            "you quit, because they could not be saved: {error}"
        ).format(names=", ".join(page.unsent()), error=str(error))
        title, yes = _("Unapplied Changes"), _("Quit Without Applying")
        Question("unsentChanges", title, words, yes, context.window, is_destructive=True).ask(then)

    context.window.stay_open()
    page.kept.disk.write(then, ask)


class Applying(QObject):
    """Shows changes of settings, asks where that is due, sends them, and handles the result."""

    def __init__(self, context: Context, page: ConfigurationPage) -> None:
        super().__init__(context)
        self._context, self._page = context, page
        self._running: dict[str, JobHandle] = {}
        page.write_wanted.connect(self._confirm)
        page.cancel_wanted.connect(self._cancel)

    def _cancel(self, function_arn: str) -> None:
        """Ends a sending after the call that runs."""
        if handle := self._running.get(function_arn):
            handle.cancel()

    def begin(self) -> None:
        """Looks at what else the changes of the form touch, shows them, and sends them after a yes."""
        function, reading, wanted = self._page.function, self._page.draft.reading, self._page.draft.changes()
        if function is None or reading is None or not wanted:
            return
        others = {each.name: str(each.new) for each in wanted if each.name in ("architecture", "runtime")}
        if "architecture" not in others:
            self._show(function, reading, wanted, ())
            return
        connection, name = function.connection, reading.detail.function_name
        runtime = others.get("runtime", reading.detail.runtime)

        def run(ctx: JobContext) -> tuple[str, ...]:
            detail = get_function(connection, name, "", ctx)
            return dialogs.incompatible_files(connection, detail, others["architecture"], runtime, ctx)

        def not_checked(error: WorkbenchError) -> None:
            words = _("The code could not be checked for compiled files: {error}")
            self._show(function, reading, wanted, (words.format(error=str(error)),))

        self._context.read(
            _("Checking {name} for compiled files").format(name=name),
            run,
            lambda found: self._show(function, reading, wanted, found),
            key="configuring.architecture",
            failed=not_checked,
        )

    def _show(
        self,
        function: OpenFunction,
        reading: Reading,
        wanted: tuple[SettingChange, ...],
        warnings: Collection[str],
    ) -> None:
        detail = reading.detail
        # The calls only need what the members hold beside: that is in the reading.
        calls = applying.plan_calls(detail.function_name, detail.function_arn, reading.settings, wanted)
        dialog = dialogs.ChangesDialog(
            detail.function_name,
            wanted,
            calls,
            owner_warning(detail),
            self._context.window,
            tuple(warnings),
        )
        dialog.accepted.connect(lambda: self._check_queues(function, wanted))
        dialog.open()

    def _confirm(self, function: OpenFunction, then: Then) -> None:
        words = _("This changes the configuration of {name}.")
        name = function.detail.function_name
        guard = Guard(_("Configure in Production"), words.format(name=name), _("Configure"))
        self._context.confirm(function, guard, then)

    # Queues -------------------------------------------------------------------------------------------------

    def _check_queues(self, function: OpenFunction, wanted: tuple[SettingChange, ...]) -> None:
        """Asks the queues before the timeout is raised: AWS refuses one above their visibility timeout."""
        change = next((each for each in wanted if each.name == "timeout_s"), None)
        if change is None or not _is_more(change.old, change.new):
            self._confirm(function, lambda: self._send(function, wanted))
            return
        connection, detail, timeout_s = function.connection, function.detail, int(str(change.new))
        self._context.read(
            _("Reading the queues that invoke {function_name}").format(function_name=detail.function_name),
            lambda ctx: sqs.check_timeout(connection, detail, timeout_s, ctx),
            lambda found: self._ask_about_queues(function, wanted, found),
            action=APPLY,
            key="configuration.timeout",
        )

    def _ask_about_queues(
        self, function: OpenFunction, wanted: tuple[SettingChange, ...], found: "tuple[model.Finding, ...]"
    ) -> None:
        def decided(changes_queues: bool) -> None:
            work = partial(self._change_queues, found) if changes_queues else self._send
            self._confirm(function, lambda: work(function, wanted))

        if not found:
            decided(False)
            return
        dialog = dialogs.TimeoutDialog(found, self._context.window)
        dialog.agreed.connect(decided)
        dialog.open()

    def _change_queues(
        self, found: "tuple[model.Finding, ...]", function: OpenFunction, wanted: tuple[SettingChange, ...]
    ) -> None:
        """Gives the queues room; a journal lets the next start finish or undo it, like any other plan."""
        detail, services = function.detail, self._context.services
        title = _("Adjust the queues of {function_name} to its timeout").format(
            function_name=detail.function_name
        )
        plan = model.TriggerPlan(title, detail.function_arn, model.SourceKind("sqs"), dialogs.steps_of(found))
        plans = execute.TriggerJournal(services.paths.data_dir / "triggers", services.clock)
        self._context.change(
            function,
            title,
            lambda ctx: executing.execute(function.connection, plan, plans, ctx),
            lambda _facts: self._send(function, wanted),
            action=APPLY,
            key=_KEY,
        )

    # Sending ------------------------------------------------------------------------------------------------

    def _send(
        self, function: OpenFunction, wanted: tuple[SettingChange, ...], again: tuple[SettingChange, ...] = ()
    ) -> None:
        """Sends changes; `again` wait in the form afterwards."""
        connection, detail = function.connection, function.detail
        arn, name = detail.function_arn, detail.function_name

        def started(handle: JobHandle) -> None:
            self._running[arn] = handle
            self._page.show_sending(arn, sending=True)

        def ended() -> None:
            self._running.pop(arn, None)
            self._page.show_sending(arn, sending=False)

        def done(applied: applying.Applied) -> Notice | None:
            ended()
            return self._applied(function, applied, again)

        def failed(error: WorkbenchError) -> None:
            ended()
            if isinstance(error, applying.SettingsConflict):
                self._resolve_conflict(function, wanted, error)
            else:
                self._context.report(error, key=_KEY, function=function)

        self._context.change(
            function,
            _("Configuring {name}").format(name=name),
            lambda ctx: applying.apply(connection, name, wanted, ctx, dialogs.current_code),
            done,
            action=APPLY,
            key=_KEY,
            failed=failed,
            cancelled=ended,
            started=started,
            on_progress=partial(self._page.show_progress, arn),
        )

    def _applied(
        self, function: OpenFunction, applied: "applying.Applied", again: tuple[SettingChange, ...]
    ) -> Notice | None:
        now = self._take(function, applied.now, applied.done, (*applied.left, *again))
        name = applied.now.detail.function_name
        if not applied.left:
            count = len(applied.done)
            return Notice(
                _("The configuration of {name} was changed.").format(name=name),
                ngettext("{count} setting", "{count} settings", count).format(count=count),
                "good",
            )
        dialog = dialogs.PartialDialog(name, applied.done, applied.left, applied.error, self._context.window)
        # What was agreed to once is only taken back: that asks nobody again. All of it waits in the form.
        waiting = (*applied.done, *applied.left)
        dialog.undo_wanted.connect(lambda: self._send(now, applying.reversed_changes(applied.done), waiting))
        dialog.open()
        return None

    def _take(
        self,
        function: OpenFunction,
        reading: Reading,
        done: tuple[SettingChange, ...],
        waiting: tuple[SettingChange, ...],
    ) -> OpenFunction:
        now = OpenFunction(function.connection, reading.detail)
        self._page.take(reading, done, waiting)
        self._context.show(now)
        return now

    def _resolve_conflict(
        self, function: OpenFunction, wanted: tuple[SettingChange, ...], conflict: "applying.SettingsConflict"
    ) -> None:
        in_conflict = {each.mine.setting for each in conflict.found}
        others = tuple(each for each in wanted if each.setting not in in_conflict)

        def decided(mine: tuple[SettingChange, ...]) -> None:
            waiting = (*others, *mine)
            now = self._take(function, conflict.now, (), waiting)
            if waiting:
                self._send(now, waiting)

        dialog = dialogs.ConflictDialog(function.detail.function_name, conflict.found, self._context.window)
        dialog.decided.connect(decided)
        dialog.open()


def _is_more(old: object, new: object) -> bool:
    return isinstance(old, int) and isinstance(new, int) and new > old


class Stopping(QObject):
    """Emergency stop: asks, stops the open function for everybody, and resumes it.

    Neither waits for other changes of the function: an emergency does not wait behind a deploy.
    """

    def __init__(self, context: Context, page: ConfigurationPage) -> None:
        super().__init__(context)
        self._context, self._page = context, page
        self._store = StopStore(context.services.paths.data_dir / "stopped")
        self._function: OpenFunction | None = None
        self._stopped: Stopped | None = None
        context.function_opened.connect(self._function_opened)
        context.function_closed.connect(self._function_closed)

    def _function_closed(self) -> None:
        self._function = None
        self._set_stopped(None)

    def _function_opened(self, function: OpenFunction) -> None:
        """Finds out whether the function was stopped here."""
        self._function = function
        self._set_stopped(None)

        def recalled(stopped: Stopped | None) -> None:
            if function is self._function:
                is_stopped = function.detail.reserved_concurrency == 0
                holds = stopped is not None and (is_stopped or bool(stopped.mappings))
                self._set_stopped(stopped if holds else None)

        self._context.read(
            _("Checking whether the function is stopped"),
            lambda _ctx: self._store.recall(function.detail.function_arn),
            recalled,
            key="configuration.stopped",
            quiet=True,
        )

    def _set_stopped(self, stopped: Stopped | None) -> None:
        self._stopped = stopped
        self._context.set_condition(RESUME, is_met=stopped is not None)
        self._page.show_stopped(stopped)
        if stopped is None:
            self._context.window.banners.dismiss(_STOPPED)

    # Stopping -----------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stops the open function, after a yes."""
        function = self._function
        if function is None:
            return
        text = stop_text(function.detail.function_name)
        words = _("Disable its event source mappings until it is resumed")
        disables = named(QCheckBox(words), "stopDisables", words)
        disables.setChecked(True)
        if self._context.tier_for(function.connection) is Tier.PRODUCTION:
            guard = Guard(_("Stop in Production"), text, _("Stop"), disables)
            self._context.confirm(function, guard, lambda: self._stop(function, disables.isChecked()))
            return
        title = _("Emergency Stop")
        window = self._context.window
        question = Question("emergencyStop", title, text, title, window, is_destructive=True)
        question.content.addWidget(disables)
        question.ask(lambda: self._stop(function, disables.isChecked()))

    def _stop(self, function: OpenFunction, disables: bool) -> None:
        connection, detail = function.connection, function.detail

        def run(ctx: JobContext) -> tuple[OpenFunction, int, tuple[WorkbenchError, ...]]:
            mappings, problems = (), ()  # type: tuple[str, ...], tuple[WorkbenchError, ...]
            if disables:
                try:
                    mappings = enabled_mappings(connection, detail, ctx)
                except WorkbenchError as error:  # an emergency: it is stopped all the same
                    problems = (error,)
            emergency_stop(connection, detail, self._store, ctx, mappings)
            problems += switch_mappings(connection, mappings, ctx.shielded(), on=False)
            now = OpenFunction(connection, get_function(connection, detail.function_name))
            return now, len(mappings), problems

        def done(result: tuple[OpenFunction, int, tuple[WorkbenchError, ...]]) -> None:
            now, count, problems = result
            self._context.show(now)
            words = _("{function_name} is stopped: every invocation is throttled.")
            saved = _("The previous reserved concurrency was saved.")
            if problems:
                lost = _("Not all event source mappings were disabled: {why}")
                saved = f"{saved} {lost.format(why=problems[0].why or problems[0].what)}"
            elif count:
                saved = f"{saved} {disabled_mappings_text(count)}"
            said = WorkbenchError(
                words.format(function_name=detail.function_name),
                saved,
                aws_code=problems[0].aws_code if problems else "",
                action=RESUME,
            )
            self._context.report(said, "warning", key=_STOPPED, function=function)

        self._context.change(
            function,
            _("Stopping {function_name}").format(function_name=detail.function_name),
            run,
            done,
            action=STOP,
            urgent=True,
        )

    def resume(self) -> None:
        """Gives the open function back what it had; that only restores, and is asked in production only."""
        function, stopped = self._function, self._stopped
        if function is None or stopped is None:
            return
        connection, name = function.connection, function.detail.function_name

        def run(ctx: JobContext) -> tuple[bool, OpenFunction]:
            was_stopped = resume(connection, stopped, self._store, ctx)
            return was_stopped, OpenFunction(connection, get_function(connection, name))

        def done(result: tuple[bool, OpenFunction]) -> Notice:
            was_stopped, now = result
            self._context.show(now)
            if was_stopped:
                return Notice(_("{name} was resumed.").format(name=name), tone="good")
            words = _("{name} was not stopped.").format(name=name)
            return Notice(words, _("Its concurrency was changed elsewhere and is kept."), "warning")

        words = _("This restores the previous concurrency of {name}.").format(name=name)
        self._context.change(
            function,
            _("Resuming {function_name}").format(function_name=name),
            run,
            done,
            guard=Guard(_("Resume in Production"), words, _("Resume")),
            action=RESUME,
            key=_KEY,
            urgent=True,
        )


def stop_text(function_name: str) -> str:
    """What an emergency stop does."""
    words = _(
        "{function_name} cannot be invoked until it is resumed: its reserved concurrency will be 0. Running "
        "invocations complete.\n\n"
        "Lambda still receives messages from SQS queues and cannot process them: after the maximum "
        "receives of a queue, they go to its dead-letter queue. With the event source mappings disabled, "
        "they stay in the queue. Records of streams wait until they expire. New asynchronous events go to "
        "the function's dead-letter queue or on-failure destination. Without one, they are lost."
    )
    return words.format(function_name=function_name)
