"""Functions that were deleted from this computer: which one is to be made again."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QWidget

from workbench.functions.deleted import Deleted
from workbench.ui.copy_table import CopyTable
from workbench.ui.deleting.words import kept_words
from workbench.ui.history.words import when_text
from workbench.ui.named import named
from workbench.ui.rows_model import TableRow
from workbench.ui.safety.confirm import Question
from workbench.ui.sign_in.form import Form, text_label
from workbench.ui.units import size_text

_SIZE = QSize(680, 420)


class RestoreDialog(Form):
    """`agreed` is the yes to one of them.

    Args:
        deleted: The newest first.
        where: Account and region, for people.
        parent: The window.

    Signals:
        agreed: A Deleted that is to be made again.
        forget_wanted: One whose copy is to be removed for good.
    """

    agreed = Signal(object)
    forget_wanted = Signal(object)

    def __init__(self, deleted: Sequence[Deleted], where: str, parent: QWidget) -> None:
        super().__init__("restoreDialog", "", parent)
        self.set_title(self.tr("Restore Deleted Function"))
        self.setSizeGripEnabled(True)
        self._deleted = list(deleted)
        words = self.tr("Functions that were deleted in %1 from this computer.").replace("%1", where)
        self.content.addWidget(text_label("restoreWords", words, "muted"))
        self.table = named(
            CopyTable(
                "restoreTable",
                self.tr("Deleted functions"),
                (self.tr("Function"), self.tr("Deleted on"), self.tr("Code")),
                (0, 170, 110),
            ),
            "restoreTable",
        )
        self.table.setSelectionBehavior(CopyTable.SelectionBehavior.SelectRows)
        self.content.addWidget(self.table, 1)
        self.about = text_label("restoreAbout")
        self.content.addWidget(self.about)
        self.finish_layout(stretch=False)
        self.yes = self.add_button("restoreYes", self.tr("Restore"), "primary")
        self.forget = self.add_button("restoreForget", self.tr("Delete Copy…"))
        self.forget.setToolTip(self.tr("Delete the saved code and configuration from this computer"))
        self.add_button("restoreCancel", self.tr("Cancel")).clicked.connect(self.reject)
        self.table.selectionModel().selectionChanged.connect(self._selected)
        self.table.activated.connect(lambda _index: self._submit())
        self.yes.clicked.connect(self._submit)
        self.forget.clicked.connect(self._forget)
        self.resize(_SIZE)
        self._fill()
        self.table.setFocus()

    def fit(self) -> None:
        """The table takes all room: the size is the person's."""

    def chosen(self) -> Deleted | None:
        """The one that is selected."""
        rows = self.table.selectionModel().selectedRows()
        return self._deleted[rows[0].row()] if rows else None

    def _fill(self) -> None:
        self.table.take(
            [
                TableRow(
                    (
                        each.function_name,
                        when_text(each.when),
                        size_text(each.size_bytes) if each.code_sha256 else self.tr("image"),
                    ),
                    ((2, each.code_sha256 or each.image_uri),),
                )
                for each in self._deleted
            ]
        )
        if self._deleted:
            halves = (n for n, each in enumerate(self._deleted) if each.progress.was_interrupted)
            self.table.selectRow(next(halves, 0))
        else:
            self.say(self.tr("No functions have been deleted from this computer."))
        self._selected()

    def _selected(self) -> None:
        chosen = self.chosen()
        for button in (self.yes, self.forget):
            button.setEnabled(chosen is not None)
        self.about.setText(kept_words(chosen) if chosen else "")

    def _submit(self) -> None:
        if (chosen := self.chosen()) is not None:
            self.accept()
            self.agreed.emit(chosen)

    def _forget(self) -> None:
        if (chosen := self.chosen()) is None:
            return
        words = self.tr("The code and configuration of %1 will be permanently deleted from this computer.")
        if chosen.progress.was_interrupted:
            words += " " + self.tr("Its restore is not complete.")
        words = words.replace("%1", chosen.function_name)
        title, yes = self.tr("Delete Copy"), self.tr("Delete Copy")
        Question("restoreForgetQuestion", title, words, yes, self).ask(lambda: self._forget_for_good(chosen))

    def _forget_for_good(self, chosen: Deleted) -> None:
        self.forget_wanted.emit(chosen)
        self._deleted.remove(chosen)
        self._fill()
