"""The Test tab: an event for each function, what is wrong with it, and invocations that do not mix."""

import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.bell import Bell
from tests.sandbox_functions import create_function
from tests.ui.pages.seat import HANDLER, Seat
from workbench.aws.connection import Connection
from workbench.core.jobs import Job
from workbench.functions.model import FunctionDetail, detail_of
from workbench.invoke.events import EventStore
from workbench.ui.shell.services import OpenFunction, Services

ACCOUNT, REGION = "123456789012", "eu-central-1"


@pytest.fixture
def held_bell() -> Iterator[Bell]:
    """A bell that holds whoever rings it."""
    with Bell(holds=True) as bell:
        yield bell


def detail_named(name: str) -> FunctionDetail:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    return detail_of({"Configuration": {"FunctionName": name, "FunctionArn": arn, "Timeout": 10}})


@pytest.fixture
def seat(services: Services, qtbot: QtBot) -> Iterator[Seat]:
    seat = Seat(services, qtbot)
    yield seat
    seat.page.deactivate()


@pytest.fixture
def store(services: Services) -> Callable[[str], EventStore]:
    """The kept events of a function."""
    return lambda name: EventStore(services.paths.data_dir / "events", ACCOUNT, REGION, name)


# ---- events ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sample"),
    [
        ("sqs-worker", "Sample: sqs"),
        ("Orders_SNS", "Sample: sns"),
        ("s3-object-counter", "Sample: s3-put"),
        ("nothing-known", "Sample: empty"),
    ],
)
def test_a_new_function_gets_the_sample_that_fits_its_name(
    seat: Seat, aws: StubbedAws, name: str, sample: str
) -> None:
    seat.open(aws.connection, detail_named(name))
    assert seat.page.picker.currentText() == sample
    json.loads(seat.text)
    assert not seat.page.delete_button.isEnabled()  # samples stay


def test_an_event_is_saved_under_a_name_and_deleted_again(
    seat: Seat, aws: StubbedAws, store: Callable[[str], EventStore]
) -> None:
    seat.open(aws.connection, detail_named("hello"))
    seat.type_over('{"id": 1042}')
    seat.save_as("  order 1042 ")
    seat.until(lambda: seat.page.picker.currentText() == "order 1042")
    assert seat.text == '{"id": 1042}'
    assert [event.text for event in store("hello").list()] == ['{"id": 1042}']

    seat.choose("Sample: sqs")
    assert "Records" in seat.text
    seat.choose("order 1042")
    assert seat.text == '{"id": 1042}'
    seat.press("delete")
    seat.question("deleteEvent").no.click()
    seat.idle()
    assert seat.events() == ["order 1042"]
    seat.press("delete")
    seat.question("deleteEvent").yes.click()
    seat.until(lambda: seat.events() == [])
    assert store("hello").list() == ()
    assert seat.page.picker.currentText() == "Sample: empty"


def test_another_events_text_is_replaced_only_after_a_yes(
    seat: Seat, aws: StubbedAws, store: Callable[[str], EventStore]
) -> None:
    seat.open(aws.connection, detail_named("hello"))
    seat.type_over("1")
    seat.save_as("mine")
    seat.until(lambda: seat.page.picker.currentText() == "mine")
    seat.type_over("2")
    seat.save_as("mine")  # its own name asks nothing
    seat.until(lambda: [event.text for event in store("hello").list()] == ["2"])
    seat.idle()

    seat.choose("Sample: sqs")
    seat.save_as("mine")
    question = seat.question("replaceEvent")
    assert any("named mine" in label.text() for label in question.findChildren(QLabel))
    question.no.click()
    seat.idle()
    assert [event.text for event in store("hello").list()] == ["2"]
    seat.save_as("mine")
    seat.question("replaceEvent").yes.click()
    seat.until(lambda: "Records" in store("hello").list()[0].text)
    seat.idle()


def test_a_name_that_cannot_be_is_refused_with_a_remedy(seat: Seat, aws: StubbedAws) -> None:
    seat.open(aws.connection, detail_named("hello"))
    seat.save_as("   ")
    seat.until(lambda: seat.failed)
    assert seat.failed[0].why == "It has no name."
    assert seat.failed[0].remedy
    assert seat.events() == []


@pytest.mark.parametrize("own", [False, True], ids=["a sample", "an event of one's own"])
def test_what_was_typed_is_back_with_its_function(seat: Seat, aws: StubbedAws, own: bool) -> None:
    seat.open(aws.connection, detail_named("first"))
    if own:
        seat.save_as("mine")
        seat.until(lambda: seat.events() == ["mine"])
    seat.type_over('{"for": "first"')  # not whole JSON yet, and never invoked
    seat.page.show_function(OpenFunction(aws.connection, detail_named("second")))
    seat.until(lambda: seat.page.picker.count() > 0)
    assert "first" not in seat.text
    seat.page.show_function(OpenFunction(aws.connection, detail_named("first")))
    seat.until(lambda: seat.page.picker.count() > 0)
    assert seat.text == '{"for": "first"'
    assert seat.page.picker.currentText() == ("mine" if own else "Sample: empty")


def test_what_was_chosen_or_taken_back_is_back_with_its_function(seat: Seat, aws: StubbedAws) -> None:
    first, second = (OpenFunction(aws.connection, detail_named(name)) for name in ("first", "second"))

    def leave_and_return() -> None:
        for function in (second, first):
            seat.page.show_function(function)
            seat.until(lambda: seat.page.picker.count() > 0)

    seat.open(first.connection, first.detail)
    original = seat.text
    seat.type_over("[1]")
    leave_and_return()
    assert seat.text == "[1]"
    seat.page.text.setPlainText(original)
    leave_and_return()
    assert seat.text == original
    seat.choose("Sample: sns")
    leave_and_return()
    assert seat.page.picker.currentText() == "Sample: sns"


def test_what_was_typed_is_kept_while_it_is_typed(seat: Seat, aws: StubbedAws, qtbot: QtBot) -> None:
    seat.open(aws.connection, detail_named("hello"))
    store = seat.page.store
    assert store is not None
    seat.type_over("[1, 2, 3]")  # nothing is invoked, and no function left

    def kept() -> str:
        last = store.last_used()
        return last.text if last is not None else ""

    qtbot.waitUntil(lambda: kept() == "[1, 2, 3]", timeout=10_000)


def test_what_was_typed_is_back_after_a_restart(seat: Seat, aws: StubbedAws, qtbot: QtBot) -> None:
    seat.open(aws.connection, detail_named("hello"))
    seat.type_over("[1, 2]")
    seat.page.keep_typed()  # the window closes
    seat.idle()
    later = Seat(seat.services, qtbot)
    later.open(aws.connection, detail_named("hello"))
    assert later.text == "[1, 2]"
    later.page.deactivate()


def test_a_newer_state_of_the_function_leaves_the_text(seat: Seat, aws: StubbedAws) -> None:
    seat.open(aws.connection, detail_named("hello"))
    seat.type_over("[1]")
    seat.page.show_function(OpenFunction(aws.connection, detail_named("hello")))
    seat.idle()
    assert seat.text == "[1]"


# ---- is it JSON? -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ('{"a" 1}', "line 1, column 6"),
        ('{"a": NaN}', "NaN"),
        ("[" * 20_000, "nested too deeply"),
        ("no JSON", "line 1, column 1"),
        ("{} {}", "Extra data"),
    ],
    ids=["colon", "NaN", "deep", "words", "two"],
)
def test_where_the_json_breaks_is_said_while_typing_and_nothing_is_sent(
    seat: Seat, aws: StubbedAws, typed: str, words: str
) -> None:
    seat.open(aws.connection, detail_named("hello"))
    seat.page.text.setPlainText(typed)
    seat.until(lambda: words in seat.page.fault.text())
    assert seat.page.fault.property("role") == "danger"
    seat.press("format")
    assert seat.text == typed  # what cannot be read is not touched
    seat.press("invoke")
    seat.until(lambda: seat.ended)
    (_, error) = seat.ended[0]
    assert error.what == "The function was not invoked."
    assert words in error.why
    assert error.remedy
    assert aws.calls == []

    seat.page.text.setPlainText('{"a": 1}')
    seat.until(lambda: seat.page.fault.text() == "8 of 6,291,456 bytes")
    assert seat.page.fault.property("role") == "muted"


def test_json_is_laid_out_and_that_can_be_undone(seat: Seat, aws: StubbedAws) -> None:
    seat.open(aws.connection, detail_named("hello"))
    seat.page.text.setPlainText('{"name":"Ä😀","list":[1]}')
    seat.press("format")
    assert seat.text == '{\n  "name": "Ä😀",\n  "list": [\n    1\n  ]\n}'
    seat.page.text.undo()
    assert seat.text == '{"name":"Ä😀","list":[1]}'


# ---- switching functions ---------------------------------------------------------------------------------


def writer_of(pipe: Path, seat: Seat) -> int:
    """Opens a pipe once somebody reads it."""
    opened: list[int] = []

    def has_reader() -> bool:
        with contextlib.suppress(OSError):  # ENXIO: nobody reads yet
            opened.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return bool(opened)

    seat.until(has_reader)
    return opened[0]


def test_events_that_come_late_are_not_shown_for_another_function(
    seat: Seat, aws: StubbedAws, store: Callable[[str], EventStore]
) -> None:
    slow = store("slow")
    slow.folder.mkdir(parents=True)
    pipe = slow.folder / "slow-event.json"
    os.mkfifo(pipe)  # reading it takes until somebody has written
    seat.page.show_function(OpenFunction(aws.connection, detail_named("slow")))
    seat.page.activate()
    writer = writer_of(pipe, seat)
    assert seat.text == ""
    seat.press("invoke")
    assert seat.started == []  # whose event would it be?
    assert seat.notices == ["The test event of slow is still loading."]

    seat.page.show_function(OpenFunction(aws.connection, detail_named("quick")))
    os.write(writer, b'{"of": "slow"}')
    os.close(writer)
    seat.until(lambda: seat.page.picker.count() > 0)
    seat.idle()
    assert seat.page.function is not None
    assert seat.page.function.detail.function_name == "quick"
    assert seat.events() == []
    assert "slow" not in seat.text


def test_an_event_that_is_saved_late_is_not_shown_for_another_function(
    seat: Seat, aws: StubbedAws, store: Callable[[str], EventStore], services: Services
) -> None:
    seat.open(aws.connection, detail_named("first"))
    seat.type_over('{"of": "first"}')
    go = threading.Event()
    lane = f"events:{store('first').folder}"
    services.jobs.submit(Job("a slow disk", lambda _ctx: go.wait(10), lane=lane))
    seat.save_as("mine")
    seat.page.show_function(OpenFunction(aws.connection, detail_named("second")))
    seat.until(lambda: seat.page.picker.count() > 0)
    go.set()
    seat.idle()
    assert [event.name for event in store("first").list()] == ["mine"]
    assert seat.events() == []
    assert "first" not in seat.text


# ---- invoking --------------------------------------------------------------------------------------------


def test_the_answer_comes_with_the_function_that_gave_it(seat: Seat, connection: Connection) -> None:
    function = create_function(connection, HANDLER)
    seat.open(connection, function)
    seat.invoke({"name": "Ada"})
    assert [each.result for each in seat.started] == [None]
    seat.until(lambda: seat.finished)
    (invocation,) = seat.finished
    assert invocation.function.detail.function_name == function.function_name
    assert invocation.result is not None
    assert json.loads(invocation.result.payload) == {"by": function.function_name, "got": {"name": "Ada"}}
    assert seat.ended == []


def test_another_function_is_invoked_while_one_is_running(
    seat: Seat, connection: Connection, held_bell: Bell
) -> None:
    first, second = create_function(connection, HANDLER), create_function(connection, HANDLER)
    seat.open(connection, first)
    seat.invoke_slowly(held_bell)

    seat.open(connection, second)
    seat.invoke({"n": 2})
    seat.until(lambda: seat.finished)
    held_bell.release()
    seat.until(lambda: len(seat.finished) == 2)
    names = [second.function_name, first.function_name]
    assert [each.function.detail.function_name for each in seat.finished] == names
    assert [json.loads(each.result.payload)["by"] for each in seat.finished if each.result] == names
    assert seat.text == '{"n": 2}'


def test_an_invocation_that_fails_late_says_which_it_was(
    seat: Seat, connection: Connection, held_bell: Bell
) -> None:
    """The window then knows that the failure is not the newer invocation's."""
    first, second = create_function(connection, HANDLER), create_function(connection, HANDLER)
    seat.open(connection, first)
    seat.invoke_slowly(held_bell)
    running = [handle for handle in seat.services.jobs.active() if first.function_name in handle.job.title]
    seat.open(connection, second)
    seat.invoke({})
    seat.until(lambda: seat.finished)
    running[0].cancel()
    seat.until(lambda: seat.ended)
    held_bell.release()
    (invocation, _error) = seat.ended[0]
    assert invocation is seat.started[0]
    assert invocation.function.detail.function_name == first.function_name


def test_cancel_frees_at_once_and_says_that_the_function_runs_on(
    seat: Seat, connection: Connection, held_bell: Bell
) -> None:
    function = create_function(connection, HANDLER)
    seat.open(connection, function)
    seat.invoke_slowly(held_bell)
    (handle,) = seat.services.jobs.active()
    handle.cancel()
    seat.until(lambda: seat.ended)
    (_, error) = seat.ended[0]
    assert "cannot be stopped" in error.why
    assert "log" in error.remedy
    seat.invoke({})  # the tab is free again
    held_bell.release()
    seat.until(lambda: seat.finished)
    assert len(seat.finished) == 1


def test_a_function_that_was_deleted_meanwhile_is_said(seat: Seat, connection: Connection) -> None:
    function = create_function(connection, HANDLER)
    seat.open(connection, function)
    connection.call("lambda", "delete_function", FunctionName=function.function_name)
    seat.invoke({"typed": True})
    seat.until(lambda: seat.ended)
    (_, error) = seat.ended[0]
    assert error.aws_code == "ResourceNotFoundException"
    assert function.function_name in error.what
    assert error.remedy
    assert seat.text == '{"typed": true}'


def test_an_error_of_the_function_is_an_answer(seat: Seat, connection: Connection) -> None:
    seat.open(connection, create_function(connection, HANDLER))
    seat.invoke({"fail": True})
    seat.until(lambda: seat.finished)
    result = seat.finished[0].result
    assert result is not None
    assert result.error_type == "ValueError"
    assert seat.ended == []


def test_an_event_that_cannot_be_kept_is_sent_all_the_same(
    seat: Seat, connection: Connection, services: Services
) -> None:
    events = services.paths.data_dir / "events"
    events.parent.mkdir(parents=True, exist_ok=True)
    events.write_text("in the way of the folder")
    seat.open(connection, create_function(connection, HANDLER))
    seat.invoke({"n": 1})
    seat.until(lambda: seat.finished and seat.failed)
    assert seat.finished[0].result is not None
    assert seat.failed[0].why
