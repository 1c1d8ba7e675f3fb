"""Whose metrics are shown: of a version, of an alias, or of the function as a whole."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from workbench.ui.services import OpenFunction, Services
from workbench.ui.version_picker import VersionPicker


def choose_version(
    services: Services, function: OpenFunction, parent: QWidget, take: Callable[[str], None]
) -> None:
    """Asks for it.

    Args:
        services: As for every page.
        function: The function.
        parent: The window.
        take: Called with the qualifier; empty for the function as a whole.
    """
    translate = QCoreApplication.translate
    picker = VersionPicker(
        services,
        function.connection,
        function.detail.function_name,
        translate("MetricsPage", "Metrics of a Version or Alias"),
        parent,
        latest=translate("MetricsPage", "All versions   the whole function"),
    )
    picker.chosen.connect(lambda choice: take(choice.qualifier))
    picker.open()
