"""One of many, found by a few letters: a field over the window's top, and below it what matches.

Owns: how it is typed into, moved through and left. Must not know: what the rows stand for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QSize,
    Qt,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from workbench.core.messages import _
from workbench.ui.kit.announce import announce
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
from workbench.ui.quick_pick_rows import PICK_ROLE, ROW_HEIGHT, Pick, PickDelegate, Picks

__all__ = ["Pick", "PickTexts", "QuickPick"]

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
        self.search = named(QLineEdit(), f"{object_name}Search", texts.field)
        self.search.setPlaceholderText(texts.placeholder)
        self.model = Picks()
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
            self._place()
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

    def _place(self) -> None:
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
        self._place()

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
