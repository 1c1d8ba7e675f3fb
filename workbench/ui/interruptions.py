"""What a crash or a failure interrupted, whatever it was: said in one message, and decided in one list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.ui import interruptions_dialog
from workbench.ui.actions import ActionRegistry
from workbench.ui.message_center import MessageCenter

ACTION = "operations.interrupted"
_KEY = "interrupted"
_GATHER_MS = 150  # several parts look at the same time: what they find is one message


@dataclass(frozen=True, slots=True)
class Interruption:
    """One operation that was interrupted.

    Attributes:
        error: What it was, how far it came, and what can be done.
        decide: Opens the question what becomes of it.
    """

    error: WorkbenchError
    decide: Callable[[], object]


class Interruptions(QObject):
    """Gathers what all parts of the window find.

    Args:
        window: The dialog's parent.
        actions: Has ACTION.
        messages: Where it is said.

    Signals:
        outdated: Something ended late: every part looks again.
    """

    outdated = Signal()

    def __init__(self, window: QWidget, actions: ActionRegistry, messages: MessageCenter) -> None:
        super().__init__(window)
        self._window, self._actions, self._messages = window, actions, messages
        self._found: dict[str, tuple[Interruption, ...]] = {}
        self._gather = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._gather.timeout.connect(self._say)
        if ACTION in actions:
            actions.bind(ACTION, self.open)

    @property
    def all(self) -> tuple[Interruption, ...]:
        """Everything that waits for a decision."""
        return tuple(chain.from_iterable(self._found.values()))

    def tell(self, source: str, found: Sequence[Interruption]) -> None:
        """Takes what one part of the window has found, in place of what it found before."""
        if not found and not self._found.get(source):
            return
        self._found[source] = tuple(found)
        self._actions.set_there(ACTION, there=bool(self.all))
        if found:
            self._gather.start()
        else:
            self._say()

    def clear(self) -> None:
        """Forgets everything: the account was left."""
        self._found.clear()
        self._actions.set_there(ACTION, there=False)
        self._say()

    def open(self) -> None:
        """Opens the list; for a single operation its question at once."""
        found = self.all
        if len(found) == 1:
            found[0].decide()
        elif found:
            dialog = interruptions_dialog.InterruptionsDialog(found, self._window)
            dialog.finished.connect(self._say)
            dialog.open()

    def _say(self) -> None:
        found = self.all
        if not found:
            self._gather.stop()
            self._messages.dismiss(_KEY)
            return
        error = found[0].error
        if len(found) > 1:
            error = WorkbenchError(
                _("{count} operations were interrupted.").format(count=f"{len(found):,}"),
                " ".join(each.error.what for each in found),
                _("Decide what happens to each."),
                action=ACTION,
            )
        self._messages.show_error(error, "warning", key=_KEY, decision=True)
