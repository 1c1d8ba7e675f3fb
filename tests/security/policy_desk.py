"""The whole program before someone who tries to get round the policy of an organisation."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractItemView, QApplication
from pytestqt.qtbot import QtBot

from tests.e2e.desk import Desk
from tests.no_graphics import NO_GRAPHICS as PATTERNS
from workbench.core.policy import Policy, Rule

REASON = "Set by your organization"
ELSEWHERE = Path("/etc/workbench/policy.json")
Sit = Callable[[str, Policy], Desk]
NO_GRAPHICS = pytest.mark.qt_log_ignore(*PATTERNS)


def forbidding(*rules: Rule) -> Policy:
    return Policy(frozenset(rules), path=ELSEWHERE)


@pytest.fixture
def sit(qtbot: QtBot, qapp: QApplication) -> Iterator[Sit]:
    """Starts the whole program with a profile and a policy."""
    desks: list[Desk] = []

    def start(profile_name: str, policy: Policy) -> Desk:
        desks.append(Desk(qtbot, qapp, profile_name, policy))
        return desks[-1]

    yield start
    for desk in desks:
        desk.leave()


def palette(desk: Desk) -> list[str]:
    """The titles that the command palette offers."""
    desk.act("view.palette")
    view = desk.window.findChild(QAbstractItemView, "paletteList")
    assert view is not None
    model = view.model()
    titles = [str(model.index(row, 0).data()) for row in range(model.rowCount())]
    assert titles
    desk.act("view.palette")
    return titles
