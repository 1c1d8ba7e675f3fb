"""A table of many rows and wide columns, whose rows can be copied."""

from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from workbench.core.spreadsheet import tsv_row
from workbench.ui.kit.tone_delegate import ToneDelegate
from workbench.ui.named import named
from workbench.ui.theme import monospace

_MOST_COPIED = 5000


class WideTable(QTableView):
    """Columns can be moved and made wider. Of a million rows only those in view cost time."""

    def __init__(self, object_name: str, accessible_name: str) -> None:
        super().__init__()
        self.setItemDelegate(ToneDelegate(self))
        named(self, object_name, accessible_name)
        self.setFont(monospace())
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 6)
        rows.hide()
        self.horizontalHeader().setSectionsMovable(True)
        self.horizontalHeader().setStretchLastSection(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy()
        else:
            super().keyPressEvent(event)

    def _copy(self) -> None:
        """The chosen rows, cells parted by tabs; of very many only the first."""
        model = self.model()
        columns = range(model.columnCount())
        lines: list[str] = []
        for index in self.selectionModel().selectedRows()[:_MOST_COPIED]:
            cells = (model.index(index.row(), column).data() for column in columns)
            lines.append(tsv_row(str(cell or "") for cell in cells))
        if lines:
            QGuiApplication.clipboard().setText("\n".join(lines))
