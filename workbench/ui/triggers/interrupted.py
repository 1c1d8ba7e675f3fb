"""Changes of triggers that a crash, or a failure, cut short: finished or taken back after a yes."""

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.functions.detail import get_function
from workbench.triggers import execute as executing
from workbench.triggers.journal import Interrupted
from workbench.ui.finish_or_undo import FinishOrUndo
from workbench.ui.interruptions import Interruption
from workbench.ui.services import OpenFunction
from workbench.ui.triggers.work import TriggersWork

ACTION = "triggers.interrupted"
_LOOK = "triggers.interrupted.look"


class InterruptedDialog(FinishOrUndo):
    """Asks about one plan."""

    def __init__(self, interrupted: Interrupted, parent: QWidget) -> None:
        title = self.tr("Interrupted: %1").replace("%1", interrupted.plan.title)
        when = self.tr("Started on %1 UTC.").replace("%1", interrupted.when[:16].replace("T", " "))
        words = self.tr("Finish runs the remaining steps. Undo reverts only the steps that were run.")
        if interrupted.takes_back:
            words = self.tr("It was being undone. Undo continues; Finish runs all steps instead.")
        texts = (("When", when, "muted"), ("Steps", _steps(self, interrupted), ""), ("Words", words, ""))
        super().__init__("interruptedTrigger", title, texts, parent)


class InterruptedTriggers(QObject):
    """Lives as long as the window, and binds its own action.

    Args:
        work: What changes share.
    """

    def __init__(self, work: TriggersWork) -> None:
        super().__init__(work.window)
        self._work = work
        self._found: list[Interrupted] = []
        self._connection: Connection | None = None
        work.services.actions.bind(ACTION, self._next)
        work.unsettled.connect(self.look)
        work.window.interruptions.outdated.connect(self._look_again)

    def look(self, connection: Connection) -> None:
        """Looks for plans of this account and region, and says so above the page."""
        self._connection = connection
        self._work.services.jobs.submit(
            Job(
                self.tr("Finding interrupted trigger changes"),
                lambda _ctx: self._work.journal.unfinished(connection.account_id, connection.region),
                replaces=_LOOK,
                quiet=True,
                on_done=lambda found: self._take(list(found)),
                on_error=self._work.window.banners.show_error,
            )
        )

    def _look_again(self) -> None:
        if self._connection is not None:
            self.look(self._connection)

    def _take(self, found: list[Interrupted]) -> None:
        self._found = found
        self._work.services.actions.set_there(ACTION, there=bool(found))
        self._work.window.interruptions.tell(
            ACTION, [Interruption(self._words(each), partial(self._decide, each)) for each in found]
        )

    def _words(self, interrupted: Interrupted) -> WorkbenchError:
        words = self.tr("A trigger change was interrupted.")
        why = self.tr("Finish it or undo it: %1.").replace("%1", interrupted.plan.title)
        return WorkbenchError(words, why, action=ACTION)

    def _decide(self, interrupted: Interrupted) -> None:
        """Asks about this one first."""
        self._found = [interrupted, *(each for each in self._found if each is not interrupted)]
        self._next()

    def _next(self) -> None:
        """Asks about the first; what is left for later is offered again."""
        if self._connection is None:
            return
        if not self._found:
            self.look(self._connection)
            return
        connection, interrupted = self._connection, self._found.pop(0)
        dialog = InterruptedDialog(interrupted, self._work.window)
        dialog.finish_wanted.connect(lambda: self._look_at(connection, interrupted, finishes=True))
        dialog.undo_wanted.connect(lambda: self._look_at(connection, interrupted, finishes=False))
        dialog.rejected.connect(partial(self.look, connection))
        dialog.open()

    def _look_at(self, connection: Connection, interrupted: Interrupted, *, finishes: bool) -> None:
        """Reads the function, and asks whether it may be changed."""
        name = interrupted.plan.function_arn.split(":")[6]
        plan = interrupted.plan
        title = self.tr("Change triggers in production")

        def ask(function: OpenFunction) -> None:
            yes = self.tr("Finish") if finishes else self.tr("Undo")
            self._work.confirm(
                function,
                title,
                plan.title,
                yes,
                lambda: self._settle(function, interrupted, finishes=finishes),
            )

        self._work.read(
            self.tr("Reading %1").replace("%1", name),
            "triggers.interrupted.read",
            lambda ctx: OpenFunction(connection, get_function(connection, name, ctx=ctx)),
            ask,
            # A function that is gone can still have what was wired to it taken back.
            None if finishes else lambda _error: self._settle(None, interrupted, finishes=False),
        )

    def _settle(self, function: OpenFunction | None, interrupted: Interrupted, *, finishes: bool) -> None:
        connection = function.connection if function is not None else self._connection
        assert connection is not None
        journal, plan = self._work.journal, interrupted.plan

        def run(ctx: JobContext) -> tuple[str, ...]:
            if not finishes:
                return executing.undo(connection, interrupted, journal, ctx)
            executing.finish(connection, interrupted, journal, ctx)
            return ()

        def done(kept: tuple[str, ...]) -> None:
            words = self.tr("“%1” was finished.") if finishes else self.tr("“%1” was undone.")
            stays = (
                self.tr("These changes could not be undone: %1.").replace("%1", "; ".join(kept))
                if kept
                else ""
            )
            self._work.notice.emit(words.replace("%1", plan.title), stays, "good")
            self._work.page.refresh()
            self.look(connection)

        def failed(error: WorkbenchError) -> None:
            self._work.fail(ACTION, error)
            self.look(connection)

        self._work.services.jobs.submit(
            Job(
                plan.title,
                run,
                lane=f"write:{plan.function_arn}",
                on_done=done,
                on_error=failed,
                on_cancelled=lambda: self.look(connection),
            )
        )


def _steps(who: QWidget, interrupted: Interrupted) -> str:
    """Each step, and whether it was made."""
    lines = []
    for number, step in enumerate(interrupted.plan.steps):
        if number in interrupted.done:
            state = who.tr("done")
        elif number in interrupted.begun:
            state = who.tr("started; might have completed")
        else:
            state = who.tr("not started")
        lines.append(f"{number + 1}. {step.title}: {state}")
    return "\n".join(lines)
