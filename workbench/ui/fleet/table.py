"""The table of all functions: columns that the user chooses, and a selection that survives a refresh."""

from PySide6.QtCore import Qt

from workbench.core.messages import _
from workbench.core.settings import Settings
from workbench.functions.fleet import FleetRow
from workbench.ui.fleet.model import FleetModel
from workbench.ui.kit.table import Table


class FleetTable(Table[FleetRow]):
    """Remembers its columns, their order, widths and what it is sorted by."""

    def __init__(self, model: FleetModel, settings: Settings) -> None:
        self._model = model
        super().__init__(
            "fleetTable",
            _("All functions"),
            model=model,
            several=True,
            sortable=True,
            marks_current=True,
            settings=settings,
            settings_key="fleet",
        )

    def show_sorting(self) -> None:
        """Shows in the header what the rows are sorted by; nothing while the best match comes first."""
        super().show_sorting()
        if self._model.wanted.query.strip() and self._model.by_relevance:
            header = self.horizontalHeader()
            header.blockSignals(True)
            header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            header.blockSignals(False)
