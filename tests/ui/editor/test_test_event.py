"""The test event as a tab of the code editor, in the whole window: with Monaco, and with the plain editor."""

import json
import secrets
from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.sandbox_functions import create_function
from tests.ui.dialogs import answer_input_soon
from tests.ui.editor.conftest import without_web_engine
from tests.ui.editor.driving import Driver
from tests.ui.test_routes import desk, opener  # noqa: F401 - fixtures
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.core.files import resources_dir
from workbench.functions.model import FunctionDetail
from workbench.functions.roles import create_role
from workbench.invoke.events import EventStore
from workbench.ui.editor import TextEdit, monaco
from workbench.ui.pages.test_events import EventField, edit_of, event_store, replace_text

MONACO = monaco(resources_dir() / "editor" / "dist")
TAB = "{ } Test event"
HANDLER = "def handler(event, context):\n    return {'got': event}\n"


class Writer:
    """Someone who edits the test event in the code editor."""

    def __init__(self, desk: Desk, detail: FunctionDetail, qtbot: QtBot) -> None:  # noqa: F811
        self.desk, self.test, self.files = desk, desk.test, desk.code.files
        self.editor = Driver(self.files.editor, qtbot)
        self.detail = detail
        desk.connect()
        self.open(detail)

    def open(self, detail: FunctionDetail) -> None:
        self.desk.open(detail.function_name)
        self.desk.until(lambda: self.files.current_path() == "app.py" and self.test.picker.count())

    def edit(self) -> None:
        self.desk.window.page.show_tab("testPage")
        self.test.edit_button.click()
        self.desk.until(lambda: self.uri.startswith("test-event:") and self.files.editor.is_ready)
        self.editor.settle()

    @property
    def uri(self) -> str:
        return self.files.editor.active_uri()

    @property
    def tab(self) -> str:
        return self.files.tabs.tabText(self.files.tabs.currentIndex())

    def store(self) -> EventStore:
        return event_store(self.desk.context.services, self.detail)


@pytest.fixture
def writer(desk: Desk, connection: Connection, qtbot: QtBot) -> Iterator[Writer]:  # noqa: F811
    writer = Writer(desk, create_function(connection, HANDLER), qtbot)
    yield writer
    desk.idle()


@pytest.mark.parametrize("desk", [MONACO, without_web_engine], ids=["monaco", "plain"], indirect=True)
def test_the_event_is_one_text_in_both_places(writer: Writer, connection: Connection) -> None:
    desk, test, files = writer.desk, writer.test, writer.files  # noqa: F811
    desk.window.page.show_tab("testPage")
    test.text.setPlainText("1")
    writer.edit()
    assert (writer.tab, files.current_path(), files.open_paths()) == (f"● {TAB}", "", ("app.py",))

    # What is typed in the tab is sent, without a pause between.
    writer.editor.type("234")
    writer.desk.context.services.actions["function.invoke"].trigger()
    desk.until(lambda: "Running…" != desk.window.result.status.text() != "")
    assert json.loads(desk.window.result.answer.toPlainText())["got"] == int(test.text.toPlainText())
    assert sorted(test.text.toPlainText()) == ["1", "2", "3", "4"]

    # It is no part of the code: no draft, no file, nothing to deploy.
    workspace = desk.code.workspace
    assert workspace is not None
    desk.idle()
    assert [*workspace.drafts()] == []
    assert {path.name for path in workspace.root.iterdir()} == {"app.py"}

    # Ctrl+S keeps it: under a name at first, then without a word.
    answer_input_soon(desk.window, "mine")
    desk.context.services.actions["file.save"].trigger()
    desk.until(lambda: test.picker.currentText() == "mine" and writer.tab == TAB)
    writer.editor.type("5")
    desk.until(lambda: "5" in test.text.toPlainText() and writer.tab == f"● {TAB}")
    desk.context.services.actions["file.save"].trigger()
    desk.until(lambda: writer.tab == TAB)
    assert [event.text for event in writer.store().list()] == [test.text.toPlainText()]

    # What is typed, or chosen, on the Test tab is in the editor.
    desk.window.page.show_tab("testPage")
    QTest.keyClicks(test.text, "7")
    desk.window.page.show_tab("codePage")
    desk.until(lambda: writer.editor.snapshot(writer.uri).text == test.text.toPlainText() != "")
    desk.window.page.show_tab("testPage")
    row = test.picker.findText("Sample: s3-put")
    test.picker.setCurrentIndex(row)
    test.picker.activated.emit(row)
    desk.window.page.show_tab("codePage")
    desk.until(lambda: "made-from/s3-put/" in writer.uri and writer.tab == TAB)
    assert writer.editor.snapshot(writer.uri).text == test.text.toPlainText()

    # Closing the tab at once after typing loses nothing; another function's event is another one.
    writer.editor.type("8")
    files.close_current()
    desk.until(lambda: "8" in test.text.toPlainText() and files.current_path() == "app.py")
    writer.edit()
    assert "8" in writer.editor.snapshot(writer.uri).text
    writer.editor.type("9")
    other = create_function(connection, HANDLER)
    writer.desk.wait_for_list()
    desk.context.session.connect_now()
    writer.open(other)
    assert TAB not in files.groups.paths()
    assert "9" not in test.text.toPlainText()
    desk.idle()
    kept = writer.store().last_used()
    assert kept is not None
    assert "8" in kept.text
    assert "9" in kept.text


@pytest.mark.parametrize("desk", [MONACO, without_web_engine], ids=["monaco", "plain"], indirect=True)
def test_the_event_of_a_function_without_code_is_edited_all_the_same(
    desk: Desk,  # noqa: F811
    connection: Connection,
    qtbot: QtBot,
) -> None:
    image = {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:1"}
    name = f"image-{secrets.token_hex(4)}"
    role = create_role(connection, "lambda", name)
    connection.call(
        "lambda", "create_function", FunctionName=name, PackageType="Image", Role=role, Code=image
    )
    test, files = desk.test, desk.code.files
    editor, state = Driver(files.editor, qtbot), desk.window.findChild(QWidget, "codeLoading")
    assert state is not None
    desk.connect()
    desk.open(name)
    desk.window.page.show_tab("testPage")
    desk.until(test.picker.count)
    test.text.setPlainText("1")
    test.edit_button.click()
    desk.until(lambda: files.editor.active_uri().startswith("test-event:") and files.editor.isVisible())
    desk.until(lambda: files.editor.is_ready)
    editor.settle()
    editor.type("2")
    desk.until(lambda: sorted(test.text.toPlainText()) == ["1", "2"])

    # A newer state of the function, and another tab for a while, leave it where it is.
    before = desk.window.page.function
    desk.context.reload_function()
    desk.until(lambda: desk.window.page.function is not before)
    desk.window.page.show_tab("testPage")
    desk.idle()
    desk.window.page.show_tab("codePage")
    desk.idle()
    assert files.editor.isVisible()
    assert files.tabs.tabText(files.tabs.currentIndex()).endswith(TAB)
    assert not desk.code.tree.isVisible()

    desk.context.services.actions["file.close"].trigger()
    desk.until(state.isVisible)
    assert "container image" in state.accessibleDescription()
    desk.idle()


def edited(text: str, edit: TextEdit) -> str:
    """What the editor makes of a text; it counts UTF-16 units."""

    def offset(line: int, column: int) -> int:
        before = "".join(f"{each}\n" for each in text.split("\n")[: line - 1])
        return len(before.encode("utf-16-le")) + 2 * (column - 1)

    raw = text.encode("utf-16-le")
    begin, end = offset(edit.line, edit.column), offset(edit.end_line, edit.end_column)
    return (raw[:begin] + edit.text.encode("utf-16-le") + raw[end:]).decode("utf-16-le")


def test_only_what_differs_is_replaced(qtbot: QtBot) -> None:
    field = EventField("Event")
    qtbot.addWidget(field)
    texts = ("", "a", "abc", "a\n𝄞bc", "a\n𝄞xbc", "a\n𝄞x𝄢bc", "𝄢", "𝄞", "aaaa", "aa", "")
    for before, after in pairwise(texts):
        field.setPlainText(before)
        replace_text(field, after, before)
        assert field.toPlainText() == after
        field.undo()
        assert field.toPlainText() == before
        assert edited(before, edit_of(before, after)) == after
