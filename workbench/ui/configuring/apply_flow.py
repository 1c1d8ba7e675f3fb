"""Applies changes of settings: shows them, asks where that is due, sends them, and handles the result."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, Progress
from workbench.core.messages import _, ngettext
from workbench.functions.detail import get_function
from workbench.functions.settings import apply as applying
from workbench.functions.settings.model import Reading, SettingChange
from workbench.ui.configuring import apply_dialog, architecture
from workbench.ui.configuring.timeout_check import Preparation, no_preparation
from workbench.ui.ownership.owner import owner_warning
from workbench.ui.services import OpenFunction, Services

BeforeApply = Callable[[OpenFunction, Callable[[], None]], None]
CheckBefore = Callable[[OpenFunction, Collection[SettingChange], Callable[[Preparation], None]], None]


@dataclass(frozen=True, slots=True, eq=False)
class ApplyOutcome:
    """What a function is after changes were sent, and which are still to be applied.

    Attributes:
        done: What was changed.
        waiting: What is still wanted.
    """

    function: OpenFunction
    reading: Reading
    done: tuple[SettingChange, ...]
    waiting: tuple[SettingChange, ...]


class ApplyFlow(QObject):
    """Applies the changes of the Configuration tab.

    Signals:
        started: The sending to a function (its ARN) has begun.
        progressed: How far it is.
        ended: It has ended without any outcome: refused, cancelled; carries the function's ARN.
        applied: An ApplyOutcome.
        failed: Why it ended.
        notice: Words, details and tone for the banner.
    """

    started = Signal(str)
    progressed = Signal(str, Progress)
    ended = Signal(str)
    applied = Signal(ApplyOutcome)
    failed = Signal(WorkbenchError)
    notice = Signal(str, str, str)

    def __init__(self, services: Services, parent: QWidget) -> None:
        super().__init__(parent)
        self._services, self._widget = services, parent
        self._running: dict[str, JobHandle] = {}
        # Asked before anything is sent; calls what it is given if it may be.
        self.before_apply: BeforeApply = lambda _function, then: then()
        # Checks before that what the changes affect elsewhere; calls back with what must be done first.
        self.check_before: CheckBefore = lambda _function, _wanted, agreed: agreed(no_preparation)

    def is_running(self, function_arn: str) -> bool:
        """Whether changes of this function are being sent."""
        return function_arn in self._running

    def cancel(self, function_arn: str) -> None:
        """Ends a sending after the call that runs."""
        if handle := self._running.get(function_arn):
            handle.cancel()

    def begin(self, function: OpenFunction, reading: Reading, wanted: Collection[SettingChange]) -> None:
        """Looks at what else the changes touch, shows them, and sends them after a yes."""
        others = {each.name: str(each.new) for each in wanted if each.name in ("architecture", "runtime")}
        if "architecture" not in others:
            self._show(function, reading, wanted, ())
            return
        connection, name = function.connection, reading.detail.function_name
        runtime = others.get("runtime", reading.detail.runtime)

        def run(ctx: JobContext) -> tuple[str, ...]:
            detail = get_function(connection, name, "", ctx)
            return architecture.incompatible_files(connection, detail, others["architecture"], runtime, ctx)

        def not_checked(error: WorkbenchError) -> None:
            words = _("The code could not be checked for compiled files: {error}")
            self._show(function, reading, wanted, (words.format(error=str(error)),))

        self._services.jobs.submit(
            Job(
                _("Checking {name} for compiled files").format(name=name),
                run,
                replaces="configuring.architecture",
                on_done=lambda found: self._show(function, reading, wanted, found),
                on_error=not_checked,
            )
        )

    def _show(
        self,
        function: OpenFunction,
        reading: Reading,
        wanted: Collection[SettingChange],
        warnings: Collection[str],
    ) -> None:
        detail = reading.detail
        # The calls only need what the members hold beside: that is in the reading.
        calls = applying.plan_calls(
            detail.function_name, detail.function_arn, reading.settings, tuple(wanted)
        )
        dialog = apply_dialog.ChangesDialog(
            detail.function_name,
            tuple(wanted),
            calls,
            owner_warning(detail),
            self._widget.window(),
            tuple(warnings),
        )

        def agreed(prepare: Preparation) -> None:
            self.before_apply(function, lambda: prepare(lambda: self._send(function, tuple(wanted))))

        dialog.accepted.connect(lambda: self.check_before(function, tuple(wanted), agreed))
        dialog.open()

    def _send(
        self, function: OpenFunction, wanted: tuple[SettingChange, ...], again: tuple[SettingChange, ...] = ()
    ) -> None:
        """Sends changes; `again` wait in the form afterwards."""
        connection, detail = function.connection, function.detail
        arn, name = detail.function_arn, detail.function_name

        def done(applied: applying.Applied) -> None:
            self._end(arn)
            self._applied(function, applied, again)

        def failed(error: WorkbenchError) -> None:
            self._end(arn)
            if isinstance(error, applying.SettingsConflict):
                self._resolve_conflict(function, wanted, error)
            else:
                self.failed.emit(error)

        self._running[arn] = self._services.jobs.submit(
            Job(
                _("Configuring {name}").format(name=name),
                lambda ctx: applying.apply(connection, name, wanted, ctx, architecture.current_code),
                lane=f"write:{arn}",
                on_progress=lambda progress: self.progressed.emit(arn, progress),
                on_done=done,
                on_error=failed,
                on_cancelled=lambda: self._end(arn),
            )
        )
        self.started.emit(arn)

    def _end(self, function_arn: str) -> None:
        self._running.pop(function_arn, None)
        self.ended.emit(function_arn)

    def _applied(
        self, function: OpenFunction, applied: "applying.Applied", again: tuple[SettingChange, ...]
    ) -> None:
        now = OpenFunction(function.connection, applied.now.detail)
        self.applied.emit(ApplyOutcome(now, applied.now, applied.done, (*applied.left, *again)))
        name = applied.now.detail.function_name
        if not applied.left:
            words = _("The configuration of {name} was changed.").format(name=name)
            self.notice.emit(words, _counted(self, len(applied.done)), "good")
            return
        dialog = apply_dialog.PartialDialog(
            name, applied.done, applied.left, applied.error, self._widget.window()
        )
        # What was agreed to once is only taken back: that asks nobody again. All of it waits in the form.
        waiting = (*applied.done, *applied.left)
        dialog.undo_wanted.connect(lambda: self._send(now, applying.reversed_changes(applied.done), waiting))
        dialog.open()

    def _resolve_conflict(
        self, function: OpenFunction, wanted: tuple[SettingChange, ...], conflict: "applying.SettingsConflict"
    ) -> None:
        in_conflict = {each.mine.setting for each in conflict.found}
        others = tuple(each for each in wanted if each.setting not in in_conflict)

        def decided(mine: tuple[SettingChange, ...]) -> None:
            now = OpenFunction(function.connection, conflict.now.detail)
            waiting = (*others, *mine)
            self.applied.emit(ApplyOutcome(now, conflict.now, (), waiting))
            if waiting:
                self._send(now, waiting)

        dialog = apply_dialog.ConflictDialog(
            function.detail.function_name, conflict.found, self._widget.window()
        )
        dialog.decided.connect(decided)
        dialog.open()


def _counted(who: QObject, count: int) -> str:
    return ngettext("{count} setting", "{count} settings", count).format(count=count)
