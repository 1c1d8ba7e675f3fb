"""The numbers of charts as a table, also for screen readers."""

from operator import itemgetter

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.ui.charts import ChartBoard
from workbench.ui.charts.writing import table_rows
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.services import Services

_SIZE = (860, 520)
_TIME_WIDTH, _WIDTH, _WORDS_WIDTH, _MIN_HEIGHT = 160, 100, 480, 360


class TableDialog(Dialog):
    """All points of charts, newest first: a row for each moment, a column for each curve; and what is marked.

    Args:
        board: The charts.
        name: The function's.
        services: For the job that writes the numbers.
        parent: The window.
        is_utc: Whether times are in UTC.
        about: What else is to be said of the numbers.
    """

    def __init__(
        self,
        board: ChartBoard,
        name: str,
        services: Services,
        parent: QWidget,
        *,
        is_utc: bool,
        about: str = "",
    ) -> None:
        super().__init__("metricsTableDialog", "", parent)
        self.set_title(_("Metrics of {name}").format(name=name))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        drawn = [(chart, curve) for chart in board.shown for curve in chart.curves]
        zone = _("Time (UTC)") if is_utc else _("Time (local)")
        markers = board.markers
        headers = (zone, *(f"{chart.title} {curve.label}".strip() for chart, curve in drawn))
        headers += (_("Changes"),) if markers else ()
        widths = (_TIME_WIDTH, *(_WIDTH for __ in drawn), *(_WORDS_WIDTH for __ in headers[len(drawn) + 1 :]))
        self.state = text_label("metricsTableState", _("Loading…"), "muted")
        columns = [
            Column[tuple[str, ...]](title, itemgetter(place), width)
            for place, (title, width) in enumerate(zip(headers, widths, strict=True))
        ]
        self.table = Table("metricsTable", _("Metrics"), columns, cells=True)
        self.table.setMinimumHeight(scaled(_MIN_HEIGHT))
        self.content.addWidget(self.state)
        self.content.addWidget(self.table, 1)
        if about:
            self.content.addWidget(text_label("metricsTableAbout", about, "muted"))
        self.finish_layout(stretch=False)
        self.add_button("metricsTableClose", _("Close"), "primary").clicked.connect(self.accept)
        self.resize(*_SIZE)
        curves = [(curve, chart.unit) for chart, curve in drawn]
        handle = services.jobs.submit(
            Job(
                _("Writing the table"),
                lambda _ctx: [*map(tuple, table_rows(curves, markers, is_utc=is_utc))],
                quiet=True,
                on_done=self._show,
            )
        )
        self.finished.connect(lambda _how: handle.drop())

    def _show(self, rows: list[tuple[str, ...]]) -> None:
        self.state.setText("" if rows else _("No data in this time range"))
        self.state.setVisible(not rows)
        self.table.set_rows(rows)
        header = self.table.horizontalHeader()
        for column in range(1, header.count()):
            width = max(self.table.columnWidth(column), header.sectionSizeHint(column))
            self.table.setColumnWidth(column, width)
