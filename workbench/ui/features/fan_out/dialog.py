"""The dialog of a fan-out: its functions are chosen in it, and it shows the state of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.connection import Connection
from workbench.code.dependencies.use import Delivery
from workbench.code.package import Package, package_name_of
from workbench.code.package.zip_file import link_or_copy
from workbench.code.syntax import Problem
from workbench.code.workspace import Workspace
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy.fan_out import FanOutFile, FanOutJournal, Target, twice
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.profiles.safety import Tier
from workbench.ui.deploy_checks import problem_line, problems_of
from workbench.ui.features.fan_out.picker import TargetPicker
from workbench.ui.features.fan_out.run import FanOutRun
from workbench.ui.features.fan_out.targets import (
    MAX_WAVES,
    FanOutSource,
    TargetRow,
    rows_of,
    summary_of,
    unchecked_row,
)
from workbench.ui.kit.dialog import BaseDialog, DialogButtons, confirm_by_name
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import named, restyle, size_text, text_label
from workbench.ui.services import Services
from workbench.ui.shell.sign_in import REPAIRS

_SIZE = (920, 560)
_STEPS = 1000
_MAX_PROBLEMS = 5
_ROW_HEIGHT = 30


def _columns() -> tuple[Column[TargetRow], ...]:
    def column(title: str, text: Callable[[TargetRow], str], width: int) -> Column[TargetRow]:
        return Column(title, text, width, tip=_detail)

    wave = column(_("Wave"), lambda row: str(row.target.wave), 64)
    return (
        replace(wave, value=lambda row: row.target.wave, edit=_with_wave, limits=(1, MAX_WAVES)),
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
        self.bar = named(QProgressBar(), "fanOutProgress", _("Progress"))
        self.bar.setTextVisible(False)
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
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 20)
        layout.setSpacing(12)
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
        title = _("Deploy the code of {function_name} to several functions").format(
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
            if _same(known.target, row.target) and not known.is_ready:
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
        if any(_same(target, known) for known in self.targets()):
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


def _same(one: Target, other: Target) -> bool:
    return (one.profile_name, one.region, one.function_name) == (
        other.profile_name,
        other.region,
        other.function_name,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A package that was put aside, and what is known of it."""

    file: FanOutFile
    source: FanOutSource
    problems: tuple[Problem, ...]


def pack(
    services: Services, journal: FanOutJournal, detail: FunctionDetail, workspace: Workspace, ctx: JobContext
) -> Packed:
    """Packs the saved files and puts the package aside. Runs in a job.

    Raises:
        WorkbenchError: The code cannot be packed, or the disk refuses.
    """
    problems = problems_of(services, workspace, detail, ctx)
    package = workspace.package(ctx)
    used = workspace.dependencies.used()
    layer_arn = used.layer_arn if used and used.delivery is Delivery.LAYER else ""
    source = FanOutSource(detail, package.code_sha256, package.contents, layer_arn)
    return Packed(journal.hold(package, detail.function_name), source, problems)


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
        _("Deploy to production"),
        words.format(names=names),
        source_name,
        _("Deploy to {count}").format(count=str(len(targets))),
        then,
    )


def adopt(
    connection: Connection, workspace: Workspace, package: Package, clock: Clock, ctx: JobContext
) -> None:
    """Makes the package the base of the open code, if its function has it.

    Raises:
        WorkbenchError: AWS cannot be asked, or the disk refuses.
    """
    base = workspace.base
    now = get_function(connection, base.function_name, "", ctx)
    if workspace.read_only or not package.code_sha256 == now.code_sha256 != base.code_sha256:
        return
    kept = workspace.packages / package_name_of(package.code_sha256)
    try:
        link_or_copy(package.path, kept)
    except OSError as error:
        raise explain_os_error(
            error, _("The deployment could not be recorded in the history."), kept
        ) from error
    workspace.adopt(replace(package, path=kept), now.revision_id, clock.now().isoformat())
