"""The environment variables: masked until asked for, measured, read from and written to .env files."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QProgressBar, QPushButton

from workbench.aws.quotas import ENVIRONMENT_LIMIT_BYTES, TextLimit, environment_size_bytes
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, write_atomic
from workbench.core.jobs import Job, JobContext, JobRunner
from workbench.core.messages import _
from workbench.functions.settings.dotenv import ReadFile, read_dotenv, write_dotenv
from workbench.functions.settings.limits import RESERVED_VARIABLES
from workbench.ui.configuring.pairs import PairsEditor
from workbench.ui.kit.text import PlainLabel
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named

_MAX_FILE_BYTES = 1_000_000
_METER_WIDTH = 180


class EnvironmentEditor(PairsEditor):
    """The variables of a function.

    Args:
        title: What they are called.
        limit: The model's limits for a name.
        jobs: Reads and writes files.
    """

    failed = Signal(WorkbenchError)

    def __init__(self, title: str, limit: TextLimit | None, jobs: JobRunner) -> None:
        headers = (_("Name"), _("Value"))
        super().__init__("environment", title, headers, _("Add Variable"))
        self._limit, self._jobs = limit, jobs
        self._unread = ""
        self.show_values = named(QCheckBox(_("Show values")), "show.environment")
        self.import_button = named(QPushButton(_("Import .env…")), "import.environment")
        self.save = named(QPushButton(_("Export .env…")), "export.environment")
        self.buttons.insertWidget(2, self.show_values)
        for button in (self.import_button, self.save):
            self.buttons.addWidget(button)
        self.meter = named(QProgressBar(), "meter.environment", _("Size"))
        self.meter.setRange(0, ENVIRONMENT_LIMIT_BYTES)
        self.meter.setTextVisible(False)
        self.meter.setFixedWidth(scaled(_METER_WIDTH))
        self.size_label = named(PlainLabel(), "size.environment", role="muted")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.meter)
        row.addWidget(self.size_label, 1)
        self.column.addLayout(row)
        self.show_values.toggled.connect(lambda shown: self.model.set_masked(masked=not shown))
        self.import_button.clicked.connect(self._ask_import)
        self.save.clicked.connect(self._ask_export)
        self.model.edited.connect(self._measure)
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
        self.model.show_pairs(self._shown, masked=not self.show_values.isChecked())
        self._measure()

    def hide_values(self) -> None:
        """Masks the values again, for another function."""
        self.show_values.setChecked(False)

    def fault(self) -> str:
        return (
            self.duplicate_fault()
            or next(filter(None, map(self._name_fault, self.model.pairs())), "")
            or self._size()
        )

    def warning(self) -> str:
        return self._unread

    def import_variables(self, found: ReadFile) -> None:
        """Takes a file's variables; those that were there keep their place, and others stay."""
        pairs = dict(self.model.pairs()) | dict(found.variables)
        self.model.show_pairs(list(pairs.items()), masked=not self.show_values.isChecked())
        words = _("These lines are not valid and were skipped: {names}.")
        self._unread = words.format(names=", ".join(map(str, found.unread[:10]))) if found.unread else ""
        self.model.edited.emit()

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
        size = environment_size_bytes(dict(self.model.pairs()))
        if size <= ENVIRONMENT_LIMIT_BYTES:
            return ""
        words = _("{size} bytes. The maximum for all variables is {environment_limit_bytes}.")
        return words.format(size=f"{size:,}", environment_limit_bytes=f"{ENVIRONMENT_LIMIT_BYTES:,}")

    def _measure(self) -> None:
        size = environment_size_bytes(dict(self.model.pairs()))
        self.meter.setValue(min(size, ENVIRONMENT_LIMIT_BYTES))
        words = _("{size} of {environment_limit_bytes} bytes")
        text = words.format(size=f"{size:,}", environment_limit_bytes=f"{ENVIRONMENT_LIMIT_BYTES:,}")
        self.size_label.setText(text)
        self.meter.setAccessibleDescription(text)

    # Files --------------------------------------------------------------------------------------------------

    def _ask_import(self) -> None:
        dialog = self._dialog(_("Import Environment Variables"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.read_file(Path(path)))
        dialog.open()

    def _ask_export(self) -> None:
        dialog = self._dialog(_("Export Environment Variables"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile("function.env")
        dialog.fileSelected.connect(lambda path: self.write_file(Path(path)))
        dialog.open()

    def _dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self.window(), title)
        dialog.setObjectName("environmentFile")
        dialog.setNameFilters(
            [
                _("Environment files (*.env .env*)"),
                _("All files (*)"),
            ]
        )
        dialog.finished.connect(dialog.deleteLater)
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

        self._jobs.submit(
            Job(
                _("Reading {path}").format(path=path.name),
                read,
                replaces="environment.import",
                quiet=True,
                on_done=self.import_variables,
                on_error=self.failed.emit,
            )
        )

    def write_file(self, path: Path) -> None:
        """Writes the variables to a .env file, for this user only."""
        text = write_dotenv(self.value())
        self._jobs.submit(
            Job(
                _("Writing {path}").format(path=path.name),
                lambda _ctx: write_atomic(path, text.encode()),
                quiet=True,
                on_error=self.failed.emit,
            )
        )
