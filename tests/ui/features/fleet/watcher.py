"""Somebody who looks at the table of all functions, in the whole window."""

from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtWidgets import QToolButton

from tests.sandbox_functions import create_function
from tests.ui.window_desk import Desk, Opener
from workbench.aws.connection import Connection
from workbench.functions.fleet import FleetRow
from workbench.functions.model import FunctionSummary
from workbench.ui.features.fleet.feature import FLEET, FleetFlow
from workbench.ui.features.fleet.table import BY_ID
from workbench.ui.features.fleet.window import FleetWindow

SOURCE = "def handler(event, context):\n    return event\n"
NEAR, FAR = "us-east-1", "eu-central-1"


@dataclass
class Watcher:
    """Somebody who looks at the fleet."""

    desk: Desk
    opener: Opener

    @property
    def flow(self) -> FleetFlow:
        found = self.desk.window.findChild(FleetFlow)
        assert isinstance(found, FleetFlow)
        return found

    @property
    def window(self) -> FleetWindow:
        found = self.flow.window
        assert found is not None
        return found

    def selected(self) -> tuple[FleetRow, ...]:
        return self.window.table.chosen()

    def at(self, profile: str, region: str = NEAR) -> Connection:
        found = self.opener.ready[profile]
        assert isinstance(found, Connection)
        return found.in_region(region)

    def make(self, profile: str, region: str = NEAR, name: str = "", **more: Any) -> FunctionSummary:
        return create_function(self.at(profile, region), SOURCE, name=name, **more)

    def choose(self, profiles: list[str], regions: list[str]) -> None:
        self.flow.choice.choose(profiles, regions)

    def open(self) -> FleetWindow:
        self.desk.context.services.actions[FLEET].trigger()
        self.wait()
        return self.window

    def wait(self) -> None:
        """Until all that is chosen has been listed."""
        self.desk.idle()
        self.desk.until(lambda: self.flow.states and not self.window._refreshing)

    def shown(self, *columns: str) -> list[tuple[str, ...]]:
        model = self.window.model
        return [
            tuple(str(model.index(number, BY_ID[column]).data()) for column in columns or ("name",))
            for number in range(model.rowCount())
        ]

    def names(self) -> list[str]:
        return [name for (name,) in self.shown()]

    def row_of(self, name: str) -> int:
        return self.names().index(name)

    def errors(self) -> list[str]:
        """The red marks below the table."""
        return [each.text() for each in self.window.footer.findChildren(QToolButton) if not each.isHidden()]


@pytest.fixture
def watcher(desk: Desk, opener: Opener) -> Watcher:
    return Watcher(desk, opener)
