"""The guide: four short pages about the main job, read from resources/guide."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHBoxLayout,
    QListWidget,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.paths import resources_dir
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named

_LIST_WIDTH, _SIZE = 220, (860, 600)


@dataclass(frozen=True, slots=True)
class GuidePage:
    """A page.

    Attributes:
        title: Its first line, which begins with "# ".
        paragraphs: The paragraphs below it, each with the role of its label: "heading" or "".
    """

    title: str
    paragraphs: tuple[tuple[str, str], ...]


def read_guide(folder: Path) -> tuple[GuidePage, ...]:
    """Reads the pages, in the order of their file names.

    A file is UTF-8. Paragraphs are separated by empty lines; one that begins with "## " is a heading, and
    the lines of all others are joined, except before "- " or a number, which begin an entry of a list.
    """
    return tuple(_page(path.read_text("utf-8")) for path in sorted(folder.glob("*.md")))


def _page(text: str) -> GuidePage:
    title, *rest = (each for each in text.split("\n\n") if each.strip())
    return GuidePage(title.removeprefix("# ").strip(), tuple(map(_paragraph, rest)))


def _paragraph(text: str) -> tuple[str, str]:
    text = text.strip()
    if text.startswith("## "):
        return text.removeprefix("## "), "heading"
    lines: list[str] = []
    for line in text.split("\n"):
        is_entry = line.startswith("- ") or line.partition(". ")[0].isdigit()
        if lines and not is_entry:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line.replace("- ", "•  ", 1) if line.startswith("- ") else line)
    return "\n".join(lines), ""


class Guide(Dialog):
    """The pages on the left, the chosen one on the right. It stays open beside the window.

    Args:
        parent: The window.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "guide", self.tr("User guide"))
        self.setWindowTitle(self.tr("User Guide"))
        self.pages = named(QListWidget(), "guidePages", self.tr("Pages"))
        self.pages.setFixedWidth(_LIST_WIDTH)
        self.pages.ensurePolished()  # else its rows are as high as without the style sheet
        self._shown = QStackedWidget()
        for page in read_guide(resources_dir() / "guide"):
            self.pages.addItem(page.title)
            self._shown.addWidget(_view(page))
        buttons = named(QDialogButtonBox(QDialogButtonBox.StandardButton.Close), "guideButtons")
        buttons.rejected.connect(self.reject)
        both = QHBoxLayout()
        both.setSpacing(0)
        both.addWidget(self.pages)
        both.addWidget(self._shown, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.addLayout(both, 1)
        layout.addWidget(buttons)
        self.pages.currentRowChanged.connect(self._shown.setCurrentIndex)
        self.pages.setCurrentRow(0)
        self.resize(*_SIZE)
        self.pages.setFocus()


def _view(page: GuidePage) -> QScrollArea:
    content = QWidget()
    rows = QVBoxLayout(content)
    rows.setContentsMargins(24, 12, 24, 12)
    rows.setSpacing(10)
    for text, role in ((page.title, "title"), *page.paragraphs):
        label = named(PlainLabel(text), "guideParagraph", role=role)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        rows.addWidget(label)
    rows.addStretch(1)
    area = named(QScrollArea(), "guideText", page.title)
    area.setWidgetResizable(True)
    area.setWidget(content)
    return area
