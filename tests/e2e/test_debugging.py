"""Debug Locally, from the window: a breakpoint in the margin, variables, steps, watch, stop, a restart."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QWidget

from tests.e2e.desk import PROFILE, Desk, write_profile
from tests.e2e.test_local_run import choose_credentials
from tests.sandbox_functions import create_function
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.files import Paths
from workbench.core.settings import Settings
from workbench.ui.editor import BreakpointLook
from workbench.ui.features.local_run.breakpoints import BreakpointDialog
from workbench.ui.features.local_run.debugging import DebugPanel

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
    moved: list[list[int]] = []
    editor.debug.moved.connect(lambda _uri, lines: moved.append(list(lines.values())))
    editor.reveal(uri, 1, 1)
    editor.focus_text()
    desk.until(lambda: editor.debug.cursor_of(uri) == 1)
    desk.flush()  # keys and calls reach the page on different ways: the text has the keyboard first
    desk.press_key(Qt.Key.Key_Return)
    desk.until(lambda: moved == [[8]])

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


LOOP = """\
def handler(event, context):
    for index in range(10):
        total = index * 2

    # what follows is the answer

    return total
"""


def open_loop(sit: Sit, access: Access, connection: Connection) -> tuple[Desk, str]:
    """A desk with the loop in the editor, and the name of the function."""
    name = create_function(connection, LOOP).function_name
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(name)
    desk.write_event('{"n": 1}')
    desk.act("view.code")
    return desk, name


def click_margin(desk: Desk, line: int, button: Qt.MouseButton) -> None:
    """Clicks beside a line, where its breakpoint is."""
    text = (
        f"[...document.querySelectorAll('.line-numbers')].find(each => each.textContent.trim() === '{line}')"
    )
    desk.until(lambda: desk.in_page(f"{text} !== undefined"))
    top = desk.in_page(f"{text}.getBoundingClientRect().top + 8")
    keyboard = desk._keyboard()
    QTest.mouseClick(keyboard, button, pos=QPoint(8, round(top)))


def choose(desk: Desk, title: str) -> None:
    """Chooses an entry of the margin's menu."""

    def menus() -> list[QMenu]:
        return [each for each in desk.window.findChildren(QMenu, "breakpointMenu") if each.isVisible()]

    desk.until(menus)
    (menu,) = menus()
    (action,) = [each for each in menu.actions() if each.text() == title]
    action.trigger()
    menu.close()


def set_breakpoint(desk: Desk, *, condition: str = "", log_message: str = "") -> None:
    """Fills in the open dialog."""
    desk.until(lambda: desk.window.findChild(BreakpointDialog))
    dialog = desk.window.findChild(BreakpointDialog)
    assert dialog is not None
    dialog.condition.setText(condition)
    dialog.log_message.setText(log_message)
    dialog.set_button.click()
    desk.until(lambda: not desk.window.findChild(BreakpointDialog))


def marks(desk: Desk) -> list[tuple[int, BreakpointLook]]:
    """Line and look of each breakpoint."""
    found = desk.files.editor.debug.marks(desk.files.uri_of_open("app.py"))
    return [(each.line, each.look) for each in found]


def test_the_margin_has_a_menu_and_conditions_are_kept_over_a_restart(
    sit: Sit, access: Access, connection: Connection
) -> None:
    desk, name = open_loop(sit, access, connection)
    click_margin(desk, 3, Qt.MouseButton.LeftButton)
    desk.until(lambda: marks(desk) == [(3, BreakpointLook.PLAIN)])
    click_margin(desk, 3, Qt.MouseButton.RightButton)
    choose(desk, "Edit Breakpoint…")
    assert marks(desk) == [(3, BreakpointLook.PLAIN)]  # a right click removes nothing
    set_breakpoint(desk, condition="index == 7")
    assert marks(desk) == [(3, BreakpointLook.CONDITIONAL)]
    click_margin(desk, 7, Qt.MouseButton.RightButton)
    choose(desk, "Add Logpoint…")
    set_breakpoint(desk, log_message="the total is {total}")
    click_margin(desk, 2, Qt.MouseButton.RightButton)
    choose(desk, "Add Breakpoint")
    click_margin(desk, 2, Qt.MouseButton.RightButton)
    choose(desk, "Disable Breakpoint")
    kept = [(3, BreakpointLook.CONDITIONAL), (7, BreakpointLook.LOG), (2, BreakpointLook.DISABLED)]
    assert marks(desk) == kept
    desk.leave()

    again = sit(PROFILE)
    again.open_function(name)
    again.until(lambda: marks(again) == kept)
    again.write_event('{"n": 1}')
    again.act("function.debug")
    choose_credentials(again, 1)
    again.until(lambda: panel_of(again).state.text() == "Stopped at a breakpoint")
    again.until(lambda: values(again).get("index") == "7")
    again.act("debug.continue")
    again.until(lambda: again.window.result.status.text() == "Succeeded locally")
    assert "the total is 18" in again.window.result.log.toPlainText()
    again.act("view.code")
    click_margin(again, 3, Qt.MouseButton.RightButton)
    choose(again, "Remove All Breakpoints")
    assert marks(again) == []


def test_lines_that_an_earlier_program_has_kept_are_breakpoints(
    sit: Sit, access: Access, connection: Connection
) -> None:
    function = create_function(connection, LOOP)
    settings = Settings(Paths.default().config_dir / "settings.json")
    settings.set(f"debug.breakpoints.{function.function_arn}", {"app.py": [3, 7]})
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function.function_name)
    desk.until(lambda: marks(desk) == [(3, BreakpointLook.PLAIN), (7, BreakpointLook.PLAIN)])


def test_f5_continues_while_debugging_and_reloads_otherwise(
    sit: Sit, access: Access, connection: Connection
) -> None:
    desk, __ = open_loop(sit, access, connection)
    put_breakpoint(desk, 7)
    actions = desk.program.services.actions
    reloads: list[bool] = []
    actions["function.refresh"].triggered.connect(lambda: reloads.append(True))
    desk.act("function.debug")
    choose_credentials(desk, 1)
    panel = panel_of(desk)
    desk.until(lambda: panel.state.text() == "Stopped at a breakpoint")
    desk.until(lambda: panel.frame is not None and panel.frame.line == 7)
    QTest.keyClick(desk.window, Qt.Key.Key_F5)
    desk.until(lambda: desk.window.result.status.text() == "Succeeded locally")
    assert reloads == []
    QTest.keyClick(desk.window, Qt.Key.Key_F5)
    desk.until(lambda: reloads)


def test_a_breakpoint_goes_to_the_line_where_the_function_stops(
    sit: Sit, access: Access, connection: Connection
) -> None:
    desk, __ = open_loop(sit, access, connection)
    put_breakpoint(desk, 6)
    desk.act("function.debug")
    choose_credentials(desk, 1)
    desk.until(lambda: panel_of(desk).state.text() == "Stopped at a breakpoint")
    frame = panel_of(desk).frame
    assert frame is not None
    assert frame.line == 3
    assert marks(desk) == [(3, BreakpointLook.PLAIN)]
    desk.until(lambda: desk.files.editor.debug.cursor_of(desk.files.uri_of_open("app.py")) == 3)
    desk.act("debug.toggle_breakpoint")
    assert marks(desk) == []
    desk.act("debug.continue")
    desk.until(lambda: desk.window.result.status.text() == "Succeeded locally")


def test_a_condition_that_is_wrong_is_said_in_the_dialog_and_at_the_breakpoint(
    sit: Sit, access: Access, connection: Connection
) -> None:
    desk, __ = open_loop(sit, access, connection)
    desk.files.reveal("app.py", 3, 1)
    desk.until(lambda: desk.files.editor.debug.cursor_of(desk.files.uri_of_open("app.py")) == 3)
    desk.act("debug.edit_breakpoint")
    dialog = desk.window.findChild(BreakpointDialog)
    assert dialog is not None
    dialog.condition.setText("index =")
    assert "not a Python expression" in dialog.state.text()
    dialog.set_button.click()
    assert dialog.isVisible()
    set_breakpoint(desk, condition="nowhere == index")
    desk.act("function.debug")
    choose_credentials(desk, 1)
    desk.until(lambda: "NameError" in panel_of(desk).state.text())
    assert marks(desk) == [(3, BreakpointLook.FAILED)]
    (mark,) = desk.files.editor.debug.marks(desk.files.uri_of_open("app.py"))
    assert "name 'nowhere' is not defined" in mark.detail
    desk.act("debug.stop")
    desk.until(lambda: marks(desk) == [(3, BreakpointLook.CONDITIONAL)])


def place(widget: QWidget) -> QRect:
    """Where a widget is on the screen."""
    return QRect(widget.mapToGlobal(QPoint()), widget.size())


def test_a_warning_of_a_deploy_covers_nothing_and_closes_once_the_code_is_debugged(
    sit: Sit, access: Access, connection: Connection
) -> None:
    name = create_function(connection, SOURCE).function_name
    write_profile(access)
    desk = sit(PROFILE)
    desk.window.banners.pointer = lambda: place(desk.window.page).center()  # not in the list of functions
    desk.wait_for_list()
    desk.open_function(name)
    desk.type_over("def broken:")
    desk.answer("deployProblems", "Deploy Anyway")
    desk.act("function.deploy")
    warning = desk.wait_for_message("Deployed")
    assert warning.property("tone") == "warning"
    for timer in warning.findChildren(QTimer):
        timer.stop()  # so that only the debugging can close it
    desk.write_event("{}")
    desk.act("view.result")
    read = (desk.window.page, desk.window.bottom)
    assert all(part.isVisible() for part in read)
    desk.until(warning.isVisible)
    desk.until(lambda: not any(place(part).intersects(place(warning)) for part in read))

    assert warning in desk.window.banners.banners
    desk.act("function.debug")
    choose_credentials(desk, 1)

    desk.until(lambda: "SyntaxError" in desk.window.result.log.toPlainText())
    assert warning not in desk.window.banners.banners
    (told,) = [each for each in desk.program.services.messages.messages if each.error is warning.error]
    assert told.is_read
