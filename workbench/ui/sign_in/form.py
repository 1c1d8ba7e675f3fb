"""What the dialogs of signing in have in common: a question, a place for an error, buttons below."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.dialog_buttons import DialogButtons
from workbench.ui.kit.text import say
from workbench.ui.kit.text import text_label as text_label  # until its importers know where it is
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named

_WIDTH = 460
_MARGIN, _SPACING = 20, 12


class Form(Dialog):
    """A dialog over the window, which is open until it is answered; it deletes itself when closed.

    Args:
        name: Its object name.
        title: Of the dialog.
        parent: The window.
    """

    def __init__(self, name: str, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        named(self, name, title)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        # Over its window macOS shows a dialog without its title.
        self._heading = text_label(f"{name}Heading", title, "heading")
        self.setMinimumWidth(scaled(_WIDTH))
        self.content = QVBoxLayout(self)
        self.content.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        self.content.setSpacing(_SPACING)
        self.content.addWidget(self._heading)
        self.state = text_label(f"{name}State")
        self.state.setVisible(False)
        self.buttons = DialogButtons()

    def set_title(self, title: str) -> None:
        """Names the dialog, where the name takes more than the class knows."""
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self._heading.setText(title)
        self._heading.setAccessibleName(title)

    def finish_layout(self, *, stretch: bool = True) -> None:
        """Puts the state and the buttons below what was added to `content`.

        Args:
            stretch: Whether the buttons keep to the bottom; False if something above takes all room.
        """
        self.content.addWidget(self.state)
        if stretch:
            self.content.addStretch(1)
        self.content.addWidget(self.buttons)
        self.fit()

    def add_button(
        self, name: str, text: str, role: str = "", part: QDialogButtonBox.ButtonRole | None = None
    ) -> QPushButton:
        """Adds a button where DialogButtons puts it. Enter presses the primary one."""
        button = named(QPushButton(text), name, text, role)
        button.setAutoDefault(role == "primary")
        button.setDefault(role == "primary")
        self.buttons.add(button, part)
        return button

    def say(self, text: str, role: str = "muted") -> None:
        """Shows a state; an error's `role` is "danger"."""
        say(self.state, text, role)
        self.fit()

    def say_error(self, error: WorkbenchError) -> None:
        self.say(str(error), "danger")

    def fit(self) -> None:
        """As high as its texts need at this width; of itself a wrapped text asks for more."""
        for widget in reversed([self, *self.findChildren(QWidget)]):  # else a row just hidden still counts
            if (layout := widget.layout()) is not None:
                layout.activate()
        width = max(self.width(), self.minimumWidth())
        self.request_size(QSize(width, self.content.totalHeightForWidth(width)))
