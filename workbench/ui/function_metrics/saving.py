"""Charts as files: where to, and writing them."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.files import write_atomic
from workbench.core.jobs import Job
from workbench.ui.charts import Chart, ChartBoard
from workbench.ui.services import Services


def save_image(
    what: Chart | ChartBoard,
    name: str,
    services: Services,
    parent: QWidget,
    failed: Callable[[WorkbenchError], object],
) -> None:
    """Asks for a file and writes charts into it as an image.

    Args:
        what: The charts.
        name: The file's, as suggested, without ending.
        services: For the job that writes.
        parent: What the dialog belongs to.
        failed: Told what went wrong.
    """
    translate = QCoreApplication.translate
    title, kinds = translate("MetricsPage", "Save Image"), translate("MetricsPage", "PNG image (*.png)")
    dialog = QFileDialog(parent, title, f"{name}.png", kinds)
    dialog.setObjectName("metricsSaveDialog")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("png")
    dialog.fileSelected.connect(lambda path: write(path, what.png(), services, failed))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def write(path: str, content: bytes, services: Services, failed: Callable[[WorkbenchError], object]) -> None:
    """Writes a file that a person has named."""
    services.jobs.submit(
        Job(
            QCoreApplication.translate("MetricsPage", "Saving the image"),
            lambda _ctx: write_atomic(Path(path), content, mode=0o644),
            on_error=failed,
        )
    )
