"""The tab on the screen with a function of the Sandbox, and someone before it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws, aws
from tests.sandbox_functions import create_function
from tests.ui.configuring.person import Person
from workbench.aws.connection import Connection
from workbench.functions.settings import Limits, load_limits
from workbench.ui.shell.services import OpenFunction, Services

__all__ = ["StubbedAws", "aws"]
SOURCE = "def handler(event, context):\n    return 'one'\n"


@pytest.fixture(scope="session")
def limits() -> Limits:
    return load_limits()


@pytest.fixture
def sit(qtbot: QtBot, services: Services, connection: Connection) -> Iterator[Callable[..., Person]]:
    """Opens a function that is made with these members."""
    people: list[Person] = []

    def make(**more: Any) -> Person:
        detail = create_function(connection, SOURCE, **more)
        people.append(Person(qtbot, services, OpenFunction(connection, detail)))
        return people[-1]

    yield make
    for person in people:
        person.page.deactivate()
        person.page.clear()
        person.rest()


@pytest.fixture
def person(sit: Callable[..., Person]) -> Person:
    return sit()
