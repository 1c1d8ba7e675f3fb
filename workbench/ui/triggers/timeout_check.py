"""Before a function's timeout is changed: whether the queues that run it leave room for that."""

from collections.abc import Callable, Collection, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.functions.settings.model import Change
from workbench.triggers import plan as planning
from workbench.triggers import timeouts
from workbench.triggers.finding import Finding, Fix, Severity
from workbench.triggers.model import SourceKind
from workbench.ui.icons import Icons
from workbench.ui.services import OpenFunction
from workbench.ui.sign_in.form import Form, text_label
from workbench.ui.triggers.findings_view import FindingsView
from workbench.ui.triggers.work import TriggersWork

_CHECK = "triggers.timeout"
_WIDTH = 640


class TimeoutDialog(Form):
    """What the queues say. It stays open while its fixes are made.

    Args:
        findings: At least one.
        timeout_s: What the timeout is going to be.
        icons: For the findings.
        parent: The window.

    Signals:
        agreed: The fixes to make first; perhaps none.
    """

    agreed = Signal(object)

    def __init__(self, findings: Sequence[Finding], timeout_s: int, icons: Icons, parent: QWidget) -> None:
        super().__init__("timeoutCheck", self.tr("The Timeout and the Queues"), parent)
        words = self.tr("A timeout of %1 s does not fit the queues that run this function.")
        self.content.addWidget(text_label("timeoutWords", words.replace("%1", f"{timeout_s:,}")))
        self.findings = FindingsView(icons)
        self.content.addWidget(self.findings)
        self.findings.show_findings(findings)
        self.findings.accepted_changed.connect(self._switch)
        self.yes = self.add_button("timeoutYes", self.tr("Go On"), "primary")
        self.add_button("timeoutCancel", self.tr("Cancel")).clicked.connect(self.reject)
        self.yes.clicked.connect(lambda: self.agreed.emit(self.findings.accepted()))
        self.setMinimumWidth(_WIDTH)
        self.finish_layout()
        self._switch()

    def set_working(self, *, working: bool) -> None:
        """While the fixes are made."""
        self.findings.setEnabled(not working)
        self.say(self.tr("Changing the queues…") if working else "")
        self._switch()
        self.yes.setEnabled(self.yes.isEnabled() and not working)

    def say_failed(self, error: WorkbenchError) -> None:
        """Says why a fix could not be made."""
        self.set_working(working=False)
        self.say_error(error)

    def _switch(self) -> None:
        self.yes.setEnabled(not self.findings.is_blocked)
        self.yes.setText(
            self.tr("Change the Queues and Go On") if self.findings.accepted() else self.tr("Go On")
        )
        self.fit()


class TimeoutCheck(QObject):
    """Lives as long as the window.

    Args:
        work: What changes of triggers share.
    """

    def __init__(self, work: TriggersWork) -> None:
        super().__init__(work.window)
        self._work = work

    def look(self, function: OpenFunction, wanted: Collection[Change], then: Callable[[], object]) -> None:
        """Calls `then` if no queue objects to the changes, or once a person has dealt with that."""
        timeout_s = next((each.new for each in wanted if each.name == "timeout_s"), None)
        if not isinstance(timeout_s, int):
            then()
            return
        connection, detail = function.connection, function.detail

        def done(findings: tuple[Finding, ...]) -> None:
            if findings:
                self._ask(function, findings, timeout_s, then)
            else:
                then()

        def failed(error: WorkbenchError) -> None:
            unknown = Finding("SQS-VIS-LT", Severity.WARN, error.what, error.why, aws=error.aws_code)
            self._ask(function, (unknown,), timeout_s, then)

        self._work.services.jobs.submit(
            Job(
                self.tr("Looking at the queues that run %1").replace("%1", detail.function_name),
                lambda ctx: timeouts.check_timeout(connection, detail, timeout_s, ctx),
                replaces=_CHECK,
                on_done=done,
                on_error=failed,
            )
        )

    def _ask(
        self,
        function: OpenFunction,
        findings: tuple[Finding, ...],
        timeout_s: int,
        then: Callable[[], object],
    ) -> None:
        dialog = TimeoutDialog(findings, timeout_s, self._work.services.icons, self._work.window)
        dialog.agreed.connect(lambda fixes: self._mend(dialog, function, fixes, then))
        dialog.open()

    def _mend(
        self, dialog: TimeoutDialog, function: OpenFunction, fixes: Sequence[Fix], then: Callable[[], object]
    ) -> None:
        def go_on() -> None:
            dialog.accept()
            then()

        if not fixes:
            go_on()
            return
        title = self.tr("Give the queues of %1 room").replace("%1", function.detail.function_name)
        steps = tuple(step for fix in fixes for step in fix.steps)
        plan = planning.TriggerPlan(title, function.detail.function_arn, SourceKind.SQS, steps)

        def mend() -> None:
            dialog.set_working(working=True)
            self._work.carry_out(function, plan, go_on, failed=dialog.say_failed)

        self._work.confirm(
            function,
            self.tr("Change queues in production"),
            "; ".join(fix.title for fix in fixes) + ".",
            self.tr("Change"),
            mend,
        )
