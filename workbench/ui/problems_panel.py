"""Problems of the open code, a line each; a click goes there."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedLayout, QTreeWidget, QTreeWidgetItem, QWidget

from workbench.code.syntax import Problem
from workbench.ui.empty_state import EmptyState
from workbench.ui.named import named


class ProblemsPanel(QWidget):
    """Lists what is wrong with the code as it stands in the editor."""

    opened = Signal(str, int, int)  # file (relative), line, column, both from 1

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("problemsPanel")
        self.list = named(QTreeWidget(), "problemsList", self.tr("Problems"))
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setHeaderLabels([self.tr("Problem"), self.tr("File"), self.tr("Line")])
        self.list.setColumnWidth(0, 560)
        self.list.setColumnWidth(1, 240)
        self._empty = named(EmptyState(), "problemsEmpty")
        self._empty.set_text(self.tr("No problems"), self.tr("Syntax and handler are checked as you type."))
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.list)
        self.list.itemActivated.connect(self._open)
        self.list.itemClicked.connect(self._open)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Replaces what is listed."""
        self.list.clear()
        for problem in problems:
            item = QTreeWidgetItem([problem.message, problem.path, str(problem.line or "")])
            item.setData(0, Qt.ItemDataRole.UserRole, problem)
            self.list.addTopLevelItem(item)
        self._stack.setCurrentIndex(1 if problems else 0)

    def _open(self, item: QTreeWidgetItem) -> None:
        problem = item.data(0, Qt.ItemDataRole.UserRole)
        if problem.path:
            self.opened.emit(problem.path, problem.line or 1, problem.column or 1)
