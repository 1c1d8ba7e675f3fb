"""What has the keyboard has a ring of 2 px, whatever it is, in both themes: seen in the pixels."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.tab_walk import name_of
from tests.ui.test_routes import desk, opener
from tests.ui.test_tab_order import PAGES, shown
from tests.ui.window_desk import Desk
from workbench.ui.features.getting_started.feature import Guide
from workbench.ui.features.logs.lines_view import LinesView
from workbench.ui.kit.reading_order import tab_stops
from workbench.ui.kit.theme import Theme

__all__ = ["desk", "opener", "shown"]  # fixtures

RING_PX = 2
MIN_PART = 0.7
"""Of the pixels of an edge that are the ring's: corners are round, and a scroll bar may lie on one."""


def edges(stop: QWidget) -> list[QRect]:
    """The strips where the ring is to be: along the edges of the control, or of the tab in front.

    Those that are scrolled away are left out.
    """
    area = stop.tabRect(stop.currentIndex()) if isinstance(stop, QTabBar) else stop.rect()
    width, height = area.width(), area.height()
    strips = (
        QRect(area.left(), area.top(), width, RING_PX),
        QRect(area.left(), area.bottom() - RING_PX + 1, width, RING_PX),
        QRect(area.left(), area.top(), RING_PX, height),
        QRect(area.right() - RING_PX + 1, area.top(), RING_PX, height),
    )
    visible = stop.visibleRegion().boundingRect()
    place = stop.mapTo(stop.window(), QPoint(0, 0))
    cut = [strip.intersected(visible) for strip in strips]
    return [strip.translated(place) for strip in cut if min(strip.width(), strip.height()) >= RING_PX]


def part_in(image: QImage, strip: QRect, colors: set[str]) -> float:
    """How much of a strip has one of these colours."""
    points = [
        (x, y)
        for x in range(strip.left(), strip.right() + 1)
        for y in range(strip.top(), strip.bottom() + 1)
        if image.rect().contains(x, y)
    ]
    return sum(image.pixelColor(*point).name() in colors for point in points) / max(1, len(points))


def show_whole(stop: QWidget) -> None:
    """Scrolls to a control, as Tab does."""
    around = stop.parentWidget()
    while around is not None:
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(stop)
        around = around.parentWidget()


def without_ring(desk: Desk, theme: Theme, seen: set[QWidget]) -> list[str]:
    """The stops of the window that have no ring while they have the keyboard."""
    window, found = desk.window, []
    colors = {theme.colors.accent, "#ffffff" if theme.dark else "#000000"}
    for stop in tab_stops(window):
        for toast in window.banners.toasts:  # one that lies over a control hides its ring
            toast.setVisible(toast.isAncestorOf(stop))
        if stop in seen or stop.visibleRegion().isEmpty() or stop.objectName() == "editorPlainText":
            continue
        seen.add(stop)
        stop.setFocus(Qt.FocusReason.TabFocusReason)
        show_whole(stop)
        if not stop.hasFocus():
            continue  # it was replaced meanwhile
        image = window.grab().toImage()
        parts = [part_in(image, strip, colors) for strip in edges(stop)]
        if len(parts) < 2 or min(parts) < MIN_PART:
            found.append(f"{name_of(stop)} {[round(part, 2) for part in parts]}")
    return found


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_control_of_the_window_has_a_ring(dressed: Theme, name: str, shown: Desk) -> None:
    dressed.choose(name)
    seen: set[QWidget] = set()
    missing: list[str] = []

    def look() -> bool:
        """Goes through the window once; what pages read makes controls that the first time may not see."""
        for page in (*PAGES, "deploys"):
            shown.context.services.actions[f"view.{page}"].trigger()
            QTest.qWait(100)
            missing.extend(without_ring(shown, dressed, seen))
        for number in range(shown.window.bottom.count()):
            shown.window.bottom.setCurrentIndex(number)
            missing.extend(without_ring(shown, dressed, seen))
        return len(seen) > 57

    shown.until(look)
    assert missing == []


@pytest.mark.parametrize("name", ["light", "dark"])
def test_what_is_drawn_by_hand_has_a_ring_too(dressed: Theme, name: str, qtbot: QtBot) -> None:
    dressed.choose(name)
    guide = Guide()
    qtbot.addWidget(guide)
    with qtbot.waitExposed(guide):
        guide.show()
    (first,) = [each for each in guide.findChildren(QScrollArea, "guideText") if each.isVisible()]
    lines = LinesView(dressed)
    lines.resize(300, 200)
    qtbot.addWidget(lines)
    for window, stop in ((guide, first), (lines, lines)):
        with qtbot.waitExposed(window):
            window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        stop.setFocus(Qt.FocusReason.TabFocusReason)
        assert stop.hasFocus()
        image = window.grab().toImage()
        parts = [part_in(image, strip, {dressed.colors.accent}) for strip in edges(stop)]
        assert min(parts) > MIN_PART, (name_of(stop), parts)
