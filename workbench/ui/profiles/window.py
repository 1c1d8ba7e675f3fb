"""The window "AWS Profiles": every identity, why it is what it is, and every way to change it."""

import base64
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.profiles.edit_journal import JournalEntry
from workbench.profiles.fixes import fix_for
from workbench.profiles.model import Problem, Profile, ProfileList
from workbench.profiles.problems import Fix
from workbench.profiles.read import read_profiles
from workbench.profiles.reapply import again
from workbench.profiles.safety import Tier
from workbench.ui.kit.reading_order import ReadingOrder
from workbench.ui.message_center import MessageCenter
from workbench.ui.named import named
from workbench.ui.profiles.add_button import AddButton
from workbench.ui.profiles.changes import PREVIEW_JOB, Change, ChangeFlow
from workbench.ui.profiles.checks import CheckFlow
from workbench.ui.profiles.details import Details
from workbench.ui.profiles.editing import EDITING_JOB, Editing
from workbench.ui.profiles.journal_view import HISTORY_JOB
from workbench.ui.profiles.keyring_flow import LOOK_JOB, KeyringFlow
from workbench.ui.profiles.list_model import Listing
from workbench.ui.profiles.list_view import SEARCH_JOB, ProfileListView
from workbench.ui.profiles.remedies import ELSEWHERE, remedies
from workbench.ui.profiles.tools import ProfileTools
from workbench.ui.profiles.why_panel import EXPLAIN_JOB
from workbench.ui.services import Services

_SIZE = (1180, 760)
_LIST_WIDTH = 340
_GEOMETRY = "profiles.geometry"
_CHECK = "check"  # of the one message about a profile that cannot be used
_READ_JOB = "profiles.window.read"
_JOBS = (_READ_JOB, EXPLAIN_JOB, SEARCH_JOB, HISTORY_JOB, PREVIEW_JOB, EDITING_JOB, LOOK_JOB)


class ProfilesWindow(ReadingOrder, QWidget):
    """A window beside the main window; closing hides it.

    Signals:
        files_changed: Something was written: sessions made from the files are stale.
        use_wanted: The Profile that the main window is to act as.
        tier_changed: The name of a profile that another tier was chosen for.
        remedy_wanted: An action id of remedies.ELSEWHERE, and the Profile that it is wanted for.
    """

    files_changed = Signal()
    use_wanted = Signal(object)
    tier_changed = Signal(str)
    remedy_wanted = Signal(str, object)

    def __init__(self, services: Services, tools: ProfileTools, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        named(self, "profilesWindow", self.tr("AWS Profiles"))
        self.setWindowTitle(self.tr("AWS Profiles"))
        self._services = services
        self._tools = tools
        self._listing = Listing.of(ProfileList(()))
        self._shown = ""
        self._failing: Profile | None = None  # the one that a message is about
        self.banners = MessageCenter(services, remedies(services.icons, self._remedies(), self))
        self.list = ProfileListView(services, tools.safety)
        self.details = Details(services, tools)
        self.changes = ChangeFlow(services, tools.writer, self)
        self.checks = CheckFlow(services, tools, self)
        self.editing = Editing(services, tools, self.changes, self)
        self.keyring = KeyringFlow(services, tools, self)
        self.add = AddButton(services.icons, services.actions["profile.add_from_portal"], services.policy)
        self._lay_out()
        self._connect()
        self._restore()
        for job in _JOBS:  # nobody is left then to hear of them
            self.destroyed.connect(partial(services.jobs.drop, job))

    @property
    def profile(self) -> Profile | None:
        """The profile that is shown."""
        return self._listing.find(self._shown)

    def refresh(self, found: ProfileList | None = None) -> None:
        """Reads the files again, or takes what somebody else has just read."""
        environ, always = self._tools.environ, self._tools.always

        def run(_ctx: JobContext) -> Listing:
            return Listing.of(read_profiles(environ) if found is None else found, always)

        self._services.jobs.submit(
            Job(
                self.tr("Reading profiles"),
                run,
                replaces=_READ_JOB,
                quiet=True,
                on_done=self._take,
                on_error=self.show_error,
            )
        )
        self.details.history.refresh()

    def choose(self, name: str, tab: str = "") -> None:
        """Shows a profile, and if asked a tab: "overview", "why", "problems" or "history"."""
        self.list.select(name)
        tabs: dict[str, QWidget] = {
            "overview": self.details.overview,
            "why": self.details.why,
            "problems": self.details.problems,
            "history": self.details.history,
        }
        if tab:
            self.details.tabs.setCurrentWidget(tabs[tab])

    def show_error(self, error: WorkbenchError) -> None:
        """Says in this window what went wrong."""
        self.banners.show_error(error)

    def showEvent(self, event: QShowEvent) -> None:
        if not event.spontaneous():
            self.refresh()
        super().showEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        geometry = base64.b64encode(self.saveGeometry().data()).decode()
        self._services.settings.set(_GEOMETRY, geometry)
        super().closeEvent(event)

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.list, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(8, 0, 8, 8)
        foot.addWidget(self.add)
        foot.addStretch(1)
        column.addLayout(foot)
        halves = named(QSplitter(Qt.Orientation.Horizontal), "profilesSplitter")
        halves.setChildrenCollapsible(False)
        halves.addWidget(left)
        halves.addWidget(self.details)
        halves.setStretchFactor(1, 1)
        halves.setSizes([_LIST_WIDTH, _SIZE[0] - _LIST_WIDTH])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.banners)
        layout.addWidget(halves, 1)

    def _connect(self) -> None:
        self.list.chosen.connect(self._show)
        self.list.view.addActions(self.details.actions_of_profile())
        self.list.view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.details.tier_chosen.connect(self._set_tier)
        self.details.wanted.connect(self._do)
        self.details.problems.fix_wanted.connect(self._fix)
        self.details.history.reapply_wanted.connect(self._reapply)
        self.details.history.overwritten.connect(self._say_overwritten)
        self.changes.written.connect(self._written)
        self.changes.failed.connect(self.show_error)
        self.changes.nothing.connect(
            lambda title: self.banners.show_notice(self.tr("No changes were necessary."), title)
        )
        self.editing.failed.connect(self.show_error)
        self.keyring.failed.connect(self.show_error)
        self.keyring.moved.connect(self._moved)
        self.editing.named.connect(self.list.select)
        self.add.wanted.connect(lambda kind, endpoint: self.editing.add(kind, endpoint=endpoint))
        self.checks.failed.connect(self._show_failing)
        self.checks.checked.connect(self.details.overview.show_check)
        self.checks.changed.connect(self._show_checking)
        QShortcut(QKeySequence.StandardKey.Find, self, self.list.search.setFocus)
        QShortcut(QKeySequence("Escape"), self, self.close)

    def _take(self, listing: Listing) -> None:
        self._listing = listing
        if listing.found.error is not None:
            self.banners.show_error(listing.found.error, "warning", key="files")
        else:
            self.banners.dismiss("files")
        self.list.take(listing)

    def _show(self, name: str) -> None:
        """Shows a profile, or the same one as it is now."""
        self._shown = name
        profile = self.profile
        found = self._listing.found
        self.details.show_profile(profile, found.problems, may_edit=found.error is None)
        self.add.setEnabled(found.error is None)
        self._show_checking()
        self.details.why.explain(profile)

    def _do(self, what: str) -> None:
        profile = self.profile
        if profile is None:
            return
        handlers: dict[str, Callable[[], object]] = {
            "use": lambda: self.use_wanted.emit(profile),
            "check": lambda: self.checks.check(profile),
            "edit": lambda: self.editing.edit(profile.name),
            "duplicate": lambda: self.editing.duplicate(profile.name),
            "rename": lambda: self.editing.rename(profile.name),
            "delete": lambda: self.editing.delete(profile.name),
            "keyring": lambda: self.keyring.begin(profile),
        }
        handlers[what]()

    def _show_failing(self, profile: Profile, error: WorkbenchError) -> None:
        self._failing = profile
        self.banners.show_error(error, key=_CHECK)

    def _remedies(self) -> dict[str, Callable[[], object]]:
        def for_failing(do: Callable[[Profile], object]) -> Callable[[], object]:
            return lambda: do(self._failing) if self._failing is not None else None

        open_file = self._services.actions["profile.open_file"]
        return {
            "profile.reload": lambda: self.refresh(),
            "profile.open_file": open_file.trigger,
            "connection.retry": for_failing(lambda profile: self.checks.check(profile)),
            "profile.edit": for_failing(lambda profile: self.editing.edit(profile.name)),
            "profile.choose_region": for_failing(lambda profile: self.editing.edit(profile.name)),
        } | {each: for_failing(partial(self.remedy_wanted.emit, each)) for each in ELSEWHERE}

    def _show_checking(self) -> None:
        self.details.set_checking(checking=self._shown in self.checks.running)

    def _set_tier(self, tier: Tier) -> None:
        if (profile := self.profile) is None:
            return
        if (error := self._tools.safety.set_tier(profile.name, tier)) is not None:
            self.show_error(error)
        self.list.model.tier_changed(profile.name)
        self.tier_changed.emit(profile.name)

    def _fix(self, problem: Problem) -> None:
        title = self.tr("Fix line %1 of %2").replace("%1", str(problem.line))
        title = title.replace("%2", problem.path.name if problem.path else "")
        warning = ""
        if problem.fix == Fix.REMOVE_KEYS:
            warning = self.tr(
                "The secret access key is deleted too. AWS shows a secret access key only once."
            )
        make = partial(fix_for, problem, self._tools.environ)
        self.changes.propose(Change(title, make, warning=warning))

    def _reapply(self, entry: JournalEntry) -> None:
        journal = self._tools.writer.journal
        self.changes.propose(Change(entry.title, lambda: again(entry, journal.replaced(entry))))

    def _say_overwritten(self, count: int) -> None:
        if not count:
            self.banners.dismiss("overwritten")
            return
        words = (
            self.tr("Another program undid a change that you made.")
            if count == 1
            else self.tr("Another program undid %n changes that you made.", "", count)
        )
        self.banners.show_notice(
            words, self.tr("You can apply them again from the History tab."), "warning", key="overwritten"
        )

    def _written(self) -> None:
        self.details.overview.forget_checks()
        self.files_changed.emit()
        self.refresh()

    def _moved(self, words: str) -> None:
        self.banners.show_notice(words, tone="good")
        self._written()

    def _restore(self) -> None:
        self.resize(*_SIZE)
        if geometry := self._services.settings.get(_GEOMETRY, ""):
            self.restoreGeometry(QByteArray(base64.b64decode(geometry)))


def open_profiles_window(parent: QWidget, services: Services, tools: ProfileTools) -> ProfilesWindow:
    """Shows the window that belongs to `parent`; makes it when it is first wanted."""
    window = parent.findChild(ProfilesWindow, "profilesWindow", Qt.FindChildOption.FindDirectChildrenOnly)
    if window is None:
        window = ProfilesWindow(services, tools, parent)
    window.show()
    window.raise_()
    window.activateWindow()
    return window
