"""A list of what there is in the account, to choose one of; typing finds it."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, QSize, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, JobRunner
from workbench.core.messages import _
from workbench.ui.copy_table import CopyTable
from workbench.ui.named import named
from workbench.ui.rows_model import TableRow
from workbench.ui.sign_in.form import Form

_SIZE = QSize(820, 440)


class PickDialog(Form):
    """Reads while it is open. `picked` carries the first text of the chosen row in full.

    Args:
        name: Its object name.
        title: Of the dialog.
        headers: Of the table.
        widths: Of its columns; 0 for the one that takes what is left.
        parent: The window.
    """

    picked = Signal(str)

    def __init__(
        self, name: str, title: str, headers: Sequence[str], widths: Sequence[int], parent: QWidget
    ) -> None:
        super().__init__(name, "", parent)
        self.set_title(title)
        self._rows: list[TableRow] = []
        self._shown: list[TableRow] = []
        self._reading: JobHandle | None = None
        self.search = named(QLineEdit(), f"{name}Search", _("Search"))
        self.search.setPlaceholderText(_("Search"))
        self.search.setClearButtonEnabled(True)
        self.table = CopyTable(f"{name}Table", title, headers, widths)
        self.table.setSelectionBehavior(CopyTable.SelectionBehavior.SelectRows)
        self.content.addWidget(self.search)
        self.content.addWidget(self.table, 1)
        self.go_on = self.add_button(f"{name}Choose", _("Choose"), "primary")
        cancel = self.add_button(f"{name}Cancel", _("Cancel"))
        self.go_on.setEnabled(False)
        self.go_on.clicked.connect(self._choose)
        cancel.clicked.connect(self.reject)
        self.search.textChanged.connect(self._filter)
        self.table.doubleClicked.connect(self._choose)
        self.table.selectionModel().currentChanged.connect(self._moved)
        self.finished.connect(self._drop)
        self.finish_layout(stretch=False)
        self.resize(_SIZE)
        self.search.setFocus()

    def fit(self) -> None:
        """Keeps its size: the table takes what room there is."""

    def read(
        self,
        jobs: JobRunner,
        run: Callable[[JobContext], object],
        row_of: Callable[[object], TableRow],
    ) -> None:
        """Fills the list.

        Args:
            jobs: Runs it.
            run: Emits tuples of what there is.
            row_of: Makes a row of one.
        """
        self.say(_("Loading…"))
        self._reading = jobs.submit(
            Job(
                self.windowTitle(),
                run,
                quiet=True,
                on_item=lambda page: self._add(page, row_of) if isinstance(page, tuple) else None,
                on_done=lambda _all: self.say("" if self._rows else _("None found.")),
                on_error=self._failed,
            )
        )

    def _add(self, page: tuple[object, ...], row_of: Callable[[object], TableRow]) -> None:
        self._rows += map(row_of, page)
        self._filter()

    def _filter(self) -> None:
        wanted = self.search.text().casefold().split()
        self._shown = [
            row for row in self._rows if all(word in " ".join(row.texts).casefold() for word in wanted)
        ]
        self.table.take(self._shown)
        if self._shown:
            self.table.setCurrentIndex(self.table.model().index(0, 0))
        else:
            self.go_on.setEnabled(False)

    def _moved(self, current: QModelIndex) -> None:
        self.go_on.setEnabled(current.isValid())

    def _choose(self) -> None:
        place = self.table.currentIndex().row()
        if 0 <= place < len(self._shown):
            self.picked.emit(self._shown[place].copied(0))
            self.accept()

    def _failed(self, error: WorkbenchError) -> None:
        words = _("{error} You can still type it into the field.").format(error=str(error))
        self.say(words, "danger")

    def _drop(self) -> None:
        if self._reading is not None:
            self._reading.drop()
