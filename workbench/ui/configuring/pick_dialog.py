"""A list of what there is in the account, to choose one of; typing finds it."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, JobRunner
from workbench.core.messages import _
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.named import named

_SIZE = QSize(820, 440)


class PickDialog[R](Dialog):
    """Reads while it is open. `picked` carries the full text of the first column of the chosen row.

    Args:
        name: Its object name.
        title: Of the dialog.
        columns: Of the table.
        parent: The window.
    """

    picked = Signal(str)

    def __init__(self, name: str, title: str, columns: Sequence[Column[R]], parent: QWidget) -> None:
        super().__init__(name, "", parent)
        self.set_title(title)
        self._reading: JobHandle | None = None
        self.search = named(QLineEdit(), f"{name}Search", _("Search"))
        self.search.setPlaceholderText(_("Search"))
        self.search.setClearButtonEnabled(True)
        self.table = Table(f"{name}Table", title, columns, identity=columns[0].whole)
        self.content.addWidget(self.search)
        self.content.addWidget(self.table, 1)
        self.go_on = self.add_button(f"{name}Choose", _("Choose"), "primary")
        cancel = self.add_button(f"{name}Cancel", _("Cancel"))
        self.go_on.setEnabled(False)
        self.go_on.clicked.connect(self._choose)
        cancel.clicked.connect(self.reject)
        self.search.textChanged.connect(self._filter)
        self.table.doubleClicked.connect(self._choose)
        self.table.chosen_changed.connect(lambda: self.go_on.setEnabled(self.table.current() is not None))
        self.finished.connect(self._drop)
        self.finish_layout(stretch=False)
        self.resize(_SIZE)
        self.search.setFocus()

    def fit(self) -> None:
        """Keeps its size: the table takes what room there is."""

    def read(self, jobs: JobRunner, run: Callable[[JobContext], object]) -> None:
        """Fills the list.

        Args:
            jobs: Runs it.
            run: Emits tuples of rows.
        """
        self.say(_("Loading…"))
        self._reading = jobs.submit(
            Job(
                self.windowTitle(),
                run,
                quiet=True,
                on_item=lambda page: self._add(page) if isinstance(page, tuple) else None,
                on_done=lambda _all: self.say("" if self.table.rows.all else _("None found.")),
                on_error=self._failed,
            )
        )

    def _add(self, page: tuple[R, ...]) -> None:
        self.table.rows.add(page)
        self._choose_first()

    def _filter(self) -> None:
        wanted = self.search.text().casefold().split()
        columns = self.table.rows.columns

        def accepts(row: R) -> bool:
            text = " ".join(column.text(row) for column in columns).casefold()
            return all(word in text for word in wanted)

        self.table.rows.set_filter(accepts if wanted else None)
        self._choose_first()

    def _choose_first(self) -> None:
        if self.table.rows.shown:
            self.table.selectRow(0)

    def _choose(self) -> None:
        if (row := self.table.current()) is not None:
            self.picked.emit(self.table.rows.columns[0].whole(row))
            self.accept()

    def _failed(self, error: WorkbenchError) -> None:
        words = _("{error} You can still type it into the field.").format(error=str(error))
        self.say(words, "danger")

    def _drop(self) -> None:
        if self._reading is not None:
            self._reading.drop()
