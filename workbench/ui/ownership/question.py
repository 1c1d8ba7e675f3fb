"""Asks once before code goes to a function that a stack manages. Dialogs show the words themselves."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from workbench.functions.model import FunctionDetail
from workbench.ui.ownership.words import owner_warning
from workbench.ui.safety.confirm import Question


class OwnerQuestion(QObject):
    """Remembers the yes for each function until the program ends: a person deploys many times an hour."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._agreed: set[str] = set()  # ARNs

    def ask(self, detail: FunctionDetail, then: Callable[[], object]) -> None:
        """Calls what it is given: at once where nobody else manages the function, or after a yes."""
        words = owner_warning(detail)
        if not words or detail.function_arn in self._agreed:
            then()
            return

        def agreed() -> None:
            self._agreed.add(detail.function_arn)
            then()

        title = self.tr("Deploy %1").replace("%1", detail.function_name)
        Question("deployOwner", title, words, self.tr("Deploy Anyway"), self._window).ask(agreed)
