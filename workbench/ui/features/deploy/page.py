"""Deploys of a function: the page of them, and what fills it and rolls back."""

from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSplitter,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.code.compare import ComparedPackage
from workbench.code.tree import FileChange
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.deploy import history as rolling
from workbench.deploy.execute import DeployResult
from workbench.deploy.history import HistoryEntry, history
from workbench.deploy.journal import MOST_BYTES, DeployOutcome, Journal, prune_journals
from workbench.deploy.plan import DeployConflict, Plan, StepKind
from workbench.functions.detail import get_function
from workbench.ui.features.deploy import roll_back_dialog as dialogs
from workbench.ui.features.deploy.flow import DeployFlow
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.field_table import Field, FieldTable
from workbench.ui.kit.labels import FittingLabel
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, duration_text, named, size_text
from workbench.ui.pages.base import ReadingPage
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context, Guard
from workbench.ui.shell.deploy_history import (
    changed_text,
    deploy_journal,
    entry_text,
    outcome_text,
    settings_of,
    settings_text,
    when_text,
    who_text,
)
from workbench.ui.shell.services import OpenFunction, Services

_SHORT_SHA = 12
_HEIGHTS = (300, 260)
_SIZES = (620, 420)


class DeployDetails(QSplitter):
    """Shows one entry of the history."""

    def __init__(self, services: Services) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        named(self, "deployDetails", _("Deployment details"))
        self.setChildrenCollapsible(False)
        self.facts = FieldTable("deployFacts", _("Properties of the deploy"), services.icons)
        columns = (
            Column[tuple[str, str]](_("File"), itemgetter(0)),
            Column[tuple[str, str]](_("Change"), itemgetter(1), 90),
        )
        self.files = Table("deployedFiles", _("Files changed by the deploy"), columns, cells=True)
        sheet = QWidget()
        rows = QVBoxLayout(sheet)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.facts)
        rows.addStretch(1)
        area = named(QScrollArea(), "deployFactsArea")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(sheet)
        self.addWidget(area)
        self.addWidget(self.files)
        self.setSizes(list(_SIZES))

    def show_entry(self, entry: HistoryEntry | None) -> None:
        """Shows an entry; nothing for None."""
        self.facts.show_fields(self._fields(entry) if entry else ())
        self.files.set_rows(self._file_rows(entry) if entry else ())

    def _fields(self, entry: HistoryEntry) -> list[Field]:
        record, about = entry.record, entry.about
        package = _("no longer on this computer")
        if entry.kept_bytes:
            package = _("{size}, stored on this computer").format(size=size_text(entry.kept_bytes))
        took = entry.duration_s
        rows = (
            (_("Outcome"), (record.text if record else "") or outcome_text(entry)),
            (_("When"), when_text(entry.when)),
            (_("Took"), duration_text(took * 1000) if took is not None else ""),
            (_("Who"), about.who),
            (_("Code SHA-256"), entry.code_sha256),
            (_("Replaced"), record.old_sha256 if record and not entry.is_move else ""),
            (_("Package"), "" if entry.is_move else package),
            (_("Version"), entry.version),
            (_("Alias"), entry.alias_name),
            (_("Configuration"), settings_text(settings_of(entry))),
            (_("Environment variables"), ", ".join(about.variables)),
            (_("Revision"), record.new_revision_id if record else ""),
        )
        return [Field(label, value) for label, value in rows if value]

    def _file_rows(self, entry: HistoryEntry) -> list[tuple[str, str]]:
        words = {
            FileChange.ADDED: _("new"),
            FileChange.CHANGED: _("changed"),
            FileChange.DELETED: _("deleted"),
        }
        files = entry.about.files
        if files is None:
            return []
        rows = [(path, words.get(change, "")) for path, change in files.paths]
        if more := files.count.total - len(files.paths):
            rows.append((_("… and {more} more").format(more=f"{more:,}"), ""))
        return rows


class Read(NamedTuple):
    """What the page shows: the deploys, and what all kept packages measure."""

    entries: tuple[HistoryEntry, ...]
    kept_bytes: int


class DeploysPage(ReadingPage[Read]):
    """A table, the newest deploy first, and below it all that is known of the selected one.

    Signals:
        roll_back_wanted: A HistoryEntry that is to be gone back to.
        comparison_wanted: One whose package the open code is to be compared with.
    """

    object_name = "deploysPage"
    roll_back_wanted = Signal(object)
    comparison_wanted = Signal(object)

    def __init__(self, services: Services, journal: Journal) -> None:
        super().__init__(services, "rocket")
        self._journal = journal
        self._now: HistoryEntry | None = None
        self.table = Table("deployTable", _("Deploys"), self._columns(), identity=_identity)
        self.details = DeployDetails(services)
        self.stored = named(FittingLabel(Qt.TextElideMode.ElideRight), "keptPackages", role="muted")
        self.roll_back = self._button("rollBack", _("Roll Back…"), self._want_roll_back)
        self.compare = self._button("compareDeploy", _("Compare"), self._want_comparison)
        self.compare.setToolTip(_("Compare the open code with this package"))
        self.copy_sha = self._button("copyDeploySha", _("Copy SHA-256"), self._copy_sha)
        self.empty = named(
            EmptyState(services.icons, "rocket", services.actions["function.deploy"]), "noDeploys"
        )
        self.empty.set_text(
            _("No deploys from this computer yet"),
            _("Every deploy appears here. Roll back to any of them with one click."),
        )
        content = QWidget()
        content.setFocusProxy(self.table)
        self._shown = QStackedLayout(content)
        self._shown.addWidget(self.empty)
        self._shown.addWidget(self._list())
        self.set_content(content)
        self.table.chosen_changed.connect(self._selected)
        self.table.activated.connect(lambda _index: self._want_roll_back())
        self._selected()

    def _columns(self) -> tuple[Column[HistoryEntry], ...]:
        return (
            Column(_("When"), lambda entry: when_text(entry.when), 158, full=lambda entry: entry.when),
            Column(_("Outcome"), self._outcome, 130),
            Column(_("What changed"), changed_text),
            Column(_("Version"), _version_text, 84),
            Column(
                _("Who"), lambda entry: who_text(entry.about.who), 104, full=lambda entry: entry.about.who
            ),
            Column(
                _("Code SHA-256"),
                lambda entry: entry.code_sha256[:_SHORT_SHA],
                112,
                full=lambda entry: entry.code_sha256,
            ),
            Column(_("Took"), _duration_text, 66),
        )

    def _outcome(self, entry: HistoryEntry) -> str:
        return f"● {outcome_text(entry)}" if entry is self._now else outcome_text(entry)

    def _list(self) -> QWidget:
        heading = QHBoxLayout()
        heading.setSpacing(8)
        heading.addWidget(named(PlainLabel(_("Deploys")), "deploysHeading", role="heading"))
        heading.addWidget(self.stored)
        heading.addStretch(1)
        for button in (self.roll_back, self.compare, self.copy_sha):
            heading.addWidget(button)
        halves = named(QSplitter(Qt.Orientation.Vertical), "deployHalves")
        halves.setChildrenCollapsible(False)
        halves.addWidget(self.table)
        halves.addWidget(self.details)
        halves.setSizes(list(_HEIGHTS))
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addLayout(heading)
        layout.addWidget(halves, 1)
        return page

    def _button(self, name: str, title: str, handler: Callable[[], object]) -> QToolButton:
        button = named(QToolButton(), name)
        button.setText(title)
        button.clicked.connect(handler)
        return button

    # Reading ------------------------------------------------------------------------------------------------

    def job_title(self, function_name: str) -> str:
        return _("Reading the deployments of {function_name}").format(function_name=function_name)

    def read(self, function: OpenFunction, ctx: JobContext) -> Read:
        ctx.check()
        entries = history(self._journal, function.detail.function_arn)
        return Read(entries, self._journal.packages.total_bytes())

    def refresh(self) -> None:
        """Reads again: a deploy has just ended, well or badly."""
        if self.active:
            self.load()

    def show_result(self, result: Read) -> None:
        entries = result.entries
        self._now = self._deployed_now(entries)
        self.table.set_rows(entries)
        self.table.rows.repaint()  # another one may be deployed now
        kept = _("Stored packages of all functions: {size} of {limit}").format(
            size=size_text(result.kept_bytes), limit=size_text(MOST_BYTES)
        )
        self.stored.show_text(kept)
        self._shown.setCurrentIndex(1 if entries else 0)
        if entries and self.selected() is None:
            self.table.selectRow(0)
        self._selected()

    def _deployed_now(self, entries: tuple[HistoryEntry, ...]) -> HistoryEntry | None:
        """What brought the code that the function has now; None when none of them did."""
        sha256 = self.function.detail.code_sha256 if self.function else ""
        for entry in entries:
            there = entry.record is None or entry.outcome in (DeployOutcome.DEPLOYED, DeployOutcome.UPDATING)
            if there and not entry.is_move and entry.code_sha256 == sha256:
                return entry
        return None

    # The selected one ---------------------------------------------------------------------------------------

    def selected(self) -> HistoryEntry | None:
        """The deploy that is selected, if any."""
        return next(iter(self.table.chosen()), None)

    def _selected(self) -> None:
        entry = self.selected()
        self.details.show_entry(entry)
        can_go_back = entry is not None and bool(entry.kept_bytes or entry.version)
        self.roll_back.setEnabled(can_go_back)
        self.roll_back.setToolTip(
            _("Deploy this code again")
            if can_go_back or entry is None
            else _("Its package is no longer on this computer, and no version of it was published")
        )
        self.compare.setEnabled(entry is not None and bool(entry.kept_bytes))
        self.copy_sha.setEnabled(entry is not None and bool(entry.code_sha256))

    def _want_roll_back(self) -> None:
        entry = self.selected()
        if entry is not None and self.roll_back.isEnabled():
            self.roll_back_wanted.emit(entry)

    def _want_comparison(self) -> None:
        if (entry := self.selected()) is not None:
            self.comparison_wanted.emit(entry)

    def _copy_sha(self) -> None:
        if (entry := self.selected()) is not None:
            QGuiApplication.clipboard().setText(entry.code_sha256)


def _identity(entry: HistoryEntry) -> tuple[str, bool]:
    return entry.when, entry.record is None


def _version_text(entry: HistoryEntry) -> str:
    return " · ".join(part for part in (entry.version, entry.alias_name) if part)


def _duration_text(entry: HistoryEntry) -> str:
    return duration_text(entry.duration_s * 1000) if entry.duration_s is not None else ""


_TIDY_AFTER_MS = 20_000
"""Once the start of the program is over, which it would only slow down."""


def add_history(context: Context, deploy: DeployFlow) -> None:
    """Adds rolling back to the menu, the Deploys tab and the Versions tab."""
    flow = HistoryFlow(context, deploy)
    context.action(
        ActionSpec(
            "function.roll_back",
            _("Roll Back…"),
            "Alt+Shift+B",
            "rotate-ccw",
            "function",
            begins_group=True,
            submenu=_("Deploy"),
            terms=_("undo deploy, restore, revert"),
        ),
        flow.roll_back_to_last,
        after="function.deploy_on_save",
    )
    context.action(
        ActionSpec("view.deploys", _("Deploys"), "Alt+8", when="function", terms=_("history, releases")),
        lambda: context.window.page.show_tab(DeploysPage.object_name),
        after="view.versions",
    )


class HistoryFlow(QObject):
    """Rolls back, and compares with earlier deploys."""

    def __init__(self, context: Context, deploy: DeployFlow) -> None:
        super().__init__(context)
        self._context, self._services, self._window = context, context.services, context.window
        self._journal = deploy_journal(self._services)
        self._code, self._deploy = context.page(CodePage), deploy
        self._waiting: HistoryEntry | None = None  # to be compared with once the code is open
        page = context.page(DeploysPage)
        page.roll_back_wanted.connect(self.roll_back_to)
        page.comparison_wanted.connect(self.compare)
        context.page(VersionsPage).roll_back_wanted.connect(self.roll_back_to_version)
        self._code.workspace_changed.connect(self._opened)
        for ended in (self._deploy.failed, self._deploy.notice):
            ended.connect(page.refresh)
        tidy = QTimer(self, singleShot=True, interval=_TIDY_AFTER_MS)
        tidy.timeout.connect(self.tidy)
        tidy.start()

    def tidy(self) -> None:
        """Forgets old deploys, in the background."""
        self._services.jobs.submit(
            Job(
                _("Removing old deploys from the history"),
                lambda ctx: prune_journals(self._journal, ctx),
                quiet=True,
            )
        )

    # Comparing ----------------------------------------------------------------------------------------------

    def compare(self, entry: HistoryEntry) -> None:
        """Compares the open code with what was deployed then, once it is open."""
        self._waiting = entry
        self._window.page.show_tab("codePage")
        self._opened()

    def _opened(self) -> None:
        entry, workspace = self._waiting, self._code.workspace
        if entry is None or workspace is None:
            return
        self._waiting = None
        if workspace.base.function_name != entry.function_name:
            return
        title = _("Deployed on {when}").format(when=when_text(entry.when))
        found: list[ComparedPackage] = []

        def make(ctx: JobContext) -> ComparedPackage:
            if not found or not found[0].package.is_file():
                failure = _("The code could not be compared.")
                package = self._journal.packages.need(entry.code_sha256, ctx, failure)
                found[:] = [ComparedPackage(title, package.path, package.contents)]
            return found[0]

        self._context.navigate("compare_package", title, make)

    # Going back ---------------------------------------------------------------------------------------------

    def roll_back_to_last(self) -> None:
        """Offers to go back to what the function had before what it has now."""
        function = self._context.function
        if function is None:
            return
        detail = function.detail

        def run(ctx: JobContext) -> rolling.Offer | None:
            entry = last_before(history(self._journal, detail.function_arn), detail.code_sha256)
            return rolling.look(function.connection, self._journal, entry, ctx) if entry else None

        self._find_offer(function, run)

    def roll_back_to(self, entry: HistoryEntry) -> None:
        """Looks what going back to a deploy can mean, then asks."""
        function = self._context.function
        if function is not None and function.detail.function_name == entry.function_name:
            self._find_offer(
                function, lambda ctx: rolling.look(function.connection, self._journal, entry, ctx)
            )

    def roll_back_to_version(self, version: str) -> None:
        """Looks what going back to a published version can mean, then asks."""
        function = self._context.function
        if function is None:
            return
        connection, name = function.connection, function.detail.function_name

        def run(ctx: JobContext) -> rolling.Offer:
            entry = rolling.version_entry(connection, self._journal, name, version, ctx)
            return rolling.look(connection, self._journal, entry, ctx)

        self._find_offer(function, run)

    def _find_offer(
        self, function: OpenFunction, run: "Callable[[JobContext], rolling.Offer | None]"
    ) -> None:
        name = function.detail.function_name
        self._services.jobs.submit(
            Job(
                _("Finding earlier code of {name}").format(name=name),
                run,
                replaces="history.look",
                on_done=lambda offer: self._ask(function, offer),
                on_error=self._deploy.failed.emit,
            )
        )

    def _ask(self, function: OpenFunction, offer: "rolling.Offer | None") -> None:
        name = function.detail.function_name
        shown = self._context.function
        if shown is None or shown.detail.function_arn != function.detail.function_arn:
            return  # another function is open by now
        if offer is None or not (offer.can_deploy or offer.aliases):
            self._report_nothing(name, offer)
            return
        where = f"{function.connection.account_id} · {function.connection.region}"
        dialog = dialogs.RollBackDialog(offer, where, self._window)
        guard = Guard(
            _("Roll Back in Production"),
            _("This rolls {name} back to {to}.").format(name=name, to=entry_text(offer.entry, offer.version)),
            _("Roll Back"),
        )
        dialog.agreed.connect(
            lambda plan: self._context.confirm(
                function, guard, lambda: self._flush(lambda: self._run(function, offer, plan))
            )
        )
        dialog.open()

    def _report_nothing(self, name: str, offer: "rolling.Offer | None") -> None:
        """Says why there is nothing to ask."""
        if offer is not None and offer.is_deployed:
            text = _("Nothing to roll back.")
            why = _("{name} already has this code.").format(name=name)
        elif offer is not None and offer.version:
            text = _("{name} cannot be rolled back to this version.").format(name=name)
            why = _("The function has no alias, and the version's package is not on this computer.")
        else:
            text = _("Nothing to roll back.")
            why = _("This computer has no earlier package of {name}.").format(name=name)
        self._deploy.notice.emit(text, why, "info")

    def _flush(self, then: Callable[[], None]) -> None:
        """What was typed goes to disk first: it decides whether the working copy has changes."""
        if self._code.workspace is None:
            then()
        else:
            self._code.files.flush(then)

    def _run(self, function: OpenFunction, offer: "rolling.Offer", plan: Plan) -> None:
        connection, name = function.connection, function.detail.function_name
        workspace, to = self._code.workspace, entry_text(offer.entry, offer.version)

        def run(ctx: JobContext) -> tuple[DeployResult, OpenFunction]:
            result = rolling.roll_back(connection, plan, workspace, self._journal, ctx)
            try:
                detail = get_function(connection, name)  # not cancelled any more: it is over
            except WorkbenchError:
                detail = function.detail  # the next look shows it
            return result, OpenFunction(connection, detail)

        self._context.change(
            function,
            _("Rolling back {name} to {to}").format(name=name, to=to),
            run,
            lambda done: self._done(to, plan, workspace, *done),
            failed=lambda error: self._failed(name, error),
            cancelled=lambda: self._deploy.notice.emit(
                _("Roll-back cancelled."), _("{name} did not change.").format(name=name), "info"
            ),
            started=lambda handle: self._deploy.started.emit(function.detail.function_arn, handle, None),
        )

    def _done(
        self,
        to: str,
        plan: Plan,
        workspace: Workspace | None,
        result: DeployResult,
        function: OpenFunction,
    ) -> None:
        name = function.detail.function_name
        sent = plan.has(StepKind.UPLOAD)
        kept = sent and workspace is not None and workspace.base.code_sha256 == result.new_sha256
        text = _("Rolled back {name} to {to}.")
        detail = result.text if not sent else _("The function has this code again.")
        if kept:
            detail = " ".join((detail, _("Your changes are kept. Deploy to send them.")))
        tone = "good" if result.outcome is DeployOutcome.DEPLOYED else "warning"
        self._deploy.notice.emit(text.format(name=name, to=to), detail, tone)
        self._deploy.deployed.emit(function)
        if sent and not kept and workspace is not None and workspace is self._code.workspace:
            self._code.reopen()

    def _failed(self, name: str, error: WorkbenchError) -> None:
        if isinstance(error, DeployConflict):
            error = WorkbenchError(
                _("{name} was not rolled back.").format(name=name),
                _("The deployed code changed in the meantime. It was not overwritten."),
                _("Refresh the function, then try again."),
                error.aws_code,
                error.request_id,
                action="function.refresh",
            )
        self._deploy.failed.emit(error)


def last_before(entries: tuple[HistoryEntry, ...], code_sha256: str) -> HistoryEntry | None:
    """The newest entry with other code than the present that can be gone back to, of those that ran."""
    for entry in entries:
        there = entry.record is None or entry.outcome in (DeployOutcome.DEPLOYED, DeployOutcome.UPDATING)
        if there and not entry.is_move and entry.code_sha256 != code_sha256 and entry.kept_bytes:
            return entry
    return None
