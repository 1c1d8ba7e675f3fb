"""A table to read whose rows are as high as their words need."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from workbench.ui.copy_table import CopyTable
from workbench.ui.kit.text_size import scaled
from workbench.ui.rows_model import TableRow

_ROW_HEIGHT, _ROW_PADDING = 30, 12


class WrappingTable(CopyTable):
    """Wraps its texts instead of shortening them. See CopyTable for the arguments."""

    def __init__(
        self,
        name: str,
        accessible_name: str,
        headers: Sequence[str],
        widths: Sequence[int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(name, accessible_name, headers, widths, parent)
        self.setWordWrap(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        # The column that takes what is left has its width only after the table has its own.
        self._fitting = QTimer(self, singleShot=True, interval=0)
        self._fitting.timeout.connect(self._fit_rows)

    def take(self, rows: Sequence[TableRow]) -> None:
        super().take(rows)
        self._fit_rows()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_rows()
        self._fitting.start()

    def _fit_rows(self) -> None:
        for row in range(self.model().rowCount()):
            self.setRowHeight(row, max(scaled(_ROW_HEIGHT), self.sizeHintForRow(row) + _ROW_PADDING))
