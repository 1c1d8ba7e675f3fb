"""Tables of names and values: environment variables, tags, provisioned concurrency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
)

from workbench.aws.quotas import ENVIRONMENT_LIMIT_BYTES, TextLimit, environment_size_bytes
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, write_atomic
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.functions.settings import ReadFile, read_dotenv, write_dotenv
from workbench.functions.versions import Alias, Version, list_aliases, list_versions
from workbench.ui.features.configuration.fields import EditorContext, PickDialog
from workbench.ui.kit.fields import Editor
from workbench.ui.kit.file_dialog import FileDialog
from workbench.ui.kit.labels import progress_bar
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, named
from workbench_sandbox.rules.runtimes import RESERVED_VARIABLES

_EDITED_BY = (
    QAbstractItemView.EditTrigger.DoubleClicked
    | QAbstractItemView.EditTrigger.EditKeyPressed
    | QAbstractItemView.EditTrigger.AnyKeyPressed
)
_ROW_HEIGHT, _MIN_ROWS, _MAX_ROWS = 28, 3, 10
_VALUE = 1


@dataclass(frozen=True, slots=True)
class _Pair:
    number: int  # while names are typed, several may be equal
    name: str = ""
    value: str = ""


class PairsEditor(Editor):
    """A table whose cells can be changed, with buttons to add a row and to remove one.

    Args:
        name: Of the setting.
        title: What it is called.
        headers: Of the two columns.
        add: The words on the button that adds one.
    """

    def __init__(self, name: str, title: str, headers: Sequence[str], add: str) -> None:
        super().__init__()
        self._can_change, self.is_masked = True, False
        self._numbers = count()
        first, second = headers
        words = _("No entries. “{add}” adds the first one.")
        self.view = Table[_Pair](
            f"setting.{name}",
            title,
            (
                Column(
                    first,
                    lambda pair: pair.name,
                    edit=lambda pair, typed: replace(pair, name=str(typed).strip()),
                ),
                Column(
                    second,
                    lambda pair: pair.value,
                    secret=lambda _pair: self.is_masked,
                    edit=lambda pair, typed: replace(pair, value=str(typed)),
                ),
            ),
            identity=lambda pair: pair.number,
            row_height=_ROW_HEIGHT,
            cells=True,
            empty=words.format(add=add),
        )
        self.view.setEditTriggers(_EDITED_BY)
        self.model = self.view.rows
        self.add = named(QPushButton(add), f"add.{name}", add)
        self.remove = named(QPushButton(_("Remove")), f"remove.{name}")
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(8)
        for button in (self.add, self.remove):
            self.buttons.addWidget(button)
        self.buttons.addStretch(1)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)
        self.column.addWidget(self.view)
        self.column.addLayout(self.buttons)
        self.setFocusProxy(self.view)
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)
        delete = QShortcut(QKeySequence.StandardKey.Delete, self.view, self.remove.click)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.model.edited.connect(lambda _pair: self.edited.emit())
        for signal in (self.model.rowsInserted, self.model.rowsRemoved, self.model.modelReset):
            signal.connect(self._set_height)
        self.view.selectionModel().selectionChanged.connect(self._set_height)
        self._shown: tuple[tuple[str, Any], ...] = ()
        self._set_height()

    def setEnabled(self, enabled: bool) -> None:
        """Keeps the rows from being changed; they can still be read and copied."""
        self._can_change = enabled
        self.view.setEditTriggers(_EDITED_BY if enabled else QAbstractItemView.EditTrigger.NoEditTriggers)
        self.add.setEnabled(enabled)
        self._set_height()

    def show_value(self, value: Any) -> None:
        self._shown = tuple(value)
        if self.holds(self._shown):
            return
        self.show_pairs([(name, str(each)) for name, each in value])

    def show_pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Shows others."""
        self.model.set_rows(_Pair(next(self._numbers), *pair) for pair in pairs)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The rows from top to bottom; those that are wholly empty are left out."""
        return tuple((pair.name, pair.value) for pair in self.model.all if pair.name or pair.value)

    def value(self) -> Any:
        return tuple(sorted(self.pairs()))

    def holds(self, value: tuple[tuple[str, Any], ...]) -> bool:
        """Whether these are the rows already: then who is typing in one of them is left alone."""
        return tuple(sorted(self.pairs())) == tuple((name, str(each)) for name, each in value)

    def duplicate_fault(self) -> str:
        """What is wrong with the names as names: one is missing, or there twice."""
        names = [name for name, _value in self.pairs()]
        if "" in names:
            return _("A value has no name.")
        for number, name in enumerate(names):
            if name in names[:number]:
                return _("{name} is listed twice.").format(name=name)
        return ""

    def _add(self) -> None:
        index = self.add_pair()
        self.view.setCurrentIndex(index)
        self.view.edit(index)

    def add_pair(self, name: str = "", value: str = "") -> QModelIndex:
        """Adds a row and returns where its name is."""
        self.model.add([_Pair(next(self._numbers), name, value)])
        return self.model.index(self.model.rowCount() - 1, 0)

    def _remove(self) -> None:
        index = self.view.currentIndex()
        if index.isValid():
            self.model.remove(self.model.row(index.row()).number)
            self.edited.emit()

    def _set_height(self) -> None:
        self.view.resize_to_content(_MAX_ROWS, _MIN_ROWS)
        there = self.view.currentIndex().isValid() and self.model.rowCount() > 0
        self.remove.setEnabled(there and self._can_change)


class ProvisionedEditor(PairsEditor):
    """How many environments stand ready, by alias or version.

    Args:
        title: What it is called.
        context: Where to look.
    """

    def __init__(self, title: str, context: EditorContext) -> None:
        headers = (
            _("Alias or version"),
            _("Concurrency"),
        )
        super().__init__("provisioned", title, headers, _("Add"))
        self._context = context
        words = _("Choose Alias or Version…")
        self.browse = named(QPushButton(words), "browse.provisioned", words)
        self.buttons.insertWidget(0, self.browse)
        self.browse.clicked.connect(self._browse)

    def setEnabled(self, enabled: bool) -> None:
        """As PairsEditor."""
        super().setEnabled(enabled)
        self.browse.setEnabled(enabled)

    def _browse(self) -> None:
        function = self._context.function()
        if function is None:
            return
        name, connection = function.detail.function_name, function.connection

        def read(ctx: JobContext) -> None:
            ctx.emit(list_aliases(connection, name, ctx))
            list_versions(connection, name, ctx)

        columns = (
            Column[Alias | Version](_("Alias or version"), _qualifier, 220),
            Column[Alias | Version](_("Description"), _description),
        )
        dialog = PickDialog("pickQualifier", _("Choose Alias or Version"), columns, self.window())
        dialog.picked.connect(self.provision)
        dialog.read(self._context.jobs, read)
        dialog.open()

    def provision(self, qualifier: str) -> None:
        """Goes to the number of an alias or a version, which is added unless it is there."""
        names = [name for name, _number in self.pairs()]
        if qualifier not in names:
            row = self.add_pair(qualifier, "1").row()
            self.edited.emit()
        else:
            row = names.index(qualifier)
        self.view.setCurrentIndex(self.model.index(row, _VALUE))
        self.view.setFocus()

    def value(self) -> Any:
        return tuple(sorted((name, int(number)) for name, number in self.pairs()))

    def fault(self) -> str:
        if wrong := self.duplicate_fault():
            return wrong
        for name, number in self.pairs():
            if name == "$LATEST":
                return _("$LATEST cannot have provisioned concurrency. Publish a version.")
            if not (number.isascii() and number.isdigit() and int(number) > 0):
                return _("{name}: enter a whole number of at least 1.").format(name=name)
        return ""


class TagsEditor(PairsEditor):
    """The function's tags.

    Args:
        title: What they are called.
        key: The model's limits for a key.
        value: And for a value.
        most: How many there may be.
    """

    def __init__(self, title: str, key: TextLimit | None, value: TextLimit | None, most: int) -> None:
        headers = (_("Key"), _("Value"))
        super().__init__("tags", title, headers, _("Add Tag"))
        self._key, self._value, self._most = key, value, most

    def fault(self) -> str:
        pairs = self.pairs()
        if wrong := self.duplicate_fault():
            return wrong
        for name, text in pairs:
            if (name, text) in self._shown:
                continue
            if name.lower().startswith("aws:"):
                return _("{name}: keys that begin with “aws:” are reserved by AWS.").format(name=name)
            if not (self._key is None or self._key.accepts(name)) or not (
                self._value is None or self._value.accepts(text)
            ):
                words = _(
                    "{name}: use letters, digits, spaces and _ . : / = + - @. Keys can have up to "
                    "128 characters, values up to 256."
                )
                return words.format(name=name[:60])
        own = [name for name, _text in pairs if not name.lower().startswith("aws:")]
        if len(own) > self._most:
            words = _("{count} tags. The maximum is {most}.")
            return words.format(count=str(len(own)), most=str(self._most))
        return ""


def _qualifier(each: Alias | Version) -> str:
    return each.name if isinstance(each, Alias) else each.version


def _description(each: Alias | Version) -> str:
    return each.description or (f"→ {each.version}" if isinstance(each, Alias) else "")


_MAX_FILE_BYTES = 1_000_000
_METER_WIDTH = 180


class EnvironmentEditor(PairsEditor):
    """The variables of a function.

    Args:
        title: What they are called.
        context: Runs what reads and writes files.
    """

    def __init__(self, title: str, context: EditorContext) -> None:
        headers = (_("Name"), _("Value"))
        super().__init__("environment", title, headers, _("Add Variable"))
        self._limit, self._context = context.limits.text("variable"), context
        self._unread = ""
        self.show_values = named(QCheckBox(_("Show values")), "show.environment")
        self.import_button = named(QPushButton(_("Import .env…")), "import.environment")
        self.save = named(QPushButton(_("Export .env…")), "export.environment")
        self.buttons.insertWidget(2, self.show_values)
        for button in (self.import_button, self.save):
            self.buttons.addWidget(button)
        self.meter = progress_bar("meter.environment", _("Size"), _METER_WIDTH)
        self.meter.setRange(0, ENVIRONMENT_LIMIT_BYTES)
        self.size_label = named(PlainLabel(), "size.environment", role="muted")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.meter)
        row.addWidget(self.size_label, 1)
        self.column.addLayout(row)
        self.is_masked = True
        self.show_values.toggled.connect(self._mask)
        self.import_button.clicked.connect(self._ask_import)
        self.save.clicked.connect(self._ask_export)
        self.edited.connect(self._measure)
        self._measure()

    def setEnabled(self, enabled: bool) -> None:
        """As PairsEditor: values can still be shown, and exported."""
        super().setEnabled(enabled)
        self.import_button.setEnabled(enabled)

    def show_value(self, value: Any) -> None:
        self._shown = tuple(value)
        if self.holds(self._shown):
            return
        self._unread = ""
        self.show_pairs(self._shown)
        self._measure()

    def _mask(self, shown: bool) -> None:
        self.is_masked = not shown
        self.model.repaint(_VALUE)

    def hide_values(self) -> None:
        """Masks the values again, for another function."""
        self.show_values.setChecked(False)

    def fault(self) -> str:
        return (
            self.duplicate_fault()
            or next(filter(None, map(self._name_fault, self.pairs())), "")
            or self._size()
        )

    def warning(self) -> str:
        return self._unread

    def import_variables(self, found: ReadFile) -> None:
        """Takes a file's variables; those that were there keep their place, and others stay."""
        pairs = dict(self.pairs()) | dict(found.variables)
        self.show_pairs(pairs.items())
        words = _("These lines are not valid and were skipped: {names}.")
        self._unread = words.format(names=", ".join(map(str, found.unread[:10]))) if found.unread else ""
        self.edited.emit()

    def _name_fault(self, pair: tuple[str, str]) -> str:
        name, _value = pair
        if pair in self._shown:
            return ""
        if name in RESERVED_VARIABLES:
            return _("{name} is reserved by Lambda.").format(name=name)
        if self._limit is not None and not self._limit.accepts(name):
            words = _(
                "“{name}” is not a valid name. Use at least two letters (A–Z), digits and _, "
                "beginning with a letter."
            )
            return words.format(name=name[:60])
        return ""

    def _size(self) -> str:
        size = environment_size_bytes(dict(self.pairs()))
        if size <= ENVIRONMENT_LIMIT_BYTES:
            return ""
        words = _("{size} bytes. The maximum for all variables is {environment_limit_bytes}.")
        return words.format(size=f"{size:,}", environment_limit_bytes=f"{ENVIRONMENT_LIMIT_BYTES:,}")

    def _measure(self) -> None:
        size = environment_size_bytes(dict(self.pairs()))
        self.meter.setValue(min(size, ENVIRONMENT_LIMIT_BYTES))
        words = _("{size} of {environment_limit_bytes} bytes")
        text = words.format(size=f"{size:,}", environment_limit_bytes=f"{ENVIRONMENT_LIMIT_BYTES:,}")
        self.size_label.setText(text)
        self.meter.setAccessibleDescription(text)

    # Files --------------------------------------------------------------------------------------------------

    def _ask_import(self) -> None:
        dialog = self._dialog(_("Import Environment Variables"))
        dialog.fileSelected.connect(lambda path: self.read_file(Path(path)))
        dialog.open()

    def _ask_export(self) -> None:
        dialog = self._dialog(_("Export Environment Variables"))
        dialog.ask_where_to_save("function.env")
        dialog.fileSelected.connect(lambda path: self.write_file(Path(path)))
        dialog.open()

    def _dialog(self, title: str) -> FileDialog:
        dialog = FileDialog("environmentFile", title, self.window())
        dialog.setNameFilters(
            [
                _("Environment files (*.env .env*)"),
                _("All files (*)"),
            ]
        )
        return dialog

    def read_file(self, path: Path) -> None:
        """Brings in the variables of a .env file."""

        def read(_ctx: JobContext) -> ReadFile:
            what = _("Could not import {path}.").format(path=path.name)
            try:
                with path.open("rb") as file:
                    data = file.read(_MAX_FILE_BYTES + 1)
            except OSError as error:
                raise explain_os_error(error, what, path) from error
            if len(data) > _MAX_FILE_BYTES:
                why = _("The file is too large to be a .env file.")
                raise WorkbenchError(what, why)
            try:
                return read_dotenv(data.decode("utf-8"))
            except UnicodeDecodeError:
                why = _("The file is not valid UTF-8 text.")
                raise WorkbenchError(what, why) from None

        self._context.jobs.submit(
            Job(
                _("Reading {path}").format(path=path.name),
                read,
                replaces="environment.import",
                quiet=True,
                on_done=self.import_variables,
                on_error=self._context.report,
            )
        )

    def write_file(self, path: Path) -> None:
        """Writes the variables to a .env file, for this user only."""
        text = write_dotenv(self.value())
        self._context.jobs.submit(
            Job(
                _("Writing {path}").format(path=path.name),
                lambda _ctx: write_atomic(path, text.encode()),
                quiet=True,
                on_error=self._context.report,
            )
        )
