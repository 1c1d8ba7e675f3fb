"""What the context menu of a chart offers."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction, QGuiApplication

if TYPE_CHECKING:
    from workbench.ui.charts.chart import Chart


def add_menu(chart: "Chart") -> None:
    """Gives a chart its menu."""
    translate = QCoreApplication.translate
    chart.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
    clipboard = QGuiApplication.clipboard()
    for name, text, handler in (
        ("ShowAll", translate("Chart", "Show Whole Range"), chart.show_whole),
        ("Save", translate("Chart", "Save…"), chart.save_wanted.emit),
        ("CopyImage", translate("Chart", "Copy Image"), lambda: clipboard.setPixmap(chart.grab())),
        ("CopyData", translate("Chart", "Copy Data as CSV"), lambda: clipboard.setText(chart.csv())),
    ):
        action = QAction(text, chart)
        action.setObjectName(f"{chart.objectName()}{name}")
        action.triggered.connect(handler)
        chart.addAction(action)
