"""One file of a merge: theirs beside mine, the result below, and the buttons that resolve a conflict.

The middle of a long run of lines becomes one row, and what is longer than anybody reads is cut: a view lays
out at once all that it gets.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from PySide6.QtCore import QModelIndex, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QResizeEvent, QShowEvent, QTextBlock
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from workbench.code.merge import (
    Choice,
    FileState,
    FileVersion,
    Hunk,
    MergeFile,
    MergePlan,
    Origin,
    ThreeVersions,
)
from workbench.core.jobs import Progress
from workbench.core.messages import _, ngettext
from workbench.ui.kit.bars import FlowLayout
from workbench.ui.kit.dialog import BaseDialog, DialogButtons
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.fields import segmented
from workbench.ui.kit.table_model import Column, TableModel, ToneDelegate
from workbench.ui.kit.text import PlainLabel, named, restyle, text_label, tool_tip, visible
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import Theme, monospace

_CONTEXT = 4
_MAX_HUNK_LINES = 300
_MAX_ROWS = 3_000
_MAX_LINE_LENGTH = 240
_GAP = "⋯"


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of one pane.

    Attributes:
        text: The line; a placeholder where `origin` is None.
        number: Of the line in its file, from 1; 0 where there is none.
        origin: Who changed it; None for what is no line.
        conflict: Which conflict it belongs to, from 0; -1 for none.
        is_dropped: It is not in the result, whatever is decided.
    """

    text: str = ""
    number: int = 0
    origin: Origin | None = None
    conflict: int = -1
    is_dropped: bool = False


# The sides, in the order of the panes, whose lines go: base, theirs, mine.
_DROPPED = {
    Origin.MINE: (True, True, False),
    Origin.THEIRS: (True, False, True),
    Origin.BOTH: (True, False, False),
    Origin.CONFLICT: (True, False, False),
    Origin.NOBODY: (False, False, False),
}


@dataclass(frozen=True, slots=True)
class Panes:
    """The rows of the three versions; row by row they belong together."""

    base: tuple[Cell, ...]
    theirs: tuple[Cell, ...]
    mine: tuple[Cell, ...]


def side_by_side(hunks: Sequence[Hunk]) -> Panes:
    """The three versions, padded so that what belongs together is in one row."""
    columns: tuple[list[Cell], list[Cell], list[Cell]] = ([], [], [])
    numbers = [1, 1, 1]
    conflict = -1
    for position, hunk in enumerate(hunks):
        sides = (hunk.base, hunk.theirs, hunk.mine)
        is_conflict = hunk.origin is Origin.CONFLICT
        conflict += is_conflict
        mark = conflict if is_conflict else -1
        height = max(map(len, sides))
        skipped = _skipped(hunk, position, len(hunks), height)
        for side, (column, lines) in enumerate(zip(columns, sides, strict=True)):
            is_dropped = _DROPPED[hunk.origin][side]
            cells = [
                Cell(_short(lines[at]), numbers[side] + at, hunk.origin, mark, is_dropped)
                if at < len(lines)
                else Cell(conflict=mark)
                for at in _visible_lines(height, skipped)
            ]
            if skipped is not None:
                cells.insert(skipped.start, _gap(skipped, mark))
            column += cells
            numbers[side] += len(lines)
    base, theirs, mine = (_cut(column) for column in columns)
    return Panes(base, theirs, mine)


def result(hunks: Sequence[Hunk], choices: Sequence[Choice | None], undecided: str) -> tuple[Cell, ...]:
    """The merged text as far as it is decided.

    Args:
        hunks: Of the file.
        choices: One for each conflict; None where it is not decided.
        undecided: Stands in the place of a conflict that is not decided.
    """
    cells: list[Cell] = []
    number, conflict = 1, -1
    for position, hunk in enumerate(hunks):
        mark, choice = -1, None
        if hunk.origin is Origin.CONFLICT:
            conflict += 1
            mark, choice = conflict, choices[conflict]
            if choice is None:
                cells.append(Cell(undecided, origin=Origin.CONFLICT, conflict=mark))
                continue
        lines = hunk.lines(choice)
        skipped = _skipped(hunk, position, len(hunks), len(lines))
        found = [
            Cell(_short(lines[at]), number + at, _origin(hunk, choice, at), mark)
            for at in _visible_lines(len(lines), skipped)
        ]
        if skipped is not None:
            found.insert(skipped.start, _gap(skipped, mark))
        if mark >= 0 and not found:
            found = [Cell(conflict=mark)]
        cells += found
        number += len(lines)
    return _cut(cells)


def first_row(cells: Sequence[Cell], conflict: int) -> int:
    """The first row of a conflict; 0 when it is not there."""
    return next((row for row, cell in enumerate(cells) if cell.conflict == conflict), 0)


def _origin(hunk: Hunk, choice: Choice | None, at: int) -> Origin:
    """Whose a line of the result is."""
    if hunk.origin is not Origin.CONFLICT:
        return hunk.origin
    is_theirs = choice is Choice.THEIRS or (choice is Choice.BOTH and at >= len(hunk.mine))
    return Origin.THEIRS if is_theirs else Origin.MINE


def _skipped(hunk: Hunk, position: int, count: int, height: int) -> range | None:
    """The middle of a long run of lines."""
    if hunk.origin is Origin.NOBODY and count > 1:
        start = _CONTEXT if position else 0
        skipped = range(start, height - (_CONTEXT if position < count - 1 else 0))
    else:
        skipped = range(_MAX_HUNK_LINES, height - _CONTEXT)
    return skipped if len(skipped) > 1 else None


def _visible_lines(height: int, skipped: range | None) -> Iterator[int]:
    if skipped is None:
        return iter(range(height))
    return chain(range(skipped.start), range(skipped.stop, height))


def _gap(skipped: range, conflict: int) -> Cell:
    return Cell(f"{_GAP} {len(skipped):,} {_GAP}", conflict=conflict)


def _short(line: str) -> str:
    return line if len(line) <= _MAX_LINE_LENGTH else f"{line[:_MAX_LINE_LENGTH]}…"


def _cut(cells: list[Cell]) -> tuple[Cell, ...]:
    if len(cells) <= _MAX_ROWS:
        return tuple(cells)
    return (*cells[:_MAX_ROWS], _gap(range(_MAX_ROWS, len(cells)), -1))


# Translucent, so that they are right on a light and on a dark ground.
_BACKGROUNDS = {
    Origin.MINE: QColor(46, 158, 91, 46),
    Origin.THEIRS: QColor(59, 130, 246, 46),
    Origin.BOTH: QColor(128, 128, 128, 40),
    Origin.CONFLICT: QColor(229, 72, 77, 56),
}
_SIGNS = {Origin.MINE: "+", Origin.THEIRS: "+", Origin.BOTH: "=", Origin.CONFLICT: "!"}
_BAR_WIDTH = 3
_PADDING = 8
_DIGITS = 4


class Pane(QPlainTextEdit):
    """Read-only. The conflict in question has a bar beside it.

    Args:
        name: Its object name.
        title: What it shows, for who cannot see it.
        theme: For the colours.
    """

    def __init__(self, name: str, title: str, theme: Theme) -> None:
        super().__init__()
        named(self, name, title)
        self._theme = theme
        self._cells: tuple[Cell, ...] = ()
        self._conflict = -1
        self.setReadOnly(True)
        self.setFont(monospace())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self.setTabStopDistance(4 * self.fontMetrics().horizontalAdvance(" "))
        self._gutter = _Gutter(self)
        self.setCornerWidget(named(QWidget(), f"{name}Corner"))  # Fusion would draw a box there
        self.setViewportMargins(self.gutter_width, 0, 0, 0)
        self.updateRequest.connect(lambda _area, _moved: self._gutter.update())
        theme.changed.connect(self._gutter.update)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """What is shown."""
        return self._cells

    @property
    def gutter_width(self) -> int:
        return self.fontMetrics().horizontalAdvance("0" * (_DIGITS + 1)) + 2 * _PADDING

    def show_cells(self, cells: Sequence[Cell]) -> None:
        """Replaces the rows."""
        self._cells = tuple(cells)
        self.setPlainText("\n".join(cell.text for cell in cells))

    def point_at(self, conflict: int) -> None:
        """Marks a conflict and shows it, some lines below the top; -1 for none."""
        self._conflict = conflict
        if conflict >= 0:
            self.verticalScrollBar().setValue(max(0, first_row(self._cells, conflict) - 3))
        self.viewport().update()
        self._gutter.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        width = self.viewport().width()
        for cell, area in self.rows_in(event.rect()):
            place = QRect(0, area.top(), width, area.height())
            if cell.origin in _BACKGROUNDS:
                painter.fillRect(place, _BACKGROUNDS[cell.origin])
            elif cell.origin is None and cell.text:
                painter.fillRect(place, QColor(self._theme.colors.window))
            elif cell.origin is None:
                color = QColor(self._theme.colors.border)
                painter.fillRect(place, QBrush(color, Qt.BrushStyle.BDiagPattern))
        painter.end()
        super().paintEvent(event)

    def paint_gutter(self, painter: QPainter, area: QRect, down: int) -> None:
        """Draws line numbers, who changed what, and the bar of the conflict in question.

        Args:
            painter: Of the gutter.
            area: What of it is to be drawn.
            down: How far below the gutter's top the lines begin.
        """
        colors = self._theme.colors
        painter.fillRect(area, QColor(colors.base))
        painter.setFont(self.font())
        for cell, seen in self.rows_in(area):
            row = seen.translated(0, down)
            place = QRect(0, row.top(), self._gutter.width() - _PADDING, row.height())
            if cell.conflict >= 0 and cell.conflict == self._conflict:
                painter.fillRect(QRect(0, row.top(), _BAR_WIDTH, row.height()), QColor(colors.accent))
            painter.setPen(QColor(colors.muted))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            if cell.number:
                painter.drawText(place.adjusted(0, 0, -_PADDING, 0), right, f"{cell.number}")
            if cell.origin in _SIGNS:
                painter.setPen(QColor(colors.text))
                painter.drawText(place, right, "−" if cell.is_dropped else _SIGNS[cell.origin])

    def rows_in(self, area: QRect) -> list[tuple[Cell, QRect]]:
        """The rows that are seen in an area of the viewport, with their places."""
        found = []
        block: QTextBlock = self.firstVisibleBlock()
        offset = self.contentOffset()
        while block.isValid() and block.blockNumber() < len(self._cells):
            place = self.blockBoundingGeometry(block).translated(offset).toAlignedRect()
            if place.top() > area.bottom():
                break
            found.append((self._cells[block.blockNumber()], place))
            block = block.next()
        return found

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._gutter.setGeometry(QRect(inside.topLeft(), QSize(self.gutter_width, inside.height())))


class TitledPane(QWidget):
    """A pane below its title.

    Args:
        name: The pane's object name.
        theme: For the colours.
    """

    def __init__(self, name: str, title: str, theme: Theme) -> None:
        super().__init__()
        self.setObjectName(f"{name}Place")
        self.title = named(PlainLabel(title), f"{name}Title", role="muted")
        self.pane = Pane(name, title, theme)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_PADDING, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.title)
        layout.addWidget(self.pane, 1)


class _Gutter(QWidget):
    def __init__(self, pane: Pane) -> None:
        super().__init__(pane)
        self.setObjectName(f"{pane.objectName()}Gutter")
        self._pane = pane

    def sizeHint(self) -> QSize:
        return QSize(self._pane.gutter_width, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        # The viewport may begin lower than the gutter, by the padding of the style sheet.
        down = self._pane.viewport().mapTo(self._pane, QPoint()).y() - self.y()
        self._pane.paint_gutter(painter, event.rect(), down)
        painter.end()


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
        self.position = named(PlainLabel(), "mergePlace", role="muted")
        self.base = TitledPane("mergeBase", _("Base"), theme)
        self.theirs = TitledPane("mergeTheirs", _("Theirs: deployed code"), theme)
        self.mine = TitledPane("mergeMine", _("Mine: working copy"), theme)
        self.result = TitledPane("mergeResult", _("Result"), theme)
        self.show_base = named(QCheckBox(_("Show &Base")), "mergeShowBase")
        self.show_base.setToolTip(_("The version that both sides started from"))
        self.buttons = {
            Choice.THEIRS: named(QToolButton(), "mergeUseTheirs"),
            Choice.MINE: named(QToolButton(), "mergeUseMine"),
            Choice.BOTH: named(QToolButton(), "mergeUseBoth"),
        }
        self.buttons[Choice.BOTH].setToolTip(_("Mine, then theirs"))
        self.message = named(EmptyState(), "mergeNoText")
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 0, 0)
        head.addWidget(self.path)
        head.addWidget(self.position)
        head.addStretch(1)
        head.addWidget(self.show_base)
        decide = QHBoxLayout()
        decide.setContentsMargins(8, 0, 0, 0)
        decide.setSpacing(8)
        texts = (_("Use &Theirs"), _("Use &Mine"), _("Use &Both"))
        for (choice, button), text in zip(self.buttons.items(), texts, strict=True):
            button.setText(text)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.clicked.connect(lambda _on=False, choice=choice: self.chosen.emit(choice))
        decide.addWidget(segmented("mergeUse", _("Resolve the conflict"), tuple(self.buttons.values())))
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
        self._stack.addWidget(self.message)
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
                _("Base: {size}").format(size=self._size(three.base)),
                _("Theirs: {size}").format(size=self._size(three.theirs)),
                _("Mine: {size}").format(size=self._size(three.mine)),
            )
            self.message.set_text(_("This file is not text, or too large to display."), "\n".join(texts))
            self._stack.setCurrentWidget(self.message)
            return
        panes = side_by_side(hunks)
        for column, cells in ((self.base, panes.base), (self.theirs, panes.theirs), (self.mine, panes.mine)):
            column.pane.show_cells(cells)
        self.theirs.title.setText(self._title(_("Theirs: deployed code"), three.theirs))
        self.mine.title.setText(self._title(_("Mine: working copy"), three.mine))
        self.show_result(choices)
        self._stack.setCurrentIndex(0)

    def show_result(self, choices: Sequence[Choice | None]) -> None:
        """Shows what comes out with these choices."""
        undecided = _("— not resolved —")
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
        restyle(self.buttons[Choice.MINE], segment="last" if self._is_whole else "middle")
        words = _("Conflict {conflict} of {count}")
        self.position.setText(
            words.format(count=f"{len(choices)}", conflict=f"{conflict + 1}") if conflict >= 0 else ""
        )

    def _title(self, title: str, version: FileVersion | None) -> str:
        return title if version is not None else f"{title} · {_('no such file')}"

    def _size(self, version: FileVersion | None) -> str:
        if version is None:
            return _("no such file")
        return _("{count} bytes").format(count=f"{len(version.data):,}")

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


_SIZE = (1180, 760)
_LIST_WIDTH = 280
_STATE_WIDTH = 96


class MergeFiles(TableModel[MergeFile]):
    """Path and state of each file; the choices are made here.

    Args:
        files: Of the plan.
        theme: For the colours.
        parent: The dialog.
    """

    def __init__(self, files: Sequence[MergeFile], theme: Theme, parent: QObject) -> None:
        columns = (
            Column[MergeFile](_("File"), lambda file: file.path, tip=self._tip),
            Column(_("State"), self.state_of, tip=self._tip, tone=self._tone),
        )
        super().__init__(columns, lambda file: file.path, theme, parent=parent)
        self._choices: dict[str, list[Choice | None]] = {
            file.path: [None] * file.conflicts for file in files if file.conflicts
        }
        self.set_rows(files)

    def choices(self, path: str) -> tuple[Choice | None, ...]:
        """What was decided in a file; None for what was not."""
        return tuple(self._choices.get(path, ()))

    def choose(self, row: int, conflict: int, choice: Choice | None) -> None:
        """Decides a conflict, or takes the decision back."""
        self._choices[self.row(row).path][conflict] = choice
        self.repaint()

    @property
    def undecided(self) -> int:
        """How many conflicts are left."""
        return sum(choices.count(None) for choices in self._choices.values())

    @property
    def decided(self) -> dict[str, tuple[Choice, ...]]:
        """All choices of all files, once nothing is left."""
        return {
            path: tuple(choice for choice in choices if choice is not None)
            for path, choices in self._choices.items()
        }

    def neighbour(self, row: int, conflict: int, *, forward: bool) -> tuple[int, int] | None:
        """The next or previous conflict from a place, over all files; undecided ones only, if there are any.

        Returns:
            Row and conflict, or None: there is no other.
        """
        places = [
            (at, number)
            for at, file in enumerate(self.all)
            for number, choice in enumerate(self.choices(file.path))
            if not self.undecided or choice is None
        ]
        if forward:
            after = [place for place in places if place > (row, conflict)]
            found = (after or places)[:1]
        else:
            before = [place for place in places if place < (row, conflict)]
            found = (before or places)[-1:]
        return found[0] if found and found[0] != (row, conflict) else None

    def state_of(self, file: MergeFile) -> str:
        """The state in a word."""
        left = self.choices(file.path).count(None)
        if file.state is FileState.CONFLICT:
            if not left:
                return _("Resolved")
            return ngettext("{count} conflict", "{count} conflicts", left).format(count=left)
        return {
            FileState.MERGED: _("Merged"),
            FileState.THEIRS: _("Deployed"),
            FileState.MINE: _("Mine"),
        }.get(file.state, _("Same"))

    def _tip(self, file: MergeFile) -> str:
        explanation = {
            FileState.CONFLICT: _("Both sides changed the same lines or the whole file."),
            FileState.MERGED: _("Both sides changed the file in different lines."),
            FileState.THEIRS: _("Only the deployed code changed: theirs is used."),
            FileState.MINE: _("Only your working copy changed: mine is used."),
        }.get(file.state, _("Both sides made the same change."))
        return f"{file.path}\n{explanation}"

    def _tone(self, file: MergeFile) -> str:
        if file.state is FileState.CONFLICT:
            return "danger" if None in self.choices(file.path) else "good"
        return "good" if file.state is FileState.MERGED else "muted"


class MergeDialog(BaseDialog):
    """Shows the files of a plan, and is in the way of typing until the merge is made.

    Args:
        plan: What both did.
        title: Of the dialog.
        detail: Whose code it is, and when theirs was deployed.
        theme: For the colours.
        parent: The window.

    Signals:
        file_wanted: The lines of this MergeFile are to be shown, by `show_file`.
        merge_wanted: The yes; every conflict is decided. Whoever makes the merge closes the dialog.
        stop_wanted: The merge that is being made is not wanted after all.
    """

    file_wanted = Signal(object)
    merge_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self, plan: MergePlan, title: str, detail: str, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "mergeDialog", title)
        self.setWindowTitle(visible(title))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setSizeGripEnabled(True)
        self.resize(*_SIZE)
        self.files = MergeFiles(plan.files, theme, self)
        self.view = FileView(theme)
        self._shown: MergeFile | None = None
        self._is_busy = False
        self._wanted = (-1, -1)  # row and conflict
        self.list = self._make_list()
        self.state = text_label("mergeState", role="muted")
        self.previous = self._button("mergePrevious", _("Previous Conflict"), "Shift+F7")
        self.next = self._button("mergeNext", _("Next Conflict"), "F7")
        self.merge = named(QPushButton(_("Merge")), "mergeAccept", role="primary")
        self.merge.setDefault(True)
        cancel = self._button("mergeCancel", _("Cancel"))
        parts = named(QSplitter(Qt.Orientation.Horizontal), "mergeParts")
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.list)
        parts.addWidget(self.view)
        parts.setSizes([_LIST_WIDTH, self.width() - _LIST_WIDTH])
        parts.setStretchFactor(1, 1)
        bottom = FlowLayout()
        bottom.add_stretch()
        for button in (self.previous, self.next, DialogButtons(cancel, self.merge)):
            bottom.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(text_label("mergeHeading", title, "heading"))
        layout.addWidget(text_label("mergeDetail", detail, "muted"))
        layout.addWidget(parts, 1)
        layout.addWidget(self.state)
        layout.addLayout(bottom)
        self.list.selectionModel().currentChanged.connect(self._row_changed)
        self.view.chosen.connect(self._choose)
        self.previous.clicked.connect(lambda: self._go(forward=False))
        self.next.clicked.connect(lambda: self._go(forward=True))
        self.merge.clicked.connect(self._begin)
        cancel.clicked.connect(self.reject)
        for button in (self.previous, self.next):
            button.setVisible(bool(plan.conflicts))
        self._count()
        if plan.files:
            self.list.setCurrentIndex(self.files.index(0, 0))
        self.list.setFocus()

    def show_file(self, file: MergeFile, hunks: Sequence[Hunk], three: ThreeVersions) -> None:
        """Shows the lines of a file, unless another one is wanted by now."""
        row, conflict = self._wanted
        if row < 0 or self.files.row(row) is not file:
            return
        choices = self.files.choices(file.path)
        self._shown = file
        self.view.show_file(file, hunks, three, choices)
        if choices and conflict < 0:
            conflict = choices.index(None) if None in choices else 0
        self._point_at(conflict)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.list.doItemsLayout()  # only now the style sheet says how high a row is

    def reject(self) -> None:
        if self._is_busy:
            self.stop_wanted.emit()
        else:
            super().reject()

    def show_progress(self, progress: Progress) -> None:
        """Says how far the merge is."""
        words = _("Merging {progress} ({done} of {total})…")
        self.state.setText(
            words.format(progress=progress.text, done=f"{progress.done:,.0f}", total=f"{progress.total:,.0f}")
        )

    def end(self) -> None:
        """The merge is made, or was not."""
        self._is_busy = False
        self.accept()

    def _begin(self) -> None:
        self._is_busy = True
        self.state.setText(_("Merging…"))
        for widget in (*self.view.buttons.values(), self.previous, self.next, self.merge, self.list):
            widget.setEnabled(False)
        self.merge_wanted.emit()

    def _row_changed(self, index: QModelIndex) -> None:
        if index.isValid() and index.row() != self._wanted[0]:
            self._select(index.row(), -1)

    def _select(self, row: int, conflict: int) -> None:
        """Shows a file and a conflict of it; -1 for the first one that is left."""
        self._wanted = (row, conflict)
        self.list.setCurrentIndex(self.files.index(row, 0))
        file = self.files.row(row)
        if file is self._shown:
            self._point_at(conflict)
        else:
            self._shown = None
            self.file_wanted.emit(file)

    def _point_at(self, conflict: int) -> None:
        row = self._wanted[0]
        self._wanted = (row, conflict)
        self.view.point_at(conflict, self.files.choices(self.files.row(row).path))

    def _choose(self, choice: Choice) -> None:
        row, conflict = self._wanted
        if self._shown is None or conflict < 0:
            return
        path = self._shown.path
        before = self.files.choices(path)[conflict]
        self.files.choose(row, conflict, None if choice is before else choice)
        choices = self.files.choices(path)
        self.view.show_result(choices)
        following = next((at for at in range(conflict, len(choices)) if choices[at] is None), conflict)
        self._point_at(following if before is None else conflict)
        self._count()

    def _go(self, *, forward: bool) -> None:
        if place := self.files.neighbour(*self._wanted, forward=forward):
            self._select(*place)

    def _count(self) -> None:
        left = self.files.undecided
        if left:
            words = ngettext("{count} conflict remaining.", "{count} conflicts remaining.", left).format(
                count=left
            )
        else:
            words = _("All conflicts are resolved. Files that both sides changed must still be saved.")
        self.state.setText(words)
        self.merge.setEnabled(not left)

    def _make_list(self) -> QTreeView:
        view = named(QTreeView(), "mergeFiles", _("Changed files"))
        view.setModel(self.files)
        view.setItemDelegate(ToneDelegate(view))
        view.setRootIsDecorated(False)
        view.setUniformRowHeights(True)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        view.setMinimumWidth(scaled(_LIST_WIDTH // 2))
        header = view.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(1, _STATE_WIDTH)
        return view

    def _button(self, name: str, text: str, keys: str = "") -> QPushButton:
        button = named(QPushButton(text), name)
        button.setAutoDefault(False)
        if keys:
            button.setShortcut(keys)
            button.setToolTip(tool_tip(f"{text} ({keys})"))
        return button


def merged_files(plan: MergePlan) -> tuple[str, ...]:
    """The files to review afterwards: what both sides changed."""
    states = (FileState.CONFLICT, FileState.MERGED)
    return tuple(file.path for file in plan.files if file.state in states and file.hunks)
