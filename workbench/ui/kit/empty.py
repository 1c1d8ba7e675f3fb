"""What stands where there is nothing to show: on a page, and in a list or table."""

from PySide6.QtCore import QAbstractItemModel, QEvent, QObject, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.ui.kit.icons import Icons
from workbench.ui.kit.labels import IconLabel
from workbench.ui.kit.text import PlainLabel, announce, named

_TEXT_WIDTH, _SIDE = 420, 24


class EmptyState(QWidget):
    """An icon, a title, a sentence and buttons, mostly one or none, in the middle of its place.

    Args:
        icons: Where the icon comes from; without it there is none.
        icon: Name of a drawing in resources/icons.
        action: What the button does; without it there is no button.
        parent: The widget it lies in.
    """

    def __init__(
        self,
        icons: Icons | None = None,
        icon: str = "",
        action: QAction | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")
        self._title = named(PlainLabel(), "emptyTitle", role="heading")
        self._text = named(PlainLabel(), "emptyText", role="muted")
        self._buttons: list[QToolButton] = []
        self._button_row = QHBoxLayout()
        self._button_row.setSpacing(8)
        self._button_row.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QWidget()
        column.setMaximumWidth(_TEXT_WIDTH)
        rows = QVBoxLayout(column)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        if icons is not None and icon:
            rows.addWidget(IconLabel(icons, icon, "muted", 40), 0, Qt.AlignmentFlag.AlignHCenter)
        for label in (self._title, self._text):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            rows.addWidget(label)
        rows.addLayout(self._button_row)
        # Stretches around it, not an alignment: an aligned widget cannot wrap its labels' lines.
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(column, 1000)
        middle.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(_SIDE, _SIDE, _SIDE, _SIDE)
        outer.addStretch(2)
        outer.addLayout(middle)
        outer.addStretch(3)
        self.set_action(action)
        self.set_text("", "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low place the margins give way: texts stay whole."""
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def _fit(self) -> None:
        layout = self.layout()
        assert layout is not None
        needed = layout.totalHeightForWidth(self.width()) - 2 * layout.contentsMargins().top()
        margin = max(0, min(_SIDE, (self.height() - needed) // 2))
        layout.setContentsMargins(_SIDE, margin, _SIDE, margin)

    def set_text(self, title: str, text: str = "") -> None:
        """Says what is (not) here, and what to do about it."""
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)

    def show_no_match(self, title: str, text: str = "") -> None:
        """As `set_text`, of a search that found nothing; read aloud, as the focus stays in its field."""
        is_new = title != self.accessibleName() or not self.isVisible()
        self.set_text(title, text)
        if is_new:
            announce(self, title)

    def set_action(self, action: QAction | None) -> None:
        """The button: it shows, and follows, the action."""
        self.set_actions(*([action] if action is not None else []))

    def set_actions(self, *actions: QAction) -> None:
        """The buttons, from left to right; each shows, and follows, an action."""
        while len(self._buttons) < max(1, len(actions)):
            self._add_button()
        for number, button in enumerate(self._buttons):
            if (old := button.defaultAction()) is not None:
                button.removeAction(old)
            if number < len(actions):
                button.setDefaultAction(actions[number])
                button.setAccessibleName(actions[number].text())
            button.setVisible(number < len(actions))

    def _add_button(self) -> None:
        number = len(self._buttons) + 1
        button = named(QToolButton(), "emptyAction" if number == 1 else f"emptyAction{number}")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._buttons.append(button)
        self._button_row.addWidget(button)


_MARGIN = 16


class EmptyMessage(PlainLabel):
    """Shown in the middle of a view whose model, which may change, has no rows.

    Args:
        text: A whole sentence: what is missing, and what to do about it.
    """

    def __init__(self, view: QAbstractItemView, text: str) -> None:
        super().__init__(text, view.viewport())
        named(self, f"{view.objectName()}Empty", text, role="muted")
        self._view = view
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        view.viewport().installEventFilter(self)
        self._follow()

    def set_text(self, text: str) -> None:
        self.setText(text)
        self.setAccessibleName(text)
        self._follow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # A view paints its viewport after each change of its model, or to another model.
        if event.type() in (QEvent.Type.Paint, QEvent.Type.Resize):
            self._follow()
        return False

    def _follow(self) -> None:
        room = self._view.viewport().rect().adjusted(_MARGIN, 0, -_MARGIN, 0)
        if self.geometry() != room:
            self.setGeometry(room)
        fits = self.heightForWidth(room.width()) <= room.height()
        where = Qt.AlignmentFlag.AlignCenter if fits else Qt.AlignmentFlag.AlignTop
        if self.alignment() != where:
            self.setAlignment(where)  # the beginning of a text that does not fit is visible
        is_empty = not self._has_rows()
        if self.isHidden() == is_empty:
            self.setVisible(is_empty)

    def _has_rows(self) -> bool:
        model: QAbstractItemModel | None = self._view.model()
        if model is None:
            return False
        root = self._view.rootIndex()
        rows = range(model.rowCount(root))
        if isinstance(self._view, (QListView, QTableView)):
            view = self._view
            return any(not view.isRowHidden(row) for row in rows)
        return bool(rows)
