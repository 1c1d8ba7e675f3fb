"""What a page says when it has nothing to show: why, and what to do next."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from workbench.ui.icon_label import IconLabel
from workbench.ui.icons import Icons
from workbench.ui.kit.announce import announce
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named

_TEXT_WIDTH = 420


class EmptyState(QWidget):
    """An icon, a title, a sentence and buttons, mostly one or none, in the middle of its place.

    Args:
        icons: Where the icon comes from; without it there is none.
        icon: Name of a drawing in resources/icons.
        action: What the button does; without it there is no button.
        parent: The widget it lies in.
    """

    def __init__(
        self,
        icons: Icons | None = None,
        icon: str = "",
        action: QAction | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")
        self._title = named(PlainLabel(), "emptyTitle", role="heading")
        self._text = named(PlainLabel(), "emptyText", role="muted")
        self._buttons: list[QToolButton] = []
        self._button_row = QHBoxLayout()
        self._button_row.setSpacing(8)
        self._button_row.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QWidget()
        column.setMaximumWidth(_TEXT_WIDTH)
        rows = QVBoxLayout(column)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        if icons is not None and icon:
            rows.addWidget(IconLabel(icons, icon, "muted", 40), 0, Qt.AlignmentFlag.AlignHCenter)
        for label in (self._title, self._text):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            rows.addWidget(label)
        rows.addLayout(self._button_row)
        # Stretches around it, not an alignment: an aligned widget cannot wrap its labels' lines.
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(column, 1000)
        middle.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.addStretch(2)
        outer.addLayout(middle)
        outer.addStretch(3)
        self.set_action(action)
        self.set_text("", "")

    def set_text(self, title: str, text: str = "") -> None:
        """Says what is (not) here, and what to do about it."""
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)

    def show_no_match(self, title: str, text: str = "") -> None:
        """As `set_text`, of a search that found nothing; read aloud, as the focus stays in its field."""
        is_new = title != self.accessibleName() or not self.isVisible()
        self.set_text(title, text)
        if is_new:
            announce(self, title)

    def set_action(self, action: QAction | None) -> None:
        """The button: it shows, and follows, the action."""
        self.set_actions(*([action] if action is not None else []))

    def set_actions(self, *actions: QAction) -> None:
        """The buttons, from left to right; each shows, and follows, an action."""
        while len(self._buttons) < max(1, len(actions)):
            self._add_button()
        for number, button in enumerate(self._buttons):
            if (old := button.defaultAction()) is not None:
                button.removeAction(old)
            if number < len(actions):
                button.setDefaultAction(actions[number])
                button.setText(actions[number].text())  # of itself it drops an ellipsis
                button.setAccessibleName(actions[number].text())
            button.setVisible(number < len(actions))

    def _add_button(self) -> None:
        number = len(self._buttons) + 1
        button = named(QToolButton(), "emptyAction" if number == 1 else f"emptyAction{number}")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._buttons.append(button)
        self._button_row.addWidget(button)
