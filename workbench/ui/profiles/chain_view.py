"""The chain of roles, drawn: from the profile, arrow by arrow, to whoever has a key."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench.profiles import chain
from workbench.profiles.model import Hop
from workbench.ui.icon_label import IconLabel
from workbench.ui.kit.text import PlainLabel
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.profiles.words import KIND_ICONS, hop_word
from workbench.ui.services import Services
from workbench.ui.theme import Theme

_MOST = 12
"""More links than these are counted, not drawn: AWS lets nobody chain as many."""
_ARROW_HEIGHT, _HEAD = 22, 5


class ChainView(QWidget):
    """One card a link, an arrow between two. A link that fails says why."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "chainView", self.tr("Role chain"))
        self._services = services
        self._hops: tuple[Hop, ...] = ()
        self._cards: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_chain(self, hops: Sequence[Hop]) -> None:
        """Draws these links."""
        if tuple(hops) == self._hops:
            return
        self._hops = tuple(hops)
        for card in self._cards:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = []
        for number, hop in enumerate(self._hops[:_MOST]):
            if number:
                words = self.tr("with the credentials of")
                self._add(_Arrow(self._services.theme, words))
            self._add(HopCard(self._services, hop, self._problem(hop), number))
        if (left := len(self._hops) - _MOST) > 0:
            words = self.tr("1 more link") if left == 1 else self.tr("%n more links", "", left)
            self._add(named(PlainLabel(words), "chainRest", role="muted"))
        self.setAccessibleDescription(" → ".join(hop.profile_name or hop.source for hop in self._hops))

    def _add(self, widget: QWidget) -> None:
        self._cards.append(widget)
        self._column.addWidget(widget)

    def _problem(self, hop: Hop) -> str:
        return {
            chain.GONE: self.tr("No profile has this name."),
            chain.LOOP: self.tr("The roles form a loop."),
            chain.BOTH: self.tr("It has both source_profile and credential_source."),
            chain.NEITHER: self.tr("It has neither source_profile nor credential_source."),
            chain.NO_SOURCE: self.tr("AWS does not support this source."),
            chain.NO_CREDENTIALS: self.tr("It has no credentials."),
        }.get(hop.problem, hop.problem)


class HopCard(QFrame):
    """One link: whose it is, what it is, and which role is taken."""

    def __init__(self, services: Services, hop: Hop, problem: str, number: int) -> None:
        super().__init__()
        name = hop.profile_name or hop.source
        named(self, f"hop.{number}", name, "card")
        if problem:
            self.setProperty("tone", "danger")
        icon = "circle-alert" if problem else KIND_ICONS[hop.kind]
        texts = QVBoxLayout()
        texts.setSpacing(2)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(_plain(name, "hopName", "heading"))
        top.addWidget(_plain(hop_word(hop), "hopKind", "muted"))
        top.addStretch(1)
        if hop.account_id:
            top.addWidget(_plain(hop.account_id, "hopAccount", "muted"))
        texts.addLayout(top)
        if hop.role_arn:
            texts.addWidget(_plain(hop.role_arn, "hopRole", "muted"))
        if hop.mfa_serial:
            words = QCoreApplication.translate("ChainView", "Requires an MFA code from %1")
            texts.addWidget(_plain(words.replace("%1", hop.mfa_serial), "hopMfa", "muted"))
        if problem:
            texts.addWidget(_plain(problem, "hopProblem", "danger"))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(12)
        label = IconLabel(services.icons, icon, "danger" if problem else "muted")
        row.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)


class _Arrow(QWidget):
    """Points down to the next link, with a word beside it."""

    def __init__(self, theme: Theme, words: str) -> None:
        super().__init__()
        self._theme = theme
        self._words = words
        self.setObjectName("chainArrow")
        self.setFixedHeight(scaled(_ARROW_HEIGHT))

    def sizeHint(self) -> QSize:
        return QSize(200, _ARROW_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = QColor(self._theme.colors.muted)
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(color)
        x, bottom = 22.0, float(self.height() - 2)
        painter.drawLine(QPointF(x, 2), QPointF(x, bottom - _HEAD))
        points = [
            QPointF(x - _HEAD, bottom - _HEAD),
            QPointF(x + _HEAD, bottom - _HEAD),
            QPointF(x, bottom),
        ]
        painter.drawPolygon(QPolygonF(points))
        area = self.rect().adjusted(44, 0, 0, 0)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self._words)


def _plain(text: str, name: str, role: str) -> QLabel:
    label = named(PlainLabel(text), name, text, role)
    label.setWordWrap(role == "danger")
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
