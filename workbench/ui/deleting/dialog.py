"""The question before a function is deleted: what hangs on it, and what goes with it."""

from collections.abc import Iterable

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from workbench.functions.deletion import DeletionStep, plan_deletion
from workbench.functions.dependents import DependentKind, DependentResource
from workbench.functions.model import FunctionDetail
from workbench.ui.deleting.parts_model import PartsModel
from workbench.ui.named import named
from workbench.ui.plain_table import make_plain
from workbench.ui.sign_in.form import Form, text_label

_SIZE = QSize(860, 480)
_ROW_HEIGHT = 28
_KIND_WIDTH, _FATE_WIDTH = 230, 290


class DeleteDialog(Form):
    """`agreed` is the yes to the steps; it comes only when all was looked at.

    Args:
        detail: The function.
        where: Account and region, for people.
        owner: What to know of who else manages it; empty for nothing.
        parent: The window.
    """

    agreed = Signal(object)  # the steps

    def __init__(self, detail: FunctionDetail, where: str, owner: str, parent: QWidget) -> None:
        super().__init__("deleteDialog", "", parent)
        self.set_title(self.tr("Delete %1").replace("%1", detail.function_name))
        self.setSizeGripEnabled(True)
        self._detail, self._complete = detail, False
        words = self.tr(
            "This deletes the function in %1 with all its versions and aliases. A copy "
            "of its code and configuration, including environment variables, is kept on "
            "this computer, readable only by you. Use Restore Deleted Function to "
            "restore it. The selected resources are deleted too."
        )
        self.content.addWidget(text_label("deleteWords", words.replace("%1", where)))
        if owner:
            self.content.addWidget(text_label("deleteOwner", owner, "warning"))
        if detail.environment_error:
            lost = self.tr("AWS does not return its environment variables, so they cannot be kept: %1")
            lost = lost.replace("%1", detail.environment_error)
            self.content.addWidget(text_label("deleteEnvironment", lost, "warning"))
        self.model = PartsModel(self)
        self.table = named(QTableView(), "deleteParts", self.tr("Related resources"))
        self._dress()
        self.content.addWidget(self.table, 1)
        self.finish_layout(stretch=False)
        self.yes = self.add_button("deleteYes", self.tr("Delete Function"), "danger")
        self.cancel = self.add_button("deleteCancel", self.tr("Cancel"))
        self.cancel.clicked.connect(self.reject)
        self.yes.clicked.connect(self._submit)
        self.model.chosen_changed.connect(self._show)
        self.resize(_SIZE)
        self._show()
        self.table.setFocus()

    def fit(self) -> None:
        """The table takes all room: the size is the person's."""

    def add_parts(self, parts: Iterable[DependentResource]) -> None:
        """Takes what was found."""
        self.model.add(parts)
        if not self.table.currentIndex().isValid():
            self.table.setCurrentIndex(self.model.index(0, 0))  # Space ticks

    def finish(self) -> None:
        """All was looked at."""
        self._complete = True
        self._show()

    def say_stopped(self) -> None:
        """Looking was cancelled: nothing is deleted unseen."""
        self.say(
            self.tr("The search was cancelled. Open this dialog again to delete the function."), "warning"
        )

    def steps(self) -> tuple[DeletionStep, ...]:
        """What would be done now."""
        return plan_deletion(self._detail, self.model.chosen)

    def _dress(self) -> None:
        table = self.table
        table.setModel(self.model)
        make_plain(table, _ROW_HEIGHT)
        header = table.horizontalHeader()
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        table.setColumnWidth(0, _KIND_WIDTH)
        table.setColumnWidth(2, _FATE_WIDTH)

    def _show(self) -> None:
        if not self._complete:
            self.say(self.tr("Finding related resources…"))
        elif not self.model.parts:
            self.say(self.tr("No related resources."))
        elif any(part.kind is DependentKind.ROLE for part in self.model.chosen):
            self.say(
                self.tr(
                    "Other regions and other services might use the role; they were not checked. "
                    "A restore does not recreate the role."
                ),
                "warning",
            )
        else:
            self.say("")
        self.yes.setEnabled(self._complete)

    def _submit(self) -> None:
        steps = self.steps()
        self.accept()
        self.agreed.emit(steps)
