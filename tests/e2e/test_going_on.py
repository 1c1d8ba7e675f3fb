"""A start goes on where the user stopped: function, tab, files, cursor, last result, panel."""

import json
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QSplitter

from tests.e2e.desk import PROFILE, Desk, write_profile
from tests.sandbox_functions import create_function
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.files import Paths
from workbench.ui.editor import Position

Sit = Callable[[str], Desk]
LONG = "def handler(event, context):\n    return 'kept'\n" + "".join(f"# line {n}\n" for n in range(3, 200))


def opened(desk: Desk) -> str:
    function = desk.window.page.function
    return function.detail.function_name if function else ""


def selected(desk: Desk) -> list[str]:
    return [row.function_name for row in desk.window.functions.selected]


def settings_file() -> dict[str, object]:
    found: dict[str, object] = json.loads((Paths.default().config_dir / "settings.json").read_bytes())
    return found


def left_open(sit: Sit, access: Access, connection: Connection) -> str:
    """Leaves the program with a function open; returns the function's name."""
    write_profile(access)
    name = create_function(connection, LONG, name="aa").function_name
    desk = sit(PROFILE)
    desk.open_function(name)
    desk.leave()
    return name


def test_a_start_goes_on_where_the_user_stopped(sit: Sit, access: Access, connection: Connection) -> None:
    write_profile(access)
    first, second = (create_function(connection, LONG, name=name).function_name for name in ("aa", "bb"))
    desk = sit(PROFILE)
    desk.open_function(first)
    desk.open_function(second)
    desk.until(lambda: opened(desk) == second and desk.code.workspace and desk.files.current_path())
    desk.files.open("other.py", or_new=True)
    desk.until(lambda: desk.files.open_paths() == ("app.py", "other.py"))
    desk.files.editor.reveal(desk.files.uri_of_open("app.py"), 150, 4, 140)
    desk.files.open("app.py")
    uri = desk.files.uri_of_open("app.py")
    desk.until(lambda: desk.files.editor.position(uri) == Position(150, 4, 140))
    desk.write_event("{}")
    desk.act("function.invoke")
    desk.until(lambda: desk.result() == '"kept"')
    desk.until(lambda: "REPORT" in desk.window.result.log.toPlainText())
    desk.act("view.problems")
    splitter = desk.window.bottom.parentWidget()  # beside the event where there is room, else below it
    assert isinstance(splitter, QSplitter)
    splitter.setSizes([500, 400])
    size = splitter.sizes()[1]
    desk.leave()

    again = sit(PROFILE)
    again.until(lambda: opened(again) == second)
    again.wait_for_list()
    assert selected(again) == [second]
    event = again.window.findChild(QPlainTextEdit, "testEventText")
    assert again.window.focusWidget() is event
    assert again.window.page.tabs.currentWidget().objectName() == "testPage"
    assert again.window.bottom.currentWidget() is again.window.problems
    again.until(lambda: again.result() == '"kept"')
    assert "REPORT" in again.window.result.log.toPlainText()
    restored = again.window.bottom.parentWidget()
    assert isinstance(restored, QSplitter)
    assert abs(restored.sizes()[1] - size) <= 4  # Qt shares out the pixels that a message took
    assert not any(banner.property("tone") == "danger" for banner in again.window.banners.banners)
    again.act("view.code")
    again.until(lambda: again.files.current_path() == "app.py" and again.files.editor.is_ready)
    again.until(
        lambda: again.files.editor.position(again.files.uri_of_open("app.py")) == Position(150, 4, 140)
    )
    again.rest()
    assert again.files.editor.position(again.files.uri_of_open("app.py")) == Position(150, 4, 140)


def test_a_start_brings_the_keyboard_to_the_code_once_it_is_open(
    sit: Sit, access: Access, connection: Connection
) -> None:
    name = left_open(sit, access, connection)
    again = sit(PROFILE)
    window, held = again.window, []
    # A hidden widget loses the keyboard to the first of the window, once that comes to the front.
    window.page.function_shown.connect(
        lambda: held.append(window.focusWidget().isVisible()), Qt.ConnectionType.QueuedConnection
    )
    again.until(lambda: again.files.editor.isAncestorOf(window.focusWidget()))
    assert opened(again) == name
    assert again.files.editor.isVisible()
    assert held
    assert all(held)


def test_a_start_leaves_the_keyboard_to_a_search_that_was_begun(
    sit: Sit, access: Access, connection: Connection
) -> None:
    name = left_open(sit, access, connection)
    again = sit(PROFILE)
    again.window.functions.search.setText("b")
    again.until(lambda: opened(again) == name)
    assert again.window.focusWidget() is again.window.functions.search


def test_each_region_goes_on_with_its_own_function(sit: Sit, access: Access, connection: Connection) -> None:
    write_profile(access)
    create_function(connection, LONG, name="here")
    create_function(connection.in_region("eu-west-1"), LONG, name="there")
    desk = sit(PROFILE)
    desk.open_function("here")
    session, home = desk.program.session, desk.program.session.region
    session.choose(session.profile, "eu-west-1")
    desk.wait_for_list()
    assert opened(desk) == ""
    desk.open_function("there")
    session.choose(session.profile, home)
    desk.until(lambda: opened(desk) == "here")
    assert selected(desk) == ["here"]
    session.choose(session.profile, "eu-west-1")
    desk.until(lambda: opened(desk) == "there")


def test_a_function_that_is_gone_is_said_calmly(
    sit: Sit, access: Access, connection: Connection, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    desk.leave()
    connection.call("lambda", "delete_function", FunctionName=function_name)

    again = sit(PROFILE)
    banner = again.wait_for_message(f"{function_name}, which was open last time, no longer exists.")
    assert banner.property("tone") == "info"
    assert (opened(again), selected(again)) == ("", [])
    assert again.window.page.empty.accessibleName() == "No function open"
    again.leave()
    sit(PROFILE).wait_for_list()  # not tried, and not said, again
    assert not any(function_name in str(value) for key, value in settings_file().items() if key == "function")


def test_a_kill_loses_at_most_a_second_of_it(sit: Sit, access: Access, function_name: str) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    key = f"session.left.{PROFILE}.{access.region}"
    desk.until(
        lambda: isinstance(kept := settings_file().get(key), dict) and kept["function"] == function_name
    )
    desk.until(lambda: "app.py" in str(settings_file()[key]))


def test_hostile_files_of_a_session_open_nothing_outside_the_code(
    sit: Sit, access: Access, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    key = f"session.left.{PROFILE}.{access.region}"
    desk.leave()
    paths = ["../../../../../../etc/passwd", "/etc/passwd", "", "gone.py", "app.py"]
    files = {"shown": "/etc/passwd", "open": [[path, 10**9, 10**9, 10**9] for path in paths]}
    kept = {"function": function_name, "tab": "noPage", "panel": "noPanel", "files": {function_name: files}}
    values = settings_file() | {key: kept}
    (Paths.default().config_dir / "settings.json").write_text(json.dumps(values))

    again = sit(PROFILE)
    again.until(lambda: opened(again) == function_name)
    again.until(lambda: again.files.current_path() == "app.py" and again.files.editor.is_ready)
    again.rest()
    assert again.files.open_paths() == ("app.py",)
    assert not any(banner.property("tone") == "danger" for banner in again.window.banners.banners)
