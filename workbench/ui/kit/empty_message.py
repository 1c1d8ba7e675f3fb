"""The text of a list or table in place of rows."""

from PySide6.QtCore import QAbstractItemModel, QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractItemView, QListView, QTableView

from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named

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
