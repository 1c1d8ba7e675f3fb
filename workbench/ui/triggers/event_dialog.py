"""Send Test Event…: what it does, that it was sent, and the invocation that it caused."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Progress
from workbench.core.messages import _
from workbench.logs.read import MarkedInvocation
from workbench.triggers.model import TestEvent
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.text import text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.long_text import LongText
from workbench.ui.named import named
from workbench.ui.triggers.plan_form import PlanView

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
        cancel_wanted: While it is being sent, or its invocation awaited.
        logs_wanted: This invocation shall be shown in the Logs tab.
    """

    send_wanted = Signal()
    cancel_wanted = Signal()
    logs_wanted = Signal(str)

    def __init__(self, event: TestEvent, name: str, parent: QWidget) -> None:
        super().__init__("testEventDialog", "", parent)
        self.set_title(_("Send a Test Event through {name}").format(name=name))
        self.setSizeGripEnabled(True)
        self._request_id = ""
        self.is_working = False
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
        self.bar = named(QProgressBar(), "testEventProgress", _("Progress"))
        self.bar.setTextVisible(False)
        self.bar.setVisible(False)
        self.content.addWidget(self.bar)
        self.log = LongText("testEventLog", _("Log lines of the invocation"))
        self.content.addWidget(self.log, 1)
        self.finish_layout(stretch=False)
        self.logs = self.add_button("testEventLogs", _("Show in Logs"))
        self.logs.setVisible(False)
        self.close_button = self.add_button("testEventClose", _("Cancel"))
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

    def fit(self) -> None:
        """Keeps its size: the log takes what room there is."""

    def set_working(self, *, working: bool) -> None:
        """While the event is sent or its invocation is awaited, Send is off and Cancel stops it."""
        self.is_working = working
        self.bar.setVisible(working)
        self.bar.setRange(0, 0)
        has_keyboard = self.focusWidget() in (self.send, self.close_button)
        self.send.setEnabled(not working)
        if has_keyboard:  # Qt would give it to the plan, and leave it there
            (self.close_button if working else self.send).setFocus()
        self.close_button.setText(_("Cancel") if working else _("Close"))
        self.close_button.setEnabled(True)

    def show_progress(self, progress: Progress) -> None:
        """Says what is being done."""
        if self.is_working and progress.text:
            self.say(_("{progress}…").format(progress=progress.text))

    def show_waiting(self) -> None:
        """The event was sent."""
        self.say(_("Sent. Waiting for the invocation in the function's log…"))

    def show_lines(self, text: str) -> None:
        """Shows what the invocation has logged so far."""
        self.log.show_text(text)

    def show_caused(self, caused: MarkedInvocation) -> None:
        """Shows the invocation, or that none came."""
        self.set_working(working=False)
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
            self.say(
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
            self.say(words + how, "good")
        else:
            words = _(
                "Invocation {request_id} began after the event was sent. The function does not log its "
                "event, so another event might have caused the invocation."
            )
            self.say(words.format(request_id=caused.request_id) + how, "warning")

    def show_failure(self, error: WorkbenchError) -> None:
        """Says why not."""
        self.set_working(working=False)
        self.say_error(error)

    def show_cancelled(self) -> None:
        """The sending, or the search for its invocation, was cancelled."""
        self.set_working(working=False)
        self.say(_("Cancelled."), "warning")

    def reject(self) -> None:
        if self.is_working:
            self.close_button.setEnabled(False)
            self.cancel_wanted.emit()
        else:
            super().reject()
