"""When the sending ends early: what was done and what was not is said, and can be taken back."""

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.ui.configuring.person import Person
from tests.ui.configuring.test_every_setting import ARN, NAME, look, others
from workbench.functions.model import detail_of
from workbench.ui.shell.services import OpenFunction, Services


@pytest.fixture
def stubbed(aws: StubbedAws, services: Services, qtbot: QtBot) -> Iterator[Person]:
    configuration = {"FunctionName": NAME, "FunctionArn": ARN, "PackageType": "Image", "MemorySize": 128}
    others(aws)
    detail = detail_of({"Configuration": configuration})
    person = Person(qtbot, services, OpenFunction(aws.connection, detail))
    yield person
    person.page.deactivate()
    person.page.clear()
    person.rest()


def change(person: Person) -> None:
    person.type("general", "memory_mb", "256")
    person.field("concurrency", QCheckBox, "reserve.reserved_concurrency").click()


def partly(aws: StubbedAws) -> None:
    """The configuration is taken, the concurrency is refused."""
    memory: dict[str, Any] = {"MemorySize": 256}
    look(aws, {"MemorySize": 128})
    aws.answer("lambda", "update_function_configuration", {}, None)
    look(aws, memory, all_of_it=False)
    aws.refuse("lambda", "put_function_concurrency", "InvalidParameterValueException", "below its minimum")
    look(aws, memory)


def test_what_was_done_is_kept_and_the_rest_waits(aws: StubbedAws, stubbed: Person) -> None:
    change(stubbed)
    partly(aws)
    stubbed.apply()
    dialog = stubbed.dialog("settingsPartial")
    model = dialog.findChild(object, "settingsPartialTable").model()
    shown = [[model.index(row, column).data() for column in range(2)] for row in range(2)]
    assert shown == [["Memory", "Changed"], ["Reserved concurrency", "Not changed"]]
    dialog.keep.click()
    assert [each.name for each in stubbed.page.draft.changes()] == ["reserved_concurrency"]
    assert stubbed.wanted.memory_mb == 256


def test_what_was_done_is_taken_back(aws: StubbedAws, stubbed: Person) -> None:
    change(stubbed)
    partly(aws)
    stubbed.apply()
    dialog = stubbed.dialog("settingsPartial")
    look(aws, {"MemorySize": 256})
    sent = {"FunctionName": NAME, "RevisionId": "r1", "MemorySize": 128}
    aws.answer("lambda", "update_function_configuration", {}, sent)
    look(aws, {"MemorySize": 128}, all_of_it=False)
    look(aws, {"MemorySize": 128})
    dialog.back.click()
    stubbed.rest()
    assert stubbed.page.draft.original.memory_mb == 128
    assert stubbed.page.draft.original.reserved_concurrency is None
    # What was wanted is still there to be corrected.
    assert (stubbed.wanted.memory_mb, stubbed.wanted.reserved_concurrency) == (256, 10)


def test_a_refusal_keeps_what_was_typed(aws: StubbedAws, stubbed: Person) -> None:
    stubbed.type("general", "memory_mb", "256")
    look(aws, {"MemorySize": 128})
    aws.refuse("lambda", "update_function_configuration", "AccessDeniedException", "not authorized", 403)
    stubbed.apply()
    assert "AccessDeniedException" in stubbed.errors[-1]
    assert stubbed.wanted.memory_mb == 256
    assert stubbed.services.actions["configuration.apply"].isEnabled()


def test_a_function_that_has_gone_says_so(aws: StubbedAws, stubbed: Person) -> None:
    stubbed.type("general", "memory_mb", "256")
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found: odd", 404)
    stubbed.apply()
    assert "ResourceNotFoundException" in stubbed.errors[-1]
    assert stubbed.wanted.memory_mb == 256
