"""Functions whose restoring a crash has stopped half-way: said at the start, and gone on with by Restore."""

from PySide6.QtCore import QObject

from workbench.core.errors import WorkbenchError
from workbench.functions.deleted import Deleted, DeletedStore
from workbench.ui.left_over import LeftOver
from workbench.ui.services import Services
from workbench.ui.session import Session
from workbench.ui.window import MainWindow


class HalfRestored(QObject):
    """Lives as long as the window.

    Args:
        services: The program's.
        session: Where they are looked for.
        window: For the banner.
        store: The copies of what was deleted.
        action: Restores.

    Attributes:
        left_over: What a crash left here.
    """

    def __init__(
        self, services: Services, session: Session, window: MainWindow, store: DeletedStore, action: str
    ) -> None:
        super().__init__(window)
        self._action = action
        self.left_over = LeftOver("restoring", services, session, window, store.half_restored, self._words)

    def _words(self, copy: Deleted) -> WorkbenchError:
        return WorkbenchError(
            self.tr("The restore of %1 was interrupted.").replace("%1", copy.function_name),
            self.tr("If the function exists, some of its related resources might be missing."),
            self.tr("Restore it again to continue."),
            action=self._action,
        )
