"""The dialog of a merge: its files, and the conflicts to resolve in each."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QPushButton,
    QSplitter,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from workbench.code.merge import Choice, FileState, Hunk, MergeFile, MergePlan, ThreeVersions
from workbench.core.jobs import Progress
from workbench.core.messages import _, ngettext
from workbench.ui.features.code.merge_view import FileView
from workbench.ui.kit.bars import FlowLayout
from workbench.ui.kit.dialog import BaseDialog, DialogButtons
from workbench.ui.kit.table_model import Column, TableModel, ToneDelegate
from workbench.ui.kit.text import PlainLabel, named, text_label, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import Theme

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
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setSizeGripEnabled(True)
        self.resize(*_SIZE)
        self.files = MergeFiles(plan.files, theme, self)
        self.view = FileView(theme)
        self._shown: MergeFile | None = None
        self._is_busy = False
        self._wanted = (-1, -1)  # row and conflict
        self.list = self._make_list()
        self.state = named(PlainLabel(), "mergeState", role="muted")
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
        bottom.addWidget(self.state)
        bottom.add_stretch()
        for button in (self.previous, self.next, DialogButtons(cancel, self.merge)):
            bottom.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(text_label("mergeHeading", title, "heading"))
        layout.addWidget(text_label("mergeDetail", detail, "muted"))
        layout.addWidget(parts, 1)
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
