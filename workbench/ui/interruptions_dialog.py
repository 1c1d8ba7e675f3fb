"""The list of interrupted operations."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from workbench.core.errors import sentences
from workbench.core.messages import _
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.text import text_label
from workbench.ui.named import named

if TYPE_CHECKING:
    from workbench.ui.interruptions import Interruption

_WIDTH, _MAX_LIST_HEIGHT = 560, 320


class InterruptionsDialog(Dialog):
    """One row for each operation, with a button that opens its question. Escape decides nothing."""

    def __init__(self, found: "Sequence[Interruption]", parent: QWidget) -> None:
        super().__init__("interruptions", "", parent)
        self.set_title(_("Interrupted Operations"))
        words = _("Workbench ended, or lost AWS, before these ended. Nothing changes until you decide.")
        self.content.addWidget(text_label("interruptionsWords", words, "muted"))
        self.setMinimumWidth(_WIDTH)
        rows = QWidget()
        self._rows = column = QVBoxLayout(rows)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for number, each in enumerate(found):
            column.addLayout(self._row(number, each))
        column.addStretch(1)
        self._scroll = scroll = named(QScrollArea(), "interruptionsList", _("Interrupted operations"))
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(rows)
        self.content.addWidget(scroll, 1)
        self.finish_layout(stretch=False)
        first = rows.findChild(QPushButton, "interruption0Decide")
        if first is not None:
            first.setFocus()
        self.add_button("interruptionsLater", _("Later")).clicked.connect(self.reject)

    def fit(self) -> None:
        """As high as its rows; many of them scroll."""
        margins = self.content.contentsMargins()
        width = max(self.width(), self.minimumWidth()) - margins.left() - margins.right()
        self._scroll.setFixedHeight(min(_MAX_LIST_HEIGHT, self._rows.totalHeightForWidth(width)))
        super().fit()

    def _row(self, number: int, interruption: "Interruption") -> QHBoxLayout:
        error = interruption.error
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(text_label(f"interruption{number}What", error.what, "heading"))
        if why := sentences(error.why, error.remedy):
            texts.addWidget(text_label(f"interruption{number}Why", why))
        row = QHBoxLayout()
        row.addLayout(texts, 1)
        words = _("Decide: {what}").format(what=error.what)
        decide = named(QPushButton(_("Decide…")), f"interruption{number}Decide", words)
        decide.clicked.connect(lambda: self._decide(interruption))
        row.addWidget(decide)
        return row

    def _decide(self, interruption: "Interruption") -> None:
        self.accept()
        interruption.decide()
