"""The button on a file's tab that closes it."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton

from workbench.core.messages import _
from workbench.ui.icons import Icons
from workbench.ui.named import named


def close_button(icons: Icons, path: str, close: Callable[[], object]) -> QToolButton:
    """Makes the button for the file at a path."""
    button = named(QToolButton(), "closeFile", _("Close {path}").format(path=path), "quiet")
    button.setToolTip(_("Close (unsaved edits are kept)"))
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Ctrl+W closes by keyboard
    button.setIconSize(QSize(14, 14))
    icons.attach(button, "x", "muted")
    button.clicked.connect(close)
    return button
