"""The button on a file's tab that closes it."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtWidgets import QToolButton

from workbench.ui.icons import Icons
from workbench.ui.named import named


def close_button(icons: Icons, path: str, close: Callable[[], object]) -> QToolButton:
    """Makes the button for the file at a path."""
    translate = QCoreApplication.translate
    button = named(
        QToolButton(), "closeFile", translate("OpenFiles", "Close %1").replace("%1", path), "quiet"
    )
    button.setToolTip(translate("OpenFiles", "Close (unsaved edits are kept)"))
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Ctrl+W closes by keyboard
    button.setIconSize(QSize(14, 14))
    icons.attach(button, "x", "muted")
    button.clicked.connect(close)
    return button
