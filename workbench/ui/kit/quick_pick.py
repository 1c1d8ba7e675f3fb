"""One of many, found by a few letters: a field over the window's top, and below it what matches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    QListView,
    QStyle,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from workbench.core.messages import _
from workbench.ui.kit.fuzzy import positions, rank
from workbench.ui.kit.text import PlainDelegate, PlainLabel, PlainLine, announce, named, visible

PICK_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_HEIGHT = 28
_KEYS_WIDTH = 112

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


@dataclass(frozen=True, slots=True)
class Pick:
    """A row.

    Attributes:
        id: What is handed on when it is chosen.
        title: What is matched and shown.
        detail: Matched too, and shown beside it, muted.
        keys: Shown on the right, and not matched.
        also: Other words by which it is found, parted by commas; not shown.
    """

    id: str
    title: str
    detail: str = ""
    keys: str = ""
    also: str = ""

    @property
    def text(self) -> str:
        return f"{self.title} {self.detail}"


_LETTERS = 5


def tier(query: str, pick: Pick) -> tuple[int, int]:
    """How well a row with other words matches, best first, then the length of a title that begins so.

    The whole title, its beginning, the beginning of one of the other words, of a word in the title, of a word
    within the others; then whatever has the letters.
    """
    wanted, title = query.strip().lower(), pick.title.lower().rstrip("…")
    others = [each.strip().lower() for each in pick.also.split(",") if each.strip()]
    if title == wanted:
        return 0, 0
    if title.startswith(wanted):
        return 1, len(title)
    if any(each.startswith(wanted) for each in others):
        return 2, 0
    if f" {wanted}" in title:
        return 3, 0
    return (4, 0) if any(f" {wanted}" in each for each in others) else (_LETTERS, 0)


class Picks(QAbstractListModel):
    """The rows that match, best first."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._all: list[Pick] = []
        self._texts: list[str] = []
        self._shown: list[Pick] = []
        self.query = ""

    def take(self, picks: Sequence[Pick]) -> None:
        self._all = list(picks)
        self._texts = [pick.text for pick in picks]

    def narrow(self, query: str) -> None:
        self.beginResetModel()
        self.query = query
        self._shown = [self._all[number] for number in self._rank(query)]
        self.endResetModel()

    def _rank(self, query: str) -> list[int]:
        found = rank(query, self._texts)
        if not query.strip() or not any(pick.also for pick in self._all):
            return found
        tiers = [tier(query, pick) for pick in self._all]
        also_found = (number for number, (rank_of, _) in enumerate(tiers) if rank_of < _LETTERS)
        return sorted(dict.fromkeys((*found, *also_found)), key=lambda number: tiers[number])

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        pick = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return pick.title
        if role == PICK_ROLE:
            return pick
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (pick.title, pick.detail, pick.keys) if part)
        return None


class PickDelegate(PlainDelegate):
    """Title with the matched letters in bold on the left; detail and keys, muted, on the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        pick: Pick = index.data(PICK_ROLE)
        model = index.model()
        query = model.query if isinstance(model, Picks) else ""
        palette, area = option.palette, option.rect.adjusted(8, 0, -8, 0)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, palette.color(QPalette.ColorRole.Highlight))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, palette.color(QPalette.ColorRole.Midlight))
        # The view's own palette has a style sheet's idea of muted, which is too pale.
        painter.setPen(QApplication.palette().color(QPalette.ColorRole.PlaceholderText))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, right, pick.keys)
        keys_width = option.fontMetrics.horizontalAdvance(pick.keys) + 16
        area.setWidth(area.width() - max(_KEYS_WIDTH, keys_width))
        painter.drawText(area, right, visible(pick.detail))
        area.setWidth(area.width() - option.fontMetrics.horizontalAdvance(pick.detail) - 16)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.setClipRect(area)
        marked = positions(query, pick.text)
        _draw_marked(painter, option, area.left(), visible(pick.title), marked)
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


_WIDTH = 640
_MOST_ROWS = 12
_MARGIN = 40
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True, slots=True)
class PickTexts:
    """What a pick calls itself: `placeholder` and `nothing` are shown, the others are for screen readers.

    In `nothing` {query} stands for what was typed.
    """

    name: str
    field: str
    rows: str
    placeholder: str
    nothing: str


class QuickPick(QFrame):
    """Lies over the window's top while it is open. Enter chooses, Escape goes back to where one was.

    Args:
        window: The window it lies over.
        object_name: Its name; its parts are called by it too ("paletteSearch", "paletteList").
        texts: Its words.
        chosen: Told which row was chosen, once the focus is back where it was.
    """

    def __init__(
        self, window: QWidget, object_name: str, texts: PickTexts, chosen: Callable[[str], object]
    ) -> None:
        super().__init__(window)
        named(self, object_name, texts.name, "pick")
        self._chosen = chosen
        self._focus_before: QWidget | None = None
        self._is_watching = False
        self.search = named(PlainLine(), f"{object_name}Search", texts.field)
        self.search.setPlaceholderText(texts.placeholder)
        self.model = Picks(self)
        self.view = named(QListView(), f"{object_name}List", texts.rows, "pickList")
        self.view.setModel(self.model)
        self.view.setItemDelegate(PickDelegate(self.view))
        self.view.setUniformItemSizes(True)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setMouseTracking(True)
        self._no_match = texts.nothing
        self._nothing = named(PlainLabel(), f"{object_name}Nothing", role="muted")
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
        self.view.clicked.connect(self._choose)
        self.view.selectionModel().currentChanged.connect(self._describe)

    def show_picks(self, picks: Sequence[Pick]) -> None:
        """Opens with these rows, in the order in which they are shown while nothing is typed."""
        self._focus_before = QApplication.focusWidget()
        self.model.take(picks)
        self.search.clear()
        self._narrow("")
        self.show()
        self.raise_()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)
        self._watch(watching=True)

    def renew(self, picks: Sequence[Pick], nothing: str = "") -> None:
        """Has other rows, while what was typed stays.

        Args:
            picks: As for `show_picks`.
            nothing: What is said from now on while no row matches; empty for what was said so far.
        """
        self.model.take(picks)
        self._no_match = nothing or self._no_match
        self._narrow(self.search.text())

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
        elif event.type() == QEvent.Type.Resize:
            self._move_to_parent()
        return super().eventFilter(watched, event)

    def focusNextPrevChild(self, _next: bool) -> bool:
        # Tab stays here: there is one field.
        return True

    def _close(self) -> None:
        self._watch(watching=False)
        self.setVisible(False)

    def _watch(self, *, watching: bool) -> None:
        # A click elsewhere reaches the window, or moves the focus. Not through the application: a filter in
        # Python that gets the events of a web view crashes the program.
        window, application = self.parentWidget(), QApplication.instance()
        if watching == self._is_watching or window is None or not isinstance(application, QApplication):
            return
        self._is_watching = watching
        if watching:
            window.installEventFilter(self)
            application.focusChanged.connect(self._follow_focus)
        else:
            window.removeEventFilter(self)
            application.focusChanged.disconnect(self._follow_focus)

    def _follow_focus(self, _old: QWidget | None, now: QWidget | None) -> None:
        if now is not None and now is not self and not self.isAncestorOf(now):
            self._close()

    def _key(self, event: QKeyEvent) -> bool:
        if event.key() in _MOVES:
            self.view.keyPressEvent(event)
        elif event.key() in _ENTER:
            self._choose(self.view.currentIndex())
        elif event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            return False
        return True

    def _move_to_parent(self) -> None:
        window = self.parentWidget()
        if window is None:
            return
        room = window.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        rows = max(2, min(self.model.rowCount(), _MOST_ROWS))
        size = QSize(_WIDTH, self.search.sizeHint().height() + rows * ROW_HEIGHT + 26).boundedTo(room.size())
        self.setGeometry(room.center().x() - size.width() // 2, room.top(), size.width(), size.height())

    def _narrow(self, query: str) -> None:
        self.model.narrow(query)
        found = self.model.rowCount() > 0
        self.view.setVisible(found)
        words = self._no_match.replace("{query}", query)  # it may be an error text
        if not query and "{query}" in self._no_match:
            words = _("There is nothing to choose from.")
        if not found and query and words != self._nothing.text():
            announce(self, words)
        self._nothing.setText(words)
        self._nothing.setVisible(not found)
        if found:
            self.view.setCurrentIndex(self.model.index(0))
            self.view.scrollToTop()
        self._move_to_parent()

    def _describe(self, current: QModelIndex) -> None:
        # The focus stays in the field, so the field has to say which row Enter would choose.
        self.search.setAccessibleDescription(str(current.data(Qt.ItemDataRole.AccessibleTextRole) or ""))

    def _choose(self, index: QModelIndex) -> None:
        pick: Pick | None = index.data(PICK_ROLE)
        if pick is None:
            return
        # First back to where one was: what is chosen applies to what had the focus.
        self.dismiss()
        self._chosen(pick.id)
