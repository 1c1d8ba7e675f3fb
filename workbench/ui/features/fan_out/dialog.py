"""The dialog of a fan-out: its functions are chosen in it, and it shows the state of each."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.regions import lambda_regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.deploy.fan_out import Connect, Target, twice
from workbench.functions.index import list_functions
from workbench.profiles.model import Profile
from workbench.profiles.safety import Tier
from workbench.ui.features.fan_out.run import (
    MAX_WAVES,
    FanOutRun,
    Packed,
    TargetRow,
    rows_of,
    summary_of,
    unchecked_row,
)
from workbench.ui.kit.choices import CalmChoice, DeliberateChoice
from workbench.ui.kit.dialog import BaseDialog, DialogButtons, confirm_by_name
from workbench.ui.kit.fields import number_box
from workbench.ui.kit.labels import progress_bar
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, named, restyle, size_text, text_label
from workbench.ui.pages.code_opening import problem_line
from workbench.ui.shell.services import Services
from workbench.ui.shell.sign_in import REPAIRS

_FUNCTIONS, _REGIONS = "fanOut.functions", "fanOut.regions"


class TargetPicker(QWidget):
    """A row of fields and Add. At first it is where the source is.

    Args:
        services: For the jobs that read what there is.
        connect: The way to a profile's functions.
        profiles: Whom the program can act as.
        regions: A profile's usual region, by the profile's name.

    Signals:
        added: A Target, not checked yet.
        said: How the reading of the functions stands: words and a tone.
        failed: They could not be read, a WorkbenchError; its action may help the profile that is chosen.
    """

    added = Signal(object)
    said = Signal(str, str)
    failed = Signal(WorkbenchError)

    def __init__(
        self, services: Services, connect: Connect, profiles: Sequence[Profile], regions: dict[str, str]
    ) -> None:
        super().__init__()
        self.setObjectName("fanOutPicker")
        self._services = services
        self._connect = connect
        self._usual = regions
        self._wanted = ""  # the name that is looked for first everywhere
        self.profile = named(DeliberateChoice(), "fanOutProfile", _("Profile"))
        for profile in profiles:
            account = f" ({profile.account_id})" if profile.account_id else ""
            self.profile.addItem(f"{profile.name}{account}", profile.name)
        self.region = named(DeliberateChoice(), "fanOutRegion", _("Region"))
        self.function = named(CalmChoice(), "fanOutFunction", _("Function"))
        self.function.setEditable(True)
        self.function.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        completer = self.function.completer()
        assert completer is not None  # an editable one has it
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.wave = number_box("fanOutWave", _("Wave"), 1, MAX_WAVES)
        self.wave.setToolTip(_("Each wave starts when the previous one has finished."))
        self.add_button = named(QPushButton(_("Add")), "fanOutAdd")
        self.add_button.setAutoDefault(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        fields = (
            (_("Profile"), self.profile, 3),
            (_("Region"), self.region, 3),
            (_("Function"), self.function, 5),
            (_("Wave"), self.wave, 1),
        )
        for text, field, stretch in fields:
            label = named(PlainLabel(text), f"{field.objectName()}Label", role="muted")
            label.setBuddy(field)
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(label)
            column.addWidget(field)
            row.addLayout(column, stretch)
            if isinstance(field, QComboBox):
                field.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        row.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignBottom)
        self.profile.currentIndexChanged.connect(self._profile_changed)
        self.region.currentTextChanged.connect(lambda _region: self.read())
        self.function.currentTextChanged.connect(self._switch)
        self.add_button.clicked.connect(self.add)
        line = self.function.lineEdit()
        assert line is not None
        line.returnPressed.connect(self.add)

    def begin(self, profile_name: str, region: str, function_name: str) -> None:
        """Begins where the source is: other functions beside it, or its namesakes elsewhere."""
        self._wanted = function_name
        self.profile.blockSignals(True)
        self.profile.setCurrentIndex(max(0, self.profile.findData(profile_name)))
        self.profile.blockSignals(False)
        self._show_regions((region,), region)
        self._read_regions()
        self.read()

    def add(self) -> None:
        """Adds what is chosen; the wave and the place stay for the next."""
        name = self.function.currentText().strip()
        if name:
            self.added.emit(Target(self.profile_name, self.region.currentText(), name, self.wave.value()))

    def forget(self) -> None:
        """Nothing is wanted any more."""
        for key in (_FUNCTIONS, _REGIONS):
            self._services.jobs.drop(key)

    @property
    def profile_name(self) -> str:
        return str(self.profile.currentData())

    def read(self) -> None:
        """Reads the functions of the place that is chosen."""
        profile_name, region = self.profile_name, self.region.currentText()

        def run(ctx: JobContext) -> list[str]:
            connection = self._connect(profile_name, region, ctx)
            return [each.function_name for each in list_functions(connection, ctx)]

        self.said.emit(_("Reading the functions…"), "muted")
        self._services.jobs.submit(
            Job(
                _("Reading the functions of {profile_name} in {region}").format(
                    region=region, profile_name=profile_name
                ),
                run,
                replaces=_FUNCTIONS,
                on_done=self._show_functions,
                on_error=self._failed,
                on_cancelled=lambda: self.said.emit(_("The operation was cancelled."), "muted"),
            )
        )

    def _show_functions(self, names: Sequence[str]) -> None:
        typed = self.function.currentText()
        self.function.clear()
        self.function.addItems(sorted(names, key=str.casefold))
        for name in (typed, self._wanted):
            if name in names:
                self.function.setCurrentText(name)
                break
        words = _("Functions in this region: {count}.").format(count=f"{len(names):,}")
        self.said.emit(words if names else _("No functions in this region."), "muted")
        self._switch()

    def _failed(self, error: WorkbenchError) -> None:
        self.function.clear()
        self.failed.emit(error)

    def _switch(self) -> None:
        self.add_button.setEnabled(bool(self.function.currentText().strip()))

    def _profile_changed(self) -> None:
        region = self._usual.get(self.profile_name, self.region.currentText())
        self._show_regions((region,), region)
        self._read_regions()
        self.read()

    def _read_regions(self) -> None:
        beside = self.region.currentText()
        self._services.jobs.submit(
            Job(
                _("Reading the regions"),
                lambda _ctx: lambda_regions(beside),
                replaces=_REGIONS,
                quiet=True,
                on_done=lambda found: self._show_regions(found, self.region.currentText()),
            )
        )

    def _show_regions(self, regions: Sequence[str], current: str) -> None:
        """Nobody has chosen anything by this."""
        self.region.blockSignals(True)
        self.region.clear()
        self.region.addItems(list(regions) if current in regions else [current, *regions])
        self.region.setCurrentText(current)
        self.region.blockSignals(False)


_SIZE = (920, 560)
_STEPS = 1000
_MAX_PROBLEMS = 5
_ROW_HEIGHT = 30


def _columns() -> tuple[Column[TargetRow], ...]:
    def column(title: str, text: Callable[[TargetRow], str], width: int) -> Column[TargetRow]:
        return Column(title, text, width, tip=_detail)

    wave = column(_("Wave"), lambda row: str(row.target.wave), 64)
    return (
        replace(
            wave, value=lambda row: row.target.wave, edit=_with_wave, limits=(1, MAX_WAVES), is_number=True
        ),
        column(_("Function"), lambda row: row.target.function_name, 190),
        column(_("Profile"), lambda row: row.target.profile_name, 130),
        column(_("Region"), lambda row: row.target.region, 130),
        replace(
            column(_("State"), lambda row: row.words, 0),
            tone=lambda row: row.tone,
            share=lambda row: row.share,
        ),
    )


def _detail(row: TargetRow) -> str:
    return row.detail or row.words


def _with_wave(row: TargetRow, wave: object) -> TargetRow:
    if not isinstance(wave, int):
        return row
    return replace(row, target=replace(row.target, wave=min(max(wave, 1), MAX_WAVES)))


def _identity(target: Target) -> tuple[str, str, str]:
    return target.profile_name, target.region, target.function_name


class FanOutDialog(BaseDialog):
    """Beside the window, which can be used meanwhile.

    Signals:
        check_wanted: A Target was added; `show_checked` takes the result.
        deploy_wanted: The chosen functions shall get the package.
        resume_wanted: It shall go on.
        cancel_wanted: It shall stop.
        discard_wanted: It shall be forgotten.
        remedy_wanted: An action that a profile needs, and the profile's name.
    """

    check_wanted = Signal(object)
    deploy_wanted = Signal()
    resume_wanted = Signal()
    cancel_wanted = Signal()
    discard_wanted = Signal()
    remedy_wanted = Signal(str, str)

    def __init__(self, services: Services, picker: TargetPicker | None, parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "fanOut", _("Deploy to Several Functions"))
        self.setWindowTitle(_("Deploy to Several Functions"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*_SIZE)
        self.picker = picker
        # Delete is the dialog's; F2, or a double click, changes a wave.
        self.table = Table(
            "fanOutTable",
            _("Functions to deploy to"),
            _columns(),
            identity=lambda row: _identity(row.target),
            theme=services.theme,
            row_height=_ROW_HEIGHT,
        )
        self.heading = text_label("fanOutHeading", role="heading")
        self.about = text_label("fanOutAbout", role="muted")
        self.hint = text_label(
            "fanOutHint",
            _("Choose functions and select Add. Each wave starts when the previous one has finished."),
            "muted",
        )
        self.secrets = text_label("fanOutSecrets", role="warning")
        self.secrets.setVisible(False)
        self.problems = text_label("fanOutProblems", role="warning")
        self.anyway = named(QCheckBox(_("Deploy even though the code will probably fail")), "fanOutAnyway")
        self.publish = named(QCheckBox(_("Publish a version of each function")), "fanOutPublish")
        self.undo = named(
            QCheckBox(_("Roll back the code of functions whose deployment fails")), "fanOutUndo"
        )
        self.undo.setChecked(True)
        self.detail = text_label("fanOutDetail", role="muted")  # of the chosen row, in full
        self.state = text_label("fanOutState", role="muted")
        self.bar = progress_bar("fanOutProgress")
        self.bar.setRange(0, _STEPS)
        self._actions = services.actions
        self._repair_action = ""  # the action that repairs what failed
        self.remedy_button = self._button("fanOutRemedy", "")
        self.again_button = self._button("fanOutAgain", _("Try Again"))
        self.remove_button = self._button("fanOutRemove", _("Remove"))
        self.discard_button = self._button("fanOutDiscard", _("Discard"))
        self.cancel_button = self._button("fanOutCancel", _("Cancel"))
        self.close_button = self._button("fanOutClose", _("Close"))
        self.resume_button = self._button("fanOutResume", _("Continue"), "primary")
        self.deploy_button = self._button("fanOutDeploy", _("Deploy"), "primary")
        self._lay_out()
        self._connect_parts()
        self._show_choosing()

    def _button(self, name: str, text: str, role: str = "") -> QPushButton:
        button = named(QPushButton(text), name, text, role)
        button.setAutoDefault(False)
        return button

    def _lay_out(self) -> None:
        below = QHBoxLayout()
        below.setSpacing(16)
        for widget in (self.remove_button, self.publish, self.undo):
            below.addWidget(widget)
        below.addStretch(1)
        buttons = DialogButtons(
            *(self.discard_button, self.cancel_button, self.close_button),
            *(self.resume_button, self.deploy_button),
        )
        layout = self.add_column()
        for label in (self.heading, self.about, self.secrets, self.problems):
            layout.addWidget(label)
        layout.addWidget(self.anyway)
        layout.addWidget(self.hint)
        if self.picker is not None:
            layout.addWidget(self.picker)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.detail)
        layout.addLayout(below)
        said = QHBoxLayout()
        said.setSpacing(8)
        said.addWidget(self.state, 1)
        for button in (self.remedy_button, self.again_button):
            said.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(said)
        layout.addWidget(self.bar)
        layout.addWidget(buttons)

    def _connect_parts(self) -> None:
        if self.picker is not None:
            self.picker.added.connect(self._add)
            self.picker.said.connect(self.set_status)
            self.picker.failed.connect(self.show_failure)
            self.again_button.clicked.connect(self.picker.read)
            self.finished.connect(self.picker.forget)
        self.table.rows.edited.connect(self._switch)
        self.anyway.toggled.connect(self._switch)
        self.table.selectionModel().currentRowChanged.connect(self._switch)
        self.table.rows.dataChanged.connect(self._show_detail)
        self.remove_button.clicked.connect(self._remove)
        QShortcut(QKeySequence.StandardKey.Delete, self.table, self._remove)
        self.deploy_button.clicked.connect(self.deploy_wanted)
        self.resume_button.clicked.connect(self.resume_wanted)
        self.cancel_button.clicked.connect(self.cancel_wanted)
        self.discard_button.clicked.connect(self.discard_wanted)
        self.remedy_button.clicked.connect(self._repair)
        self.close_button.clicked.connect(self.close)

    # Choosing -----------------------------------------------------------------------------------------------

    def describe(
        self, function_name: str, about: str, problems: Sequence[str] = (), secrets: Sequence[str] = ()
    ) -> None:
        """Says what is to be deployed, what of it looks like a secret, and why it will probably fail."""
        title = _("Deploy the Code of {function_name} to Several Functions").format(
            function_name=function_name
        )
        self.heading.setText(title)
        self.about.setText(about)
        self.secrets.setText("\n".join(secrets))
        self.secrets.setVisible(bool(secrets))
        words = _("This code will probably fail at run time.")
        self.problems.setText("\n".join((words, *problems)))
        for widget in (self.problems, self.anyway):
            widget.setVisible(bool(problems))
        self._switch()

    def targets(self) -> list[Target]:
        """What is chosen, as far as it was checked."""
        return [row.target for row in self.table.rows.all]

    def show_checked(self, row: TargetRow) -> None:
        """Shows the result of a target's check, if it is still there."""
        for number, known in enumerate(self.table.rows.all):
            if _identity(known.target) == _identity(row.target) and not known.is_ready:
                row = replace(row, target=replace(row.target, wave=known.target.wave))
                others = self.targets()
                del others[number]
                if twice([*others, row.target]):
                    words = _("The function is already in the list.")
                    row = replace(row, words=words, detail=words, tone="danger", is_ready=False)
                self.table.rows.update(row)
        self._switch()

    def set_status(self, text: str, tone: str = "muted") -> None:
        """Shows a message below the table."""
        self.state.setText(text)
        self.state.setAccessibleName(text)
        restyle(self.state, role=tone)
        for button in (self.remedy_button, self.again_button):
            button.setVisible(False)

    def show_failure(self, error: WorkbenchError) -> None:
        """Says why a profile's functions cannot be read, and offers what helps."""
        self.set_status(str(error), "danger")
        self.again_button.setVisible(True)
        if error.action in REPAIRS:
            self._repair_action = error.action
            title = self._actions[error.action].text()
            self.remedy_button.setText(title)
            self.remedy_button.setAccessibleName(title)
            self.remedy_button.setVisible(True)

    def _repair(self) -> None:
        if self.picker is not None:
            self.remedy_wanted.emit(self._repair_action, self.picker.profile_name)

    def _add(self, target: Target) -> None:
        if any(_identity(target) == _identity(known) for known in self.targets()):
            self.set_status(
                _("{function_name} is already in the list.").format(function_name=target.function_name),
                "warning",
            )
            return
        self.table.rows.add([unchecked_row(target)])
        self._switch()
        self.check_wanted.emit(target)

    def _remove(self) -> None:
        row = self.table.current()
        if row is not None and self.table.rows.can_edit:
            self.table.rows.remove(_identity(row.target))
            self._switch()

    def _show_choosing(self) -> None:
        for widget in (self.cancel_button, self.resume_button, self.discard_button, self.bar):
            widget.setVisible(False)
        self.set_status("")
        self.problems.setVisible(False)
        self.anyway.setVisible(False)
        self._switch()

    def _switch(self) -> None:
        rows = self.table.rows.all
        agreed = self.anyway.isHidden() or self.anyway.isChecked()
        self.deploy_button.setEnabled(bool(rows) and agreed and all(row.is_ready for row in rows))
        count = _("Deploy to {count}").format(count=str(len(rows))) if rows else _("Deploy")
        self.deploy_button.setText(count)
        self.remove_button.setEnabled(self.table.currentIndex().isValid())
        self._show_detail()

    def _show_detail(self) -> None:
        row = self.table.current()
        self.detail.setText(row.detail if row else "")
        self.detail.setVisible(bool(row and row.detail))

    # Running ------------------------------------------------------------------------------------------------

    def show_run(self, run: FanOutRun) -> None:
        """Shows where a fan-out stands."""
        self.table.rows.can_edit = False
        self.table.set_rows(rows_of(run))
        choosing: list[QWidget] = [
            self.hint,
            self.problems,
            self.anyway,
            self.publish,
            self.undo,
            self.remove_button,
            self.deploy_button,
        ]
        if self.picker is not None:
            choosing.append(self.picker)
        for widget in choosing:
            widget.setVisible(False)
        complete, running = run.fan_out.is_complete, run.is_running
        self.close_button.setText(_("Continue in Background") if running else _("Close"))
        if not running:
            self._show_worst()
        self.cancel_button.setVisible(running)
        self.cancel_button.setEnabled(not run.is_stopping)
        self.resume_button.setVisible(not running and not complete)
        self.discard_button.setVisible(not running and not complete)
        self.bar.setVisible(True)
        shares = [row.share or 0.0 for row in self.table.rows.all]
        done = sum(standing.state.is_done for standing in run.fan_out.standings)
        self.bar.setValue(round(_STEPS * min(1.0, (done + sum(shares)) / max(1, len(shares)))))
        words, tone = summary_of(run.fan_out)
        self.set_status(_("Cancelling…") if run.is_stopping else words, "muted" if running else tone)

    def _show_worst(self) -> None:
        """Chooses what failed, so that it is read in full."""
        for number, row in enumerate(self.table.rows.all):
            if row.tone == "danger":
                self.table.selectRow(number)
                break
        self._show_detail()


def describe(dialog: FanOutDialog, packed: Packed) -> None:
    """Says in the dialog what is to be deployed, and why it will probably fail."""
    package = packed.file.package
    about = _("Files: {count}, {size}, packaged from the saved files.").format(
        count=f"{len(package.contents.files):,}", size=size_text(package.size_bytes)
    )
    lines = [problem_line(problem) for problem in packed.problems[:_MAX_PROBLEMS]]
    if more := len(packed.problems) - len(lines):
        lines.append(_("… and {more} more").format(more=f"{more:,}"))
    name = packed.source.detail.function_name
    about = "\n".join((about, *package.notes))
    dialog.describe(name, about, lines, package.warnings)


def confirm(
    dialog: FanOutDialog,
    targets: Sequence[Target],
    tier: Callable[[str], Tier],
    source_name: str,
    then: Callable[[], object],
) -> None:
    """Calls `then`; where a function is in production, once the user has typed the source's name."""
    careful = [target for target in targets if tier(target.profile_name) is Tier.PRODUCTION]
    if not careful:
        then()
        return
    words = _("This replaces the code of these functions in production: {names}.")
    names = ", ".join(f"{each.function_name} ({each.profile_name}, {each.region})" for each in careful)
    confirm_by_name(
        dialog,
        _("Deploy to Production"),
        words.format(names=names),
        source_name,
        _("Deploy to {count}").format(count=str(len(targets))),
        then,
    )
