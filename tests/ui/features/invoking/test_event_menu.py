"""Test events beyond one's own: shared by AWS's registry, kept in a folder, hinted at, coloured."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QTextCharFormat
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from tests.sandbox_functions import create_function
from tests.ui.dialogs import answer_next_input
from tests.ui.features.invoking.test_ways_to_invoke import detail_named
from tests.ui.pages.seat import Seat
from workbench.aws.connection import Connection
from workbench.ui.kit.dialog import Question
from workbench.ui.pages.code_opening import events_of
from workbench.ui.pages.test_events import event_folder, set_event_folder
from workbench.ui.shell.services import OpenFunction, Services

PLACE = {"RegistryName": "lambda-testevent-schemas", "SchemaName": "_hello-schema"}


@pytest.fixture
def seat(services: Services, qtbot: QtBot) -> Iterator[Seat]:
    seat = Seat(services, qtbot)
    yield seat
    seat.page.deactivate()


def holds(aws: StubbedAws, **events: object) -> None:  # noqa: F811 - pytest's way
    examples = {name: {"value": value} for name, value in events.items()}
    content = json.dumps({"openapi": "3.0.0", "components": {"examples": examples}})
    aws.answer("schemas", "describe_schema", {"Content": content}, PLACE)


def test_shared_events_are_loaded_shared_and_deleted(seat: Seat, aws: StubbedAws) -> None:  # noqa: F811
    holds(aws, theirs={"n": 1})
    seat.open(aws.connection, detail_named("hello"))
    seat.page.menu.load_action.trigger()
    seat.until(lambda: seat.page.picker.currentText() == "Shared: theirs")
    assert json.loads(seat.text) == {"n": 1}

    seat.type_over('{"n": 2}')
    holds(aws, theirs={"n": 1})
    aws.answer("schemas", "list_schema_versions", {"SchemaVersions": []})
    aws.answer("schemas", "update_schema", {})
    holds(aws, theirs={"n": 1}, mine={"n": 2})
    answer_next_input(seat.page, "mine")
    seat.page.menu.share_action.trigger()
    seat.until(lambda: seat.page.picker.currentText() == "Shared: mine")

    holds(aws, theirs={"n": 1}, mine={"n": 2})
    aws.answer("schemas", "list_schema_versions", {"SchemaVersions": []})
    aws.answer("schemas", "update_schema", {})
    holds(aws, theirs={"n": 1})
    seat.press("delete")
    question = seat.page.window().findChild(Question)
    assert question is not None
    question.yes.click()
    seat.until(lambda: seat.page.picker.findText("Shared: mine") < 0)
    assert seat.page.picker.findText("Shared: theirs") >= 0

    other = OpenFunction(aws.connection, detail_named("other"))
    seat.page.show_function(other)
    seat.until(lambda: seat.page.picker.count() > 0)
    assert seat.page.picker.findText("Shared: theirs") < 0
    seat.idle()


def test_what_may_not_be_read_is_said(seat: Seat, aws: StubbedAws) -> None:  # noqa: F811
    aws.refuse("schemas", "describe_schema", "ForbiddenException", "User is not authorized", 403)
    seat.open(aws.connection, detail_named("hello"))
    seat.page.menu.load_action.trigger()
    seat.until(lambda: seat.failed)
    assert seat.failed[0].aws_code == "ForbiddenException"


def test_the_sandbox_has_no_shareable_events(seat: Seat, connection: Connection) -> None:
    seat.open(connection, create_function(connection, "def handler(event, context): return 1"))
    menu = seat.page.menu
    assert [each.isEnabled() for each in (menu.load_action, menu.share_action)] == [False, False]
    assert menu.load_action.text() == "Load Shareable Events (not in the Sandbox)"
    seat.page.show_function(OpenFunction(StubbedAws().connection, detail_named("hello")))
    assert menu.load_action.isEnabled()
    assert menu.load_action.text() == "Load Shareable Events"
    seat.idle()


def test_events_are_kept_in_a_folder_of_the_repository(
    seat: Seat,
    aws: StubbedAws,  # noqa: F811
    services: Services,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "repository" / "events"
    folder.mkdir(parents=True)
    (folder / "from-git.json").write_text('{"from": "git"}')
    detail = detail_named("hello")
    seat.open(aws.connection, detail)
    seat.page.menu.set_event_folder(folder)
    seat.until(lambda: seat.events() == ["from-git"])
    seat.choose("from-git")
    assert json.loads(seat.text) == {"from": "git"}
    seat.type_over('{"mine": 1}')
    seat.save_as("mine")
    seat.until(lambda: seat.events() == ["from-git", "mine"])
    assert {each.name for each in folder.iterdir()} == {"from-git.json", "mine.json"}
    assert "from-git" in {event.name for event in events_of(services, detail)}  # a test after a deploy, too
    seat.page.menu.set_event_folder(None)
    seat.until(lambda: seat.page.picker.count() > 0 and seat.events() == [])
    assert (folder / "mine.json").exists()


@pytest.mark.parametrize("damage", [3, ["a"], {"arn": 3}])
def test_damaged_choices_of_folders_are_none(services: Services, damage: object) -> None:
    detail = detail_named("hello")
    services.settings.set("events.folders", damage)
    assert event_folder(services, detail) is None
    assert set_event_folder(services, detail, Path("/events")) is None
    assert event_folder(services, detail) == Path("/events")


def test_an_event_that_lacks_something_gets_a_hint_and_is_sent_all_the_same(
    seat: Seat,
    aws: StubbedAws,  # noqa: F811
) -> None:
    seat.open(aws.connection, detail_named("hello"))
    seat.page.text.setPlainText('{"Records": [{"eventSource": "aws:sqs", "messageId": "1"}]}')
    seat.until(lambda: "differs from a real event (sqs)" in seat.page.fault.text())
    assert "Records[0].body" in seat.page.fault.text()
    assert seat.page.fault.property("role") == "warning"


def test_a_variable_that_does_not_exist_is_said_before_it_is_sent(seat: Seat, aws: StubbedAws) -> None:  # noqa: F811
    seat.open(aws.connection, detail_named("hello"))
    seat.page.text.setPlainText('{"id": "{{nope}}"}')
    seat.until(lambda: "does not exist, {{nope}}" in seat.page.fault.text())
    assert seat.page.fault.property("role") == "danger"
    seat.page.text.setPlainText('{"id": "{{uuid}}", "braces": "{{{{"}')
    seat.until(lambda: seat.page.fault.text().endswith("variables are replaced when sent"))


def test_the_place_where_json_breaks_is_underlined(seat: Seat, aws: StubbedAws) -> None:  # noqa: F811
    seat.open(aws.connection, detail_named("hello"))
    seat.page.text.setPlainText('{\n  "a" 1\n}')
    seat.until(lambda: seat.page.text.extraSelections())
    (mark,) = seat.page.text.extraSelections()
    assert mark.format.underlineStyle() is QTextCharFormat.UnderlineStyle.WaveUnderline
    assert (mark.cursor.blockNumber(), mark.cursor.selectedText()) == (1, "1")
    seat.page.text.setPlainText("{}")
    seat.until(lambda: not seat.page.text.extraSelections())


def test_names_texts_and_variables_have_their_colours(seat: Seat, aws: StubbedAws) -> None:  # noqa: F811
    seat.open(aws.connection, detail_named("hello"))
    seat.page.text.setPlainText('{"key": "x{{uuid}}", "n": -1.5, "t": true}')
    formats = seat.page.text.document().firstBlock().layout().formats()
    colors = seat.services.theme.colors
    found = {(each.start, each.format.foreground().color().name()) for each in formats}
    assert (1, colors.accent) in found
    assert (8, colors.good) in found
    assert (10, colors.warning) in found
