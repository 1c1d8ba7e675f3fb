"""Colours for JSON in a plain text field."""

import re

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from workbench.ui.theme import Theme

_MOST_CHARACTERS = 200_000  # of the whole text: laying out colours for more takes the window's time
_LONGEST_LINE = 4_000
_TOKEN = re.compile(
    r'(?P<variable>\{\{\s*\w+\s*\}\})|(?P<text>"(?:[^"\\]|\\.)*"?)(?P<key>\s*:)?'
    r"|(?P<word>\b(?:true|false|null)\b)|(?P<number>-?\b\d[\d.eE+-]*)"
)


class JsonColors(QSyntaxHighlighter):
    """Follows the theme."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._theme = theme
        theme.changed.connect(self.rehighlight)

        self._own = document

    def expect(self, length: int) -> None:
        """Leaves a text alone that is too long to be coloured: to ask for each of its lines takes long.

        Args:
            length: In characters, of the text that is about to come.
        """
        self.setDocument(self._own if length <= _MOST_CHARACTERS else None)

    def highlightBlock(self, text: str) -> None:
        if self.document().characterCount() > _MOST_CHARACTERS:
            return
        colors = self._theme.colors
        for found in _TOKEN.finditer(text[:_LONGEST_LINE]):
            if found["variable"]:
                self._paint(found.start(), found.end(), colors.warning, bold=True)
            elif found["text"]:
                self._paint(*found.span("text"), colors.accent if found["key"] else colors.good)
                for name in re.finditer(r"\{\{\s*\w+\s*\}\}", found["text"]):
                    begin = found.start("text")
                    self._paint(begin + name.start(), begin + name.end(), colors.warning, bold=True)
            else:
                self._paint(found.start(), found.end(), colors.series[3])

    def _paint(self, begin: int, end: int, color: str, *, bold: bool = False) -> None:
        look = QTextCharFormat()
        look.setForeground(QColor(color))
        if bold:
            look.setFontWeight(QFont.Weight.Bold)
        self.setFormat(begin, end - begin, look)
