"""Opens a file in the program that the system has for it, or the folder where it lies."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from workbench.core.errors import WorkbenchError


def open_elsewhere(file: Path) -> WorkbenchError | None:
    """Opens a file in another program; returns why not, if it cannot be.

    The caller makes sure that it is no program: of those some systems would run it.
    """
    if QDesktopServices.openUrl(QUrl.fromLocalFile(str(file))):
        return None
    return WorkbenchError(
        f"{file.name} could not be opened.",
        "The system knows no program for it.",
        "Show it in its folder, and open it from there.",
    )


def show_in_folder(file: Path) -> WorkbenchError | None:
    """Shows the folder of a file in the system's file manager; returns why not, if it cannot be."""
    if QDesktopServices.openUrl(QUrl.fromLocalFile(str(file.parent))):
        return None
    return WorkbenchError(
        f"The folder of {file.name} could not be shown.", "The system has no file manager.", str(file.parent)
    )
