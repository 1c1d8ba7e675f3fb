"""What the X-ray found, the worst first, each with what to do about it."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import (
    QMenu,
    QStackedLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.code.dependencies.xray import Finding, Level
from workbench.ui.actions import ActionRegistry
from workbench.ui.dependencies.words import level_word
from workbench.ui.empty_state import EmptyState
from workbench.ui.kit.text import PlainLabel, tool_tip
from workbench.ui.kit.tone_delegate import ToneDelegate
from workbench.ui.named import named
from workbench.ui.theme import Theme

_FINDING = Qt.ItemDataRole.UserRole
_MOST = 500


class FindingList(QWidget):
    """A line each; a double click opens the file that it is about.

    Signals:
        opened(path, line, column): A file is wanted.
    """

    opened = Signal(str, int, int)

    def __init__(self, actions: ActionRegistry, theme: Theme) -> None:
        super().__init__()
        self._actions = actions
        self._theme = theme
        self._findings: tuple[Finding, ...] = ()
        self.list = named(QTreeWidget(), "dependencyFindings", self.tr("Findings"))
        self.list.setRootIsDecorated(False)
        self.list.setItemDelegate(ToneDelegate(self.list))
        self.list.setUniformRowHeights(True)
        self.list.setHeaderLabels([self.tr("Type"), self.tr("Finding")])
        self.list.setColumnWidth(0, 76)
        self.list.currentItemChanged.connect(self._show_remedy)
        self.remedy = named(PlainLabel(), "findingRemedy", role="muted")
        self.remedy.setWordWrap(True)
        self.remedy.setContentsMargins(8, 4, 8, 4)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.list.itemActivated.connect(self._activate)
        self._menu = named(QMenu(self), "findingMenu", self.tr("Finding"))
        empty = named(EmptyState(), "findingsEmpty")
        empty.set_text(
            self.tr("No problems found"),
            self.tr("Platform, handler, secrets, sizes and unused packages were checked."),
        )
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        both = QWidget()
        column = QVBoxLayout(both)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.list, 1)
        column.addWidget(self.remedy)
        self._stack.addWidget(both)
        theme.changed.connect(self._list)

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Replaces what is listed."""
        self._findings = tuple(findings)
        self._list()

    def _list(self) -> None:
        colors = self._theme.colors
        tones = {Level.ERROR: colors.danger, Level.WARNING: colors.warning, Level.INFO: colors.muted}
        self.list.clear()
        for finding in self._findings[:_MOST]:
            item = QTreeWidgetItem([level_word(finding.level), finding.what])
            item.setForeground(0, QColor(tones[finding.level]))
            item.setData(0, _FINDING, finding)
            item.setToolTip(1, tool_tip(f"{finding.what}\n{finding.remedy}"))
            self.list.addTopLevelItem(item)
        if (more := len(self._findings) - _MOST) > 0:
            self.list.addTopLevelItem(
                QTreeWidgetItem(["", self.tr("… and %1 more").replace("%1", f"{more:,}")])
            )
        self._stack.setCurrentIndex(1 if self._findings else 0)
        if (first := self.list.topLevelItem(0)) is not None:
            self.list.setCurrentItem(first)

    def _show_remedy(self, item: QTreeWidgetItem | None) -> None:
        """All of the chosen one's words: the list has room for their beginning."""
        finding = item.data(0, _FINDING) if item is not None else None
        self.remedy.setText(f"{finding.what} {finding.remedy}" if isinstance(finding, Finding) else "")

    def _activate(self, item: QTreeWidgetItem) -> None:
        finding = item.data(0, _FINDING)
        if isinstance(finding, Finding) and finding.path:
            self.opened.emit(finding.path, finding.line or 1, 1)

    def _open_menu(self, point: QPoint) -> None:
        item = self.list.itemAt(point) or self.list.currentItem()
        finding = item.data(0, _FINDING) if item is not None else None
        if item is None or not isinstance(finding, Finding):
            return
        self._menu.clear()
        go = self._menu.addAction(self.tr("Go to Location"))
        go.setEnabled(bool(finding.path))
        go.triggered.connect(lambda: self._activate(item))
        self._menu.addAction(self.tr("Copy")).triggered.connect(
            lambda: QGuiApplication.clipboard().setText(f"{finding.what} {finding.remedy}")
        )
        if finding.action:
            self._menu.addAction(self._actions[finding.action])
        self._menu.popup(self.list.viewport().mapToGlobal(point))
