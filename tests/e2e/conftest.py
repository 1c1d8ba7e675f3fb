"""The whole program without a screen, started by a test and ended after it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.e2e.desk import Desk
from tests.no_graphics import NO_GRAPHICS
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection

HANDLER = "def handler(event, context):\n    return 'old'\n"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = f"{Path(__file__).parent}{os.sep}"  # as texts: all tests are asked
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.qt_log_ignore(*NO_GRAPHICS))


@pytest.fixture
def sit(qtbot: QtBot, qapp: QApplication) -> Iterator[Callable[[str], Desk]]:
    """Starts the program with a profile of this name."""
    desks: list[Desk] = []

    def start(profile_name: str) -> Desk:
        desks.append(Desk(qtbot, qapp, profile_name))
        return desks[-1]

    yield start
    for desk in desks:
        desk.leave()


@pytest.fixture
def function_name(connection: Connection) -> str:
    """A function of its own, in an account of its own."""
    return create_function(connection, HANDLER).function_name
