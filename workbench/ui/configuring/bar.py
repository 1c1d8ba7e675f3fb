"""The bar above the form: the number of changes, why nothing can be changed, progress, and the buttons."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton

from workbench.core.jobs import Progress
from workbench.core.messages import _
from workbench.ui.kit.text import text_label, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named

_BAR_WIDTH = 140


class ApplyBar(QFrame):
    """The state of the form in one line.

    Args:
        apply: The action that sends the changes.
        discard: The one that forgets them.
        revert: The one that brings back what was before the last changes.
    """

    cancel_wanted = Signal()

    def __init__(self, apply: QAction, discard: QAction, revert: QAction) -> None:
        super().__init__()
        named(self, "configurationBar", _("Configuration changes"))
        self.words = text_label("configurationWords", "", "muted")
        self.progress = named(QProgressBar(), "configurationProgress", _("Progress"))
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(scaled(_BAR_WIDTH))
        self.cancel = named(QPushButton(_("Cancel")), "configurationCancel", _("Cancel applying"))
        self.cancel.clicked.connect(self.cancel_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 8, 16, 8)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(self.progress)
        row.addWidget(self.cancel)
        self.buttons: dict[str, QPushButton] = {}
        for name, words, action in (
            ("configurationRevert", _("Revert Last Change"), revert),
            ("configurationDiscard", _("Discard"), discard),
            ("configurationApply", _("Apply…"), apply),
        ):
            button = named(QPushButton(words), name, action.text())
            button.setAutoDefault(False)
            button.setToolTip(tool_tip(action.toolTip()))
            button.clicked.connect(action.trigger)
            self.buttons[name] = button
            row.addWidget(button)
        self.show_work(None)

    def show_state(
        self, words: str, role: str, *, can_apply: bool, can_discard: bool, can_revert: bool
    ) -> None:
        """Says how things are, and which buttons make sense."""
        self.words.setText(words)
        self.words.setAccessibleName(words)
        self.words.setProperty("role", role)
        self.words.style().unpolish(self.words)
        self.words.style().polish(self.words)
        self.buttons["configurationApply"].setEnabled(can_apply)
        self.buttons["configurationDiscard"].setEnabled(can_discard)
        self.buttons["configurationRevert"].setVisible(can_revert)

    def show_work(self, progress: Progress | None) -> None:
        """Shows how far the sending is; None while nothing is sent."""
        for widget in (self.progress, self.cancel):
            widget.setVisible(progress is not None)
        if progress is not None:
            self.progress.setRange(0, int(progress.total))
            self.progress.setValue(int(progress.done))
