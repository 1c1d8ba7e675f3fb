"""Running a function without the fence that the system refuses: only where the user said so."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from workbench.invoke.local import FenceRefused
from workbench.ui.parts import Parts
from workbench.ui.preferences import LOCAL_UNFENCED
from workbench.ui.safety.confirm import Question
from workbench.ui.services import OpenFunction


class UnfencedRuns(QObject):
    """Knows for which functions the user has allowed it: until the program ends, or by a setting for all."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._allowed: set[str] = set()  # ARNs

    def is_allowed(self, function: OpenFunction) -> bool:
        """Whether a function may run without the fence where the system refuses that."""
        every = LOCAL_UNFENCED.read(self._parts.services.settings)
        return every or function.detail.function_arn in self._allowed

    def ask(self, function: OpenFunction, refused: FenceRefused, then: Callable[[], object]) -> None:
        """Asks whether a function that was not run is to be run without the fence; `then` follows a yes."""
        text = self.tr(
            "%1 was not run, because this system could not isolate it from your files. Without "
            "isolation it runs with your permissions and can read all your files, including "
            "credentials. Run without isolation until Workbench closes?"
        )
        question = Question(
            "runUnfenced",
            self.tr("Run without isolation"),
            text.replace("%1", function.detail.function_name),
            self.tr("Run Without Isolation"),
            self._parts.window,
            refused.why,
        )
        question.yes.setProperty("role", "danger")

        def agreed() -> None:
            self._allowed.add(function.detail.function_arn)
            then()

        question.ask(agreed)
