"""The dialogs of applying changes: what is sent, which value a conflict keeps, what was applied in part."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget

from workbench.aws.connection import Connection
from workbench.code.dependencies.inventory import PackedFile, take_inventory
from workbench.code.dependencies.store import Target
from workbench.code.dependencies.xray import may_be_compiled, what_cannot_load
from workbench.code.download import download_for
from workbench.code.unpack import unpack
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext
from workbench.deploy.new_function import ThroughS3
from workbench.functions.configure import Call
from workbench.functions.model import FunctionDetail
from workbench.functions.restore import RestoredCode
from workbench.functions.settings import Conflict, SettingChange
from workbench.functions.snapshot import VersionSnapshot
from workbench.triggers.model import Finding, FixKind, Severity
from workbench.triggers.steps import Step
from workbench.ui.features.configuration.draft import change_title, value_text
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import named, text_label
from workbench.ui.kit.text_size import scaled

_CHANGES_SIZE, _CONFLICT_SIZE, _PARTIAL_SIZE = QSize(860, 420), QSize(1000, 380), QSize(640, 360)
_CHANGED_WIDTH, _CONFLICT_WIDTH = (220, 400), (190, 380)
"""Minimum and maximum for the name of a setting, which may be that of a variable."""
_ROW_HEIGHT, _CHOICE = 34, 4  # a list fits in
_THEIRS, _MINE = 0, 1


class ChangesDialog(Dialog):
    """Shows changes. `accepted` is the yes.

    Args:
        function_name: Whose settings.
        changed: The changes.
        calls: What is sent.
        owner: What to know of who else manages the function; empty for nothing.
        warnings: What else may go wrong.
        parent: The window.
    """

    def __init__(
        self,
        function_name: str,
        changed: Sequence[SettingChange],
        calls: Sequence[Call],
        owner: str,
        parent: QWidget,
        warnings: Sequence[str] = (),
    ) -> None:
        super().__init__("settingsChanges", "", parent)
        self.set_title(_("Changes of {function_name}").format(function_name=function_name))
        self.table = Table(
            "settingsChangesTable",
            _("Changes"),
            (
                Column(_("Setting"), change_title, _CHANGED_WIDTH[0]),
                self._value(_("Current"), lambda each: each.old, 230),
                self._value(_("New"), lambda each: each.new),
            ),
            identity=change_title,
            cells=True,
        )
        self.table.set_rows(changed)
        self.show_values = named(QCheckBox(_("Show values of environment variables")), "settingsChangesShow")
        self.show_values.setVisible(any(each.secret for each in changed))
        self.show_values.toggled.connect(lambda _on: self.table.rows.repaint())
        operations = ", ".join(call.operation for call in calls)
        count = len(calls)
        sent = ngettext(
            "Uses {count} API call: {operations}", "Uses {count} API calls: {operations}", count
        ).format(count=count, operations=operations)
        if owner:
            self.content.addWidget(text_label("settingsChangesOwner", owner, "warning"))
        if warnings:
            text = "\n".join(warnings)
            self.content.addWidget(text_label("settingsChangesWarnings", text, "warning"))
        self.content.addWidget(self.table, 1)
        self.content.addWidget(self.show_values)
        self.content.addWidget(text_label("settingsChangesCalls", sent, "muted"))
        self.apply = self.add_button("settingsChangesApply", _("Apply"), "primary")
        cancel = self.add_button("settingsChangesCancel", _("Cancel"))
        self.apply.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        self.finish_layout(stretch=False)
        self.resize(_CHANGES_SIZE)
        self.table.resize_column(0, *_CHANGED_WIDTH)
        self.apply.setFocus()

    def resize_to_content(self) -> None:
        """Keeps its size: the table takes what room there is."""

    def _value(
        self, title: str, value: Callable[[SettingChange], object], width: int = 0
    ) -> Column[SettingChange]:
        def text(each: SettingChange) -> str:
            return value_text(each.name, value(each), secret=each.secret and not self.show_values.isChecked())

        return Column(title, text, width)


class ConflictDialog(Dialog):
    """Asks. `decided` carries the settings whose own value shall be sent; the others stay theirs.

    Args:
        function_name: Whose settings.
        found: The settings that both changed.
        parent: The window.
    """

    decided = Signal(tuple)

    def __init__(self, function_name: str, found: Sequence[Conflict], parent: QWidget) -> None:
        super().__init__("settingsConflict", "", parent)
        self.set_title(_("{function_name} Was Changed in AWS").format(function_name=function_name))
        self._found = tuple(found)
        words = _(
            "The same settings were changed in AWS after you opened them. Nothing has been applied yet."
        )
        self.content.addWidget(text_label("settingsConflictWords", words))
        self.table = Table(
            "settingsConflictTable",
            _("Conflicts"),
            (
                Column[Conflict](_("Setting"), lambda each: change_title(each.mine), _CONFLICT_WIDTH[0]),
                self._value(_("Original"), lambda each: each.mine.old, 150),
                self._value(_("In AWS"), lambda each: each.theirs, 150),
                self._value(_("Yours"), lambda each: each.mine.new),
                Column[Conflict](_("Keep"), lambda _each: "", 120),
            ),
            identity=lambda each: change_title(each.mine),
            row_height=_ROW_HEIGHT,
            cells=True,
        )
        self.show_values = named(QCheckBox(_("Show values of environment variables")), "settingsConflictShow")
        self.show_values.setVisible(any(each.mine.secret for each in found))
        self.show_values.toggled.connect(lambda _on: self.table.rows.repaint())
        self.content.addWidget(self.table, 1)
        self.content.addWidget(self.show_values)
        self.go_on = self.add_button("settingsConflictGoOn", _("Continue"), "primary")
        cancel = self.add_button("settingsConflictCancel", _("Cancel"))
        self.go_on.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        self.accepted.connect(lambda: self.decided.emit(self.mine()))
        self.finish_layout(stretch=False)
        self.resize(_CONFLICT_SIZE)
        self._chosen = [_THEIRS] * len(self._found)
        self.table.set_rows(found)
        self.table.resize_column(0, *_CONFLICT_WIDTH)
        self.choices = [self._box(place) for place in range(len(self._found))]
        for place, box in enumerate(self.choices):
            self.table.setIndexWidget(self.table.rows.index(place, _CHOICE), box)
        (self.choices[0] if self.choices else self.go_on).setFocus()

    def resize_to_content(self) -> None:
        """Keeps its size: the table takes what room there is."""

    def mine(self) -> tuple[SettingChange, ...]:
        """The changes that overwrite what the others did: from theirs to mine."""
        return tuple(
            SettingChange(each.mine.name, each.mine.key, each.theirs, each.mine.new)
            for each, choice in zip(self._found, self._chosen, strict=True)
            if choice == _MINE
        )

    def _value(self, title: str, value: Callable[[Conflict], object], width: int = 0) -> Column[Conflict]:
        def text(each: Conflict) -> str:
            secret = each.mine.secret and not self.show_values.isChecked()
            return value_text(each.mine.name, value(each), secret=secret)

        return Column(title, text, width)

    def _box(self, place: int) -> QComboBox:
        title = _("Keep for {mine}").format(mine=change_title(self._found[place].mine))
        box = named(CalmChoice(), f"settingsKeep.{place}", title)
        box.addItems([_("In AWS"), _("Yours")])
        box.setCurrentIndex(self._chosen[place])
        box.currentIndexChanged.connect(lambda choice: self._choose(place, choice))
        return box

    def _choose(self, place: int, choice: int) -> None:
        self._chosen[place] = choice


class PartialDialog(Dialog):
    """Says how far it came.

    Args:
        function_name: Whose settings.
        done: What was changed.
        left: What was not.
        error: Why; None when it was cancelled.
        parent: The window.
    """

    undo_wanted = Signal()

    def __init__(
        self,
        function_name: str,
        done: Sequence[SettingChange],
        left: Sequence[SettingChange],
        error: WorkbenchError | None,
        parent: QWidget,
    ) -> None:
        super().__init__("settingsPartial", "", parent)
        self.set_title(
            _("Some Settings of {function_name} Were Not Changed").format(function_name=function_name)
        )
        why = str(error) if error else _("The operation was cancelled.")
        self.content.addWidget(text_label("settingsPartialWhy", why, "danger" if error else "muted"))
        columns = (
            Column[tuple[SettingChange, str]](_("Setting"), lambda row: change_title(row[0])),
            Column[tuple[SettingChange, str]](_("State"), lambda row: row[1], 140),
        )
        table = Table("settingsPartialTable", _("Settings"), columns, identity=id, cells=True)
        table.set_rows([(each, _("Changed")) for each in done] + [(each, _("Not changed")) for each in left])
        self.content.addWidget(table, 1)
        words = _("Settings that were not changed are still in the form.")
        self.content.addWidget(text_label("settingsPartialWords", words, "muted"))
        self.keep = self.add_button("settingsPartialKeep", _("Keep Changes"), "primary")
        self.back = self.add_button("settingsPartialBack", _("Undo"))
        self.keep.clicked.connect(self.accept)
        self.back.clicked.connect(self.undo_wanted)
        self.back.clicked.connect(self.accept)
        self.finish_layout(stretch=False)
        self.resize(_PARTIAL_SIZE)

    def resize_to_content(self) -> None:
        """Keeps its size: the table takes what room there is."""


_SHOWN = 6  # what fits on a small screen
_WIDTH, _TIGHT = 560, 3


class TimeoutDialog(Dialog):
    """Asks.

    Args:
        findings: Of the queues, those whose messages would be delivered again first.
        parent: The window.

    Signals:
        agreed: Whether the queues are to be changed first.
    """

    agreed = Signal(bool)

    def __init__(self, findings: Sequence[Finding], parent: QWidget) -> None:
        super().__init__("queueTimeouts", "", parent)
        self.set_title(_("Queues and the New Timeout"))
        for number, finding in enumerate(findings[:_SHOWN]):
            self.content.addLayout(_finding_lines(number, finding))
        if (more := len(findings) - _SHOWN) > 0:
            words = ngettext(
                "The same applies to {count} more queue.", "The same applies to {count} more queues.", more
            ).format(count=more)
            self.content.addWidget(text_label("queueTimeoutsMore", words, "muted"))
        if any(finding.fixes for finding in findings):
            fix = self.add_button("queueTimeoutsFix", _("Update Queues and Apply"), "primary")
            fix.clicked.connect(lambda: self._agree(changes_queues=True))
        go_on = self.add_button("queueTimeoutsGoOn", _("Apply Without Updating Queues"))
        go_on.clicked.connect(lambda: self._agree(changes_queues=False))
        cancel = self.add_button("queueTimeoutsCancel", _("Cancel"))
        cancel.clicked.connect(self.reject)
        self.setMinimumWidth(scaled(_WIDTH))
        self.finish_layout()

    def _agree(self, *, changes_queues: bool) -> None:
        self.accept()
        self.agreed.emit(changes_queues)


def _finding_lines(number: int, finding: Finding) -> QVBoxLayout:
    """What was found, why it matters, and what would be done."""
    lines = QVBoxLayout()
    lines.setSpacing(_TIGHT)
    role = "danger" if finding.severity is Severity.BLOCK else ""
    lines.addWidget(text_label(f"queueTimeoutsWhat.{number}", finding.what, role))
    words = [finding.why, finding.aws, *(f"{step.title}." for step in steps_of([finding]))]
    for place, text in enumerate(filter(None, words)):
        lines.addWidget(text_label(f"queueTimeoutsWhy.{number}.{place}", text, "muted"))
    return lines


def steps_of(findings: Sequence[Finding]) -> tuple[Step, ...]:
    """What gives the queues room, each step once."""
    steps = [
        step
        for finding in findings
        for fix in finding.fixes[:1]
        if fix.kind is FixKind.STEPS
        for step in fix.steps
    ]
    return tuple(step for number, step in enumerate(steps) if step not in steps[:number])


_EXECUTABLE = 0o111 << 16
_LISTS = ("/RECORD", "/package.json")  # tell whose files they are
_MAX_WARNINGS = 5


def current_code(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Mapping[str, Any]:
    """The code that a function has, as UpdateFunctionCode takes it; a large package goes through S3.

    Raises:
        WorkbenchError: It could not be downloaded, is not what AWS announced, or S3 refuses.
        Cancelled: Meanwhile.
    """
    if detail.s3_object is not None:
        return detail.s3_object.request
    with tempfile.TemporaryDirectory(prefix="workbench-code-") as folder:
        package = _fetch(connection, detail, Path(folder), ctx)
        what = _("Could not change the architecture of {function_name}.").format(
            function_name=detail.function_name
        )
        code = RestoredCode(connection, detail.function_name, Path(folder), ThroughS3(), what)
        return {
            **code.request(package, VersionSnapshot("", {}, detail.code_sha256), ctx),
            **detail.source_key,
        }


def incompatible_files(
    connection: Connection, detail: FunctionDetail, architecture: str, runtime: str, ctx: JobContext
) -> tuple[str, ...]:
    """Warnings before a change: compiled files that are for another processor.

    Args:
        connection: That read the function.
        detail: The function, with a fresh link to its code.
        architecture: What it shall run on.
        runtime: What it shall run.
        ctx: The job.

    Raises:
        WorkbenchError: The code could not be looked at.
        Cancelled: Meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-look-") as folder:
        package = _fetch(connection, detail, Path(folder), ctx)
        files = Path(folder) / "files"
        contents = unpack(
            package,
            files,
            ctx,
            wanted=lambda info: (
                info.filename.endswith(_LISTS)
                or may_be_compiled(info.filename, bool(info.external_attr & _EXECUTABLE))
            ),
        )
        inventory = take_inventory(
            PackedFile(path, files / path, file.size_bytes, file.executable)
            for path, file in contents.files.items()
        )
        found = [each.what for each in what_cannot_load(inventory, Target(runtime, architecture), ctx)]
    warnings = found[:_MAX_WARNINGS]
    if len(found) > _MAX_WARNINGS:
        more = _("{count} more similar files.")
        warnings.append(more.format(count=f"{len(found) - _MAX_WARNINGS:,}"))
    if detail.layers:
        words = _("Its layers were not checked. Compiled files in them must also be for {architecture}.")
        warnings.append(words.format(architecture=architecture))
    return tuple(warnings)


def _fetch(connection: Connection, detail: FunctionDetail, folder: Path, ctx: JobContext) -> Path:
    package = folder / "package.zip"
    download_for(connection, detail.code_location, detail.code_sha256, package, ctx)
    return package
