"""The Deploys tab: what was deployed to the function from this computer, and each deploy in detail."""

from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
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

from workbench.code.tree import FileChange
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy.history import HistoryEntry, history
from workbench.deploy.journal import MOST_BYTES, DeployOutcome, Journal
from workbench.ui.deploy_history import (
    changed_text,
    outcome_text,
    settings_of,
    settings_text,
    when_text,
    who_text,
)
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.field_table import Field, FieldTable
from workbench.ui.kit.labels import FittingLabel
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, duration_text, named, size_text
from workbench.ui.pages.base import ReadingPage
from workbench.ui.services import OpenFunction, Services

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
        self.copy_sha.setEnabled(entry is not None)

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
