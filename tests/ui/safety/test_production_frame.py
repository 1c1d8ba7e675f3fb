"""What a tier looks like: in the title, around the window, on the badge and on the buttons."""

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from tests.ui.test_window import unreachable
from workbench.functions.index import FunctionIndex
from workbench.profiles.model import Profile, ProfileKind
from workbench.profiles.safety import Tier
from workbench.ui.kit.theme import LIGHT, Theme
from workbench.ui.shell.protection import ProductionFrame
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.window import MainWindow

ACCOUNT = "123456789012"


@pytest.fixture
def window(services: Services, dressed: Theme, qtbot: QtBot) -> Iterator[MainWindow]:
    session = Session(services, unreachable, Profile("prod", ProfileKind.STATIC))
    window = MainWindow(services, session, FunctionIndex(services.paths.cache_dir / "functions.sqlite"))
    window.resize(780, 600)
    with qtbot.waitExposed(window):
        window.show()
    yield window
    shiboken6.delete(window)


def edges(window: MainWindow) -> set[str]:
    """The colours around the window."""
    picture = window.grab().toImage()
    right, bottom = picture.width() - 1, picture.height() - 1
    spots = [(1, 1), (right - 1, bottom - 1), (1, bottom // 2), (right - 1, bottom // 2), (right // 2, 1)]
    return {QColor(picture.pixel(*spot)).name() for spot in spots}


def buttons(window: MainWindow) -> list[str]:
    found = [
        window.top_bar.findChild(QToolButton, f"button.function.{name}") for name in ("deploy", "invoke")
    ]
    return [
        each.accessibleName() for each in found if each is not None and each.text() == each.accessibleName()
    ]


def test_production_is_red_all_around_and_names_the_account(window: MainWindow, services: Services) -> None:
    frame = ProductionFrame(window, services.actions)
    window.set_subject("hello")
    frame.show_tier(Tier.PRODUCTION, "prod", ACCOUNT)
    assert window.windowTitle() == f"PRODUCTION {ACCOUNT} – hello – Workbench"
    assert buttons(window) == [f"Deploy to {ACCOUNT}", f"Invoke in {ACCOUNT}"]
    assert window.top_bar.badge.text() == "PRODUCTION"
    assert window.top_bar.badge.isVisible()
    assert edges(window) == {LIGHT.alarm}
    assert services.actions["function.deploy"].toolTip().startswith(f"Deploy to {ACCOUNT} (")


def test_nothing_of_it_stays(window: MainWindow, services: Services) -> None:
    frame = ProductionFrame(window, services.actions)
    frame.show_tier(Tier.PRODUCTION, "prod", ACCOUNT)
    frame.show_tier(Tier.NORMAL, "dev", "210987654321")
    assert window.windowTitle() == "Workbench"
    assert buttons(window) == ["Deploy", "Invoke"]
    assert not window.top_bar.badge.isVisible()
    assert LIGHT.alarm not in edges(window)


def test_before_the_account_is_known_the_profile_is_named(window: MainWindow, services: Services) -> None:
    ProductionFrame(window, services.actions).show_tier(Tier.PRODUCTION, "prod", "")
    assert window.windowTitle() == "PRODUCTION prod – Workbench"
    assert buttons(window)[0] == "Deploy to prod"


def test_read_only_has_a_badge_and_no_frame(window: MainWindow, services: Services) -> None:
    ProductionFrame(window, services.actions).show_tier(Tier.READ_ONLY, "audit", ACCOUNT)
    assert window.top_bar.badge.text() == "READ-ONLY"
    assert window.top_bar.badge.property("tone") == "warning"
    assert "audit is read-only" in window.top_bar.badge.toolTip()
    assert window.windowTitle() == "Workbench"
    assert LIGHT.alarm not in edges(window)
