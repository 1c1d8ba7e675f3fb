"""Log lines on the screen: by invocation, all of them, or JSON lines as a table; and their export."""

from array import array
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSplitter, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.settings import Preference
from workbench.logs.buffer import AllRows, Format, LogBuffer, Rows, SomeRows, export
from workbench.logs.parse import MESSAGE, Invocation, keys_in
from workbench.ui.features.logs import log_dialogs
from workbench.ui.features.logs.lines_view import LinesView, Selection, selected_text
from workbench.ui.features.logs.reading_bar import FindBar, Mode
from workbench.ui.features.logs.tables import (
    FUNCTION,
    REQUEST_ID_ROLE,
    InvocationHead,
    InvocationModel,
    JsonTable,
    invocation_table,
    show_functions,
)
from workbench.ui.kit.file_dialog import FileDialog
from workbench.ui.kit.text import PlainMenu, named, tool_tip
from workbench.ui.result.log_text import LogDisplay
from workbench.ui.shell.services import Services

_CHOSEN_KEYS: Preference[list[str]] = Preference("logs.columns", [], items=str)
_SAMPLED_LINES = 1000
_MAX_KEYS = 40
_DEFAULT_KEYS = (MESSAGE, "msg", "requestId")
_EXCLUDED_KEYS = ("timestamp", "time", "level")
_DEFAULT_COUNT = 4
_SELECT = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
_WIDTHS = (300, 800)


class Exporting(QObject):
    """The Export button and its file dialog.

    Args:
        services: The program's shared parts.
        shown: The rows that are shown.
        every: All rows that are there.
        parent: The view.

    Signals:
        done(str): It was written; a text for the user.
        failed(WorkbenchError): It could not be.
    """

    done = Signal(str)
    failed = Signal(WorkbenchError)

    def __init__(
        self, services: Services, shown: Callable[[], Rows], every: Callable[[], Rows], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._parent = parent
        self.button = named(QToolButton(), "logsExport", _("Export"))
        self.button.setText(_("Export"))
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = named(PlainMenu(self.button), "logsExportMenu", _("Export"))
        for words, rows in ((_("Shown Lines as {format}…"), shown), (_("All Lines as {format}…"), every)):
            for format_, title in (
                (Format.TEXT, _("Text")),
                (Format.JSON_LINES, _("JSON Lines")),
                (Format.CSV, _("CSV")),
            ):
                action = menu.addAction(words.format(format=title))
                action.triggered.connect(lambda _on=False, f=format_, r=rows: self._ask(f, r()))
            menu.addSeparator()
        self.button.setMenu(menu)

    def _ask(self, format_: Format, rows: Rows) -> None:
        chooser = FileDialog("logsExportFile", _("Export Log Lines"), self._parent.window())
        chooser.ask_where_to_save(f"log{format_.value}", format_.value.removeprefix("."))
        chooser.fileSelected.connect(lambda path: self.write(Path(path), format_, rows))
        chooser.open()

    def write(self, path: Path, format_: Format, rows: Rows) -> None:
        """Writes the file, in a job."""
        count = len(rows)

        def done(written: int) -> None:
            words = _("Exported {written} entries to {path}.")
            self.done.emit(words.format(written=f"{written:,}", path=path.name))

        self._services.jobs.start(
            _("Exporting log lines"),
            lambda ctx: export(path, format_, rows.each(0, count), count, ctx),
            on_done=done,
            on_error=self.failed.emit,
        )


class Columns(QObject):
    """The menu of the keys in the newest JSON lines; those that are ticked are columns.

    Signals:
        changed(tuple): These keys are columns, in this order.
    """

    changed = Signal(tuple)

    def __init__(self, services: Services, rows: Callable[[], Rows], parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._rows = rows
        self.keys: tuple[str, ...] = ()
        self.button = named(QToolButton(), "logsColumns", _("Columns"))
        self.button.setText(_("Columns"))
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = named(PlainMenu(self.button), "logsColumnsMenu", _("Columns"))
        self._menu.aboutToShow.connect(self.read_keys)
        self.button.setMenu(self._menu)

    def forget(self) -> None:
        """Clears the keys: another log is shown."""
        self.keys = ()

    def read_keys(self) -> None:
        """Reads the keys of the newest lines in a job, and shows the columns."""
        rows = self._rows()
        count = len(rows)
        self._services.jobs.start(
            _("Reading the keys of JSON log lines"),
            lambda _ctx: keys_in(row.text for row in rows.each(max(0, count - _SAMPLED_LINES), count)),
            replaces="logs.columns",
            quiet=True,
            on_done=self._take,
        )

    @property
    def chosen(self) -> tuple[str, ...]:
        """The columns: those chosen before that the lines have, else the usual ones."""
        chosen = _CHOSEN_KEYS.read(self._services.settings)
        known = tuple(key for key in chosen if key in self.keys or key == MESSAGE)
        if known:
            return known
        usual = [key for key in _DEFAULT_KEYS if key in self.keys]
        rest = [key for key in self.keys if key not in (*_DEFAULT_KEYS, *_EXCLUDED_KEYS)]
        return tuple((usual + rest)[:_DEFAULT_COUNT]) or (MESSAGE,)

    def _take(self, keys: tuple[str, ...]) -> None:
        is_new = keys != self.keys
        self.keys = keys
        if is_new or not self._menu.actions():
            self._menu.clear()
            chosen = self.chosen
            for key in dict.fromkeys((*chosen, *keys[:_MAX_KEYS])):
                action = self._menu.addAction(key)
                action.setCheckable(True)
                action.setChecked(key in chosen)
                action.toggled.connect(lambda on, key=key: self._toggle(key, on))
            self.changed.emit(chosen)

    def _toggle(self, key: str, on: bool) -> None:
        chosen = [each for each in self.chosen if each != key] + ([key] if on else [])
        self._services.settings.set(_CHOSEN_KEYS.key, chosen)
        self.changed.emit(tuple(chosen))


class LogView(QWidget):
    """Shows the newest invocation until the user chooses another.

    Signals:
        notice(str): Something was done; a text for the user.
        failed(WorkbenchError): Something could not be.
        invocation_asked: One was chosen among all lines; the mode by invocation is wanted.
        cause_wanted(str): What sent an event shall be shown, by its ARN.
        event_wanted(str): This JSON shall be the test event.
        place_wanted(str, int, str): As of LinesView; likewise allow_wanted.
    """

    notice = Signal(str)
    failed = Signal(WorkbenchError)
    invocation_asked = Signal()
    cause_wanted = Signal(str)
    event_wanted = Signal(str)
    place_wanted = Signal(str, int, str)
    allow_wanted = Signal(str, str)

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.setObjectName("logView")
        self._services = services
        self.buffer = LogBuffer()
        self.mode = Mode.INVOCATIONS
        self._wanted = ""  # an invocation to select once its lines are there
        self._follows_newest = True
        self._shown: Invocation | None = None
        self.model = InvocationModel(services.theme, self)
        self.table = invocation_table(self.model)
        self.head = InvocationHead()
        self.lines = LinesView(services.theme)
        self.display = LogDisplay(services.settings, self)
        self.json = JsonTable(services.theme)
        self.columns = Columns(services, lambda: self.base, self)
        self.exporting = Exporting(services, lambda: self.rows, lambda: AllRows(self.buffer), self)
        tools = (self.columns.button, self._display_button(), self.exporting.button)
        self.finding = FindBar(services, tools)
        self.finding.row.set_wanted(self.columns.button, wanted=False)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.lines)
        self._stack.addWidget(self.json)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self._lay_out()
        self._connect()

    @property
    def has_lines(self) -> bool:
        """Whether there are lines."""
        return self.buffer.end > 0

    @property
    def invocation_count(self) -> int:
        """The number of invocations."""
        return self.model.rowCount()

    @property
    def base(self) -> Rows:
        """The rows of the current view: all, or those of an invocation."""
        if self._shows_all:
            return AllRows(self.buffer)
        return SomeRows(self.buffer, self._shown.numbers if self._shown else array("Q"))

    @property
    def _shows_all(self) -> bool:  # what a filter leaves may name no invocation
        return self.mode is not Mode.INVOCATIONS or not self.invocation_count

    @property
    def _headed(self) -> Invocation | None:
        return self._shown if self.mode is Mode.INVOCATIONS else None

    @property
    def rows(self) -> Rows:
        """The rows of the view that pass the filter."""
        if self.finding.only.isChecked() and self.finding.is_searching:
            return SomeRows(self.buffer, self.finding.matches.rows)
        return self.base

    def show_buffer(self, buffer: LogBuffer) -> None:
        """Shows another log; an invocation that is waited for is still waited for."""
        self.buffer = buffer
        self._shown = None
        self._follows_newest = True
        self.display.read()
        self.columns.forget()
        self.model.clear()
        self.head.show_invocation(self._headed, self.buffer)
        self._show_base()

    def refresh(self) -> None:
        """Shows lines that were added."""
        changes = self.buffer.take_changes()
        self.model.apply(changes)
        several = len(self.buffer.sources) > 1
        if several is self.table.isColumnHidden(FUNCTION):
            show_functions(self.table, self.splitter, shown=several)
            self.lines.painter.has_source = several
        if self._wanted and self._select_wanted():
            return
        if self._follows_newest and self.invocation_count and (self._shown is None or self._is_behind):
            self._select(0)
            if self.mode is Mode.INVOCATIONS:
                return
        if self._shows_all or self._shown in changes.changed:
            self._show_rest()

    def show_invocation(self, request_id: str) -> None:
        """Selects an invocation, now or when its lines arrive."""
        self._wanted = request_id
        self._select_wanted()

    def show_mode(self, mode: Mode) -> None:
        """Shows lines by invocation, all of them, or as a table."""
        if mode is self.mode:
            return
        self.mode = mode
        has_keyboard = self.window().focusWidget() in (self.table, self.lines, self.json)
        self.table.setVisible(mode is Mode.INVOCATIONS)
        self.finding.row.set_wanted(self.columns.button, wanted=mode is Mode.TABLE)
        shown = self.json if mode is Mode.TABLE else self.lines
        self._stack.setCurrentWidget(shown)
        self.setFocusProxy(self.table if mode is Mode.INVOCATIONS else shown)
        if has_keyboard:
            self.setFocus()  # not to whatever follows the part that is hidden
        self.head.show_invocation(self._headed, self.buffer)
        self._show_base()
        if mode is Mode.TABLE:
            self.columns.read_keys()

    def set_times(self, zone: tzinfo | None, *, has_date: bool) -> None:
        """Sets the time zone of the lines, and whether their date is shown."""
        self.lines.painter.zone = self.model.zone = zone
        self.lines.painter.has_date = has_date
        self.json.set_zone(zone)
        self.model.repaint()
        self.lines.viewport().update()

    # Invocations --------------------------------------------------------------------------------------------

    @property
    def _is_behind(self) -> bool:
        return self.table.currentIndex().row() != 0

    def _select_wanted(self) -> bool:
        row = self.model.row_of(self._wanted)
        if row < 0:
            return False
        self._wanted = ""
        self._follows_newest = row == 0
        self._select(row)
        return True

    def _select(self, row: int) -> None:
        index = self.model.index(row, 0)
        if self.table.currentIndex() == index:
            self._selected(index, index)
        else:
            self.table.selectionModel().setCurrentIndex(index, _SELECT)
        self.table.scrollTo(index)

    def _chosen(self, index: QModelIndex) -> None:
        self._follows_newest = index.row() == 0

    def _selected(self, current: QModelIndex, _previous: QModelIndex) -> None:
        request_id = str(current.data(REQUEST_ID_ROLE)) if current.isValid() else ""
        self._shown = self.buffer.get(request_id)
        if self.table.hasFocus():
            self._follows_newest = current.row() == 0  # arrow keys choose, too
        if self.mode is Mode.INVOCATIONS:
            self.head.show_invocation(self._headed, self.buffer)
            self._show_base()

    # Lines --------------------------------------------------------------------------------------------------

    def _show_base(self) -> None:
        self.finding.set_rows(self.base)
        self._view.show_rows(self.rows)

    def _show_rest(self) -> None:
        self.head.show_invocation(self._headed, self.buffer)
        self._view.refresh()
        self.finding.more()
        if self.mode is Mode.TABLE and not self.columns.keys:
            self.columns.read_keys()

    @property
    def _view(self) -> LinesView | JsonTable:
        return self.json if self.mode is Mode.TABLE else self.lines

    def _found(self) -> None:
        matches, current = self.finding.matches, self.finding.current
        self.lines.show_matches(matches, current)
        if self.finding.only.isChecked():
            self._view.change_rows(self.rows)
        if current >= 0:
            number = matches.numbers[current]
            if self.mode is Mode.TABLE:
                self.json.reveal(self.rows.index_of(number))
            else:
                self.lines.reveal(number, matches.begins[current], matches.ends[current])

    def _copy_large(self, selection: Selection) -> None:
        rows = self.lines.rows
        self._services.jobs.start(
            _("Copying log lines"),
            lambda _ctx: selected_text(selection, rows),
            replaces="logs.copy",
            on_done=lambda text: QGuiApplication.clipboard().setText(text),
        )

    def _show_event(self, number: int) -> None:
        row = self.buffer.row(number)
        if row is not None:
            dialog = log_dialogs.EventDialog(row, self.buffer.event_text(number), self.window())
            dialog.invocation_wanted.connect(self._show_its_invocation)
            dialog.event_wanted.connect(self.event_wanted)
            dialog.open()

    def _show_its_invocation(self, request_id: str) -> None:
        self._follows_newest = False
        self.invocation_asked.emit()
        self.show_invocation(request_id)

    # Parts --------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(8, 4, 8, 8)
        column.setSpacing(4)
        column.addWidget(self.head)
        column.addWidget(self._stack, 1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(right)
        self.splitter.setSizes(_WIDTHS)
        self.splitter.setStretchFactor(1, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.finding)
        rows.addWidget(self.splitter, 1)
        self.setFocusProxy(self.table)

    def _display_button(self) -> QToolButton:
        button = named(QToolButton(), "logsLooks", _("How lines are shown"))
        button.setText(_("View"))
        button.setToolTip(tool_tip(button.accessibleName()))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = named(PlainMenu(button), "logsLooksMenu", button.accessibleName())
        menu.addActions(self.display.actions)
        button.setMenu(menu)
        self.lines.menu_actions = self.display.actions
        return button

    def _apply_display(self) -> None:
        display = self.display
        self.lines.set_display(wraps=display.wrap.isChecked(), has_ids=display.request_ids.isChecked())

    def _connect(self) -> None:
        self.display.changed.connect(self._apply_display)
        self._apply_display()
        self.table.selectionModel().currentChanged.connect(self._selected)
        self.table.clicked.connect(self._chosen)
        self.table.activated.connect(self._chosen)
        self.finding.found.connect(self._found)
        self.finding.only_changed.connect(lambda _on: self._view.show_rows(self.rows))
        self.columns.changed.connect(self.json.set_keys)
        self.exporting.done.connect(self.notice)
        self.exporting.failed.connect(self.failed)
        self.lines.large_copy_wanted.connect(self._copy_large)
        self.lines.event_wanted.connect(self._show_event)
        self.json.event_wanted.connect(self._show_event)
        self.lines.invocation_wanted.connect(self._show_its_invocation)
        self.lines.place_wanted.connect(self.place_wanted)
        self.lines.allow_wanted.connect(self.allow_wanted)
        self.head.cause_wanted.connect(self.cause_wanted)
