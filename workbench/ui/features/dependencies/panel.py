"""The Dependencies panel: the sizes of a package's contents, as a tree and as a map, and the findings."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QGuiApplication,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QSplitter,
    QStackedLayout,
    QToolButton,
    QToolTip,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.quotas import UNZIPPED_LIMIT_BYTES, ZIP_LIMIT_BYTES
from workbench.code.dependencies.inventory import SizeNode
from workbench.code.dependencies.use import DependencyState, DependencyStatus
from workbench.code.dependencies.xray import Finding, Level
from workbench.code.package_contents import WorkspaceXRay
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.labels import Gauge
from workbench.ui.kit.table_model import ToneDelegate
from workbench.ui.kit.text import PlainLabel, PlainMenu, named, size_text, tool_tip
from workbench.ui.kit.theme import Theme, blend
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.install_question import package_count

_FINDING = _NODE = Qt.ItemDataRole.UserRole
_NUMBERS = (2, 3)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_MAX_FINDINGS, _MAX_NODES, _MAX_AREAS = 500, 1_000, 200
_FILL = 0.38  # of a series' colour over the ground: text stays readable on it
_GAP, _MARGIN = 1.0, 4


def title_of(node: SizeNode) -> str:
    """What a part is called."""
    return node.name or _("Your code")


def level_label(level: Level) -> str:
    """The severity of a finding."""
    words = {Level.ERROR: _("Error"), Level.WARNING: _("Warning"), Level.INFO: _("Note")}
    return words[level]


def status_text(status: DependencyStatus, packages: int) -> str:
    """The state of the dependencies in a sentence.

    Args:
        status: How they stand.
        packages: How many are in the package.
    """
    path = status.declaration.path if status.declaration else ""
    layer = ":".join(status.used.layer_arn.split(":")[-2:]) if status.used else ""
    words = {
        DependencyState.NONE: _("The code declares no dependencies.")
        if not packages
        else _("{packages} in the code folder."),
        DependencyState.AS_DEPLOYED: _("{path} has not changed since the last deployment."),
        DependencyState.IN_FOLDER: _(
            "Packages are installed in the folder itself and are not changed by Workbench."
        ),
        DependencyState.READY: _("{packages} from {path} in the package."),
        DependencyState.IN_LAYER: _("The packages of {path} are in the layer {layer}."),
        DependencyState.CHANGED: _(
            "The packages of {path} are not installed. The next deployment installs them."
        )
        if status.is_confirmed
        else _("The packages of {path} are not installed. The next deployment asks before it installs them."),
    }
    text = words[status.state]
    return text.format(path=path, packages=package_count(packages), layer=layer)


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
        self.list = named(QTreeWidget(), "dependencyFindings", _("Findings"))
        self.list.setRootIsDecorated(False)
        self.list.setItemDelegate(ToneDelegate(self.list))
        self.list.setUniformRowHeights(True)
        self.list.setHeaderLabels([_("Type"), _("Finding")])
        self.list.setColumnWidth(0, 76)
        self.list.currentItemChanged.connect(self._show_remedy)
        self.remedy = named(PlainLabel(), "findingRemedy", role="muted")
        self.remedy.setWordWrap(True)
        self.remedy.setContentsMargins(8, 4, 8, 4)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.list.itemActivated.connect(self._activate)
        self._menu = named(PlainMenu(self), "findingMenu", _("Finding"))
        empty = named(EmptyState(), "findingsEmpty")
        empty.set_text(
            _("No problems found"), _("Platform, handler, secrets, sizes and unused packages were checked.")
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
        for finding in self._findings[:_MAX_FINDINGS]:
            item = QTreeWidgetItem([level_label(finding.level), finding.what])
            item.setForeground(0, QColor(tones[finding.level]))
            item.setData(0, _FINDING, finding)
            item.setToolTip(1, tool_tip(f"{finding.what}\n{finding.remedy}"))
            self.list.addTopLevelItem(item)
        if (more := len(self._findings) - _MAX_FINDINGS) > 0:
            self.list.addTopLevelItem(QTreeWidgetItem(["", _("… and {more} more").format(more=f"{more:,}")]))
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
        go = self._menu.addAction(_("Go to Location"))
        go.setEnabled(bool(finding.path))
        go.triggered.connect(lambda: self._activate(item))
        self._menu.addAction(_("Copy")).triggered.connect(
            lambda: QGuiApplication.clipboard().setText(f"{finding.what} {finding.remedy}")
        )
        if finding.action:
            self._menu.addAction(self._actions[finding.action])
        self._menu.popup(self.list.viewport().mapToGlobal(point))


class SizeView(QTreeWidget):
    """Lists parts, then folders and files.

    Signals:
        part_chosen: The number of the part that is chosen, or that holds what is.
    """

    part_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("dependencySizes")
        self.setAccessibleName(_("Contents of the package"))
        self.setUniformRowHeights(True)
        self.setHeaderLabels([_("Part"), _("Version"), _("Size"), _("Share")])
        for column in _NUMBERS:
            self.headerItem().setTextAlignment(column, _RIGHT)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 76), (2, 76), (3, 60)):
            self.setColumnWidth(column, width)
        self._total = 0
        self.itemExpanded.connect(self._fill)
        self.currentItemChanged.connect(self._current_changed)

    def show_nodes(self, nodes: Sequence[SizeNode]) -> None:
        """Replaces what is listed; what was open stays open, as far as it is there."""
        opened = [item.text(0) for item in self._tops() if item.isExpanded()]
        current = self.currentItem()
        chosen = current.text(0) if current is not None and current.parent() is None else ""
        self.blockSignals(True)
        self.clear()
        self._total = sum(node.size_bytes for node in nodes)
        self.addTopLevelItems([self._item(node, title_of(node)) for node in nodes[:_MAX_NODES]])
        self.blockSignals(False)
        for item in self._tops():
            if item.text(0) in opened:
                item.setExpanded(True)
            if chosen and item.text(0) == chosen:
                self.setCurrentItem(item)

    def choose(self, number: int) -> None:
        """Chooses a part."""
        if (item := self.topLevelItem(number)) is not None:
            self.setCurrentItem(item)
            self.scrollToItem(item)

    def _tops(self) -> list[QTreeWidgetItem]:
        items = (self.topLevelItem(number) for number in range(self.topLevelItemCount()))
        return [item for item in items if item is not None]

    def _item(self, node: SizeNode, title: str) -> QTreeWidgetItem:
        share = f"{node.size_bytes / self._total:.0%}" if self._total else ""
        item = QTreeWidgetItem([title, node.version, size_text(node.size_bytes), share])
        for column in _NUMBERS:
            item.setTextAlignment(column, _RIGHT)
        item.setData(0, _NODE, node)
        item.setToolTip(0, tool_tip(title))
        if node.children:
            item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
        return item

    def _fill(self, item: QTreeWidgetItem) -> None:
        node = item.data(0, _NODE)
        if item.childCount() or not isinstance(node, SizeNode):
            return
        children = [self._item(child, child.name) for child in node.children[:_MAX_NODES]]
        if (more := len(node.children) - _MAX_NODES) > 0:
            children.append(QTreeWidgetItem([_("… and {more} more").format(more=f"{more:,}")]))
        item.addChildren(children)

    def _current_changed(self, item: QTreeWidgetItem | None, _old: QTreeWidgetItem | None) -> None:
        while item is not None and (above := item.parent()) is not None:
            item = above
        if item is not None:
            self.part_chosen.emit(self.indexOfTopLevelItem(item))


def squarify(sizes: Sequence[float], area: QRectF) -> list[QRectF]:
    """Fills an area with a rectangle for each size, as near to squares as they can be.

    Source: Bruls, Huizing, van Wijk: "Squarified Treemaps" (2000).

    Args:
        sizes: Largest first, none below 0.
        area: The rectangle to fill.
    """
    total = sum(sizes)
    if total <= 0 or area.width() <= 0 or area.height() <= 0:
        return [QRectF(area.topLeft(), area.topLeft()) for __ in sizes]
    scale = area.width() * area.height() / total
    areas = [size * scale for size in sizes]
    rectangles: list[QRectF] = []
    rest = QRectF(area)
    row: list[float] = []
    for size in areas:
        side = min(rest.width(), rest.height())
        if row and _worst_ratio([*row, size], side) > _worst_ratio(row, side):
            rest = _lay_row(row, rest, rectangles)
            row = []
        row.append(size)
    _lay_row(row, rest, rectangles)
    return rectangles


def _worst_ratio(row: Sequence[float], side: float) -> float:
    """How far from a square the worst of a row is."""
    total = sum(row)
    if total <= 0 or side <= 0:
        return float("inf")
    smallest = max(min(row), 1e-9)
    return max(side**2 * max(row) / total**2, total**2 / (side**2 * smallest))


def _lay_row(row: Sequence[float], rest: QRectF, rectangles: list[QRectF]) -> QRectF:
    """Puts a row along the shorter side; returns what is left."""
    total = sum(row)
    if rest.width() >= rest.height():
        width = total / rest.height() if rest.height() else 0.0
        top = rest.top()
        for area in row:
            height = area / width if width else 0.0
            rectangles.append(QRectF(rest.left(), top, width, height))
            top += height
        return QRectF(rest.left() + width, rest.top(), max(0.0, rest.width() - width), rest.height())
    height = total / rest.width() if rest.width() else 0.0
    left = rest.left()
    for area in row:
        width = area / height if height else 0.0
        rectangles.append(QRectF(left, rest.top(), width, height))
        left += width
    return QRectF(rest.left(), rest.top() + height, rest.width(), max(0.0, rest.height() - height))


class TreeMap(QWidget):
    """Areas as large as the parts. A click chooses one.

    Signals:
        chosen: The number of a part.
    """

    chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("dependencyMap")
        self.setAccessibleName(_("Sizes of the package contents"))
        self.setMinimumSize(QSize(120, 60))
        self._theme = theme
        self._nodes: tuple[SizeNode, ...] = ()
        self._current = -1
        theme.changed.connect(self.update)

    def show_nodes(self, nodes: Sequence[SizeNode]) -> None:
        """Replaces what is shown: the parts, the largest first."""
        self._nodes = tuple(node for node in nodes if node.size_bytes > 0)[:_MAX_AREAS]
        self._current = -1
        total = sum(node.size_bytes for node in self._nodes)
        largest = ", ".join(f"{title_of(node)} {size_text(node.size_bytes)}" for node in self._nodes[:5])
        self.setAccessibleDescription(f"{size_text(total)}: {largest}")
        self.update()

    def mark(self, number: int) -> None:
        """Frames a part; -1 frames none."""
        if number != self._current:
            self._current = number
            self.update()

    def part_at(self, point: QPoint) -> int:
        """The number of the part there, or -1."""
        areas = enumerate(self._areas())
        return next((number for number, area in areas if area.contains(point.toPointF())), -1)

    def _areas(self) -> list[QRectF]:
        return squarify([float(node.size_bytes) for node in self._nodes], QRectF(self.rect()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = self._theme.colors
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colors.base))
        line = painter.fontMetrics().height()
        for number, (node, area) in enumerate(zip(self._nodes, self._areas(), strict=True)):
            inner = area.adjusted(_GAP, _GAP, -_GAP, -_GAP)
            if inner.width() <= 0 or inner.height() <= 0:
                continue
            series = colors.accent if not node.name else colors.series[number % len(colors.series)]
            painter.fillRect(inner, QColor(blend(series, colors.base, _FILL)))
            if number == self._current:
                painter.setPen(QPen(QColor(colors.text), 2))
                painter.drawRect(inner.adjusted(1, 1, -1, -1))
            text = inner.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
            if text.width() < 3 * line or text.height() < line:
                continue
            painter.setPen(QColor(colors.text))
            name = painter.fontMetrics().elidedText(
                title_of(node), Qt.TextElideMode.ElideRight, int(text.width())
            )
            lines = [name, size_text(node.size_bytes)] if text.height() >= 2 * line else [name]
            painter.drawText(text, Qt.AlignmentFlag.AlignTop, "\n".join(lines))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if (number := self.part_at(event.position().toPoint())) >= 0:
            self.chosen.emit(number)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            number = self.part_at(event.pos())
            if number < 0:
                QToolTip.hideText()
            else:
                node = self._nodes[number]
                QToolTip.showText(
                    event.globalPos(),
                    tool_tip(f"{title_of(node)} {node.version}\n{size_text(node.size_bytes)}"),
                    self,
                )
            return True
        return super().event(event)


class DependenciesPanel(QWidget):
    """Shows one look at the open code.

    Signals:
        shown: It came to the front: what it shows should be as things are now.
        opened(path, line, column): A file is wanted.
    """

    shown = Signal()
    opened = Signal(str, int, int)

    def __init__(self, actions: ActionRegistry, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("dependenciesPanel")
        self.status = named(PlainLabel(), "dependenciesStatus")
        self.status.setWordWrap(True)  # two lines are as high as the buttons beside it
        self.status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.unpacked = Gauge("dependenciesUnpacked", _("Unpacked"), UNZIPPED_LIMIT_BYTES, theme)
        self.packed = Gauge("dependenciesPacked", _("Zip"), ZIP_LIMIT_BYTES, theme)
        self.unpacked.setToolTip(_("Includes the layer with the dependencies. Other layers count too."))
        self.packed.setToolTip(_("A larger .zip file is uploaded through S3."))
        self.sizes = SizeView()
        self.map = TreeMap(theme)
        self.findings = FindingList(actions, theme)
        self._empty = named(EmptyState(), "dependenciesEmpty")
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty)
        self._lay_out()
        self.map.chosen.connect(self.sizes.choose)
        self.sizes.part_chosen.connect(self.map.mark)
        self.findings.opened.connect(self.opened)
        self.clear()

    def clear(self) -> None:
        """Says that no code is open."""
        self._show_empty(_("No code open"), _("Open a function's code to see its contents and dependencies."))
        self.status.setText("")

    def show_analyzing(self) -> None:
        """Says that the first look is under way; what an earlier one found stays."""
        if self._stack.currentIndex() == 0:
            self._show_empty(_("Analyzing the code…"), "")

    def show_error(self, error: WorkbenchError) -> None:
        """Says why the code cannot be looked through."""
        self._show_empty(error.what, " ".join(part for part in (error.why, error.remedy) if part))
        self.status.setText("")

    def show_xray(self, found: WorkspaceXRay, nodes: Sequence[SizeNode]) -> None:
        """Shows what was found."""
        xray = found.xray
        self.status.setText(status_text(found.status, len(xray.inventory.installed)))
        self.unpacked.show_size(xray.inventory.size_bytes + xray.layer_bytes)
        self.packed.show_size(xray.packed_bytes)
        self.sizes.show_nodes(nodes)
        self.map.show_nodes(nodes)
        self.findings.show_findings(xray.findings)
        self._stack.setCurrentIndex(1)
        for gauge in (self.unpacked, self.packed):
            gauge.setVisible(True)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def _show_empty(self, title: str, text: str) -> None:
        self._empty.set_text(title, text)
        self._stack.setCurrentIndex(0)
        for gauge in (self.unpacked, self.packed):
            gauge.setVisible(False)

    def add_button(self, action: QAction, text: str) -> None:
        """Adds a button to the row at the top; an empty text leaves it to the icon."""
        button = named(QToolButton(), f"{action.objectName().replace('.', '_')}Button")
        button.setDefaultAction(action)
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if text:
            action.setIconText(text)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._row.addWidget(button)

    def _lay_out(self) -> None:
        row = self._row = QHBoxLayout()
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self.status, 1)
        row.addWidget(self.unpacked)
        row.addWidget(self.packed)
        split = named(QSplitter(Qt.Orientation.Horizontal), "dependenciesSplitter")
        split.setChildrenCollapsible(False)
        for widget in (self.sizes, self.map, self.findings):
            split.addWidget(widget)
        split.setSizes([400, 270, 470])
        self._stack.addWidget(split)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addLayout(self._stack, 1)
