"""The command palette: every action that makes sense now, found by a few letters."""

from itertools import groupby

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
)
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from workbench.core.settings import Settings
from workbench.ui.actions import ActionRegistry
from workbench.ui.commands import Command, commands
from workbench.ui.fuzzy import positions, rank
from workbench.ui.named import named

_COMMAND_ROLE = Qt.ItemDataRole.UserRole + 1
_RECENT = "palette.recent"
_MOST_RECENT = 8
_WIDTH = 640
_MOST_ROWS = 12
_ROW_HEIGHT = 28
_KEYS_WIDTH = 112
_MARGIN = 40
_ITSELF = "view.palette"
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class CommandPalette(QFrame):
    """Lies over the window's top while it is open. Enter runs, Escape goes back to where one was.

    Args:
        actions: What there is to run.
        window: The window it lies over.
        settings: Where the recently used commands are kept; without it they last as long as the palette.
    """

    def __init__(self, actions: ActionRegistry, window: QWidget, settings: Settings | None = None) -> None:
        super().__init__(window)
        named(self, "palette", self.tr("Command palette"))
        self._actions = actions
        self._settings = settings
        self._recent: list[str] = settings.get(_RECENT, []) if settings else []
        self._focus_before: QWidget | None = None
        self.search = named(QLineEdit(), "paletteSearch", self.tr("Command"))
        self.search.setPlaceholderText(self.tr("What do you want to do?"))
        self.model = _Commands()
        self.view = named(QListView(), "paletteList", self.tr("Commands"))
        self.view.setModel(self.model)
        self.view.setItemDelegate(_Delegate(self.view))
        self.view.setUniformItemSizes(True)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setMouseTracking(True)
        self._nothing = named(QLabel(self.tr("No command matches.")), "paletteNothing", role="muted")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.view, 1)
        layout.addWidget(self._nothing, 1)
        self.setVisible(False)
        self.search.textChanged.connect(self._narrow)
        self.search.installEventFilter(self)
        self.view.clicked.connect(self._run)
        self.view.selectionModel().currentChanged.connect(self._describe)

    def open(self) -> None:
        """Shows the commands that can be run now; called again, goes away."""
        if self.isVisible():
            self.dismiss()
            return
        self._focus_before = QApplication.focusWidget()
        order = {name: number for number, name in enumerate(self._recent)}
        enabled = [
            command
            for command in commands(self._actions)
            if command.action.isEnabled() and command.action.objectName() != _ITSELF
        ]
        enabled.sort(key=lambda command: order.get(command.action.objectName(), len(order)))
        self.model.take(enabled)
        self.search.clear()
        self._narrow("")
        self.show()
        self.raise_()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)
        if (application := QApplication.instance()) is not None:
            application.installEventFilter(self)

    def dismiss(self) -> None:
        """Goes away and gives the focus back."""
        self._close()
        before, self._focus_before = self._focus_before, None
        if before is not None and isValid(before):
            before.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event)
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            outside = not self.rect().contains(self.mapFromGlobal(event.globalPosition().toPoint()))
            if outside and self.isVisible():
                self.dismiss()
        elif event.type() == QEvent.Type.Resize and watched is self.parentWidget():
            self._place()
        return super().eventFilter(watched, event)

    def focusNextPrevChild(self, _next: bool) -> bool:
        # Tab stays here: there is one field.
        return True

    def _close(self) -> None:
        if (application := QApplication.instance()) is not None:
            application.removeEventFilter(self)
        self.setVisible(False)

    def _key(self, event: QKeyEvent) -> bool:
        if event.key() in _MOVES:
            self.view.keyPressEvent(event)
        elif event.key() in _ENTER:
            self._run(self.view.currentIndex())
        elif event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            return False
        return True

    def _place(self) -> None:
        window = self.parentWidget()
        if window is None:
            return
        room = window.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        rows = max(2, min(self.model.rowCount(), _MOST_ROWS))
        size = QSize(_WIDTH, self.search.sizeHint().height() + rows * _ROW_HEIGHT + 26).boundedTo(room.size())
        self.setGeometry(room.center().x() - size.width() // 2, room.top(), size.width(), size.height())

    def _narrow(self, query: str) -> None:
        self.model.narrow(query)
        found = self.model.rowCount() > 0
        self.view.setVisible(found)
        self._nothing.setVisible(not found)
        if found:
            self.view.setCurrentIndex(self.model.index(0))
            self.view.scrollToTop()
        self._place()

    def _describe(self, current: QModelIndex) -> None:
        # The focus stays in the field, so the field has to say which command Enter would run.
        self.search.setAccessibleDescription(str(current.data(Qt.ItemDataRole.AccessibleTextRole) or ""))

    def _run(self, index: QModelIndex) -> None:
        command: Command | None = index.data(_COMMAND_ROLE)
        if command is None:
            return
        name = command.action.objectName()
        self._recent = [name, *(other for other in self._recent if other != name)][:_MOST_RECENT]
        if self._settings is not None:
            self._settings.set(_RECENT, self._recent)  # not worth a message when it cannot be saved
        # First back to where one was: the command applies to what had the focus.
        self.dismiss()
        command.action.trigger()


class _Commands(QAbstractListModel):
    """The commands that match, best first."""

    def __init__(self) -> None:
        super().__init__()
        self._all: list[Command] = []
        self._shown: list[Command] = []
        self.query = ""

    def take(self, rows: list[Command]) -> None:
        self._all = rows

    def narrow(self, query: str) -> None:
        self.beginResetModel()
        self.query = query
        order = rank(query, [f"{command.title} {command.menu}" for command in self._all])
        self._shown = [self._all[number] for number in order]
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        command = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return command.title
        if role == _COMMAND_ROLE:
            return command
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (command.title, command.menu, command.keys) if part)
        return None


class _Delegate(QStyledItemDelegate):
    """Title with the matched letters in bold on the left; menu and keys, muted, on the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(200, _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        command: Command = index.data(_COMMAND_ROLE)
        model = index.model()
        query = model.query if isinstance(model, _Commands) else ""
        palette, area = option.palette, option.rect.adjusted(8, 0, -8, 0)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, palette.color(QPalette.ColorRole.Highlight))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, palette.color(QPalette.ColorRole.AlternateBase))
        # The view's own palette has a style sheet's idea of muted, which is too pale.
        painter.setPen(QApplication.palette().color(QPalette.ColorRole.PlaceholderText))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, right, command.keys)
        area.setWidth(area.width() - _KEYS_WIDTH)
        painter.drawText(area, right, command.menu)
        area.setWidth(area.width() - option.fontMetrics.horizontalAdvance(command.menu) - 16)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.setClipRect(area)
        marked = positions(query, f"{command.title} {command.menu}")
        _draw_marked(painter, option, area.left(), command.title, marked)
        painter.restore()


def _draw_marked(
    painter: QPainter, option: QStyleOptionViewItem, left: int, text: str, marked: tuple[int, ...]
) -> None:
    """Draws a line of text with some of its letters in bold."""
    bold = QFont(option.font)
    bold.setWeight(QFont.Weight.Bold)
    metrics = option.fontMetrics
    baseline = option.rect.center().y() + (metrics.ascent() - metrics.descent()) // 2 + 1
    for is_marked, letters in groupby(enumerate(text), lambda letter: letter[0] in marked):
        run = "".join(letter for _, letter in letters)
        painter.setFont(bold if is_marked else option.font)
        painter.drawText(left, baseline, run)
        left += painter.fontMetrics().horizontalAdvance(run)
