"""Whose metrics are shown: of a version, of an alias, or of the function as a whole."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from workbench.core.messages import _
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
    picker = VersionPicker(
        services,
        function.connection,
        function.detail.function_name,
        _("Metrics of a Version or Alias"),
        parent,
        latest=_("All versions   the whole function"),
    )
    picker.chosen.connect(lambda choice: take(choice.qualifier))
    picker.open()
