"""How the lines of one file change by a deploy, to read."""

from PySide6.QtWidgets import QWidget

from workbench.ui.editor.plain_comparison import PlainComparison
from workbench.ui.sign_in.form import Form
from workbench.ui.theme import monospace

_SIZE = (900, 560)
_LONGEST = 200_000
"""More characters than this nobody reads, and they take long to lay out."""


class FileDifference(Form):
    """Shows a unified difference.

    Args:
        path: The file.
        lines: What differs; None when it is no text.
        parent: The dialog it lies over.
    """

    def __init__(self, path: str, lines: str | None, parent: QWidget) -> None:
        super().__init__("deployDifference", "", parent)
        self.set_title(path)
        self.text = PlainComparison(self)
        self.text.setFont(monospace())
        self.text.setTabChangesFocus(True)
        if lines is None:
            self.text.setPlainText(self.tr("This file is not text, or it is too large to show."))
        else:
            shown = lines[:_LONGEST] + ("\n…" if len(lines) > _LONGEST else "")
            self.text.setPlainText(
                shown or self.tr("The lines are the same. Only the executable permission differs.")
            )
        self.text.show()
        self.content.addWidget(self.text, 1)
        self.finish_layout(stretch=False)
        close = self.add_button("deployDifferenceClose", self.tr("Close"), "primary")
        close.clicked.connect(self.accept)
        self.resize(*_SIZE)

    def fit(self) -> None:
        """Keeps its size: the text takes what room there is."""
