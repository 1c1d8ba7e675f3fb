"""The choice of a change: what is to be done, and the value, on one line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.quotas import (
    MEMORY_USUAL_LIMIT_MB,
    TIMEOUT_USUAL_LIMIT_S,
    NumberLimit,
    known_values,
    number_limit,
)
from workbench.core.messages import _, ngettext
from workbench.core.spreadsheet import tsv_row
from workbench.functions.bulk_plan import (
    BulkChange,
    BulkStep,
    Configure,
    Delete,
    Retag,
    Retain,
    accepts_tag_key,
    accepts_tag_value,
)
from workbench.functions.bulk_run import PastChange
from workbench.functions.configure import Wanted
from workbench.functions.settings import RETENTION_DAYS
from workbench.ui.features.bulk.run import BulkRun, Phase, Row, RowState
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.fields import OpenChoice, number_box
from workbench.ui.kit.form import FormRow, side_by_side
from workbench.ui.kit.labels import progress_bar
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLine, named, restyle, text_label
from workbench.ui.shell.deploy_history import when_text
from workbench.ui.shell.services import Services

_TONES = {
    RowState.DONE: "good",
    RowState.REFUSED: "danger",
    RowState.FAILED: "danger",
    RowState.NO_ANSWER: "danger",
}
_UNITS = {"memory_mb": "MB", "timeout_s": "s"}


def change_text(step: BulkStep | None) -> str:
    """What a step changes: "128 MB → 512 MB"."""
    if step is None:
        return ""
    seen = step.seen
    match step.change:
        case Configure(wanted):
            parts = []
            for name, value in wanted.values().items():
                old = getattr(seen.detail, name) if seen else None
                unit = _UNITS.get(name, "")
                parts.append(_arrow(f"{old} {unit}".strip() if old else "", f"{value} {unit}".strip()))
            return ", ".join(parts)
        case Retag(put, remove):
            tags = dict(seen.detail.tags) if seen else {}
            sets = [f"{key}: {_arrow(tags.get(key, ''), value)}" for key, value in put]
            goes = [_("{key} will be removed").format(key=key) for key in remove]
            return ", ".join((*sets, *goes))
        case Retain(days):
            old = days_text(seen.retention_days) if seen and seen.has_log_group else ""
            return _arrow(old, days_text(days))
        case Delete():
            return _("Deleted")


def past_text(past: PastChange) -> str:
    """What an earlier change was: "Memory: 512 MB"."""
    request = _request_text(past.requested)
    return _("Undo “{change}”").format(change=request) if past.undoes else request


def _request_text(change: BulkChange) -> str:
    names = {"memory_mb": _("Memory"), "timeout_s": _("Timeout"), "runtime": _("Runtime")}
    match change:
        case Configure(wanted):
            pairs = [(names.get(name, name), name, value) for name, value in wanted.values().items()]
            return ", ".join(
                f"{title}: {value} {_UNITS.get(name, '')}".rstrip() for title, name, value in pairs
            )
        case Retag(put, remove):
            sets = [f"{key}={value}" for key, value in put]
            words = _("Set tags: {names}").format(names=", ".join(sets)) if sets else ""
            goes = _("Remove tags: {names}").format(names=", ".join(remove)) if remove else ""
            return "; ".join(filter(None, (words, goes)))
        case Retain(days):
            return _("Log retention: {days}").format(days=days_text(days))
        case Delete():
            return _("Delete")


def past_state_text(past: PastChange) -> str:
    """Where an earlier change stands, in a few words."""
    left = len(past.left)
    if not past.is_over:
        return _("Interrupted. Remaining: {left}").format(left=f"{left:,}")
    if past.undone:
        words = _("Undone: {count} of {total}")
        return words.format(count=f"{len(past.undone):,}", total=f"{len(past.functions):,}")
    return _("Done, except {left}").format(left=f"{left:,}") if left else _("Done")


def _arrow(old: str, new: str) -> str:
    return f"{old} → {new}" if old and old != new else new


def days_text(days: int | None) -> str:
    """How long lines are kept."""
    if days is None:
        return _("Never expire")
    return ngettext("{count} day", "{count} days", days).format(count=f"{days:,}")


def state_text(row: Row) -> str:
    """Where a function stands, in a few words."""
    title = {
        RowState.NEW: "",
        RowState.CHECKING: _("Checking…"),
        RowState.TO_CHANGE: "" if row.text else _("Will be changed"),
        RowState.UNCHANGED: _("Unchanged"),
        RowState.REFUSED: _("Cannot be changed"),
        RowState.RUNNING: _("Changing…"),
        RowState.DONE: _("Done"),
        RowState.FAILED: _("Failed"),
        RowState.NOT_BEGUN: _("Not started"),
        RowState.NO_ANSWER: _("No response yet. It might still be changed."),
    }[row.state]
    if row.state in (RowState.DONE, RowState.RUNNING, RowState.CHECKING):
        return title
    code = f" [{row.aws_code}]" if row.aws_code else ""
    return f"{': '.join(filter(None, (title, row.text)))}{code}"


def tone_of(row: Row) -> str:
    """The colour of a state."""
    if row.state is RowState.TO_CHANGE:
        return "warning" if row.text else ""
    return _TONES.get(row.state, "muted")


def undo_text(step: BulkStep | None) -> str:
    """The requests that take a step back."""
    if step is None or not step.calls:
        return ""
    if isinstance(step.change, Delete):
        return _("Restore Deleted Function…")
    return ", ".join(step.undo) or _("Cannot be undone")


def summary(run: BulkRun) -> tuple[str, str]:
    """Where it all stands, in a sentence, and its tone."""
    total = len(run.rows)
    if run.phase in (Phase.CHOOSING, Phase.CHECKING):
        return "", "muted"
    failed = run.count(RowState.FAILED, RowState.NO_ANSWER)
    refused = run.count(RowState.REFUSED)
    parts = [
        (_("To change: {count}."), run.count(RowState.TO_CHANGE)),
        (_("Done: {count}."), run.count(RowState.DONE)),
        (_("Unchanged: {count}."), run.count(RowState.UNCHANGED)),
        (_("Failed: {count}."), failed),
        (_("Cannot be changed: {count}."), refused),
        (_("Not started: {count}."), run.count(RowState.NOT_BEGUN)),
    ]
    words = [text.format(count=f"{count:,}") for text, count in parts if count]
    first = _("Functions: {total}.").format(total=f"{total:,}")
    if run.phase is Phase.ENDED:
        left = failed + run.count(RowState.NOT_BEGUN)
        return " ".join((first, *words)), "danger" if failed else "warning" if left else "good"
    return " ".join((first, *words)), "muted"


def report(rows: Sequence[Row]) -> str:
    """All rows as a table of texts, separated by tabs, with a head."""
    head = (
        *(_("Function"), _("Profile"), _("Account"), _("Region"), _("Change")),
        *(_("Request"), _("State")),
    )
    lines = [head, *(_cells(row) for row in rows)]
    return "\n".join(map(tsv_row, lines))


def _cells(row: Row) -> tuple[str, ...]:
    target = row.target
    where = (target.function_name, target.profile_name, target.account_id, target.region)
    calls = ", ".join(row.step.calls) if row.step else ""
    return (*where, change_text(row.step), calls, state_text(row))


_USUAL_MEMORY_MB, _MEMORY_STEP_MB, _USUAL_TIMEOUT_S, _USUAL_DAYS = 512, 64, 30, 30
_USUAL_RUNTIME = "python3.13"


@dataclass(frozen=True, slots=True)
class BulkLimits:
    """What the service model says of the values.

    Attributes:
        runtimes: All that it lists, the newest last.
    """

    memory_mb: NumberLimit
    timeout_s: NumberLimit
    runtimes: tuple[str, ...]


def load_limits() -> BulkLimits:
    """Reads the service model. The first time it takes 50 ms: not for the main thread."""
    accepts_tag_key("key")  # the model's texts, too
    return BulkLimits(number_limit("MemorySize"), number_limit("Timeout"), known_values("Runtime"))


class ChangeForm(QWidget):
    """Says what is wrong with what was typed; `change` is what is right.

    Signals:
        edited: Something else is wanted now.
        wanted: The plan shall be shown.
    """

    edited = Signal()
    wanted = Signal()

    def __init__(self, limits: BulkLimits) -> None:
        super().__init__()
        named(self, "bulkForm")
        self.kind = named(CalmChoice(), "bulkKind", _("Change"))
        memory, timeout = limits.memory_mb, limits.timeout_s
        self.memory = number_box("bulkMemory", _("Memory"), memory.minimum, memory.maximum, " MB")
        self.memory.setSingleStep(_MEMORY_STEP_MB)
        self.memory.setValue(_USUAL_MEMORY_MB)
        self.timeout = number_box("bulkTimeout", _("Timeout"), timeout.minimum, timeout.maximum, " s")
        self.timeout.setValue(_USUAL_TIMEOUT_S)
        self.runtime = OpenChoice("bulkRuntime", _("Runtime"), limits.runtimes)
        self.runtime.setCurrentText(_USUAL_RUNTIME)
        self.days = named(CalmChoice(), "bulkDays", _("Log retention"))
        for days in (*RETENTION_DAYS, None):
            self.days.addItem(days_text(days), days)
        self.days.setCurrentIndex(self.days.findData(_USUAL_DAYS))
        self.tags = named(PlainLine(), "bulkTags", _("Tags"))
        self.tags.setPlaceholderText(_("key=value, key=value"))
        self.keys = named(PlainLine(), "bulkKeys", _("Tag keys"))
        self.keys.setPlaceholderText(_("key, key"))
        self.go = named(QPushButton(_("Show Plan")), "bulkPlan", _("Show Plan"))
        self.go.setAutoDefault(False)
        self._values = QStackedWidget()
        self._makers: list[Callable[[], BulkChange | None]] = []
        self._fill()
        self._lay_out()
        self.kind.currentIndexChanged.connect(self._values.setCurrentIndex)
        for signal in (
            self.kind.currentIndexChanged,
            self.memory.valueChanged,
            self.timeout.valueChanged,
            self.runtime.currentTextChanged,
            self.days.currentIndexChanged,
            self.tags.textChanged,
            self.keys.textChanged,
        ):
            signal.connect(self._changed)
        for line in (self.tags, self.keys):
            line.returnPressed.connect(self.go.click)
        self.go.clicked.connect(self.wanted)
        self._is_busy = False
        self._changed()

    @property
    def change(self) -> BulkChange | None:
        """What is wanted; None while it is not said rightly."""
        return self._makers[self.kind.currentIndex()]()

    def set_busy(self, *, busy: bool) -> None:
        """While something runs nothing else can be wanted."""
        self._is_busy = busy
        self.kind.setEnabled(not busy)
        self._values.setEnabled(not busy)
        self._switch()

    def _fill(self) -> None:
        nothing = text_label(
            "bulkDeleteWords", _("Deletes the functions with all their versions and aliases.")
        )
        nothing.setWordWrap(False)  # a wrapped text would ask for a second line, and get it for every value
        kinds: tuple[tuple[str, QWidget, Callable[[], BulkChange | None]], ...] = (
            (_("Memory"), self.memory, lambda: Configure(Wanted(memory_mb=self.memory.value()))),
            (_("Timeout"), self.timeout, lambda: Configure(Wanted(timeout_s=self.timeout.value()))),
            (_("Runtime"), self.runtime, self._runtime),
            (_("Log retention"), self.days, lambda: Retain(self.days.currentData())),
            (_("Set tags"), self.tags, self._put),
            (_("Remove tags"), self.keys, self._remove),
            (_("Delete"), nothing, Delete),
        )
        for title, field, maker in kinds:
            self.kind.addItem(title)
            self._values.addWidget(field)
            self._makers.append(maker)

    def _lay_out(self) -> None:
        self._values.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        fields = side_by_side("bulkFields", self.kind, self._values, self.go, stretched=self._values)
        self._row = FormRow("bulk", "", fields, wide=True)
        self.fault = self._row.message
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._row)

    def _changed(self) -> None:
        self._row.set_message(*self._hint())
        self._switch()
        self.edited.emit()

    def _switch(self) -> None:
        self.go.setEnabled(self.change is not None and not self._is_busy)

    def _hint(self) -> tuple[str, str]:
        """What is to be said of the value, and its tone."""
        field = self._values.currentWidget()
        if field is self.tags and self.tags.text().strip() and self.change is None:
            return _(
                "Enter key=value, separated by commas. Use letters, digits, spaces and _ . : / = "
                "+ - @. Keys can have up to 128 characters, values up to 256. Keys that begin "
                "with “aws:” are reserved by AWS."
            ), "danger"
        if field is self.keys and self.keys.text().strip() and self.change is None:
            return _(
                "Enter the keys, separated by commas. Tags that begin with “aws:” cannot be removed."
            ), "danger"
        if field is self.memory and self.memory.value() > MEMORY_USUAL_LIMIT_MB:
            return _("Most functions can have at most 10,240 MB. AWS checks the value."), "warning"
        if field is self.timeout and self.timeout.value() > TIMEOUT_USUAL_LIMIT_S:
            return _("Most functions can run for at most 1,800 s. AWS checks the value."), "warning"
        if isinstance(self.change, Delete):
            return _(
                "Code and configuration, up to 2 GB in total, are kept on this computer. Use "
                "Restore Deleted Function… to restore one function at a time."
            ), "warning"
        return "", "muted"

    def _runtime(self) -> BulkChange | None:
        text = self.runtime.text
        return Configure(Wanted(runtime=text)) if text and " " not in text else None

    def _put(self) -> BulkChange | None:
        pairs = [each.partition("=") for each in self.tags.text().split(",") if each.strip()]
        tags = [(key.strip(), sign, value.strip()) for key, sign, value in pairs]
        if not tags or not all(
            sign and accepts_tag_key(key) and accepts_tag_value(value) for key, sign, value in tags
        ):
            return None
        found = {key: value for key, __, value in tags}
        return Retag(tuple(found.items())) if len(found) == len(tags) else None

    def _remove(self) -> BulkChange | None:
        keys = tuple(dict.fromkeys(each.strip() for each in self.keys.text().split(",") if each.strip()))
        return Retag(remove=keys) if keys and all(map(accepts_tag_key, keys)) else None


_SIZE, _ROW_HEIGHT = (1200, 620), 30
_PAST_SIZE = QSize(820, 420)
_REFRESH_MS = 50
_OPEN_STATES = (RowState.NEW, RowState.CHECKING, RowState.TO_CHANGE, RowState.RUNNING)
_WHEN_WIDTH, _COUNT_WIDTH, _STATE_WIDTH = 150, 90, 220


def _columns() -> tuple[Column[Row], ...]:
    return (
        _target_column(_("Function"), lambda row: row.target.function_name, 170),
        _target_column(_("Profile"), lambda row: row.target.profile_name, 90),
        _target_column(_("Region"), lambda row: row.target.region, 95),
        Column(_("Change"), lambda row: change_text(row.step), 140, tone=_tone),
        Column(_("Request"), lambda row: _short(_calls(row)), 195, tip=_calls, tone=lambda _row: "muted"),
        Column(
            _("Undo"),
            lambda row: _short(undo_text(row.step)),
            195,
            tip=lambda row: undo_text(row.step),
            tone=lambda _row: "muted",
        ),
        Column(_("State"), state_text, tone=tone_of),
    )


def _target_column(title: str, text: Callable[[Row], str], width: int) -> Column[Row]:
    def tip(row: Row) -> str:
        return f"{row.target.function_arn}\n{row.target.profile_name}"

    return Column(title, text, width, tip=tip, tone=_tone, elide=Qt.TextElideMode.ElideMiddle)


def _tone(row: Row) -> str:
    return "muted" if row.state in (RowState.UNCHANGED, RowState.REFUSED) else ""


def _calls(row: Row) -> str:
    return ", ".join(row.step.calls) if row.step else ""


def _short(requests: str) -> str:
    """Requests without their service; the tool tip has it."""
    return requests.replace("lambda:", "").replace("logs:", "")


class BulkDialog(Dialog):
    """Beside the window, which can be used meanwhile.

    Args:
        services: The program's.
        run: What it shows.
        limits: What the values may be.
        past_title: What the run is, when it is an earlier change: then nothing else can be chosen.
        parent: A window.

    Signals:
        start_wanted: The plan shall be carried out.
    """

    start_wanted = Signal()

    def __init__(
        self, services: Services, run: BulkRun, limits: BulkLimits, past_title: str, parent: QWidget
    ) -> None:
        super().__init__("bulk", _("Change Several Functions"), parent)
        self.resize(*_SIZE)
        self.run = run
        self.form = ChangeForm(limits)
        self.table = Table(
            "bulkTable",
            _("Functions to change"),
            _columns(),
            identity=lambda row: row.target,
            theme=services.theme,
            row_height=_ROW_HEIGHT,
        )
        self.about = text_label("bulkAbout", role="muted")
        self.detail = text_label("bulkDetail", role="muted")  # of the chosen row, in full
        self.bar = progress_bar("bulkProgress")
        # Hundreds of rows a second may change; what sums them up is shown twenty times.
        self._refresh_timer = QTimer(self, interval=_REFRESH_MS, singleShot=True)
        self._refresh_timer.timeout.connect(self._show_sum)
        self._lay_out()
        self._connect_parts()
        self._describe(past_title)
        self._moved()
        (self.table if past_title else self.form.kind).setFocus()

    def _lay_out(self) -> None:
        self.content.addWidget(self.about)
        self.content.addWidget(self.form)
        self.content.addWidget(self.table, 1)
        self.content.addWidget(self.detail)
        self.content.addWidget(self.bar)
        self.finish_layout(stretch=False)
        self.copy_button = self.add_button("bulkCopy", _("Copy Report"))
        self.cancel_button = self.add_button("bulkCancel", _("Cancel"))
        self.close_button = self.add_button("bulkClose", _("Close"))
        self.undo_button = self.add_button("bulkUndo", _("Undo…"))
        self.again_button = self.add_button("bulkAgain", _("Try Again"))
        self.start_button = self.add_button("bulkStart", "", "primary")
        self.start_button.setAutoDefault(False)  # Enter in a field shows the plan
        self.start_button.setDefault(False)

    def resize_to_content(self) -> None:
        """The table takes all room: the size is the user's."""

    def _connect_parts(self) -> None:
        run = self.run
        self.form.wanted.connect(self._plan)
        self.form.edited.connect(run.forget_plan)
        self.start_button.clicked.connect(self.start_wanted)
        self.cancel_button.clicked.connect(run.cancel)
        self.again_button.clicked.connect(run.retry)
        self.undo_button.clicked.connect(run.plan_undo)
        self.close_button.clicked.connect(self.close)
        self.copy_button.clicked.connect(self._copy)
        self.table.selectionModel().currentRowChanged.connect(self._show_detail)
        run.moved.connect(self._moved)
        run.row_changed.connect(self._row_changed)

    def _describe(self, past_title: str) -> None:
        targets = self.run.targets
        words = ngettext("Change {count} Function", "Change {count} Functions", len(targets))
        self._change_title = past_title or words.format(count=f"{len(targets):,}")
        self.form.setVisible(not past_title)
        places = dict.fromkeys((each.profile_name, each.account_id, each.region) for each in targets)
        self.about.setText("; ".join(" · ".join(place) for place in places))

    def _plan(self) -> None:
        if (change := self.form.change) is not None:
            self.run.plan_change(change)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(report(self.run.rows))
        self.set_message(_("The report was copied to the clipboard."), "muted")

    # What is shown ------------------------------------------------------------------------------------------

    def _row_changed(self, number: int) -> None:
        self.table.rows.update(self.run.rows[number])
        if not self._refresh_timer.isActive():
            self._refresh_timer.start()

    def _moved(self) -> None:
        run = self.run
        self.table.set_rows(run.rows)
        phase, busy = run.phase, run.is_busy
        undo = _("Undo: {change_title}").format(change_title=self._change_title)
        self._heading.setText(undo if run.is_undo else self._change_title)
        self.form.set_busy(busy=busy)
        self.cancel_button.setVisible(busy)
        self.cancel_button.setEnabled(not run.is_stopping)
        self.close_button.setText(_("Continue in Background") if phase is Phase.RUNNING else _("Close"))
        self.start_button.setVisible(phase is Phase.PLANNED)
        self.start_button.setEnabled(bool(run.count(RowState.TO_CHANGE)))
        self.start_button.setText(self._start_text())
        restyle(self.start_button, role="danger" if self.deletes else "primary")
        self.again_button.setVisible(run.can_retry)
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

    def _start_text(self) -> str:
        count = self.run.count(RowState.TO_CHANGE)
        words = ngettext("Change {count} Function", "Change {count} Functions", count)
        if self.run.is_undo:
            words = ngettext("Undo {count} Change", "Undo {count} Changes", count)
        elif self.deletes:
            words = ngettext("Delete {count} Function", "Delete {count} Functions", count)
        return words.format(count=f"{count:,}")

    def _show_sum(self) -> None:
        run, total = self.run, len(self.run.rows)
        waiting = (RowState.NOT_BEGUN,) if run.phase is Phase.RUNNING else ()
        open_count = run.count(*_OPEN_STATES, *waiting)
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(total - open_count)
        words, tone = summary(run)
        if run.is_stopping:
            words = _("Cancelling…")
        elif run.phase is Phase.CHECKING:
            words = _("Checking the functions…")
        elif run.phase is Phase.CHOOSING:
            words = _("Nothing is changed until you have reviewed the plan.")
        elif run.is_undo and run.phase is Phase.PLANNED:
            words = _("This undoes the changes. {words}").format(words=words)
        self.set_message(words, tone)
        self._show_detail()
        self._follow()

    def _follow(self) -> None:
        """Keeps what is being done in sight, unless the user selected another row."""
        under_way = (RowState.RUNNING, RowState.CHECKING)
        if self.run.is_busy and not self.table.currentIndex().isValid():
            number = next((n for n, row in enumerate(self.run.rows) if row.state in under_way), None)
            if number is not None:
                self.table.scrollTo(self.table.rows.index(number, 0))

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
            undo = _("Undo: {undo}").format(undo=undo) if row.step.undo else undo
            parts = [change_text(row.step), undo, state_text(row)]
            parts = [row.target.function_name, *filter(None, parts)]
        self.detail.setText(" · ".join(parts))
        self.detail.setVisible(bool(parts))


class PastChangesDialog(Dialog):
    """The newest first.

    Args:
        changes: All of them.
        parent: The window.

    Signals:
        continue_wanted: A PastChange whose rest is to be done.
        undo_wanted: One that is to be undone.
        keep_wanted: One that is not to be asked about any more.
    """

    continue_wanted = Signal(object)
    undo_wanted = Signal(object)
    keep_wanted = Signal(object)

    def __init__(self, changes: Sequence[PastChange], parent: QWidget) -> None:
        super().__init__("pastChanges", "", parent)
        self.set_title(_("Earlier Changes of Several Functions"))
        self.setSizeGripEnabled(True)
        self._changes = list(changes)
        words = _(
            "Changes that were made from this computer. Nothing is changed until you have reviewed the plan."
        )
        self.content.addWidget(text_label("pastChangesWords", words, "muted"))
        self.table = Table(
            "pastChangesTable",
            _("Earlier changes"),
            (
                Column[PastChange](_("Started"), lambda each: when_text(each.when), _WHEN_WIDTH),
                Column(_("Change"), past_text),
                Column[PastChange](
                    _("Functions"), lambda each: f"{len(each.functions):,}", _COUNT_WIDTH, is_number=True
                ),
                Column(_("State"), past_state_text, _STATE_WIDTH),
            ),
            identity=id,
            empty=_("No changes of several functions were made from this computer."),
        )
        self.content.addWidget(self.table, 1)
        self.about = text_label("pastChangesAbout")
        self.content.addWidget(self.about)
        self.finish_layout(stretch=False)
        self.continue_button = self.add_button("pastChangesGoOn", _("Continue…"), "primary")
        self.undo = self.add_button("pastChangesUndo", _("Undo…"))
        self.keep_button = self.add_button("pastChangesLetBe", _("Keep"))
        self.keep_button.setToolTip(_("Keep the functions as they are, and do not ask again"))
        self.add_button("pastChangesClose", _("Close")).clicked.connect(self.reject)
        self.continue_button.clicked.connect(lambda: self._leave_with(self.continue_wanted.emit))
        self.undo.clicked.connect(lambda: self._leave_with(self.undo_wanted.emit))
        self.keep_button.clicked.connect(lambda: self._leave_with(self.keep_wanted.emit))
        self.table.selectionModel().selectionChanged.connect(self._selected)
        self.resize(_PAST_SIZE)
        self._fill()
        self.table.setFocus()

    def resize_to_content(self) -> None:
        """The table takes all room: the size is the user's."""

    @property
    def chosen(self) -> PastChange | None:
        """The one that is selected."""
        return next(iter(self.table.chosen()), None)

    def _fill(self) -> None:
        self.table.set_rows(self._changes)
        interrupted = (number for number, each in enumerate(self._changes) if not each.is_over)
        if self._changes:
            self.table.selectRow(next(interrupted, 0))
        else:
            self.set_message(_("No changes of several functions have been made from this computer."))
        self._selected()

    def _selected(self) -> None:
        chosen = self.chosen
        is_interrupted = chosen is not None and not chosen.is_over
        self.continue_button.setEnabled(is_interrupted and bool(chosen and chosen.left))
        self.keep_button.setEnabled(is_interrupted)
        self.undo.setEnabled(bool(chosen and chosen.undoable))
        self.about.setText(self._describe_past(chosen) if chosen else "")

    def _describe_past(self, chosen: PastChange) -> str:
        parts = []
        if not chosen.is_over:
            words = _("Workbench closed before this was finished. Remaining: {count}.")
            parts.append(words.format(count=f"{len(chosen.left):,}"))
        if chosen.undoable:
            words = _("Can be undone unless changed in the meantime: {count}.")
            parts.append(words.format(count=f"{len(chosen.undoable):,}"))
        else:
            parts.append(_("Nothing can be undone."))
        return " ".join(parts)

    def _leave_with(self, tell: Callable[[PastChange], object]) -> None:
        if (chosen := self.chosen) is not None:
            self.accept()
            tell(chosen)
