"""Sends a test event through a trigger's source, and finds the invocation that it caused."""

import secrets
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.logs.parse import LogLine
from workbench.logs.read import MarkedInvocation, find_marked_invocation
from workbench.triggers import execute as executing
from workbench.triggers.kinds import table as sources
from workbench.triggers.model import TestEvent, Trigger, TriggerPlan
from workbench.ui.services import OpenFunction
from workbench.ui.triggers import event_dialog
from workbench.ui.triggers.words import trigger_name
from workbench.ui.triggers.work import TriggersWork


class EventFlow(QObject):
    """Lives as long as the window.

    Args:
        work: What changes share.

    Signals:
        logs_wanted: This invocation of the open function shall be shown in the Logs tab.
    """

    logs_wanted = Signal(str)

    def __init__(self, work: TriggersWork) -> None:
        super().__init__(work.window)
        self._work = work
        work.page.test_wanted.connect(self.begin)

    def begin(self, trigger: Trigger) -> None:
        """Shows what would be sent, and sends it after a yes."""
        function = self._work.page.function
        if function is None:
            return
        trigger = replace(trigger, qualifier=function.detail.invoked_qualifier(trigger.qualifier))
        event = sources.SOURCES[trigger.kind].test_event(trigger, new_mark())
        if event is None:
            return
        dialog = event_dialog.EventDialog(event, trigger_name(trigger), self._work.window)
        dialog.send_wanted.connect(lambda: self._confirm(dialog, function, trigger))
        dialog.logs_wanted.connect(dialog.accept)
        dialog.logs_wanted.connect(self.logs_wanted)
        dialog.open()

    def _confirm(self, dialog: "event_dialog.EventDialog", function: OpenFunction, trigger: Trigger) -> None:
        """Each sending has a mark of its own: else the second would find the first one's invocation."""
        event = sources.SOURCES[trigger.kind].test_event(trigger, new_mark())
        assert event is not None
        self._work.confirm(
            function,
            self.tr("Send a test event in production"),
            " ".join(filter(None, (event.what, event.warning))),
            self.tr("Send"),
            lambda: self._send(dialog, function, trigger, event),
        )

    def _send(
        self, dialog: "event_dialog.EventDialog", function: OpenFunction, trigger: Trigger, event: TestEvent
    ) -> None:
        detail = function.detail
        title = self.tr("Sending a test event through %1").replace("%1", trigger_name(trigger))
        plan = TriggerPlan(title, detail.function_arn, trigger.kind, event.steps)
        clock = self._work.services.clock

        def run(ctx: JobContext) -> MarkedInvocation:
            sent = clock.now()

            def look() -> MarkedInvocation:
                ctx.emit(None)
                try:
                    return find_marked_invocation(
                        function.connection, detail.log_group, event.mark, sent, ctx
                    )
                except WorkbenchError as error:
                    error.what = self.tr("The event was sent. %1").replace("%1", error.what)
                    raise

            return executing.try_out(function.connection, plan, self._work.journal, ctx, look)

        def failed(error: WorkbenchError) -> None:
            self._work.unsettled.emit(function.connection)
            dialog.say_failed(error)

        dialog.show_event(event)
        dialog.set_working(working=True)
        handle = self._work.services.jobs.submit(
            Job(
                title,
                run,
                on_item=lambda item: _show(dialog, item),
                on_done=dialog.show_caused,
                on_error=failed,
                on_cancelled=dialog.say_cancelled,
                on_progress=dialog.show_progress,
            )
        )
        dialog.cancel_wanted.connect(lambda: handle.cancel())
        dialog.finished.connect(lambda _: handle.drop())


def new_mark() -> str:
    """A text that is found nowhere else in a log."""
    return f"workbench-test-{secrets.token_hex(6)}"


def _show(dialog: "event_dialog.EventDialog", item: object) -> None:
    if item is None:
        dialog.say_waiting()
    elif isinstance(item, tuple) and all(isinstance(line, LogLine) for line in item):
        dialog.show_lines("\n".join(line.message for line in item))
