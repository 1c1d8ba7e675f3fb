"""Asks the queues that run a function before its timeout is raised: AWS refuses one above theirs.

Reads the queues, asks, and adjusts them.
"""

from collections.abc import Callable, Collection, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.functions.settings.model import SettingChange
from workbench.triggers import execute as executing
from workbench.triggers import journal, model
from workbench.triggers import model as findings
from workbench.triggers.kinds import sqs
from workbench.ui.configuring import timeout_dialog
from workbench.ui.services import OpenFunction, Services

Then = Callable[[], None]
Preparation = Callable[[Then], None]
"""Does what must be done first, then calls its argument."""
_REPLACES = "configuration.timeout"


def no_preparation(then: Then) -> None:
    """Nothing has to be done first."""
    then()


class TimeoutCheck(QObject):
    """Checks the queues of a function whose timeout is raised.

    Signals:
        failed: The queues could not be asked, or could not be changed; nothing was sent.
    """

    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, window: QWidget) -> None:
        super().__init__(window)
        self._services, self._window = services, window

    def check(
        self, function: OpenFunction, wanted: Collection[SettingChange], agreed: Callable[[Preparation], None]
    ) -> None:
        """Asks the queues if the timeout is raised, and the user if they leave no room for it.

        Args:
            function: Whose settings change.
            wanted: How.
            agreed: Called if the changes may be sent, with what must be done before.
        """
        change = next((each for each in wanted if each.name == "timeout_s"), None)
        if change is None or not _is_more(change.old, change.new):
            agreed(no_preparation)
            return
        connection, detail, timeout_s = function.connection, function.detail, int(str(change.new))
        self._services.jobs.submit(
            Job(
                _("Reading the queues that invoke {function_name}").format(
                    function_name=detail.function_name
                ),
                lambda ctx: sqs.check_timeout(connection, detail, timeout_s, ctx),
                replaces=_REPLACES,
                on_done=lambda found: self._ask(function, found, agreed),
                on_error=self.failed.emit,
            )
        )

    def _ask(
        self,
        function: OpenFunction,
        found: "tuple[findings.Finding, ...]",
        agreed: Callable[[Preparation], None],
    ) -> None:
        if not found:
            agreed(no_preparation)
            return

        def decided(changes_queues: bool) -> None:
            if changes_queues:
                agreed(lambda then: self._change(function, found, then))
            else:
                agreed(no_preparation)

        dialog = timeout_dialog.TimeoutDialog(found, self._window)
        dialog.agreed.connect(decided)
        dialog.open()

    def _change(self, function: OpenFunction, found: "Sequence[findings.Finding]", then: Then) -> None:
        """Gives the queues room; a journal lets the next start finish or undo it, like any other plan."""
        detail, connection = function.detail, function.connection
        title = _("Adjust the queues of {function_name} to its timeout").format(
            function_name=detail.function_name
        )
        steps = timeout_dialog.steps_of(found)
        plan = model.TriggerPlan(title, detail.function_arn, model.SourceKind("sqs"), steps)
        kept = journal.TriggerJournal(self._services.paths.data_dir / "triggers", self._services.clock)
        self._services.jobs.submit(
            Job(
                title,
                lambda ctx: executing.execute(connection, plan, kept, ctx),
                lane=f"write:{detail.function_arn}",
                on_done=lambda __: then(),
                on_error=self.failed.emit,
            )
        )


def _is_more(old: object, new: object) -> bool:
    return isinstance(old, int) and isinstance(new, int) and new > old
