"""The window "AWS Profiles": every identity, why it is what it is, and every way to change it."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QHideEvent, QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QStackedLayout,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext
from workbench.core.policy import NO_POLICY, Policy, Rule
from workbench.core.settings import Preference
from workbench.profiles.fixes import fix_for
from workbench.profiles.identities import Validation
from workbench.profiles.model import Problem, Profile, ProfileKind, ProfileList
from workbench.profiles.read import Fix, read_profiles
from workbench.profiles.safety import Safety, Tier
from workbench.profiles.write import JournalEntry, again
from workbench.ui.features.profiles.changes import (
    FIND_STORES_JOB,
    PREVIEW_JOB,
    ChangeFlow,
    KeyringFlow,
    ProfileTools,
    ProposedChange,
)
from workbench.ui.features.profiles.detail_tabs import EXPLAIN_JOB, HISTORY_JOB
from workbench.ui.features.profiles.details import Details
from workbench.ui.features.profiles.editing import EDITING_JOB, ENDPOINT, KINDS, Editing
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.geometry import restore_geometry, store_geometry
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.reading_order import ReadingOrder
from workbench.ui.kit.text import PlainLabel, PlainLine, PlainMenu, named
from workbench.ui.shell.banners import MessageCenter
from workbench.ui.shell.organisation import set_by_organisation
from workbench.ui.shell.profile_list import (
    KIND_ICONS,
    Listing,
    ProfileDelegate,
    ProfileModel,
    kind_label,
    row_height,
    search,
)
from workbench.ui.shell.services import Services
from workbench.ui.shell.sign_in import REPAIRS

SEARCH_JOB = "profiles.search"
_TICK_MS = 1_000
_MOVES = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)
_SIZE = (1180, 760)
_LIST_WIDTH = 340
_GEOMETRY = Preference("profiles.geometry", "")
_CHECK = "check"  # of the one message about a profile that cannot be used
_READ_JOB = "profiles.window.read"
_JOBS = (_READ_JOB, EXPLAIN_JOB, SEARCH_JOB, HISTORY_JOB, PREVIEW_JOB, EDITING_JOB, FIND_STORES_JOB)


class ProfileListView(QWidget):
    """The left side: the search field, the profiles, and how many there are.

    Signals:
        chosen: The name of another profile; empty when there is none.
    """

    chosen = Signal(str)

    def __init__(self, services: Services, safety: Safety) -> None:
        super().__init__()
        self.setObjectName("profileListPanel")
        self._services = services
        self._listing = Listing.of(ProfileList(()))
        self._wanted = ""
        self._awaited = ""  # chosen before the files that have it were read
        self.model = ProfileModel(safety.tier, self)
        self.search = named(PlainLine(clearButtonEnabled=True), "profileSearch", _("Search profiles"))
        self.search.setPlaceholderText(_("Search by name or account"))
        self.view = named(QTableView(), "profileList", _("Profiles"))
        self._set_up_view()
        self.empty = named(EmptyState(services.icons, "users"), "profileListEmpty")
        self.count = named(PlainLabel(), "profileCount", role="muted")
        self.count.setContentsMargins(12, 4, 12, 6)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.empty)
        top = QVBoxLayout()
        top.setContentsMargins(8, 8, 8, 8)
        top.addWidget(self.search)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addLayout(self._stack, 1)
        layout.addWidget(self.count)
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self.view.viewport().update)
        self.search.textChanged.connect(self._search)
        self.search.installEventFilter(self)
        self._show_reading()

    @property
    def current(self) -> str:
        """The chosen profile's name, empty for none."""
        return self._wanted

    def set_listing(self, listing: Listing) -> None:
        """Shows these profiles; the chosen one stays if it is still there."""
        self._listing = listing
        if self._awaited and listing.find(self._awaited):
            self.select(self._awaited)
            return
        if self.search.text().strip():
            self._search(self.search.text())
        else:
            self._show(None)

    def select(self, name: str) -> None:
        """Chooses a profile; one that is not there yet as soon as it is. A search that hides it is ended."""
        self._awaited = "" if self._listing.find(name) else name
        if self._awaited:
            return
        self._wanted = name
        if not self.model.has(self._listing, name):
            self.search.clear()
            self._show(None)
        self._mark()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Arrow keys in the search field move in the list: search without leaving the field.
        is_key = watched is self.search and event.type() == QEvent.Type.KeyPress
        if is_key and isinstance(event, QKeyEvent) and event.key() in _MOVES:
            self.view.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        self._timer.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def _set_up_view(self) -> None:
        view = self.view
        view.setModel(self.model)
        view.setItemDelegate(ProfileDelegate(self._services, view))
        view.setShowGrid(False)
        view.setTabKeyNavigation(False)  # Tab leaves the list; arrows move in it
        view.setCornerButtonEnabled(False)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.horizontalHeader().setVisible(False)
        view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        view.verticalHeader().setVisible(False)
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(row_height(view.fontMetrics()))
        view.selectionModel().currentChanged.connect(self._current_changed)

    def _search(self, text: str) -> None:
        query, listing = text.strip(), self._listing
        if not query:
            self._services.jobs.drop(SEARCH_JOB)
            self._show(None)
            return
        self._services.jobs.start(
            _("Searching profiles"),
            lambda ctx: search(listing, query, ctx),
            replaces=SEARCH_JOB,
            quiet=True,
            on_done=self._show,
        )

    def _show(self, numbers: tuple[int, ...] | None) -> None:
        self.model.set_listing(self._listing, numbers)
        total, shown = f"{self.model.total:,}", f"{self.model.rowCount():,}"
        if numbers is None:
            self.count.setText(_("Profiles: {total}").format(total=total))
        else:
            words = _("Profiles: {shown} of {total}")
            self.count.setText(words.format(shown=shown, total=total))
        if self.model.rowCount():
            self._stack.setCurrentWidget(self.view)
        elif numbers is None:
            self.empty.set_text(
                _("No profiles yet"), _("Add a profile. Workbench saves it in the AWS files.")
            )
            self._stack.setCurrentWidget(self.empty)
        else:
            self.empty.show_no_match(_("No profiles match"), _("Clear the search to see all profiles."))
            self._stack.setCurrentWidget(self.empty)
        self._mark()

    def _mark(self) -> None:
        """Marks the row of the chosen profile. One that is gone gives way to the first."""
        if self._wanted and self._listing.find(self._wanted) is None:
            self._wanted = ""
        if not self._wanted and self.model.rowCount():
            self._wanted = str(self.model.index(0, 0).data())
        index = self.model.index_of(self._wanted)
        flags = QItemSelectionModel.SelectionFlag
        self.view.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.view.scrollTo(index)
        self.chosen.emit(self._wanted)

    def _current_changed(self, current: QModelIndex) -> None:
        if current.isValid() and current.data() != self._wanted:
            self._wanted = str(current.data())
            self.chosen.emit(self._wanted)

    def _show_reading(self) -> None:
        self.empty.set_text(_("Reading profiles…"))
        self._stack.setCurrentWidget(self.empty)


class AddButton(QToolButton):
    """Adds a profile: opens a menu of kinds.

    Args:
        icons: For the kinds.
        from_portal: The program's action that makes profiles of what a portal offers.
        policy: May forbid kinds.

    Signals:
        wanted: The ProfileKind to add, and the endpoint that its requests go to, empty for AWS.
    """

    wanted = Signal(object, str)

    def __init__(self, icons: Icons, from_portal: QAction, policy: Policy = NO_POLICY) -> None:
        super().__init__()
        title = _("Add Profile")
        named(self, "profileAdd", title)
        self.setText(title)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        icons.attach(self, "file-plus")
        menu = named(PlainMenu(self), "profileAddMenu", title)
        for kind in KINDS:
            action = menu.addAction(kind_label(kind))
            if kind is ProfileKind.STATIC and policy.forbids(Rule.STORED_KEYS):
                _forbid(action)
            action.setObjectName(f"add.{kind.value}")
            icons.attach(action, KIND_ICONS[kind])
            action.triggered.connect(partial(self.wanted.emit, kind, ""))
        menu.addSeparator()
        menu.addAction(from_portal)
        local = menu.addAction(_("Custom endpoint"))
        local.setObjectName("add.endpoint")
        icons.attach(local, "plug")
        local.triggered.connect(partial(self.wanted.emit, ProfileKind.STATIC, ENDPOINT))
        if policy.forbids(Rule.OWN_ENDPOINTS) or policy.forbids(Rule.STORED_KEYS):
            _forbid(local)
        self.setMenu(menu)


def _forbid(action: QAction) -> None:
    action.setText(f"{action.text()} – {set_by_organisation()}")
    action.setEnabled(False)


class ProfilesWindow(ReadingOrder, QWidget):
    """A window of its own; closing hides it.

    Signals:
        files_changed: Something was written: sessions made from the files are stale.
        use_wanted: The Profile that the main window is to act as.
        tier_changed: The name of a profile that another tier was chosen for.
        remedy_wanted: One of REPAIRS, and the Profile that it is wanted for.
    """

    files_changed = Signal()
    use_wanted = Signal(object)
    tier_changed = Signal(str)
    remedy_wanted = Signal(str, object)

    def __init__(self, services: Services, tools: ProfileTools, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        named(self, "profilesWindow", _("AWS Profiles"))
        self.setWindowTitle(_("AWS Profiles"))
        self._services = services
        self._tools = tools
        self._listing = Listing.of(ProfileList(()))
        self._shown = ""
        self._failing: Profile | None = None  # the one that a message is about
        self.banners = MessageCenter(services, services.actions.with_handlers(self._remedies(), self))
        self.list = ProfileListView(services, tools.safety)
        self.details = Details(services, tools)
        self.changes = ChangeFlow(services, tools.writer, self)
        self.checking: set[str] = set()  # the names of profiles that AWS is asked about
        self.editing = Editing(services, tools, self.changes, self)
        self.keyring = KeyringFlow(services, tools, self)
        self.add = AddButton(services.icons, services.actions["profile.add_from_portal"], services.policy)
        self._lay_out()
        self._connect()
        self._restore()
        for job in _JOBS:  # their results have no receiver then
            self.destroyed.connect(partial(services.jobs.drop, job))

    @property
    def profile(self) -> Profile | None:
        """The profile that is shown."""
        return self._listing.find(self._shown)

    def refresh(self, found: ProfileList | None = None) -> None:
        """Reads the files again, or shows profiles that were just read."""
        environ, always = self._tools.environ, self._tools.always

        def run(_ctx: JobContext) -> Listing:
            return Listing.of(read_profiles(environ) if found is None else found, always)

        self._services.jobs.start(
            _("Reading profiles"),
            run,
            replaces=_READ_JOB,
            quiet=True,
            on_done=self._set_listing,
            on_error=self.show_error,
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
        """Shows an error in this window."""
        self.banners.show_error(error)

    def showEvent(self, event: QShowEvent) -> None:
        if not event.spontaneous():
            self.refresh()
        super().showEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        store_geometry(self, self._services.settings, _GEOMETRY)
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
        self.details.wanted.connect(self._run)
        self.details.problems.fix_wanted.connect(self._fix)
        self.details.history.reapply_wanted.connect(self._reapply)
        self.details.history.overwritten.connect(self._report_overwritten)
        self.changes.written.connect(self._written)
        self.changes.failed.connect(self.show_error)
        self.changes.nothing.connect(
            lambda title: self.banners.show_notice(_("No changes were necessary."), title)
        )
        self.editing.failed.connect(self.show_error)
        self.keyring.failed.connect(self.show_error)
        self.keyring.moved.connect(self._moved)
        self.editing.named.connect(self.list.select)
        self.add.wanted.connect(lambda kind, endpoint: self.editing.add(kind, endpoint=endpoint))
        QShortcut(QKeySequence.StandardKey.Find, self, self.list.search.setFocus)
        QShortcut(QKeySequence("Escape"), self, self.close)

    def _set_listing(self, listing: Listing) -> None:
        self._listing = listing
        if listing.found.error is not None:
            self.banners.show_error(listing.found.error, "warning", key="files")
        else:
            self.banners.dismiss("files")
        self.list.set_listing(listing)

    def _show(self, name: str) -> None:
        """Shows a profile, or the same one as it is now."""
        self._shown = name
        profile = self.profile
        found = self._listing.found
        self.details.show_profile(profile, found.problems, may_edit=found.error is None)
        self.add.setEnabled(found.error is None)
        self._show_checking()
        self.details.why.explain(profile)

    def _run(self, what: str) -> None:
        profile = self.profile
        if profile is None:
            return
        handlers: dict[str, Callable[[], object]] = {
            "use": lambda: self.use_wanted.emit(profile),
            "check": lambda: self._check(profile),
            "edit": lambda: self.editing.edit(profile.name),
            "duplicate": lambda: self.editing.duplicate(profile.name),
            "rename": lambda: self.editing.rename(profile.name),
            "delete": lambda: self.editing.delete(profile.name),
            "keyring": lambda: self.keyring.begin(profile),
        }
        handlers[what]()

    def _check(self, profile: Profile) -> None:
        """Asks AWS who a profile is. Only when the user wants to know, and never for all profiles at once."""
        if profile.name in self.checking:
            return
        self.checking.add(profile.name)
        self._show_checking()

        def ended() -> None:
            self.checking.discard(profile.name)
            self._show_checking()

        def done(found: Validation) -> None:
            ended()
            self.details.overview.show_check(profile, found)

        def failed(error: WorkbenchError) -> None:
            ended()
            self._failing = profile
            self.banners.show_error(error, key=_CHECK)

        self._services.jobs.start(
            _("Checking {profile}").format(profile=profile.name),
            lambda ctx: self._tools.check(profile, ctx),
            on_done=done,
            on_error=failed,
            on_cancelled=ended,
        )

    def _remedies(self) -> dict[str, Callable[[], object]]:
        def for_failing(do: Callable[[Profile], object]) -> Callable[[], object]:
            return lambda: do(self._failing) if self._failing is not None else None

        open_file = self._services.actions["profile.open_file"]
        return {
            "profile.reload": lambda: self.refresh(),
            "profile.open_file": open_file.trigger,
            "connection.retry": for_failing(self._check),
            "profile.edit": for_failing(lambda profile: self.editing.edit(profile.name)),
            "profile.choose_region": for_failing(lambda profile: self.editing.edit(profile.name)),
        } | {each: for_failing(partial(self.remedy_wanted.emit, each)) for each in REPAIRS}

    def _show_checking(self) -> None:
        self.details.set_checking(checking=self._shown in self.checking)

    def _set_tier(self, tier: Tier) -> None:
        if (profile := self.profile) is None:
            return
        if (error := self._tools.safety.set_tier(profile.name, tier)) is not None:
            self.show_error(error)
        self.list.model.tier_changed(profile.name)
        self.tier_changed.emit(profile.name)

    def _fix(self, problem: Problem) -> None:
        title = _("Fix line {line} of {path}").format(
            line=str(problem.line), path=problem.path.name if problem.path else ""
        )
        warning = ""
        if problem.fix == Fix.REMOVE_KEYS:
            warning = _("The secret access key is deleted too. AWS shows a secret access key only once.")
        make = partial(fix_for, problem, self._tools.environ)
        self.changes.propose(ProposedChange(title, make, warning=warning))

    def _reapply(self, entry: JournalEntry) -> None:
        journal = self._tools.writer.journal
        self.changes.propose(ProposedChange(entry.title, lambda: again(entry, journal.replaced(entry))))

    def _report_overwritten(self, count: int) -> None:
        if not count:
            self.banners.dismiss("overwritten")
            return
        words = ngettext(
            "Another program undid a change that you made.",
            "Another program undid {count} changes that you made.",
            count,
        ).format(count=count)
        self.banners.show_notice(
            words, _("You can apply them again from the History tab."), "warning", key="overwritten"
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
        restore_geometry(self, self._services.settings, _GEOMETRY)


def open_profiles_window(parent: QWidget, services: Services, tools: ProfileTools) -> ProfilesWindow:
    """Shows the window that belongs to `parent`; makes it when it is first wanted."""
    window = parent.findChild(ProfilesWindow, "profilesWindow", Qt.FindChildOption.FindDirectChildrenOnly)
    if window is None:
        window = ProfilesWindow(services, tools, parent)
    window.show()
    window.raise_()
    window.activateWindow()
    return window
