"""Deleting functions in the window: who hears it, and whom it hears."""

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction

from workbench.aws.rate_budget import RateBudget
from workbench.ui.deleting.flow import DeletionFlow
from workbench.ui.ownership.owner import owner_warning
from workbench.ui.parts import Parts
from workbench.ui.protection import Protection


class ConnectedDeletion(QObject):
    """Connects it, for as long as the window lives."""

    def __init__(self, parts: Parts, protection: Protection, budget: RateBudget) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self.flow = DeletionFlow(
            parts.services, parts.session, parts.window, protection.confirm_change, budget
        )
        self.flow.before_restore = parts.creation.before_start
        self.flow.owner_words = owner_warning
        self.flow.interrupted.left_over.there.connect(
            lambda there: parts.services.actions.set_there("deletion", there=there)
        )
        self.flow.failed.connect(protection.sign_in.note_failure)
        self.flow.deleted.connect(self._gone)
        self.flow.restored.connect(parts.creation.created)
        view = parts.window.functions.view
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        action = QAction(self.tr("Delete Function…"), view)
        action.setObjectName("deleteListedFunction")
        action.triggered.connect(self._delete_listed)
        view.addAction(action)

    def _delete_listed(self) -> None:
        """Deletes the row under the mouse, which need not be the open function."""
        index = self._parts.window.functions.view.currentIndex()
        if index.isValid():
            self.flow.delete_named(str(index.data()))

    def _gone(self, function_arn: str) -> None:
        """The window lets go of a function that is not there any more."""
        window = self._parts.window
        opened = window.page.function
        if opened is not None and opened.detail.function_arn == function_arn:
            window.page.close_function()
        window.functions.refresh()
