"""The Problems tab: what is odd, on which line, and the repair where there is one."""

from PySide6.QtCore import QModelIndex, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from workbench.profiles.model import Problem
from workbench.ui.copy_table import CopyTable
from workbench.ui.empty_state import EmptyState
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
from workbench.ui.rows_model import TableRow
from workbench.ui.services import Services


class ProblemsView(QWidget):
    """The profile's problems, then those of the files as a whole.

    Signals:
        fix_wanted: The Problem that is to be repaired.
    """

    fix_wanted = Signal(object)

    def __init__(self, services: Services) -> None:
        super().__init__()
        named(self, "profileProblems", self.tr("Problems"))
        self._problems: tuple[Problem, ...] = ()
        headers = (self.tr("Profile"), self.tr("Problem"), self.tr("Location"))
        self.table = CopyTable("problemTable", self.tr("Problems"), headers, (130, 0, 170))
        self.table.setSelectionBehavior(CopyTable.SelectionBehavior.SelectRows)
        self._said = named(PlainLabel(), "problemSaid")
        self._said.setWordWrap(True)
        self._said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.fix = named(QPushButton(self.tr("Fix…")), "problemFix", role="primary")
        self.fix.setToolTip(self.tr("Show the changes before they are made"))
        self.open_file = named(QPushButton(self.tr("Open File")), "problemOpenFile")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._said, 1)
        buttons.addWidget(self.open_file, 0, Qt.AlignmentFlag.AlignTop)
        buttons.addWidget(self.fix, 0, Qt.AlignmentFlag.AlignTop)
        filled = QWidget()
        column = QVBoxLayout(filled)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self.table, 1)
        column.addLayout(buttons)
        empty = named(EmptyState(services.icons, "circle-check"), "problemsEmpty")
        empty.set_text(self.tr("No problems"), self.tr("No problems were found in this profile."))
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(filled)
        self.table.selectionModel().currentChanged.connect(self._row_changed)
        self.table.activated.connect(lambda _index: self._fix())
        self.fix.clicked.connect(self._fix)
        self.open_file.clicked.connect(self._open_file)

    def show_problems(self, name: str, own: tuple[Problem, ...], of_files: tuple[Problem, ...]) -> None:
        """Shows a profile's problems and those of the files."""
        self._problems = (*own, *of_files)
        rows = [self._row(name, problem) for problem in own]
        rows += [self._row(self.tr("The files"), problem) for problem in of_files]
        self.table.take(rows)
        self._stack.setCurrentIndex(1 if rows else 0)
        if rows:
            self.table.selectRow(0)
        self._row_changed(self.table.currentIndex())

    def _row(self, whose: str, problem: Problem) -> TableRow:
        where = problem.path.name if problem.path else ""
        if problem.line:
            where = self.tr("%1, line %2").replace("%1", where).replace("%2", str(problem.line))
        full = str(problem.path) if problem.path else ""
        return TableRow((whose, problem.text, where), ((2, f"{full}:{problem.line}"),) if full else ())

    def _current(self) -> Problem | None:
        row = self.table.currentIndex().row()
        return self._problems[row] if 0 <= row < len(self._problems) else None

    def _row_changed(self, _index: QModelIndex) -> None:
        problem = self._current()
        self._said.setText(problem.text if problem else "")
        self.fix.setEnabled(problem is not None and bool(problem.fix))
        self.open_file.setEnabled(problem is not None and problem.path is not None)

    def _fix(self) -> None:
        problem = self._current()
        if problem is not None and problem.fix:
            self.fix_wanted.emit(problem)

    def _open_file(self) -> None:
        problem = self._current()
        if problem is not None and problem.path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(problem.path)))
