"""Metrics that were found, as rows; they grow while the search goes on."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt

from workbench.metrics.find_metrics import Metric
from workbench.ui.kit.text import tool_tip
from workbench.ui.rows_model import HeadedTable

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class FoundModel(HeadedTable):
    """A row for each metric: name, dimensions, namespace."""

    def __init__(self, headers: Sequence[str], parent: QObject) -> None:
        super().__init__(headers, parent)
        self._metrics: list[Metric] = []

    def clear(self) -> None:
        """Forgets all."""
        self.beginResetModel()
        self._metrics = []
        self.endResetModel()

    def add(self, metrics: Sequence[Metric]) -> None:
        """Takes what was found since."""
        if metrics:
            first = len(self._metrics)
            self.beginInsertRows(_ROOT, first, first + len(metrics) - 1)
            self._metrics.extend(metrics)
            self.endInsertRows()

    def metric(self, row: int) -> Metric:
        """The one of a row."""
        return self._metrics[row]

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._metrics)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index, ", ")
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(self._text(index, "\n"))
        return None

    def _text(self, index: _Index, separator: str) -> str:
        metric = self._metrics[index.row()]
        pairs = separator.join(f"{name} = {value}" for name, value in metric.dimensions)
        return (metric.metric_name, pairs or "–", metric.namespace)[index.column()]
