"""Debug Locally, from the window: a breakpoint in the margin, variables, steps, watch, stop, a restart."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.e2e.desk import PROFILE, Desk, write_profile
from tests.e2e.test_local_run import choose_credentials
from tests.sandbox_functions import create_function
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.ui.features.local_run.feature import DebugPanel

Sit = Callable[[str], Desk]
SOURCE = """\
def double(n):
    total = n * 2
    return total

def handler(event, context):
    numbers = {"given": event["n"]}
    answer = double(numbers["given"])
    return answer
"""


def panel_of(desk: Desk) -> DebugPanel:
    panel = desk.window.findChild(DebugPanel)
    assert panel is not None
    return panel


def put_breakpoint(desk: Desk, line: int) -> None:
    """Sets or removes one with the keyboard."""
    desk.files.reveal("app.py", line, 1)
    desk.until(lambda: desk.files.editor.debug.cursor_of(desk.files.uri_of_open("app.py")) == line)
    desk.act("debug.toggle_breakpoint")


def values(desk: Desk) -> dict[str, str]:
    """The local variables that are shown."""
    group = panel_of(desk).variables.topLevelItem(0)
    if group is None:
        return {}
    children = (group.child(row) for row in range(group.childCount()))
    return {child.text(0): child.text(1) for child in children if child is not None}


def test_it_stops_at_a_breakpoint_shows_variables_steps_and_answers(
    sit: Sit, access: Access, connection: Connection
) -> None:
    name = create_function(connection, SOURCE).function_name
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(name)
    desk.write_event('{"n": 21}')
    desk.act("view.code")
    put_breakpoint(desk, 7)
    desk.act("function.debug")
    choose_credentials(desk, 0)
    panel = panel_of(desk)
    desk.until(lambda: panel.state.text() == "Stopped at a breakpoint")
    assert panel.frame is not None
    assert (panel.frame.name, panel.frame.path, panel.frame.line) == ("handler", "app.py", 7)
    desk.until(lambda: values(desk).get("numbers") == "{'given': 21}")

    panel.expression.setText("event['n'] + 1")
    QTest.keyClick(panel.expression, Qt.Key.Key_Return)
    watched = panel.watches.topLevelItem
    desk.until(lambda: (item := watched(0)) is not None and item.text(1) == "22")

    desk.act("debug.step_into")
    desk.until(lambda: panel.frame is not None and panel.frame.name == "double")
    desk.act("debug.step_over")
    desk.until(lambda: values(desk).get("total") == "42")
    desk.act("debug.continue")
    desk.until(lambda: desk.window.result.status.text() == "Succeeded locally")
    assert desk.result() == "42"
    assert panel_of(desk).frame is None


def test_stopping_ends_it_while_it_stands_and_breakpoints_are_back_after_a_restart(
    sit: Sit, access: Access, connection: Connection
) -> None:
    name = create_function(connection, SOURCE).function_name
    write_profile(access)
    first = sit(PROFILE)
    first.open_function(name)
    first.write_event('{"n": 1}')
    first.act("view.code")
    put_breakpoint(first, 2)
    first.act("function.debug")
    choose_credentials(first, 1)
    first.until(lambda: panel_of(first).state.text() == "Stopped at a breakpoint")
    first.act("debug.stop")
    first.until(lambda: "Debugging stopped." in first.result())
    first.until(lambda: not list((first.program.services.paths.cache_dir / "local-runs").iterdir()))
    assert not first.program.services.actions["debug.stop"].isEnabled()
    first.leave()

    second = sit(PROFILE)
    second.open_function(name)
    second.write_event('{"n": 1}')
    second.act("function.debug")
    second.until(lambda: panel_of(second).state.text() == "Stopped at a breakpoint")
    frame = panel_of(second).frame
    assert frame is not None
    assert (frame.name, frame.path, frame.line) == ("double", "app.py", 2)
    second.until(lambda: values(second) == {"n": "1"})


def test_breakpoints_move_with_what_is_typed_above_them(
    sit: Sit, access: Access, connection: Connection
) -> None:
    name = create_function(connection, SOURCE).function_name
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(name)
    put_breakpoint(desk, 7)
    editor, uri = desk.files.editor, desk.files.uri_of_open("app.py")
    moved: list[tuple[int, ...]] = []
    editor.debug.moved.connect(lambda _uri, lines: moved.append(lines))
    editor.reveal(uri, 1, 1)
    editor.focus_text()
    desk.until(lambda: editor.debug.cursor_of(uri) == 1)
    desk.flush()  # keys and calls reach the page on different ways: the text has the keyboard first
    desk.press_key(Qt.Key.Key_Return)
    desk.until(lambda: moved == [(8,)])

    desk.write_event('{"n": 3}')
    desk.act("function.debug")
    choose_credentials(desk, 1)
    panel = panel_of(desk)
    desk.until(lambda: panel.state.text() == "Stopped at a breakpoint")
    assert panel.frame is not None
    assert (panel.frame.name, panel.frame.line) == ("handler", 8)
    desk.act("debug.continue")
    desk.until(lambda: desk.window.result.status.text() == "Succeeded locally")
    assert desk.result() == "6"
