"""The left side: search field, the profiles, how many there are."""

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QHideEvent, QKeyEvent, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.core.jobs import Job
from workbench.profiles.model import Profile, ProfileList
from workbench.profiles.safety import Safety, Tier
from workbench.ui.empty_state import EmptyState
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
from workbench.ui.profiles.list_model import PROFILE_ROLE, TIER_ROLE, Listing, ProfileModel, search
from workbench.ui.profiles.words import KIND_ICONS, expiry_color, left_word, line_of, tier_word
from workbench.ui.services import Services

SEARCH_JOB = "profiles.search"
_ICON_SIZE, _MARGIN, _STRIPE = 20, 12, 3
_TICK_MS = 1_000
_MOVES = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)
_Index = QModelIndex | QPersistentModelIndex


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
        view.setItemDelegate(_Delegate(self._services, view))
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
        view.verticalHeader().setDefaultSectionSize(view.fontMetrics().height() * 2 + 18)
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
                self.tr("No profiles yet"), self.tr("Add one: Workbench writes it to the AWS files.")
            )
            self._stack.setCurrentWidget(self.empty)
        else:
            self.empty.set_text(self.tr("Nothing matches"), self.tr("Clear the search to see all profiles."))
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


class _Delegate(QStyledItemDelegate):
    """Two lines a row: the name and what is left of its time; below what it is, and how careful to be."""

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        colors = self._services.theme.colors
        profile: Profile = index.data(PROFILE_ROLE)
        tier: Tier = index.data(TIER_ROLE)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(colors.selection))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, QColor(colors.hover))
        if tier is not Tier.NORMAL:
            stripe = QRect(option.rect.topLeft(), QSize(_STRIPE, option.rect.height()))
            painter.fillRect(stripe, QColor(_tier_color(self._services, tier)))
        area = option.rect.adjusted(_MARGIN, 6, -_MARGIN, -6)
        icon = self._services.icons.get(KIND_ICONS[profile.kind], "muted")
        middle = area.top() + (area.height() - _ICON_SIZE) // 2
        icon.paint(painter, area.left(), middle, _ICON_SIZE, _ICON_SIZE)
        area.setLeft(area.left() + _ICON_SIZE + 10)
        top = QRect(area.topLeft(), QSize(area.width(), area.height() // 2))
        bottom = QRect(top.bottomLeft(), top.size())
        self._paint_top(painter, option, top, profile)
        self._paint_bottom(painter, option, bottom, profile, tier)
        painter.restore()

    def _paint_top(
        self, painter: QPainter, option: QStyleOptionViewItem, area: QRect, profile: Profile
    ) -> None:
        colors, now = self._services.theme.colors, self._services.clock.now()
        if profile.problems:
            sign = QRect(area.right() - 15, area.top() + (area.height() - 16) // 2, 16, 16)
            self._services.icons.get("triangle-alert", "warning").paint(painter, sign)
            area = area.adjusted(0, 0, -22, 0)
        if profile.expires_at is not None:
            color = QColor(getattr(colors, expiry_color(profile.expires_at, now)))
            area = _at_right(painter, option, area, left_word(profile.expires_at, now), color)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(colors.text))
        name = painter.fontMetrics().elidedText(profile.name, Qt.TextElideMode.ElideMiddle, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_bottom(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        area: QRect,
        profile: Profile,
        tier: Tier,
    ) -> None:
        if tier is not Tier.NORMAL:
            color = QColor(_tier_color(self._services, tier))
            area = _at_right(painter, option, area, tier_word(tier), color)
        painter.setFont(option.font)
        painter.setPen(QColor(self._services.theme.colors.muted))
        line = option.fontMetrics.elidedText(line_of(profile), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, line)


def _at_right(
    painter: QPainter, option: QStyleOptionViewItem, area: QRect, text: str, color: QColor
) -> QRect:
    """Writes at the right end; returns what is left of the area."""
    painter.setFont(option.font)
    painter.setPen(color)
    painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
    return area.adjusted(0, 0, -option.fontMetrics.horizontalAdvance(text) - 8, 0)


def _tier_color(services: Services, tier: Tier) -> str:
    colors = services.theme.colors
    return colors.danger if tier is Tier.PRODUCTION else colors.accent
