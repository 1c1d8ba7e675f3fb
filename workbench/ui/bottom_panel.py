"""The bottom panel: closed until there is something to read; Escape, or its button, closes it again."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QTabWidget, QToolButton

from workbench.core.messages import _
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.text import named, tool_tip

_MIN_SIZE = QSize(320, 120)


class BottomPanel(QTabWidget):
    """Tabs of what is read beside the function: a response, problems, search results.

    Signals:
        close_wanted: The user pressed Escape in it, or its close button.
    """

    close_wanted = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        named(self, "bottomTabs", _("Bottom panel"))
        self.setDocumentMode(True)
        close = named(QToolButton(), "bottomClose", _("Close the panel"), "quiet")
        close.setToolTip(tool_tip(_("Close the panel (Escape)")))
        icons.attach(close, "x", "muted")
        close.clicked.connect(self.close_wanted)
        self.setCornerWidget(close, Qt.Corner.TopRightCorner)

    def minimumSizeHint(self) -> QSize:
        """Less than what its tabs ask for: who makes it that small wants to see something else."""
        return _MIN_SIZE

    def sizeHint(self) -> QSize:
        """The splitter gives it its size; asking all tabs costs milliseconds whenever anything changes."""
        return _MIN_SIZE

    def hasHeightForWidth(self) -> bool:
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape comes here when nothing inside has a use for it, such as an open search field."""
        if event.key() == Qt.Key.Key_Escape and not event.modifiers():
            self.close_wanted.emit()
        else:
            super().keyPressEvent(event)
