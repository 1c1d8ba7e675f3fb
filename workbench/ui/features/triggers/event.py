"""Send Test Event…: its texts, what it does, that it was sent, and the invocation that it caused."""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from workbench.aws.retry import Backoff, poll
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, Progress
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.logs.parse import LogLine
from workbench.logs.read import MARKED_WAIT_S, MarkedInvocation, find_marked_invocation
from workbench.triggers import execute as executing
from workbench.triggers.kinds import table as sources
from workbench.triggers.model import Trigger, TriggerPlan
from workbench.triggers.test_events import TestEvent, logged_texts, require_valid
from workbench.ui.features.triggers.event_fields import EventText
from workbench.ui.features.triggers.labels import trigger_name
from workbench.ui.features.triggers.work import TriggersWork
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.form import Form
from workbench.ui.kit.long_text import LongText
from workbench.ui.kit.text import named, show_message, text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.shell.context import Guard
from workbench.ui.shell.plan_form import PlanView
from workbench.ui.shell.plan_run import cancel_with
from workbench.ui.shell.services import OpenFunction

_SIZE = QSize(860, 660)
_MIN_PLAN_HEIGHT = 110
_TYPING_MS = 200
_STEPS, _LINES = _("Steps"), _("Log lines of the invocation")
_ASKING = Backoff(0.2, factor=1.0)


class EventDialog(Dialog):
    """Its texts can be changed until the event is sent, and again once its invocation was found.

    Args:
        event: What is about to be sent.
        name: Of the trigger.
        parent: The window.

    Signals:
        texts_changed: The user has changed a text: `show_event` shows what is sent now.
        send_wanted: The event shall be sent.
        more_wanted: The invocation shall be waited for further.
        logs_wanted: This invocation shall be shown in the Logs tab.
    """

    texts_changed = Signal()
    send_wanted = Signal()
    more_wanted = Signal()
    logs_wanted = Signal(str)

    def __init__(self, event: TestEvent, name: str, parent: QWidget) -> None:
        super().__init__("testEventDialog", "", parent)
        self.set_title(_("Send a Test Event through {name}").format(name=name))
        self.setSizeGripEnabled(True)
        self._request_id = ""
        self._event = event
        self._is_sent = self._asks = False
        self._what = text_label("testEventWhat", "")
        self._warning = text_label("testEventWarning", "", "warning")
        self.form = Form()
        for field in event.fields:
            self.form.add(EventText(field), field.label, name=field.name, hint=field.hint)
        self.form.show_values({field.name: field.sample for field in event.fields})
        self.form.setVisible(bool(event.fields))
        self._mark = text_label("testEventMark", "", "muted")
        for part in (self._what, self._warning):
            self.content.addWidget(part)
        self.content.addWidget(self.form, 3)
        self._below_title = text_label("testEventBelowTitle", _STEPS, "heading")
        self._below = self._make_below()
        self.content.addWidget(self._below_title)
        self.content.addWidget(self._below, 2)
        self.content.addWidget(self._mark)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.texts_changed)
        self._phase, self._waited_s = "", 0
        self._second = QTimer(self, interval=1000)
        self._second.timeout.connect(self._tick)
        self._progress = self.add_progress("testEventProgress")
        self.disable_while_busy(self.form)
        self.finish_layout(stretch=False)
        self.restore = self.add_button("testEventRestore", _("Restore Sample"))
        self.restore.setVisible(bool(event.fields))
        self.logs = self.add_button("testEventLogs", _("Show in Logs"))
        self.logs.setVisible(False)
        self.close_button = self.add_button("testEventClose", _("Close"))
        self.close_button.setText(_("Cancel"))  # as long as nothing was sent
        self.send = self.add_button("testEventSend", _("Send Test Event"), "primary")
        self.send.clicked.connect(self._press_send)
        self.close_button.clicked.connect(self.reject)
        self.restore.clicked.connect(self._restore_samples)
        self.logs.clicked.connect(lambda: self.logs_wanted.emit(self._request_id))
        self.form.changed.connect(self.switch)
        self.form.changed.connect(self._typing.start)
        self.show_event(event)
        self.switch()
        self.resize(_SIZE)
        self.send.setFocus()  # Enter sends

    def _make_below(self) -> QStackedWidget:
        """The steps, whose place the log lines of the invocation take."""
        self.plan = PlanView()
        self.plan.setObjectName("testEventPlan")
        self.log = LongText("testEventLog", _LINES)
        below = named(QStackedWidget(), "testEventBelow")
        below.setMinimumHeight(scaled(_MIN_PLAN_HEIGHT))
        for part in (self.plan, self.log):
            below.addWidget(part)
        return below

    # What is sent -------------------------------------------------------------------------------------------

    @property
    def mark(self) -> str:
        """The mark in the texts."""
        return self._event.mark

    @property
    def is_sent(self) -> bool:
        """Whether an event with this mark was sent."""
        return self._is_sent

    def texts(self, mark: str) -> dict[str, str]:
        """The texts that differ from the samples, by name, with another mark."""
        return with_mark(self.form.changes(), self._event.mark, mark)

    def show_texts(self, texts: Mapping[str, str]) -> None:
        """Shows other texts than the samples, as if the user had typed them."""
        self.form.change_values({name: text for name, text in texts.items() if name in self.form.rows})
        self.switch()

    def show_event(self, event: TestEvent) -> None:
        """Says what is sent. With another mark, that is put into the texts."""
        if event.mark != self._event.mark:
            typed = self.texts(event.mark)
            self._is_sent = False
            self.form.show_values({field.name: field.sample for field in event.fields})
            self.form.change_values(typed)
        self._event = event
        words = event.what
        if any(step.undo for step in event.steps):
            words += " " + _("The test data is deleted after its invocation is found.")
        self._what.setText(words)
        show_message(self._warning, event.warning, "warning")
        self.plan.show_steps(event.steps)
        self._show_below(self.plan, _STEPS)
        mark = _("The invocation is identified by the source's response, or by its time.")
        if event.has_mark:
            mark = _("The invocation is identified by the marker {mark}.").format(mark=event.mark)
        self._mark.setText(mark)

    def _restore_samples(self) -> None:
        self.form.reset()
        self.switch()
        self.texts_changed.emit()

    def _press_send(self) -> None:
        if self._asks:
            self.more_wanted.emit()
        else:
            self.send_wanted.emit()

    def resize_to_content(self) -> None:
        """Keeps its size: the texts and the log take what room there is."""

    def switch(self) -> None:
        self.send.setEnabled(self._asks or not (self.is_busy or self.form.faults()))
        self.restore.setEnabled(not self.is_busy and bool(self.form.changes()))

    # While it works -----------------------------------------------------------------------------------------

    def set_busy(self, *, busy: bool, text: str = "") -> None:
        self._asks = False
        self._second.stop()
        if busy and not self.is_busy:
            self._waited_s = 0
            self._phase = _("Sending the test event")
        super().set_busy(busy=busy, text=text)
        if busy:
            self._second.start()
            self._show_phase()

    def show_progress(self, progress: Progress) -> None:
        """Shows the step under way; how long it takes is not known."""
        if self.is_busy and progress.text and self.close_button.isEnabled():
            self._phase = progress.text
            self._show_phase()

    def show_waiting(self) -> None:
        """The event was sent, and its invocation is waited for."""
        self._is_sent = True
        self._asks = False
        self.send.setText(_("Send Test Event"))
        self._progress.setVisible(True)
        self._phase = _(
            "Sent. Waiting for the source to invoke the function, and for the log lines of the invocation"
        )
        self._second.start()
        self.switch()
        self._show_phase()

    def ask_for_more(self, *, by_insights: bool) -> None:
        """No invocation was found yet: asks whether to wait further."""
        self._asks = True
        self._second.stop()
        self._progress.setVisible(False)
        self.send.setText(_("Keep Waiting"))
        self.switch()
        self.send.setFocus()
        words = _(
            "No invocation was logged within {waited_s} s. The source might still deliver the event. Check "
            "whether the trigger is enabled and its filters accept the event, whether its link on the "
            "Triggers tab is linked, and whether the execution role can write logs."
        ).format(waited_s=f"{self._waited_s}")
        self.set_message(words + _how(by_insights=by_insights), "warning")

    def _tick(self) -> None:
        self._waited_s += 1
        self._show_phase()

    def _show_phase(self) -> None:
        """Says what is waited for, and how long it has been."""
        words = _("{what}… {waited_s} s").format(what=self._phase, waited_s=f"{self._waited_s}")
        self.set_message(words)

    def show_lines(self, text: str) -> None:
        """Shows what the invocation has logged so far."""
        self.log.show_text(text)
        if text:
            self._show_below(self.log, _LINES)

    def _show_below(self, part: QWidget, title: str) -> None:
        self._below.setCurrentWidget(part)
        self._below_title.setText(title)

    def _end_waiting(self) -> None:
        self.set_busy(busy=False)
        self.send.setText(_("Send Again") if self._is_sent else _("Send Test Event"))

    def show_caused(self, caused: MarkedInvocation) -> None:
        """Shows the invocation that was found."""
        self._end_waiting()
        self._request_id = caused.request_id
        self.buttons.show_button(self.logs, shown=True)
        self.show_lines("\n".join(line.message for line in caused.lines))
        if caused.is_sure:
            words = _("The function was invoked. Request ID: {request_id}.")
        else:
            words = _(
                "Invocation {request_id} began after the event was sent. Its log does not show the event, so "
                "another one might have caused it."
            )
        words = words.format(request_id=caused.request_id) + _how(by_insights=caused.by_insights)
        if self._event.stays:
            words += " " + self._event.stays
        self.set_message(words, "good" if caused.is_sure else "warning")

    def show_failure(self, error: WorkbenchError) -> None:
        """Says why not."""
        self._end_waiting()
        self.set_error(error)

    def reject(self) -> None:
        if self.is_busy:
            self._phase = _("Cancelling")
            self._progress.setVisible(True)
            self._second.start()
        super().reject()
        if self.is_busy:
            self._show_phase()

    def show_cancelled(self, *, is_sent: bool) -> None:
        """The sending, or the search for its invocation, was cancelled."""
        self._is_sent = self._is_sent or is_sent
        self._end_waiting()
        words = _("Cancelled. Nothing of the test is left in the source.")
        if is_sent:
            words = _("Cancelled. The event was sent: the function might still be invoked. {stays}")
        self.set_message(words.format(stays=self._event.stays), "warning")


def _how(*, by_insights: bool) -> str:
    if not by_insights:
        return ""
    return " " + _("The log was read by Logs Insights, as the log group has the class Infrequent Access.")


def with_mark(texts: Mapping[str, str], old: str, new: str) -> dict[str, str]:
    """Texts with another mark in place of theirs."""
    return {name: text.replace(old, new) for name, text in texts.items()}


def open_event(work: TriggersWork, trigger: Trigger) -> None:
    """Shows what a test event through a trigger of the open function would send, and sends it after a yes.

    What the user has typed is remembered for the trigger while the window is open.
    """
    function = work.page.function
    if function is None:
        return
    trigger = replace(trigger, qualifier=function.detail.invoked_qualifier(trigger.qualifier))
    source, mark = sources.SOURCES[trigger.kind], new_mark()
    event = source.test_event(trigger, mark)
    if event is None:
        return
    dialog = EventDialog(event, trigger_name(trigger), work.window)
    key = (trigger.kind, trigger.source_arn, trigger.identity, trigger.qualifier)

    def show() -> None:
        if (changed := source.test_event(trigger, dialog.mark, dialog.texts(dialog.mark))) is not None:
            dialog.show_event(changed)

    if key in work.event_texts:
        dialog.show_texts(with_mark(work.event_texts[key], _MARK_STORED, mark))
        show()
    dialog.texts_changed.connect(show)
    dialog.send_wanted.connect(lambda: _confirm(work, dialog, function, trigger))
    dialog.logs_wanted.connect(dialog.accept)
    dialog.logs_wanted.connect(lambda request_id: work.context.navigate("logs.invocation", request_id))
    dialog.finished.connect(lambda _result: work.event_texts.update({key: dialog.texts(_MARK_STORED)}))
    dialog.open()


_MARK_STORED = "\0mark\0"
"""In place of the mark in texts that are remembered; nobody types it."""


def _confirm(work: TriggersWork, dialog: EventDialog, function: OpenFunction, trigger: Trigger) -> None:
    """Makes a new mark for each event: else the second would find the first one's invocation."""
    mark = new_mark() if dialog.is_sent else dialog.mark
    texts = dialog.texts(mark)
    event = sources.SOURCES[trigger.kind].test_event(trigger, mark, texts)
    assert event is not None
    try:
        require_valid(event.fields, texts)
    except WorkbenchError as error:
        dialog.set_error(error)
        return
    words = " ".join(filter(None, (event.what, event.warning)))
    guard = Guard(_("Send a Test Event in Production"), words, _("Send"))
    work.context.confirm(function, guard, lambda: _send(work, dialog, function, trigger, event))


@dataclass(frozen=True, slots=True)
class _Sent:
    """The event was sent, and its invocation is waited for."""


@dataclass(frozen=True, slots=True)
class _NotFound:
    """No invocation was found in time: the user is asked."""

    by_insights: bool


def _send(
    work: TriggersWork, dialog: EventDialog, function: OpenFunction, trigger: Trigger, event: TestEvent
) -> None:
    """Sends the event, and finds the invocation that it caused.

    It is waited for as long as the user wants: what the event has put stays in the source until then.
    """
    detail, clock = function.detail, work.context.services.clock
    title = _("Sending a test event through {trigger}").format(trigger=trigger_name(trigger))
    plan = TriggerPlan(title, detail.function_arn, trigger.kind, event.steps)
    wants_more, is_sent = threading.Event(), threading.Event()

    def run(ctx: JobContext) -> MarkedInvocation:
        sent = clock.now()

        def find(facts: Mapping[str, Facts]) -> MarkedInvocation:
            is_sent.set()
            marks = logged_texts(event.mark, facts.values())
            while True:
                wants_more.clear()
                ctx.emit(_Sent())
                try:
                    found = find_marked_invocation(
                        function.connection, detail.log_group, marks, sent, ctx, timeout_s=MARKED_WAIT_S
                    )
                except WorkbenchError as error:
                    error.what = _("The event was sent. {what}").format(what=error.what)
                    raise
                if found.request_id:
                    return found
                ctx.emit(_NotFound(found.by_insights))
                poll(wants_more.is_set, bool, ctx, _ASKING)

        return executing.try_out(function.connection, plan, work.journal, ctx, find)

    def show(item: object) -> None:
        match item:
            case _Sent():
                dialog.show_waiting()
            case _NotFound():
                dialog.ask_for_more(by_insights=item.by_insights)
            case tuple() if all(isinstance(line, LogLine) for line in item):
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
        cancelled=lambda: dialog.show_cancelled(is_sent=is_sent.is_set()),
        on_item=show,
        on_progress=dialog.show_progress,
    )
    cancel_with(dialog, handle)
    dialog.more_wanted.connect(wants_more.set)
    dialog.finished.connect(lambda _result: handle.drop())


def new_mark() -> str:
    """A unique text that marks an event in the log."""
    return f"workbench-test-{secrets.token_hex(6)}"
