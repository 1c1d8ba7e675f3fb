"""A message about a condition closes by itself once the condition is over, and counts as read then."""

import errno
import os
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import EndpointConnectionError
from PySide6.QtWidgets import QPushButton

from tests.sandbox_functions import create_function
from tests.ui.test_routes import HANDLER, desk, opener
from tests.ui.window_desk import Desk, Opener
from workbench.aws.connection import Connection
from workbench.aws.errors import translate
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.sandbox.supervisor import Endpoint, SandboxState, SandboxStatus
from workbench.ui.features.code.language import Language
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.conditions import Conditions
from workbench.ui.shell.sign_in import REPAIRS

__all__ = ["desk", "opener"]  # fixtures

WHAT = "The alarms could not be read."


class Usage(NamedTuple):
    """What `shutil.disk_usage` returns, in bytes."""

    total: int
    used: int
    free: int


FULL = Usage(10**9, 10**9, 4096)


def look(desk: Desk) -> None:
    """Asks for what messages tell of, as happens every few seconds."""
    conditions = desk.window.findChild(Conditions)
    assert conditions is not None
    conditions.look()
    desk.idle()


def unread(desk: Desk) -> list[str]:
    return [each.error.what for each in desk.context.services.messages.messages if not each.is_read]


def read_alarms(desk: Desk, error: WorkbenchError | None) -> None:
    def run(_ctx: JobContext) -> None:
        if error is not None:
            raise error

    desk.context.read("Reading the alarms of hello", run, lambda _none: None)
    desk.idle()


def test_why_work_failed_goes_once_the_same_work_succeeds(desk: Desk) -> None:
    read_alarms(desk, WorkbenchError(WHAT))
    desk.context.read("Reading something else", lambda _ctx: None, lambda _none: None)
    desk.idle()
    assert desk.banner(WHAT)
    read_alarms(desk, None)
    assert desk.banner(WHAT) is None
    assert WHAT not in unread(desk)


def test_a_message_that_made_room_for_newer_ones_counts_as_read_too(desk: Desk) -> None:
    read_alarms(desk, WorkbenchError(WHAT))
    for number in range(4):
        desk.window.banners.show_error(WorkbenchError(f"Failure {number}."))
    assert desk.banner(WHAT) is None
    assert WHAT in unread(desk)
    read_alarms(desk, None)
    assert WHAT not in unread(desk)


@pytest.mark.parametrize("action", [*REPAIRS, "connection.retry"])
def test_what_a_profile_lacked_is_over_once_it_connects(desk: Desk, action: str) -> None:
    desk.window.banners.show_error(WorkbenchError(WHAT, action=action))
    desk.connect()
    assert desk.banner(WHAT) is None
    assert WHAT not in unread(desk)


def test_an_expired_sign_in_is_over_once_the_user_has_signed_in(desk: Desk) -> None:
    desk.window.banners.show_error(WorkbenchError(WHAT, action="profile.sign_in"))
    desk.window.banners.show_error(WorkbenchError("Something else."))
    desk.context.sign_in.signed_in.emit("bob")
    assert desk.banner(WHAT) is None
    assert desk.banner("Something else.")


def unreachable(url: str) -> WorkbenchError:
    return translate(EndpointConnectionError(endpoint_url=url), failure=WHAT)


@pytest.fixture
def port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


def test_that_aws_cannot_be_reached_is_over_once_it_can(desk: Desk, port: int) -> None:
    desk.window.banners.show_error(unreachable(f"http://127.0.0.1:{port}/path"))
    look(desk)
    assert desk.banner(WHAT)
    with closing(socket.create_server(("127.0.0.1", port))):
        look(desk)
    assert desk.banner(WHAT) is None


def test_the_window_connects_by_itself_once_aws_can_be_reached(
    desk: Desk, opener: Opener, connection: Connection, port: int
) -> None:
    opener.ready["alice"] = unreachable(f"http://127.0.0.1:{port}")
    desk.session.connect_now()
    desk.until(lambda: desk.banner(WHAT))
    look(desk)
    assert desk.names() == []
    opener.ready["alice"] = connection
    with closing(socket.create_server(("127.0.0.1", port))):
        look(desk)
        desk.wait_for_list()
    assert desk.session.connection is not None
    assert desk.banner(WHAT) is None


def test_a_full_disk_is_over_once_there_is_room(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: FULL)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    desk.window.banners.show_error(explain_os_error(full, WHAT, tmp_path / "app.py"))
    look(desk)
    assert desk.banner(WHAT)
    monkeypatch.undo()
    look(desk)
    assert desk.banner(WHAT) is None


def test_the_message_of_the_history_goes_without_another_invocation(
    desk: Desk, connection: Connection
) -> None:
    path = desk.context.services.paths.data_dir / "ledger.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)

    def set_format(number: int) -> None:
        with closing(sqlite3.connect(path)) as database:
            database.execute(f"PRAGMA user_version = {number}")

    function = create_function(connection, HANDLER)
    desk.connect()
    desk.open(function.function_name)
    set_format(99)  # a newer Workbench has been here
    desk.invoke()
    desk.until(lambda: desk.banner("The invocation history could not be used."))
    look(desk)
    assert desk.banner("The invocation history could not be used.")
    set_format(0)
    look(desk)
    assert desk.banner("The invocation history could not be used.") is None


def test_the_message_of_a_history_without_room_goes_once_there_is_room(
    desk: Desk, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def connect_without_room(*arguments: Any, **more: Any) -> sqlite3.Connection:
        """SQLite's own answer of a full disk, as the file may not get another page."""
        database: sqlite3.Connection = connect(*arguments, **more)
        database.execute("PRAGMA max_page_count = 1")  # not less than it has
        return database

    function = create_function(connection, "def handler(event, context): return 'x' * 50_000\n")
    desk.connect()
    desk.open(function.function_name)
    desk.invoke()
    with monkeypatch.context() as full:
        full.setattr(sqlite3, "connect", connect_without_room)
        full.setattr(shutil, "disk_usage", lambda _path: FULL)
        desk.invoke()
        desk.until(lambda: desk.banner("The invocation history could not be used."))
        look(desk)
        assert desk.banner("The invocation history could not be used.")
    look(desk)
    assert desk.banner("The invocation history could not be used.") is None


def test_that_the_sandbox_has_stopped_is_over_once_it_runs(desk: Desk) -> None:
    desk.context.sandbox_status.emit(SandboxStatus(SandboxState.FAILED, error=WorkbenchError(WHAT)))
    assert desk.banner(WHAT)
    desk.context.sandbox_status.emit(SandboxStatus(SandboxState.STARTING))
    assert desk.banner(WHAT)
    endpoint = Endpoint("http://127.0.0.1:1", 1, 1)
    desk.context.sandbox_status.emit(SandboxStatus(SandboxState.READY, endpoint))
    assert desk.banner(WHAT) is None


def test_a_message_goes_once_its_remedy_is_chosen_in_a_menu(desk: Desk) -> None:
    done: list[str] = []
    spec = ActionSpec("test.remedy", "Try Again")
    action = desk.context.action(spec, lambda: done.append("done"), after="app.quit")
    desk.window.banners.show_error(WorkbenchError(WHAT, action="test.remedy"))
    action.trigger()
    assert done == ["done"]
    assert desk.banner(WHAT) is None


@pytest.mark.parametrize("by_button", [False, True])
def test_what_the_remedy_says_stays(desk: Desk, *, by_button: bool) -> None:
    banners = desk.window.banners

    def fail() -> None:
        banners.show_error(WorkbenchError("It failed again.", action="test.remedy"), key="alarms")

    action = desk.context.action(ActionSpec("test.remedy", "Try Again"), fail, after="app.quit")
    banner = banners.show_error(WorkbenchError(WHAT, action="test.remedy"), key="alarms")
    button = banner.findChild(QPushButton, "bannerAction")
    assert button is not None
    (button.click if by_button else action.trigger)()
    assert desk.banner(WHAT) is None
    assert desk.banner("It failed again.")


def test_a_warning_about_a_syntax_error_goes_once_the_code_compiles(desk: Desk) -> None:
    desk.deploy.has_warned = True
    desk.deploy.notice.emit("Deployed hello in 1.0 s.", "app.py, line 3: invalid syntax", "warning")
    assert desk.banner("invalid syntax")
    desk.code.problems_changed.emit(())
    assert desk.banner("invalid syntax") is None


def test_that_a_language_server_was_given_up_is_over_once_it_runs(desk: Desk) -> None:
    language = desk.code.findChild(Language)
    assert isinstance(language, Language)
    language._given_up("ty", "it ended with 7")
    look(desk)
    assert desk.banner("ty stopped again")
    language._bridge.started.emit("ty")
    look(desk)
    assert desk.banner("ty stopped again") is None
