"""Problems of the open code, a line each; a click goes there."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHeaderView, QStackedLayout, QTreeWidget, QTreeWidgetItem, QWidget

from workbench.code.language_service import by_cause
from workbench.code.syntax import CREATE_HANDLER, Problem
from workbench.core.messages import _
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.text import PlainMenu, named, tool_tip
from workbench.ui.kit.text_size import scaled

_MOST = 500  # a broken file has thousands; nobody reads them, and the list would stall the window
_WIDTHS = (180, 50, 70, 170)  # of the columns after the message, which gets the rest


class ProblemsPanel(QWidget):
    """Lists what is wrong with the code as it stands in the editor."""

    opened = Signal(str, int, int)  # file (relative), line, column, both from 1
    fix_wanted = Signal(Problem)
    handler_wanted = Signal(str)  # that function is to be the handler
    counted = Signal(int)  # so many are known

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("problemsPanel")
        self.list = named(QTreeWidget(), "problemsList", _("Problems"))
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setHeaderLabels([_("Problem"), _("File"), _("Line"), _("Kind"), _("Source")])
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self._kinds = {
            "error": _("Error"),
            "warning": _("Warning"),
            "info": _("Note"),
            "hint": _("Hint"),
        }
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)  # all columns are seen in any window
        for column, width in enumerate(_WIDTHS, 1):
            header.resizeSection(column, scaled(width))
        self._menu = named(PlainMenu(self), "problemsMenu", _("Problem"))
        self._empty = named(EmptyState(), "problemsEmpty")
        self._empty.set_text(_("No problems"), _("Syntax and the handler are checked as you type."))
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.list)
        self.list.itemActivated.connect(self._open)
        self.list.itemClicked.connect(self._open)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Replaces what is listed: causes first, and below each what may only follow from it."""
        self.list.clear()
        left = _MOST
        ordered = by_cause(problems)
        for cause, following in ordered:
            if left <= 0:
                break
            item = self._item(cause)
            item.addChildren([self._item(each) for each in following[: left - 1]])
            left -= 1 + item.childCount()
            self.list.addTopLevelItem(item)
        self.list.setRootIsDecorated(any(following for _cause, following in ordered))
        self.list.expandAll()
        if (more := len(problems) - _MOST) > 0:
            self.list.addTopLevelItem(QTreeWidgetItem([_("… and {more} more").format(more=f"{more:,}")]))
        self._stack.setCurrentIndex(1 if problems else 0)
        self.counted.emit(len(problems))

    def _item(self, problem: Problem) -> QTreeWidgetItem:
        source = f"{problem.source} {problem.rule}".strip()
        kind = self._kinds[problem.severity]
        item = QTreeWidgetItem([problem.message, problem.path, str(problem.line or ""), kind, source])
        item.setData(0, Qt.ItemDataRole.UserRole, problem)
        item.setToolTip(0, tool_tip(problem.message))
        return item

    def _open(self, item: QTreeWidgetItem) -> None:
        if (problem := item.data(0, Qt.ItemDataRole.UserRole)) is not None:
            self._go(problem)

    def _go(self, problem: Problem) -> None:
        if problem.path:
            self.opened.emit(problem.path, problem.line or 1, problem.column or 1)

    def _open_menu(self, point: QPoint) -> None:
        """What can be done about the chosen problem."""
        item = self.list.itemAt(point) or self.list.currentItem()
        if item is None or (problem := item.data(0, Qt.ItemDataRole.UserRole)) is None:
            return
        menu = self._menu
        menu.clear()
        go = menu.addAction(_("Go to Problem"))
        go.setEnabled(bool(problem.path))
        go.triggered.connect(lambda: self._go(problem))
        menu.addAction(_("Copy")).triggered.connect(
            lambda: QGuiApplication.clipboard().setText(problem.message)
        )
        if problem.fix == CREATE_HANDLER:
            fix = menu.addAction(_("Create Handler Function"))
            fix.triggered.connect(lambda: self.fix_wanted.emit(problem))
        for handler in problem.handlers:
            choose = menu.addAction(_("Set Handler to “{handler}”").format(handler=handler))
            choose.triggered.connect(partial(self.handler_wanted.emit, handler))
        menu.popup(self.list.viewport().mapToGlobal(point))
