"""A table to read and to copy from, cell by cell or row by row."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QTableView, QWidget

from workbench.core.messages import _
from workbench.core.spreadsheet import tsv_row
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.plain_table import make_plain
from workbench.ui.rows_model import RowsModel, TableRow

_ROW_HEIGHT = 26
_CELL_PADDING = 12
_MOST_FITTED = 8


class CopyTable(QTableView):
    """Read-only. Ctrl+C copies the cell's full text, also when a shorter one is shown.

    Args:
        name: The object name.
        accessible_name: What the table is, for who cannot see it.
        headers: The columns' titles.
        widths: The columns' widths in pixels; 0 for the one that takes what is left.
        parent: The widget it lies in.
    """

    def __init__(
        self,
        name: str,
        accessible_name: str,
        headers: Sequence[str],
        widths: Sequence[int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        named(self, name, accessible_name)
        self._rows = RowsModel(headers, self)
        self.setModel(self._rows)
        make_plain(self, _ROW_HEIGHT)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)  # a cell is copied
        header = self.horizontalHeader()
        for column, width in enumerate(widths):
            if width:
                self.setColumnWidth(column, width)
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._add_action(f"{name}.copy", _("Copy"), "Ctrl+C").triggered.connect(self._copy_cell)
        self._add_action(f"{name}.copyRow", _("Copy Row"), "Ctrl+Shift+C").triggered.connect(self._copy_row)

    def take(self, rows: Sequence[TableRow]) -> None:
        """Shows these rows."""
        self._rows.take(rows)

    def fit_column(self, column: int, least: int, most: int) -> None:
        """Makes a column as wide as its texts, in pixels between these."""
        self.setColumnWidth(column, min(max(self.sizeHintForColumn(column) + _CELL_PADDING, least), most))

    def fit(self, most: int = _MOST_FITTED) -> None:
        """Makes the table as high as its rows, up to `most`; more scroll."""
        header = self.horizontalHeader()
        header_height = 0 if header.isHidden() else header.sizeHint().height()
        rows = min(self._rows.rowCount(), most)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(header_height + rows * scaled(_ROW_HEIGHT) + 4)

    def _add_action(self, name: str, title: str, keys: str) -> QAction:
        action = QAction(title, self)
        action.setObjectName(name)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.addAction(action)
        return action

    def _copy_cell(self) -> None:
        index = self.currentIndex()
        if index.isValid():
            QGuiApplication.clipboard().setText(self._rows.row(index.row()).copied(index.column()))

    def _copy_row(self) -> None:
        index = self.currentIndex()
        if index.isValid():
            row = self._rows.row(index.row())
            texts = (row.copied(column) for column in range(len(row.texts)))
            QGuiApplication.clipboard().setText(tsv_row(texts))
