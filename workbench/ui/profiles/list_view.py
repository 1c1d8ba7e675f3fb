"""The left side: search field, the profiles, how many there are."""

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.core.jobs import Job
from workbench.profiles.model import ProfileList
from workbench.profiles.safety import Safety
from workbench.ui.empty_state import EmptyState
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
from workbench.ui.profiles.list_model import Listing, ProfileModel, search
from workbench.ui.profiles.row_delegate import ProfileDelegate, row_height
from workbench.ui.services import Services

SEARCH_JOB = "profiles.search"
_TICK_MS = 1_000
_MOVES = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


class ProfileListView(QWidget):
    """Shows profiles and tells which one is chosen.

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
        self.model = ProfileModel(safety.tier)
        self.search = named(QLineEdit(clearButtonEnabled=True), "profileSearch", self.tr("Search profiles"))
        self.search.setPlaceholderText(self.tr("Search by name or account"))
        self.view = named(QTableView(), "profileList", self.tr("Profiles"))
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
        self._say_reading()

    @property
    def current(self) -> str:
        """The chosen profile's name, empty for none."""
        return self._wanted

    def take(self, listing: Listing) -> None:
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
        self._services.jobs.submit(
            Job(
                self.tr("Searching profiles"),
                lambda ctx: search(listing, query, ctx),
                replaces=SEARCH_JOB,
                quiet=True,
                on_done=self._show,
            )
        )

    def _show(self, numbers: tuple[int, ...] | None) -> None:
        self.model.take(self._listing, numbers)
        total, shown = f"{self.model.total:,}", f"{self.model.rowCount():,}"
        if numbers is None:
            self.count.setText(self.tr("Profiles: %1").replace("%1", total))
        else:
            words = self.tr("Profiles: %1 of %2").replace("%1", shown)
            self.count.setText(words.replace("%2", total))
        if self.model.rowCount():
            self._stack.setCurrentWidget(self.view)
        elif numbers is None:
            self.empty.set_text(
                self.tr("No profiles yet"), self.tr("Add a profile. Workbench saves it in the AWS files.")
            )
            self._stack.setCurrentWidget(self.empty)
        else:
            self.empty.show_no_match(
                self.tr("No profiles match"), self.tr("Clear the search to see all profiles.")
            )
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

    def _say_reading(self) -> None:
        self.empty.set_text(self.tr("Reading profiles…"))
        self._stack.setCurrentWidget(self.empty)
