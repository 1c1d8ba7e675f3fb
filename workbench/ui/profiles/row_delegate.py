"""How a profile is drawn in a list: what it is, whose, how careful to be, and how long it lasts."""

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from workbench.profiles.model import Profile
from workbench.profiles.safety import Tier
from workbench.ui.profiles.list_model import PROFILE_ROLE, TIER_ROLE
from workbench.ui.profiles.words import KIND_ICONS, expiry_color, left_word, line_of, tier_word
from workbench.ui.services import Services

_ICON_SIZE, _MARGIN, _STRIPE = 20, 12, 3
_ROW_WIDTH = 380
_Index = QModelIndex | QPersistentModelIndex


def row_height(metrics: QFontMetrics) -> int:
    """The height of a row, in pixels: two lines and the room around them."""
    return metrics.height() * 2 + 18


class ProfileDelegate(QStyledItemDelegate):
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
            area = _at_right(painter, option, area, left_word(profile.expires_at, now), color)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        is_enabled = option.state & QStyle.StateFlag.State_Enabled
        painter.setPen(QColor(colors.text if is_enabled else colors.muted))
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
