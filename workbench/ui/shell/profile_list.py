"""Profiles in lists: their labels, the rows of a list of them, and the search in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.profiles.model import Hop, Profile, ProfileKind, ProfileList
from workbench.profiles.safety import Tier
from workbench.ui.kit.fuzzy import rank
from workbench.ui.kit.text import PlainDelegate, tool_tip, visible
from workbench.ui.shell.services import Services

KIND_ICONS = {
    ProfileKind.SANDBOX: "box",
    ProfileKind.STATIC: "key-round",
    ProfileKind.TEMPORARY: "hourglass",
    ProfileKind.ASSUME_ROLE: "id-card",
    ProfileKind.SSO: "users",
    ProfileKind.PROCESS: "terminal",
    ProfileKind.WEB_IDENTITY: "globe-lock",
    ProfileKind.LOGIN: "log-in",
    ProfileKind.UNKNOWN: "file",
}
_SOON_S = 15 * 60


def kind_label(kind: ProfileKind) -> str:
    """The kind's name for the user."""
    return {
        ProfileKind.SANDBOX: _("Local Sandbox"),
        ProfileKind.STATIC: _("Long-term access key"),
        ProfileKind.TEMPORARY: _("Temporary credentials"),
        ProfileKind.ASSUME_ROLE: _("Role"),
        ProfileKind.SSO: _("IAM Identity Center"),
        ProfileKind.PROCESS: _("Credential process"),
        ProfileKind.WEB_IDENTITY: _("Web identity"),
        ProfileKind.LOGIN: _("Console sign-in"),
        ProfileKind.UNKNOWN: _("No credentials"),
    }[kind]


def hop_label(hop: Hop) -> str:
    """What a link of the role chain is, for the user."""
    if hop.source:
        return _("External source")
    return kind_label(hop.kind)


def tier_label(tier: Tier) -> str:
    """How careful to be, as the picker and the list say it."""
    return {
        Tier.NORMAL: _("Normal"),
        Tier.PRODUCTION: _("Production"),
        Tier.READ_ONLY: _("Read-only"),
    }[tier]


def remaining_label(expires_at: datetime, now: datetime) -> str:
    """How long it still lasts: "41 min left", "ended"."""
    seconds = int((expires_at - now).total_seconds())
    if seconds <= 0:
        return _("ended")
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if hours >= 48:
        return _("{hours} d left").format(hours=f"{hours // 24:,}")
    if hours:
        left = _("{hours} h {minutes} min left")
        return left.format(hours=str(hours), minutes=str(minutes))
    if seconds >= 60:
        return _("{minutes} min left").format(minutes=str(minutes))
    return _("{seconds} s left").format(seconds=str(seconds))


def expiry_color(expires_at: datetime, now: datetime) -> str:
    """The theme's color for the time left: a near or past expiry stands out."""
    seconds = (expires_at - now).total_seconds()
    return "danger" if seconds <= 0 else "warning" if seconds < _SOON_S else "muted"


def summary_line(profile: Profile) -> str:
    """The second line of a row in the list: what it is, whose, where."""
    parts = (kind_label(profile.kind), profile.account_id, profile.region)
    return " · ".join(" ".join(part.split()) for part in parts if part)  # a value may have several lines


PROFILE_ROLE = Qt.ItemDataRole.UserRole + 1
TIER_ROLE = Qt.ItemDataRole.UserRole + 2

_BLOCK = 2_000
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_ICON_SIZE, _MARGIN, _STRIPE = 20, 12, 3
_ROW_WIDTH = 380


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """All profiles, made ready to be shown and searched.

    Attributes:
        found: As they were read.
        profiles: Those that stand in no file, then those of the files.
        rows: The place of each name among them.
        texts: What the search looks at, in their order.
    """

    found: ProfileList
    profiles: tuple[Profile, ...]
    rows: dict[str, int]
    texts: tuple[str, ...]

    @classmethod
    def of(cls, found: ProfileList, always: Sequence[Profile] = ()) -> "Listing":
        """Makes it ready, on a worker thread."""
        profiles = (*always, *found.profiles)
        rows: dict[str, int] = {}
        for number, profile in enumerate(profiles):
            rows.setdefault(profile.name, number)
        texts = tuple(f"{profile.name} {profile.account_id}" for profile in profiles)
        return cls(found, profiles, rows, texts)

    def find(self, name: str) -> Profile | None:
        """The profile of this name, if there is one."""
        number = self.rows.get(name)
        return None if number is None else self.profiles[number]


def search(listing: Listing, query: str, ctx: JobContext) -> tuple[int, ...]:
    """The rows that match, on a worker thread: the best first, block by block where there are very many.

    Sorting all at once would hold Python's lock, and with it the window.
    """
    found: list[int] = []
    for start in range(0, len(listing.texts), _BLOCK):
        ctx.check()
        found += (start + number for number in rank(query, listing.texts[start : start + _BLOCK]))
    if len(listing.texts) <= _BLOCK:
        return tuple(found)
    piece = query.strip().lower()
    exact = [number for number in found if piece in listing.texts[number].lower()]
    rest = [number for number in found if piece not in listing.texts[number].lower()]
    return (*exact, *rest)


class ProfileModel(QAbstractTableModel):
    """One column: all profiles, or those that match.

    A table and no list: a QListView asks for every row when it lays itself out.

    Args:
        tier: How careful to be with a profile, by its name.
    """

    def __init__(self, tier: Callable[[str], Tier], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tier = tier
        self._listing = Listing.of(ProfileList(()))
        self._visible: Sequence[int] = ()

    @property
    def total(self) -> int:
        """How many profiles there are, matching or not."""
        return len(self._listing.profiles)

    def set_listing(self, listing: Listing, rows: Sequence[int] | None = None) -> None:
        """Shows these profiles: all of them, or those with these numbers in this order."""
        self.beginResetModel()
        self._listing = listing
        self._visible = range(len(listing.profiles)) if rows is None else rows
        self.endResetModel()

    def index_of(self, name: str) -> QModelIndex:
        """The shown row of a profile; invalid when it is not shown."""
        number = self._listing.rows.get(name, -1)
        # A range knows at once; of a search result at most 100,000 numbers are looked through, in 1 ms.
        return self.index(self._visible.index(number), 0) if number in self._visible else QModelIndex()

    def has(self, listing: Listing, name: str) -> bool:
        """Whether it shows this listing, with this profile."""
        return self._listing is listing and self.index_of(name).isValid()

    def tier_changed(self, name: str) -> None:
        """Another tier was chosen: its row shows it."""
        index = self.index_of(name)
        if index.isValid():
            self.dataChanged.emit(index, index)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._visible)

    def _tier_of(self, profile: Profile) -> Tier:
        return Tier.NORMAL if profile.kind is ProfileKind.SANDBOX else self._tier(profile.name)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else 1

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        profile = self._listing.profiles[self._visible[index.row()]]
        if role == Qt.ItemDataRole.DisplayRole:
            return profile.name
        if role == PROFILE_ROLE:
            return profile
        if role == TIER_ROLE:
            return self._tier_of(profile)
        if role == Qt.ItemDataRole.ToolTipRole:
            # The kind comes first: a tool tip that begins with a tag would be taken for markup.
            return tool_tip("\n".join((summary_line(profile), profile.name, *map(str, profile.problems))))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            tier = self._tier_of(profile)
            careful = (tier_label(tier),) if tier is not Tier.NORMAL else ()
            problems = (problem.text for problem in profile.problems)
            return ", ".join((profile.name, summary_line(profile), *careful, *problems))
        return None


def row_height(metrics: QFontMetrics) -> int:
    """The height of a row, in pixels: two lines and the room around them."""
    return metrics.height() * 2 + 18


class ProfileDelegate(PlainDelegate):
    """Two lines a row: the name and what is left of its time; below what it is, and how careful to be."""

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(_ROW_WIDTH, row_height(option.fontMetrics))

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
            area = _at_right(painter, option, area, remaining_label(profile.expires_at, now), color)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        is_enabled = option.state & QStyle.StateFlag.State_Enabled
        painter.setPen(QColor(colors.text if is_enabled else colors.muted))
        name = painter.fontMetrics().elidedText(
            visible(profile.name), Qt.TextElideMode.ElideMiddle, area.width()
        )
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
            area = _at_right(painter, option, area, tier_label(tier), color)
        painter.setFont(option.font)
        painter.setPen(QColor(self._services.theme.colors.muted))
        line = option.fontMetrics.elidedText(summary_line(profile), Qt.TextElideMode.ElideRight, area.width())
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
