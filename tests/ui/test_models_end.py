"""What a widget has made for itself ends with it: else its signals keep what listens, and that the widget."""

from collections.abc import Callable

import pytest
import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from tests.ui.test_window import unreachable
from workbench.functions.index import FunctionIndex
from workbench.profiles.model import Profile, ProfileKind
from workbench.profiles.safety import Safety
from workbench.ui.features.logs.log_view import LogView
from workbench.ui.features.profiles.window import ProfileListView
from workbench.ui.kit.quick_pick import PickTexts, QuickPick
from workbench.ui.shell.function_list import FunctionList
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session


def function_list(services: Services) -> tuple[QWidget, QObject]:
    session = Session(services, unreachable, Profile("sandbox", ProfileKind.SANDBOX))
    services.paths.cache_dir.mkdir(parents=True)
    made = FunctionList(services, session, FunctionIndex(services.paths.cache_dir / "functions.sqlite"))
    return made, made.model


def profile_list(services: Services) -> tuple[QWidget, QObject]:
    made = ProfileListView(services, Safety(services.settings))
    return made, made.model


def log_view(services: Services) -> tuple[QWidget, QObject]:
    made = LogView(services)
    return made, made.columns


def quick_pick(_services: Services) -> tuple[QWidget, QObject]:
    window = QWidget()
    texts = PickTexts("Pick", "Search", "Rows", "Type", "Nothing")
    return window, QuickPick(window, "pick", texts, print).model


@pytest.mark.parametrize("make", [function_list, profile_list, log_view, quick_pick])
def test_it_ends_with_its_widget(
    make: Callable[[Services], tuple[QWidget, QObject]], services: Services, qapp: QApplication
) -> None:
    widget, own = make(services)
    shiboken6.delete(widget)
    assert not shiboken6.isValid(own)
