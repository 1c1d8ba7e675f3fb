"""Where things stand on the Code tab."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedLayout, QVBoxLayout, QWidget

from workbench.ui.named import named
from workbench.ui.open_files import OpenFiles
from workbench.ui.pages.opening import Opening


class CodePlace(QStackedLayout):
    """The files, or what is said while there is none; a guest of the editor alone where none can be had.

    Args:
        page: The tab.
        bar: Stands above it all.
        opening: Says how the opening of the code goes.
        left: The tree, or what takes its place.
        files: The open ones.
    """

    def __init__(
        self, page: QWidget, bar: QWidget, opening: Opening, left: QWidget, files: OpenFiles
    ) -> None:
        place = QWidget()
        super().__init__(place)
        self.opening = opening
        split = named(QSplitter(Qt.Orientation.Horizontal), "codeSplitter")
        split.setChildrenCollapsible(False)
        # What stands below the tree joins it.
        self._column = named(QSplitter(Qt.Orientation.Vertical), "codeColumn")
        self._column.setChildrenCollapsible(False)
        self._column.addWidget(left)
        split.addWidget(self._column)
        split.addWidget(files)
        split.setSizes([200, 900])
        split.setStretchFactor(0, 0)
        split.setStretchFactor(1, 1)
        self.addWidget(opening)
        self.addWidget(split)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(place, 1)
        files.view.emptied.connect(self._emptied)

    @property
    def is_without_code(self) -> bool:
        """Whether the editor stands there alone, for what is no file."""
        return self._column.isHidden()

    def show_files(self) -> None:
        """Shows the files."""
        self._column.setVisible(True)
        self.setCurrentIndex(1)

    def show_opening(self) -> None:
        """Shows how the opening of the code goes, or how it has ended."""
        self._column.setVisible(True)
        self.setCurrentIndex(0)

    def show_without_code(self) -> bool:
        """Shows the editor although there is no code; False while the code may still come."""
        if self.opening.has_ended:
            self._column.setVisible(False)
            self.setCurrentIndex(1)
        return self.opening.has_ended

    def _emptied(self) -> None:
        if self.is_without_code:
            self.show_opening()
