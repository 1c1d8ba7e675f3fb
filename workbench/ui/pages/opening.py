"""What stands where the code would be: what it waits for, or why there is none and the way to try again."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Progress
from workbench.ui.actions import ActionRegistry
from workbench.ui.empty_state import EmptyState
from workbench.ui.named import named

_REMEDIES = {"code.use_folder": ("code.use_folder", "code.use_deployed")}
"""An error's action -> the ways out that are offered beside opening it once more."""
_FOR_GOOD = "function.copy_image_uri"
"""A container image holds no code to open, however often it is tried."""

_UNKNOWN = Progress()


class Opening(EmptyState):
    """Says how the opening of the code goes.

    Args:
        again: Opens it once more.
        actions: Where ways out are looked up.

    Signals:
        ended: There is no code, and none is on its way.
    """

    ended = Signal()

    def __init__(self, again: Callable[[], object], actions: ActionRegistry) -> None:
        super().__init__()
        self._actions = actions
        self.has_ended = False
        self.error: WorkbenchError | None = None  # why there is no code
        named(self, "codeLoading")
        self._again = QAction(self.tr("Try Again"), self)
        self._again.triggered.connect(again)

    def show_progress(self, progress: Progress = _UNKNOWN) -> None:
        """Says that it is on its way, and how far."""
        self.has_ended = False
        self.error = None
        self.set_text(self.tr("Opening the code…"), progress.text)
        self.set_action(None)

    def show_end(self, error: WorkbenchError | None) -> None:
        """Says why there is no code; without an error the person did not want to wait."""
        self.has_ended = True
        self.error = error
        self._say_end(error)
        self.ended.emit()

    def _say_end(self, error: WorkbenchError | None) -> None:
        if error is None:
            self.set_text(self.tr("Cancelled"), self.tr("Press F5 to open the code again."))
            self.set_action(self._again)
            return
        code = f"[{error.aws_code}]" if error.aws_code else ""
        self.set_text(error.what, " ".join(part for part in (error.why, error.remedy, code) if part))
        if error.action == _FOR_GOOD:
            self.set_action(self._actions[_FOR_GOOD])
            return
        self.set_actions(self._again, *(self._actions[name] for name in _REMEDIES.get(error.action, ())))
