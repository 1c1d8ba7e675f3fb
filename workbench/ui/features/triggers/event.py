"""Send Test Event…: what it does, that it was sent, and the invocation that it caused."""

import secrets
from dataclasses import replace

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.logs.parse import LogLine
from workbench.logs.read import MarkedInvocation, find_marked_invocation
from workbench.triggers import execute as executing
from workbench.triggers.kinds import table as sources
from workbench.triggers.model import TestEvent, Trigger, TriggerPlan
from workbench.ui.features.triggers.labels import trigger_name
from workbench.ui.features.triggers.plan_form import PlanView
from workbench.ui.features.triggers.work import TriggersWork, cancel_with
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.long_text import LongText
from workbench.ui.kit.text import text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.shell.context import Guard
from workbench.ui.shell.services import OpenFunction

_SIZE = QSize(820, 520)
_PLAN_HEIGHT = 150


class EventDialog(Dialog):
    """`send_wanted` is the yes.

    Args:
        event: What is about to be sent.
        name: Of the trigger.
        parent: The window.

    Signals:
        send_wanted: The event shall be sent.
        logs_wanted: This invocation shall be shown in the Logs tab.
    """

    send_wanted = Signal()
    logs_wanted = Signal(str)

    def __init__(self, event: TestEvent, name: str, parent: QWidget) -> None:
        super().__init__("testEventDialog", "", parent)
        self.set_title(_("Send a Test Event through {name}").format(name=name))
        self.setSizeGripEnabled(True)
        self._request_id = ""
        self._what = text_label("testEventWhat", "")
        self.content.addWidget(self._what)
        if event.warning:
            self.content.addWidget(text_label("testEventWarning", event.warning, "warning"))
        self.plan = PlanView()
        self.plan.setObjectName("testEventPlan")
        self.plan.setFixedHeight(scaled(_PLAN_HEIGHT))
        self.content.addWidget(self.plan)
        self._mark = text_label("testEventMark", "", "muted")
        self.content.addWidget(self._mark)
        self.add_progress("testEventProgress")
        self.log = LongText("testEventLog", _("Log lines of the invocation"))
        self.content.addWidget(self.log, 1)
        self.finish_layout(stretch=False)
        self.logs = self.add_button("testEventLogs", _("Show in Logs"))
        self.logs.setVisible(False)
        self.close_button = self.add_button("testEventClose", _("Close"))
        self.close_button.setText(_("Cancel"))  # as long as nothing was sent
        self.send = self.add_button("testEventSend", _("Send Test Event"), "primary")
        self.send.clicked.connect(self.send_wanted)
        self.close_button.clicked.connect(self.reject)
        self.logs.clicked.connect(lambda: self.logs_wanted.emit(self._request_id))
        self.show_event(event)
        self.resize(_SIZE)
        self.send.setFocus()  # Enter sends

    def show_event(self, event: TestEvent) -> None:
        """Says what is sent; each sending has a mark of its own."""
        words = event.what
        if any(step.undo for step in event.steps):
            words += " " + _("The test data is deleted after its invocation is found.")
        self._what.setText(words)
        self.plan.show_steps(event.steps)
        mark = _("The invocation is identified by the marker {mark}.").format(mark=event.mark)
        self._mark.setText(mark)

    def resize_to_content(self) -> None:
        """Keeps its size: the log takes what room there is."""

    def switch(self) -> None:
        self.send.setEnabled(not self.is_busy)

    def show_waiting(self) -> None:
        """The event was sent."""
        self.set_message(_("Sent. Waiting for the invocation in the function's log…"))

    def show_lines(self, text: str) -> None:
        """Shows what the invocation has logged so far."""
        self.log.show_text(text)

    def show_caused(self, caused: MarkedInvocation) -> None:
        """Shows the invocation, or that none came."""
        self.set_busy(busy=False)
        self.send.setText(_("Send Again"))
        self._request_id = caused.request_id
        self.buttons.show_button(self.logs, shown=bool(caused.request_id))
        self.log.show_text("\n".join(line.message for line in caused.lines))
        how = ""
        if caused.by_insights:
            how = " " + _(
                "The log was read by Logs Insights, as the log group has the class Infrequent Access."
            )
        if not caused.request_id:
            self.set_message(
                _(
                    "No invocation was logged in time. The source might still deliver the event: "
                    "check the Logs tab and the trigger's state."
                )
                + how,
                "warning",
            )
        elif caused.is_sure:
            words = _("The function was invoked. Request ID: {request_id}.").format(
                request_id=caused.request_id
            )
            self.set_message(words + how, "good")
        else:
            words = _(
                "Invocation {request_id} began after the event was sent. The function does not log its "
                "event, so another event might have caused the invocation."
            )
            self.set_message(words.format(request_id=caused.request_id) + how, "warning")

    def show_failure(self, error: WorkbenchError) -> None:
        """Says why not."""
        self.set_busy(busy=False)
        self.set_error(error)

    def show_cancelled(self) -> None:
        """The sending, or the search for its invocation, was cancelled."""
        self.set_busy(busy=False)
        self.set_message(_("Cancelled."), "warning")


def open_event(work: TriggersWork, trigger: Trigger) -> None:
    """Shows what a test event through a trigger of the open function would send, and sends it after a yes."""
    function = work.page.function
    if function is None:
        return
    trigger = replace(trigger, qualifier=function.detail.invoked_qualifier(trigger.qualifier))
    event = sources.SOURCES[trigger.kind].test_event(trigger, new_mark())
    if event is None:
        return
    dialog = EventDialog(event, trigger_name(trigger), work.window)
    dialog.send_wanted.connect(lambda: _confirm(work, dialog, function, trigger))
    dialog.logs_wanted.connect(dialog.accept)
    dialog.logs_wanted.connect(lambda request_id: work.context.navigate("logs.invocation", request_id))
    dialog.open()


def _confirm(work: TriggersWork, dialog: EventDialog, function: OpenFunction, trigger: Trigger) -> None:
    """Makes a new mark for each event: else the second would find the first one's invocation."""
    event = sources.SOURCES[trigger.kind].test_event(trigger, new_mark())
    assert event is not None
    words = " ".join(filter(None, (event.what, event.warning)))
    guard = Guard(_("Send a Test Event in Production"), words, _("Send"))
    work.context.confirm(function, guard, lambda: _send(work, dialog, function, trigger, event))


def _send(
    work: TriggersWork, dialog: EventDialog, function: OpenFunction, trigger: Trigger, event: TestEvent
) -> None:
    """Sends the event, and finds the invocation that it caused."""
    detail, clock = function.detail, work.context.services.clock
    title = _("Sending a test event through {trigger}").format(trigger=trigger_name(trigger))
    plan = TriggerPlan(title, detail.function_arn, trigger.kind, event.steps)

    def run(ctx: JobContext) -> MarkedInvocation:
        sent = clock.now()

        def find() -> MarkedInvocation:
            ctx.emit(None)
            try:
                return find_marked_invocation(function.connection, detail.log_group, event.mark, sent, ctx)
            except WorkbenchError as error:
                error.what = _("The event was sent. {what}").format(what=error.what)
                raise

        return executing.try_out(function.connection, plan, work.journal, ctx, find)

    def show(item: object) -> None:
        if item is None:
            dialog.show_waiting()
        elif isinstance(item, tuple) and all(isinstance(line, LogLine) for line in item):
            dialog.show_lines("\n".join(line.message for line in item))

    def failed(error: WorkbenchError) -> None:
        work.window.operations_changed.emit()  # it might have left steps to undo
        dialog.show_failure(error)

    dialog.show_event(event)
    dialog.set_busy(busy=True)
    handle = work.context.read(  # reads the log for most of its time: changes need not wait for it
        title,
        run,
        dialog.show_caused,
        failed=failed,
        cancelled=dialog.show_cancelled,
        on_item=show,
        on_progress=dialog.show_progress,
    )
    cancel_with(dialog, handle)
    dialog.finished.connect(lambda _result: handle.drop())


def new_mark() -> str:
    """A unique text that marks an event in the log."""
    return f"workbench-test-{secrets.token_hex(6)}"
