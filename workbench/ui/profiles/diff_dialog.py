"""What would be changed in the files, shown before it is. Secrets are masked by who made the text."""

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from workbench.profiles.diff import MASK
from workbench.ui.named import named
from workbench.ui.sign_in.form import Form, text_label
from workbench.ui.theme import Theme, monospace

_SIZE = (820, 480)
_LONGEST = 200_000
"""More characters than this nobody reads, and they take long to lay out."""


class DiffDialog(Form):
    """Asks whether to write a change; `accepted` is the yes.

    Args:
        title: What is to be done.
        diff: A unified diff.
        theme: For the colours of what comes and what goes.
        parent: The window it belongs to.
        warning: What a person should know first, empty for nothing.
    """

    def __init__(self, title: str, diff: str, theme: Theme, parent: QWidget, warning: str = "") -> None:
        super().__init__("diffDialog", title, parent)
        said = text_label("diffSaid", self.tr("These changes will be made to your AWS files."))
        note = text_label("diffWarning", warning, "warning")
        note.setVisible(bool(warning))
        masked = self.tr("Secrets are shown as %1, but are written in full.").replace("%1", MASK)
        hidden = text_label("diffMasked", masked, "muted")
        hidden.setVisible(MASK in diff)
        self.text = named(QPlainTextEdit(readOnly=True), "diffText", self.tr("Changes"))
        self.text.setFont(monospace())
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTabChangesFocus(True)
        shown = diff[:_LONGEST]
        if len(diff) > _LONGEST:
            shown += "\n…"
        self._colors = _DiffColors(self.text, theme)
        self.text.setPlainText(shown)
        for widget in (said, note, self.text, hidden):
            self.content.addWidget(widget, 1000 if widget is self.text else 0)
        self.finish_layout()
        self.write = self.add_button("diffWrite", self.tr("Write"), "primary")
        cancel = self.add_button("diffCancel", self.tr("Cancel"))
        self.write.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        self.resize(*_SIZE)
        self.write.setFocus()


class _DiffColors(QSyntaxHighlighter):
    """What comes in green, what goes in red, in both themes; the sign at the start says the same."""

    def __init__(self, text: QPlainTextEdit, theme: Theme) -> None:
        super().__init__(text.document())
        self._theme = theme
        theme.changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        colors = self._theme.colors
        color, bold = "", False
        if text.startswith(("+++", "---")):
            color, bold = colors.text, True
        elif text.startswith("@@"):
            color = colors.muted
        elif text.startswith("+"):
            color = colors.good
        elif text.startswith("-"):
            color = colors.danger
        if color:
            form = QTextCharFormat()
            form.setForeground(QColor(color))
            form.setFontWeight(QFont.Weight.Bold if bold else QFont.Weight.Normal)
            self.setFormat(0, len(text), form)
