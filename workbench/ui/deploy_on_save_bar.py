"""The strip above the code of a function that every save is deployed to: what came of the last one."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workbench.core.messages import _
from workbench.ui.elided_label import ElidedLabel
from workbench.ui.kit.announce import announce
from workbench.ui.kit.bar import Bar
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named


class DeployOnSaveBar(Bar):
    """Takes no room while there is nothing to say.

    Args:
        page: The Code tab, which it joins below its first row.

    Signals:
        off_wanted: Saves shall not be deployed any more.
    """

    off_wanted = Signal()

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        named(self, "deployOnSaveBar", _("Deploy on Save"))
        self._title = named(PlainLabel(_("Deploy on Save")), "deployOnSaveTitle", role="heading")
        self._text = named(ElidedLabel(), "deployOnSaveText")
        self._off = named(QPushButton(), "deployOnSaveOff")
        self._off.clicked.connect(self.off_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(12)
        row.addWidget(self._title)
        row.addWidget(self._text, 1)
        row.addWidget(self._off)
        layout = page.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(1, self)
        self.setVisible(False)

    def show_state(self, text: str, tone: str = "muted", *, is_on: bool = True) -> None:
        """Says how things are.

        Args:
            text: One line; the whole of a long one is in its tool tip.
            tone: "muted", "good", "warning" or "danger".
            is_on: Whether the next save is deployed too.
        """
        self._text.show_text(text)
        self._text.setProperty("role", tone)
        self._text.style().polish(self._text)
        self._off.setText(_("Turn Off") if is_on else _("Close"))
        self.set_wanted(True)
        if tone in ("warning", "danger"):
            announce(self, text)
