"""One file of a merge: theirs beside mine, what comes of it below, and the buttons that decide."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.code.merge import Choice, Hunk
from workbench.code.merge_plan import FileVersion, MergeFile, ThreeVersions
from workbench.ui.empty_state import EmptyState
from workbench.ui.kit.segmented import segmented
from workbench.ui.kit.text import PlainLabel
from workbench.ui.merge.pane import Pane, TitledPane
from workbench.ui.merge.rows import Cell, result, side_by_side
from workbench.ui.named import named
from workbench.ui.theme import Theme


class FileView(QWidget):
    """Shows what it is given; it decides nothing itself.

    Signals:
        chosen: How the conflict in question is to be decided: a Choice.
    """

    chosen = Signal(Choice)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("mergeFile")
        self._hunks: tuple[Hunk, ...] = ()
        self._is_whole = False
        self._conflict = -1
        self._is_scrolling = False
        self.path = named(PlainLabel(), "mergePath", role="heading")
        self.place = named(PlainLabel(), "mergePlace", role="muted")
        self.base = TitledPane("mergeBase", self.tr("Base"), theme)
        self.theirs = TitledPane("mergeTheirs", self.tr("Theirs: deployed code"), theme)
        self.mine = TitledPane("mergeMine", self.tr("Mine: working copy"), theme)
        self.result = TitledPane("mergeResult", self.tr("Result"), theme)
        self.show_base = named(QCheckBox(self.tr("Show &Base")), "mergeShowBase")
        self.show_base.setToolTip(self.tr("The version that both sides started from"))
        self.buttons = {
            Choice.THEIRS: named(QToolButton(), "mergeUseTheirs"),
            Choice.MINE: named(QToolButton(), "mergeUseMine"),
            Choice.BOTH: named(QToolButton(), "mergeUseBoth"),
        }
        self.buttons[Choice.BOTH].setToolTip(self.tr("Mine, then theirs"))
        self.words = named(EmptyState(), "mergeNoText")
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 0, 0)
        head.addWidget(self.path)
        head.addWidget(self.place)
        head.addStretch(1)
        head.addWidget(self.show_base)
        decide = QHBoxLayout()
        decide.setContentsMargins(8, 0, 0, 0)
        decide.setSpacing(8)
        texts = (self.tr("Use &Theirs"), self.tr("Use &Mine"), self.tr("Use &Both"))
        for (choice, button), text in zip(self.buttons.items(), texts, strict=True):
            button.setText(text)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.clicked.connect(lambda _on=False, choice=choice: self.chosen.emit(choice))
        decide.addWidget(segmented("mergeUse", self.tr("Resolve the conflict"), tuple(self.buttons.values())))
        decide.addStretch(1)
        beside = QSplitter(Qt.Orientation.Horizontal)
        beside.setObjectName("mergeColumns")
        for column in (self.base, self.theirs, self.mine):
            beside.addWidget(column)
        lines = QSplitter(Qt.Orientation.Vertical)
        lines.setObjectName("mergeLines")
        for part, weight in ((beside, 3), (self.result, 2)):
            lines.addWidget(part)
            lines.setStretchFactor(lines.count() - 1, weight)
        for splitter in (beside, lines):
            splitter.setChildrenCollapsible(False)
        self._stack = named(QStackedWidget(), "mergeStack")
        self._stack.addWidget(lines)
        self._stack.addWidget(self.words)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self._stack, 1)
        layout.addLayout(decide)
        self.base.hide()
        self.show_base.toggled.connect(self.base.setVisible)
        self._scroll_together()

    def show_file(
        self, file: MergeFile, hunks: Sequence[Hunk], three: ThreeVersions, choices: Sequence[Choice | None]
    ) -> None:
        """Shows a file.

        Args:
            file: Which.
            hunks: Its lines; empty when it is no text.
            three: Its versions.
            choices: What is decided in it.
        """
        self._hunks, self._is_whole = tuple(hunks), not file.hunks
        self.path.setText(file.path)
        if not hunks:
            texts = (
                self.tr("Base: %1").replace("%1", self._size(three.base)),
                self.tr("Theirs: %1").replace("%1", self._size(three.theirs)),
                self.tr("Mine: %1").replace("%1", self._size(three.mine)),
            )
            self.words.set_text(self.tr("This file is not text, or too large to display."), "\n".join(texts))
            self._stack.setCurrentWidget(self.words)
            return
        panes = side_by_side(hunks)
        for column, cells in ((self.base, panes.base), (self.theirs, panes.theirs), (self.mine, panes.mine)):
            column.pane.show_cells(cells)
        self.theirs.title.setText(self._title(self.tr("Theirs: deployed code"), three.theirs))
        self.mine.title.setText(self._title(self.tr("Mine: working copy"), three.mine))
        self.show_result(choices)
        self._stack.setCurrentIndex(0)

    def show_result(self, choices: Sequence[Choice | None]) -> None:
        """Shows what comes out with these choices."""
        undecided = self.tr("— not resolved —")
        self.result.pane.show_cells(result(self._hunks, choices, undecided) if self._hunks else (Cell(),))
        self.result.pane.point_at(self._conflict)

    def point_at(self, conflict: int, choices: Sequence[Choice | None]) -> None:
        """Makes a conflict of the file the one in question; -1 for none."""
        self._conflict = conflict
        for column in (self.base, self.theirs, self.mine, self.result):
            column.pane.point_at(conflict)
        chosen = choices[conflict] if conflict >= 0 else None
        for choice, button in self.buttons.items():
            button.setVisible(bool(choices) and not (self._is_whole and choice is Choice.BOTH))
            button.setChecked(choice is chosen)
        self.buttons[Choice.MINE].setProperty("segment", "last" if self._is_whole else "middle")
        self.buttons[Choice.MINE].style().polish(self.buttons[Choice.MINE])
        words = self.tr("Conflict %1 of %2").replace("%2", f"{len(choices)}")
        self.place.setText(words.replace("%1", f"{conflict + 1}") if conflict >= 0 else "")

    def _title(self, title: str, version: FileVersion | None) -> str:
        return title if version is not None else f"{title} · {self.tr('no such file')}"

    def _size(self, version: FileVersion | None) -> str:
        if version is None:
            return self.tr("no such file")
        return self.tr("%1 bytes").replace("%1", f"{len(version.data):,}")

    def _scroll_together(self) -> None:
        """The three versions, row by row; the result has rows of its own."""
        panes = [column.pane for column in (self.base, self.theirs, self.mine)]

        def follow(moved: Pane) -> None:
            if self._is_scrolling:
                return  # a shorter pane that cannot follow must not pull the others back
            self._is_scrolling = True
            for pane in panes:
                pane.verticalScrollBar().setValue(moved.verticalScrollBar().value())
                pane.horizontalScrollBar().setValue(moved.horizontalScrollBar().value())
            self._is_scrolling = False

        for pane in panes:
            for bar in (pane.verticalScrollBar(), pane.horizontalScrollBar()):
                bar.valueChanged.connect(lambda _value, pane=pane: follow(pane))
