"""Changes of several functions that were made earlier: which is gone on with, taken back, or let be."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QWidget

from workbench.functions.bulk_run import PastChange
from workbench.ui.bulk.words import past_state_text, past_text
from workbench.ui.copy_table import CopyTable
from workbench.ui.history.words import when_text
from workbench.ui.kit.empty_message import EmptyMessage
from workbench.ui.rows_model import TableRow
from workbench.ui.sign_in.form import Form, text_label

_SIZE = QSize(820, 420)
_WHEN_WIDTH, _COUNT_WIDTH, _STATE_WIDTH = 150, 90, 220


class PastChangesDialog(Form):
    """The newest first.

    Args:
        changes: All of them.
        parent: The window.

    Signals:
        go_on_wanted: A PastChange whose rest is to be done.
        undo_wanted: One that is to be taken back.
        let_be_wanted: One that is not to be asked about any more.
    """

    go_on_wanted = Signal(object)
    undo_wanted = Signal(object)
    let_be_wanted = Signal(object)

    def __init__(self, changes: Sequence[PastChange], parent: QWidget) -> None:
        super().__init__("pastChanges", "", parent)
        self.set_title(self.tr("Earlier Changes of Several Functions"))
        self.setSizeGripEnabled(True)
        self._changes = list(changes)
        words = self.tr(
            "Changes that were made from this computer. Nothing is changed until you have reviewed the plan."
        )
        self.content.addWidget(text_label("pastChangesWords", words, "muted"))
        headers = (self.tr("Started"), self.tr("Change"), self.tr("Functions"), self.tr("State"))
        widths = (_WHEN_WIDTH, 0, _COUNT_WIDTH, _STATE_WIDTH)
        self.table = CopyTable("pastChangesTable", self.tr("Earlier changes"), headers, widths)
        self.table.setSelectionBehavior(CopyTable.SelectionBehavior.SelectRows)
        EmptyMessage(self.table, self.tr("No changes of several functions were made from this computer."))
        self.content.addWidget(self.table, 1)
        self.about = text_label("pastChangesAbout")
        self.content.addWidget(self.about)
        self.finish_layout(stretch=False)
        self.go_on = self.add_button("pastChangesGoOn", self.tr("Continue…"), "primary")
        self.undo = self.add_button("pastChangesUndo", self.tr("Undo…"))
        self.let_be = self.add_button("pastChangesLetBe", self.tr("Keep"))
        self.let_be.setToolTip(self.tr("Keep the functions as they are, and do not ask again"))
        self.add_button("pastChangesClose", self.tr("Close")).clicked.connect(self.reject)
        self.go_on.clicked.connect(lambda: self._leave_with(self.go_on_wanted.emit))
        self.undo.clicked.connect(lambda: self._leave_with(self.undo_wanted.emit))
        self.let_be.clicked.connect(lambda: self._leave_with(self.let_be_wanted.emit))
        self.table.selectionModel().selectionChanged.connect(self._selected)
        self.resize(_SIZE)
        self._fill()
        self.table.setFocus()

    def fit(self) -> None:
        """The table takes all room: the size is the person's."""

    @property
    def chosen(self) -> PastChange | None:
        """The one that is selected."""
        rows = self.table.selectionModel().selectedRows()
        return self._changes[rows[0].row()] if rows else None

    def _fill(self) -> None:
        self.table.take(
            [
                TableRow(
                    (
                        when_text(each.when),
                        past_text(each),
                        f"{len(each.functions):,}",
                        past_state_text(each),
                    )
                )
                for each in self._changes
            ]
        )
        interrupted = (number for number, each in enumerate(self._changes) if not each.is_over)
        if self._changes:
            self.table.selectRow(next(interrupted, 0))
        else:
            self.say(self.tr("No changes of several functions have been made from this computer."))
        self._selected()

    def _selected(self) -> None:
        chosen = self.chosen
        is_interrupted = chosen is not None and not chosen.is_over
        self.go_on.setEnabled(is_interrupted and bool(chosen and chosen.left))
        self.let_be.setEnabled(is_interrupted)
        self.undo.setEnabled(bool(chosen and chosen.undoable))
        self.about.setText(self._words(chosen) if chosen else "")

    def _words(self, chosen: PastChange) -> str:
        parts = []
        if not chosen.is_over:
            words = self.tr("Workbench closed before this was finished. Remaining: %1.")
            parts.append(words.replace("%1", f"{len(chosen.left):,}"))
        if chosen.undoable:
            words = self.tr("Can be undone unless changed in the meantime: %1.")
            parts.append(words.replace("%1", f"{len(chosen.undoable):,}"))
        else:
            parts.append(self.tr("Nothing can be undone."))
        return " ".join(parts)

    def _leave_with(self, tell: Callable[[PastChange], object]) -> None:
        if (chosen := self.chosen) is not None:
            self.accept()
            tell(chosen)
