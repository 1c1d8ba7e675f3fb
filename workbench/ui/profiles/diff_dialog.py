"""What would be changed in the files, shown before it is. Secrets are masked by who made the text."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from workbench.profiles.diff import MASK
from workbench.ui.named import named
from workbench.ui.theme import Theme, monospace

_SIZE = (820, 480)
_LONGEST = 200_000
"""More characters than this nobody reads, and they take long to lay out."""


class DiffDialog(QDialog):
    """Asks whether to write a change. Deletes itself when closed; `accepted` is the yes.

    Args:
        title: What is to be done.
        diff: A unified diff.
        theme: For the colours of what comes and what goes.
        parent: The window it belongs to.
        warning: What a person should know first, empty for nothing.
    """

    def __init__(
        self, title: str, diff: str, theme: Theme, parent: QWidget | None = None, warning: str = ""
    ) -> None:
        super().__init__(parent)
        named(self, "diffDialog", title)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*_SIZE)
        said = named(QLabel(self.tr("This is what will change in your AWS files.")), "diffSaid")
        note = named(QLabel(), "diffWarning", role="warning")
        note.setTextFormat(Qt.TextFormat.PlainText)
        note.setWordWrap(True)
        note.setText(warning)
        note.setVisible(bool(warning))
        masked = self.tr("Secrets are shown as %1; in the file they stand in full.").replace("%1", MASK)
        hidden = named(QLabel(masked), "diffMasked", role="muted")
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
        buttons = named(QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel), "diffButtons")
        self.write = buttons.addButton(self.tr("Write"), QDialogButtonBox.ButtonRole.AcceptRole)
        named(self.write, "diffWrite", role="primary")
        self.write.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        for widget in (said, note, self.text, hidden, buttons):
            layout.addWidget(widget, 1 if widget is self.text else 0)
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
