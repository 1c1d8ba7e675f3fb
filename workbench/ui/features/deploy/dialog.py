"""The dialog before a deploy: its options, the steps of the plan, and what changes by it."""

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.code.dependencies.declared import InstallPreview
from workbench.code.tree import FileChange
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Progress
from workbench.core.messages import _
from workbench.deploy.options import DeployOptions
from workbench.deploy.plan import ChangedFile, DeployStep, Plan
from workbench.functions.configure import Wanted
from workbench.functions.settings import SettingChange
from workbench.ui.editor.fallback import PlainComparison
from workbench.ui.features.deploy.options_form import OptionsForm
from workbench.ui.features.deploy.proposal import Proposal
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.labels import progress_bar
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import named, restyle, size_text, text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import monospace
from workbench.ui.shell.deploy_history import setting_title, setting_value
from workbench.ui.shell.install_question import package_count

_DIFFERENCE_SIZE = (900, 560)
_MAX_LENGTH = 200_000
"""More characters than this nobody reads, and they take long to lay out."""
_MAX_ROWS = 2_000
"""More files nobody reads one by one; they are counted."""


class StepTable(Table[tuple[str, str, str]]):
    """The steps of a plan, in order, each (title, API call, undo): with its call and how it is taken back."""

    def __init__(self) -> None:
        columns = (
            Column[tuple[str, str, str]](_("Step"), itemgetter(0)),
            Column[tuple[str, str, str]](
                _("API call"),
                lambda step: step[1].replace(":", ": "),  # to break it at
                210,
                full=itemgetter(1),
            ),
            Column[tuple[str, str, str]](_("Undo"), itemgetter(2), 190),
        )
        super().__init__("deploySteps", _("Deployment steps"), columns, wraps=True, cells=True)

    def show_steps(self, steps: Sequence[DeployStep]) -> None:
        """Shows them, numbered."""
        self.set_rows(
            (f"{number}. {step.title}", step.api_call, step.undo) for number, step in enumerate(steps, 1)
        )

    def show_installation(self, preview: InstallPreview) -> None:
        """Shows that the plan begins with packages, and that it is not known further."""
        words = _("1. Install {package_count} from {path}, after you confirm").format(
            package_count=package_count(len(preview.packages)), path=preview.path
        )
        self.set_rows([(words, "", _("Changes nothing in AWS."))])


class FileTable(Table[ChangedFile | str]):
    """The files that change, with their sizes before and after; a text for those that are too many to list.

    Enter or a double click asks for a look.

    Signals:
        lines_wanted: The lines of this path are to be shown.
    """

    lines_wanted = Signal(str)

    def __init__(self) -> None:
        columns = (
            Column[ChangedFile | str](_("File"), lambda row: row if isinstance(row, str) else row.path),
            Column(_("Change"), _change_text, 90),
            Column(_("Now"), _old_size, 90),
            Column(_("After"), _new_size, 90),
        )
        super().__init__("deployFiles", _("Changed files"), columns)
        self.activated.connect(lambda index: self._ask_for_lines(self.rows.row(index.row())))

    def show_files(self, files: Sequence[ChangedFile]) -> None:
        """Shows the first of them, and how many more there are."""
        more = len(files) - _MAX_ROWS
        rest = [_("… and {more} more").format(more=f"{more:,}")] if more > 0 else []
        self.set_rows([*files[:_MAX_ROWS], *rest])

    def _ask_for_lines(self, row: ChangedFile | str) -> None:
        if not isinstance(row, str):
            self.lines_wanted.emit(row.path)


def _change_text(row: ChangedFile | str) -> str:
    words = {
        FileChange.ADDED: _("new"),
        FileChange.CHANGED: _("changed"),
        FileChange.DELETED: _("deleted"),
    }
    return "" if isinstance(row, str) else words[row.change]


def _old_size(row: ChangedFile | str) -> str:
    return "" if isinstance(row, str) or row.change is FileChange.ADDED else size_text(row.old_bytes)


def _new_size(row: ChangedFile | str) -> str:
    return "" if isinstance(row, str) or row.change is FileChange.DELETED else size_text(row.new_bytes)


class FileDifference(Dialog):
    """The changed lines of a file, as a unified difference.

    Args:
        path: The file.
        lines: What differs; None when it is no text.
        parent: The dialog it lies over.
    """

    def __init__(self, path: str, lines: str | None, parent: QWidget) -> None:
        super().__init__("deployDifference", "", parent)
        self.set_title(path)
        self.text = PlainComparison(self)
        self.text.setFont(monospace())
        self.text.setTabChangesFocus(True)
        if lines is None:
            self.text.setPlainText(_("This file is not text, or it is too large to show."))
        else:
            shown = lines[:_MAX_LENGTH] + ("\n…" if len(lines) > _MAX_LENGTH else "")
            self.text.setPlainText(
                shown or _("The lines are the same. Only the executable permission differs.")
            )
        self.text.show()
        self.content.addWidget(self.text, 1)
        self.finish_layout(stretch=False)
        close = self.add_button("deployDifferenceClose", _("Close"), "primary")
        close.clicked.connect(self.accept)
        self.resize(*_DIFFERENCE_SIZE)

    def resize_to_content(self) -> None:
        """Keeps its size: the text takes what room there is."""


_SIZE = (1080, 640)
_FORM_WIDTH = 330
_PAUSE_MS = 250
_PLAN, _FILES, _SETTINGS = range(3)
_STEPS = 1000
_ROW_HEIGHT = 34  # room for a combo box
_CHOICE, _THEIRS, _OURS = 3, 0, 1


class SettingsView(QWidget):
    """Settings that another user changed, each with a choice whose value stays; and what this deploy changes.

    Signals:
        changed: Other settings are to be put back.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "deploySettings", _("Configuration"))
        self._drifted: tuple[SettingChange, ...] = ()
        self._chosen: dict[SettingChange, int] = {}
        self._boxes: list[QComboBox] = []
        self._shown: tuple[tuple[SettingChange, ...], list[tuple[str, ...]]] = ((), [])
        self._words = text_label("deploySettingsWords")
        self.theirs = named(QPushButton(_("Use All of Theirs")), "deployTheirs")
        self.ours = named(QPushButton(_("Use All Mine")), "deployOurs")
        columns = (
            Column[tuple[str, ...]](_("Setting"), itemgetter(0), 170),
            Column[tuple[str, ...]](_("Shown here"), itemgetter(1), 140),
            Column[tuple[str, ...]](_("Deployed now"), itemgetter(2)),
            Column[tuple[str, ...]](_("After"), itemgetter(3), 150),
        )
        self.table = Table("deploySettingsTable", _("Settings"), columns, row_height=_ROW_HEIGHT, cells=True)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.theirs)
        buttons.addWidget(self.ours)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._words)
        column.addLayout(buttons)
        column.addWidget(self.table, 1)
        for button, choice in ((self.theirs, _THEIRS), (self.ours, _OURS)):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, choice=choice: self._choose_all(choice))
        self.show_settings((), ())

    def show_settings(self, drifted: Sequence[SettingChange], planned: Sequence[SettingChange]) -> None:
        """Shows them; what was chosen for the same change stays.

        Args:
            drifted: What another user changed, from what was shown to what is deployed.
            planned: What this deploy changes by itself, from what is deployed to what will be.
        """
        self._drifted = tuple(drifted)
        self._chosen = {setting: self._chosen.get(setting, _THEIRS) for setting in drifted}
        self._fill(planned)
        for widget in (self.theirs, self.ours):
            widget.setVisible(bool(drifted))

    def restored(self) -> tuple[SettingChange, ...]:
        """Those that are to be as they were shown here."""
        return tuple(setting for setting, choice in self._chosen.items() if choice == _OURS)

    def _fill(self, planned: Sequence[SettingChange]) -> None:
        if self._drifted:
            words = _(
                "The configuration changed in AWS after it was loaded. The deployed values are kept "
                "unless you choose yours."
            )
        elif planned:
            words = _("This deployment changes the configuration.")
        else:
            words = _("The configuration does not change.")
        self._words.setText(words)
        restyle(self._words, role="warning" if self._drifted else "muted")
        rows: list[tuple[str, ...]] = [
            (setting_title(each), setting_value(each, each.old), setting_value(each, each.new), "")
            for each in self._drifted
        ]
        rows += [
            (setting_title(each), "", setting_value(each, each.old), setting_value(each, each.new))
            for each in planned
        ]
        self.table.setVisible(bool(rows))
        if (self._drifted, rows) == self._shown:
            return
        self._shown = (self._drifted, rows)
        self.table.set_rows(())
        self.table.set_rows(rows)  # the table deletes the lists of the rows before
        self._boxes = [self._box(setting) for setting in self._drifted]
        for row, box in enumerate(self._boxes):
            self.table.setIndexWidget(self.table.rows.index(row, _CHOICE), box)

    def _box(self, setting: SettingChange) -> QComboBox:
        title = _("After deployment: {setting}").format(setting=setting_title(setting))
        box = named(CalmChoice(), f"deployChoice.{setting.name}.{setting.key}".rstrip("."), title)
        box.addItems([_("Deployed"), _("Mine")])
        box.setCurrentIndex(self._chosen[setting])
        box.currentIndexChanged.connect(lambda choice: self._choose(setting, choice))
        return box

    def _choose(self, setting: SettingChange, choice: int) -> None:
        self._chosen[setting] = choice
        self.changed.emit()

    def _choose_all(self, choice: int) -> None:
        for box in self._boxes:
            box.setCurrentIndex(choice)


class DeployDialog(Dialog):
    """Shows a plan, and makes it anew when something else is wanted. `deploy_wanted` is the yes.

    Args:
        function_name: What is deployed.
        where: Account and region, for people.
        options: What was wanted last.
        yes: The words on the button.
        owner: What to know of who else manages the function; empty for nothing.
        parent: The window.

    Signals:
        replan_wanted: The plan is to be made anew.
        deploy_wanted: The Proposal that is shown is to be carried out.
        lines_wanted: The lines of this path are to be shown.
        install_wanted: The user is to be asked about this InstallPreview, which the plan has to wait for.
    """

    replan_wanted = Signal()
    deploy_wanted = Signal(object)
    lines_wanted = Signal(str)
    install_wanted = Signal(object)

    def __init__(
        self,
        function_name: str,
        where: str,
        options: DeployOptions,
        yes: str,
        owner: str,
        parent: QWidget,
        *,
        has_tenants: bool = False,
    ) -> None:
        super().__init__("deployDialog", "", parent)
        self.set_title(_("Deploy {function_name}").format(function_name=function_name))
        self.setSizeGripEnabled(True)
        self._where, self._deploy_text, self._before = where, yes, options
        self._yes_text = yes
        self._proposal: Proposal | None = None
        self._error: WorkbenchError | None = None
        self._unconfirmed: InstallPreview | None = None
        self._is_first = True
        self._is_checked = False  # whether the code will run
        self.about = text_label("deployAbout", where, "muted")
        self.owner = text_label("deployOwner", owner, "warning")
        self.owner.setVisible(bool(owner))
        self.secrets = text_label("deploySecrets", "", "warning")
        self.secrets.setVisible(False)
        self.warning = text_label("deployWarning", "", "warning")
        self.warning.setVisible(False)
        self.handler = named(QCheckBox(), "deployHandler")
        self.handler.setVisible(False)
        self._offered = ""  # the handler that it sets
        self.form = OptionsForm(has_tenants=has_tenants)
        self.steps = StepTable()
        self.files = FileTable()
        self.settings = SettingsView()
        self.tabs = named(QTabWidget(), "deployTabs", _("Plan"))
        self.tabs.setDocumentMode(True)
        for view, title in (
            (self.steps, _("Plan")),
            (self.files, _("Files")),
            (self.settings, _("Configuration")),
        ):
            self.tabs.addTab(view, title)
        self.bar = progress_bar("deployProgress")
        self._lay_out()
        self._wait = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._wait.timeout.connect(self.replan_wanted)
        self.form.show_options(options)
        self._last_choices = self._choices()
        self.form.changed.connect(self._changed)
        self.handler.toggled.connect(self._changed)
        self.settings.changed.connect(self._changed)
        self.files.lines_wanted.connect(self.lines_wanted)
        self.yes.clicked.connect(self._submit)
        self._cancel.clicked.connect(self.reject)
        self.copy.clicked.connect(self._copy)
        self.resize(*_SIZE)
        self._enable()
        self.form.smoke.tick.setFocus()  # Space ticks; Enter deploys once that may be

    @property
    def proposal(self) -> Proposal | None:
        """What is shown, if it is what is wanted."""
        return self._proposal

    # What comes meanwhile -----------------------------------------------------------------------------------

    def show_progress(self, progress: Progress) -> None:
        """Says how far the making of the plan is."""
        self.set_message(
            _("{progress}…").format(progress=progress.text) if progress.text else self._preparing_text()
        )
        self.bar.setRange(0, _STEPS if progress.total > 0 else 0)
        if progress.total > 0:
            self.bar.setValue(round(_STEPS * min(1.0, progress.done / progress.total)))
        self.bar.setVisible(True)

    def show_proposal(self, proposal: Proposal) -> None:
        """Shows what would be done; it can be agreed to if nothing was changed since it was asked for."""
        if self._wait.isActive():
            return  # another one is wanted by now
        self._clear_plan()
        self._proposal = proposal
        plan = proposal.plan
        self.bar.setVisible(False)
        self.steps.show_steps(plan.steps)
        self.files.show_files(proposal.files)
        self.settings.show_settings(proposal.drifted, proposal.planned)
        about = " · ".join((self._where, _package_text(plan)))
        self.about.setText("\n".join((about, *plan.package.notes)))
        self.secrets.setText("\n".join(plan.package.warnings))
        self.secrets.setVisible(bool(plan.package.warnings))
        settings = len(proposal.drifted) + len(proposal.planned)
        for tab, title, count in (
            (_FILES, _("Files"), len(proposal.files)),
            (_SETTINGS, _("Configuration"), settings),
        ):
            self.tabs.setTabText(tab, f"{title} ({count:,})" if count else title)
        if self._is_first and proposal.drifted:
            self.tabs.setCurrentIndex(_SETTINGS)
        self._is_first = False
        self._enable()

    def show_problems(self, lines: Sequence[str], handler: str = "") -> None:
        """Warns that the code will probably fail when it runs; offers a handler that the code has."""
        self._is_checked = True
        self._offered = handler
        words = _("Also set the handler to “{handler}”").format(handler=handler)
        self.handler.setText(words.replace("&", "&&"))
        self.handler.setVisible(bool(handler))
        words = _("This code will probably fail at run time.")
        self.warning.setText("\n".join((words, *lines)))
        self._yes_text = _("{yes} Anyway").format(yes=self._deploy_text) if lines else self._deploy_text
        self._enable()
        self.warning.setVisible(bool(lines))

    def show_unconfirmed(self, preview: InstallPreview) -> None:
        """Says that packages are to be installed first, which the user has to agree to."""
        self._clear_plan()
        self._unconfirmed = preview
        self.bar.setVisible(False)
        self.steps.show_installation(preview)
        self._enable()

    def plan_anew(self) -> None:
        """The packages may be installed now: asks for the plan."""
        self._clear_plan()
        self._enable()
        self.replan_wanted.emit()

    def show_failure(self, error: WorkbenchError) -> None:
        """Says why there is no plan; another wish may have one."""
        self._clear_plan()
        self._error = error
        self.bar.setVisible(False)
        self.steps.show_steps(())
        self._enable()

    def resize_to_content(self) -> None:
        """Keeps its size: the tables take what room there is."""

    # Inside -------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        left = named(QScrollArea(), "deployOptionsArea", _("Options"))
        left.setWidget(self.form)
        left.setWidgetResizable(True)
        left.setFrameShape(QFrame.Shape.NoFrame)
        left.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bar = left.verticalScrollBar().sizeHint().width()
        left.setFixedWidth(max(scaled(_FORM_WIDTH), self.form.minimumSizeHint().width() + bar))
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addWidget(left)
        columns.addWidget(self.tabs, 1)
        self.content.setSpacing(8)
        self.content.addWidget(self.about)
        self.content.addWidget(self.owner)
        self.content.addWidget(self.secrets)
        self.content.addWidget(self.warning)
        self.content.addWidget(self.handler)
        self.content.addLayout(columns, 1)
        self.content.addWidget(self.bar)
        self.finish_layout(stretch=False)
        self.copy = self.add_button("deployCopy", _("Copy Plan"))
        self._cancel = self.add_button("deployCancel", _("Cancel"))
        self.yes = self.add_button("deployYes", self._yes_text, "primary")

    def _clear_plan(self) -> None:
        """What was shown does not count any more."""
        self._proposal, self._error, self._unconfirmed = None, None, None

    def options(self) -> DeployOptions:
        """What is wanted beside the code."""
        configuration = Wanted(handler=self._offered) if self.handler.isChecked() else None
        return replace(self.form.options(), configuration=configuration)

    def _choices(self) -> tuple[DeployOptions, tuple[SettingChange, ...]]:
        return self.options(), self.settings.restored()

    def _preparing_text(self) -> str:
        return _("Preparing the plan…")

    def _changed(self) -> None:
        choices = self._choices()
        if choices == self._last_choices:
            self._enable()  # only what can be chosen has changed
            return
        self._last_choices = choices
        self._clear_plan()
        self._enable()
        if not self.form.fault():
            self._wait.start()

    def _enable(self) -> None:
        proposal, fault = self._proposal, self.form.fault()
        idle = proposal is not None and proposal.plan.already_deployed
        self.yes.setText(_("Remember Options") if idle else self._yes_text)
        if self._unconfirmed is not None:
            self.yes.setText(_("Install Dependencies…"))
        is_new = (
            self._is_checked
            and proposal is not None
            and (not idle or proposal.request.options != self._before)
        )
        self.yes.setEnabled((is_new or self._unconfirmed is not None) and not fault)
        self.copy.setEnabled(proposal is not None)
        if fault:
            self._wait.stop()
            self.set_message(fault, "danger")
        elif self._error is not None:
            self.set_error(self._error)
        elif self._unconfirmed is not None:
            self.set_message(
                _("Dependencies are installed after you confirm. The other steps are shown afterwards.")
            )
        elif proposal is None:
            self.set_message(self._preparing_text())
        elif idle:
            self.set_message(_("This code is already deployed. Nothing to do."))
        else:
            self.set_message("")

    def _submit(self) -> None:
        if self.yes.isEnabled() and self._unconfirmed is not None:
            self.install_wanted.emit(self._unconfirmed)
        elif self.yes.isEnabled() and self._proposal is not None:
            self.deploy_wanted.emit(self._proposal)

    def _copy(self) -> None:
        if self._proposal is not None:
            QGuiApplication.clipboard().setText(plan_text(self._proposal.plan))


def plan_text(plan: Plan) -> str:
    """A plan as a text to keep or to send."""
    lines = [f"{plan.function_arn}: CodeSha256 {plan.old_sha256} -> {plan.new_sha256}"]
    for number, step in enumerate(plan.steps, 1):
        notes = ", ".join(filter(None, (step.api_call, step.undo and f"undo: {step.undo}")))
        lines.append(f"{number}. {step.title}" + (f" ({notes})" if notes else ""))
    return "\n".join((*lines, *plan.package.notes, *plan.package.warnings))


def _package_text(plan: Plan) -> str:
    return f"{size_text(plan.package.size_bytes)} · CodeSha256 {plan.new_sha256}"
