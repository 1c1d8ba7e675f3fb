"""The buttons of a dialog in the platform's order: the action is on the same side of Cancel everywhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QDialogButtonBox, QPushButton

_LEAVES = ("Cancel", "Close", "Later", "No")
_ROLES = {
    "primary": QDialogButtonBox.ButtonRole.AcceptRole,
    "danger": QDialogButtonBox.ButtonRole.YesRole,  # as AcceptRole, but Enter does not press it
}


class DialogButtons(QDialogButtonBox):
    """A button box that derives a button's part from its name and its role in the style sheet.

    A button whose object name ends in Cancel, Close, Later or No leaves the dialog. Of the others, the one
    with the role "primary" or "danger" is the action, and the rest are where the platform puts others.
    """

    def __init__(self, *buttons: QPushButton) -> None:
        super().__init__()
        if (row := self.layout()) is not None:
            row.setSpacing(8)
        for button in buttons:
            self.add(button)

    def add(self, button: QPushButton, part: QDialogButtonBox.ButtonRole | None = None) -> None:
        """Adds a button.

        Args:
            button: Must have its object name and role.
            part: Its part in the dialog, if its name does not tell.
        """
        if part is None:
            if button.objectName().endswith(_LEAVES):
                part = QDialogButtonBox.ButtonRole.RejectRole
            else:
                part = _ROLES.get(str(button.property("role")), QDialogButtonBox.ButtonRole.ActionRole)
        self.addButton(button, part)

    def show_button(self, button: QPushButton, *, shown: bool) -> None:
        """Shows or hides one of the buttons without moving the focus."""
        with self._keeping_focus():
            button.setVisible(shown)

    def changeEvent(self, event: QEvent) -> None:
        with self._keeping_focus():
            super().changeEvent(event)

    @contextmanager
    def _keeping_focus(self) -> Iterator[None]:
        """Qt hides all buttons for a moment while rearranging them, which would take the focus away."""
        focused = self.window().focusWidget()
        yield
        if focused is not None and self.isAncestorOf(focused) and not focused.isHidden():
            focused.setFocus()
