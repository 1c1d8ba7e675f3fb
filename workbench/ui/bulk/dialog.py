"""The dialog of a change of many functions: choose it, read the plan, watch it run, take it back."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget

from workbench.functions.bulk_plan import Delete
from workbench.ui.bulk.form import BulkLimits, ChangeForm
from workbench.ui.bulk.row import Phase, RowState
from workbench.ui.bulk.rows import BulkRows, BulkTable
from workbench.ui.bulk.run import BulkRun
from workbench.ui.bulk.words import change_text, report, state_text, summary, undo_text
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.dialog_buttons import DialogButtons
from workbench.ui.named import named
from workbench.ui.services import Services
from workbench.ui.sign_in.form import text_label

_SIZE = (1200, 620)
_REFRESH_MS = 50
_OPEN_STATES = (RowState.NEW, RowState.LOOKING, RowState.TO_CHANGE, RowState.RUNNING)


class BulkDialog(Dialog):
    """Beside the window, which can be used meanwhile.

    Args:
        services: The program's.
        run: What it shows.
        limits: What the values may be.
        past_words: What the run is, when it is an earlier change: then nothing else can be chosen.
        parent: A window.

    Signals:
        start_wanted: The plan shall be carried out.
    """

    start_wanted = Signal()

    def __init__(
        self, services: Services, run: BulkRun, limits: BulkLimits, past_words: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        title = self.tr("Change Several Functions")
        named(self, "bulk", title)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*_SIZE)
        self.run = run
        self.form = ChangeForm(limits)
        self.rows = BulkRows(self)
        self.table = BulkTable(self.rows, services.theme)
        self.heading = text_label("bulkHeading", role="heading")
        self.about = text_label("bulkAbout", role="muted")
        self.detail = text_label("bulkDetail", role="muted")  # of the chosen row, in full
        self.state = text_label("bulkState", role="muted")
        self.bar = named(QProgressBar(), "bulkProgress", self.tr("Progress"))
        self.bar.setTextVisible(False)
        self.copy_button = self._button("bulkCopy", self.tr("Copy Report"))
        self.cancel_button = self._button("bulkCancel", self.tr("Cancel"))
        self.close_button = self._button("bulkClose", self.tr("Close"))
        self.undo_button = self._button("bulkUndo", self.tr("Undo…"))
        self.again_button = self._button("bulkAgain", self.tr("Try Again"))
        self.start_button = self._button("bulkStart", "", "primary")
        # Hundreds of rows a second may change; what sums them up is shown twenty times.
        self._soon = QTimer(self, interval=_REFRESH_MS, singleShot=True)
        self._soon.timeout.connect(self._show_sum)
        self._lay_out()
        self._connect_parts()
        self._describe(past_words)
        self._moved()
        (self.table if past_words else self.form.kind).setFocus()

    def _button(self, name: str, text: str, role: str = "") -> QPushButton:
        button = named(QPushButton(text), name, text, role)
        button.setAutoDefault(False)
        return button

    def _lay_out(self) -> None:
        buttons = DialogButtons(
            *(self.copy_button, self.cancel_button, self.close_button, self.undo_button),
            *(self.again_button, self.start_button),
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 20)
        layout.setSpacing(12)
        layout.addWidget(self.heading)
        layout.addWidget(self.about)
        layout.addWidget(self.form)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.detail)
        layout.addWidget(self.state)
        layout.addWidget(self.bar)
        layout.addWidget(buttons)

    def _connect_parts(self) -> None:
        run = self.run
        self.form.wanted.connect(self._look)
        self.form.edited.connect(run.forget_plan)
        self.start_button.clicked.connect(self.start_wanted)
        self.cancel_button.clicked.connect(run.cancel)
        self.again_button.clicked.connect(run.again)
        self.undo_button.clicked.connect(run.take_back)
        self.close_button.clicked.connect(self.close)
        self.copy_button.clicked.connect(self._copy)
        self.table.selectionModel().currentRowChanged.connect(self._show_detail)
        run.moved.connect(self._moved)
        run.row_changed.connect(self._row_changed)

    def _describe(self, past_words: str) -> None:
        targets = self.run.targets
        words = self.tr("Change 1 function") if len(targets) == 1 else self.tr("Change %1 functions")
        self._words = past_words or words.replace("%1", f"{len(targets):,}")
        self.form.setVisible(not past_words)
        places = dict.fromkeys((each.profile_name, each.account_id, each.region) for each in targets)
        self.about.setText("; ".join(" · ".join(place) for place in places))

    def _look(self) -> None:
        if (change := self.form.change) is not None:
            self.run.look(change)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(report(self.run.rows))
        self._say(self.tr("The report was copied to the clipboard."), "muted")

    # What is shown ------------------------------------------------------------------------------------------

    def _row_changed(self, number: int) -> None:
        self.rows.update(number, self.run.rows[number])
        if not self._soon.isActive():
            self._soon.start()

    def _moved(self) -> None:
        run = self.run
        self.rows.take(run.rows)
        phase, busy = run.phase, run.is_busy
        undo = self.tr("Undo: %1").replace("%1", self._words)
        self.heading.setText(undo if run.is_undo else self._words)
        self.form.set_busy(busy=busy)
        self.cancel_button.setVisible(busy)
        self.cancel_button.setEnabled(not run.is_stopping)
        self.close_button.setText(
            self.tr("Continue in Background") if phase is Phase.RUNNING else self.tr("Close")
        )
        self.start_button.setVisible(phase is Phase.PLANNED)
        self.start_button.setEnabled(bool(run.count(RowState.TO_CHANGE)))
        self.start_button.setText(self._start_words())
        self.start_button.setProperty("role", "danger" if self.deletes else "primary")
        self.start_button.style().polish(self.start_button)
        self.again_button.setVisible(run.can_try_again)
        self.undo_button.setVisible(bool(run.undoable))
        self.copy_button.setVisible(phase in (Phase.PLANNED, Phase.RUNNING, Phase.ENDED))
        self.bar.setVisible(busy)
        if phase is Phase.ENDED:
            self._show_worst()
        self._show_sum()

    @property
    def deletes(self) -> bool:
        """Whether functions are to go."""
        return isinstance(self.run.change, Delete)

    def _start_words(self) -> str:
        count = self.run.count(RowState.TO_CHANGE)
        words = self.tr("Change %1")
        if self.run.is_undo:
            words = self.tr("Undo %1")
        elif self.deletes:
            words = self.tr("Delete %1")
        return words.replace("%1", f"{count:,}")

    def _show_sum(self) -> None:
        run, total = self.run, len(self.run.rows)
        waiting = (RowState.NOT_BEGUN,) if run.phase is Phase.RUNNING else ()
        open_count = run.count(*_OPEN_STATES, *waiting)
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(total - open_count)
        words, tone = summary(run)
        if run.is_stopping:
            words = self.tr("Cancelling…")
        elif run.phase is Phase.LOOKING:
            words = self.tr("Checking the functions…")
        elif run.phase is Phase.CHOOSING:
            words = self.tr("Nothing is changed until you have reviewed the plan.")
        elif run.is_undo and run.phase is Phase.PLANNED:
            words = self.tr("This undoes the changes. %1").replace("%1", words)
        self._say(words, tone)
        self._show_detail()
        self._follow()

    def _follow(self) -> None:
        """Keeps what is being done in sight, as long as the person looks at no other row."""
        under_way = (RowState.RUNNING, RowState.LOOKING)
        if self.run.is_busy and not self.table.currentIndex().isValid():
            number = next((n for n, row in enumerate(self.run.rows) if row.state in under_way), None)
            if number is not None:
                self.table.scrollTo(self.rows.index(number, 0))

    def _say(self, text: str, tone: str) -> None:
        self.state.setText(text)
        self.state.setAccessibleName(text)
        self.state.setProperty("role", tone)
        self.state.style().polish(self.state)

    def _show_worst(self) -> None:
        """Chooses what failed, so that it is read in full."""
        if not self.table.currentIndex().isValid():
            failed = (RowState.FAILED, RowState.NO_ANSWER)
            for number, row in enumerate(self.run.rows):
                if row.state in failed:
                    self.table.selectRow(number)
                    break

    def _show_detail(self) -> None:
        number = self.table.currentIndex().row()
        row = self.run.rows[number] if 0 <= number < len(self.run.rows) else None
        parts: list[str] = []
        if row is not None and row.step is not None:
            undo = undo_text(row.step)
            undo = self.tr("Undo: %1").replace("%1", undo) if row.step.undo else undo
            parts = [change_text(row.step), undo, state_text(row)]
            parts = [row.target.function_name, *filter(None, parts)]
        self.detail.setText(" · ".join(parts))
        self.detail.setVisible(bool(parts))
