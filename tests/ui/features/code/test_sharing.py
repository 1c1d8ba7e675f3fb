"""Two windows on one home: one edits the code, the other follows, and takes over."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from tests.sandbox_functions import create_function, deployed_text
from tests.ui.code_files import text
from tests.ui.test_protection import TYPED, type_in_editor
from tests.ui.test_routes import ALICE, BOB, HANDLER, desk, opener
from tests.ui.window_desk import Desk, Opener
from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace
from workbench.core.jobs import JobRunner
from workbench.core.settings import Settings
from workbench.functions.index import FunctionIndex
from workbench.profiles.identities import Identities
from workbench.sandbox.supervisor import Sandbox
from workbench.ui.assembly import Assembler
from workbench.ui.features.code.external_changes import SharedCode
from workbench.ui.kit.main_thread import MainThread
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.window import MainWindow

__all__ = ["desk", "opener"]  # fixtures


@pytest.fixture
def other(desk: Desk, services: Services, opener: Opener, tmp_path: Path, qtbot: QtBot) -> Iterator[Desk]:
    """A second window on the same home. Its locks exclude the first one's, as another process's do."""
    main_thread, owner = MainThread(), QObject()
    jobs = JobRunner(main_thread.post)
    settings = Settings(tmp_path / "settings.json")
    actions = ActionRegistry(owner, services.icons)
    second = Services(jobs, services.paths, settings, services.clock, services.theme, services.icons, actions)
    session = Session(second, opener, ALICE)
    window = MainWindow(second, session, FunctionIndex(tmp_path / "functions-2.sqlite"))
    identities = Identities(settings, second.paths, second.clock, os.environ)
    assembler = Assembler(
        second, session, Sandbox(tmp_path / "never-started"), identities, window, [ALICE, BOB]
    )
    while assembler.step():
        pass
    other = Desk(assembler.finish(), session, qtbot)
    with qtbot.waitExposed(window):
        window.show()
    yield other
    if shiboken6.isValid(window):
        _close(other, qtbot)
    main_thread.close()
    for each in (session, main_thread, owner, second.messages, second.samples):
        shiboken6.delete(each)


def _close(desk: Desk, qtbot: QtBot) -> None:
    window, jobs = desk.window, desk.context.services.jobs
    with qtbot.waitSignal(window.closed):
        window.close()
    assert jobs.shutdown(20)
    shiboken6.delete(window)


@pytest.fixture
def name(desk: Desk, other: Desk, connection: Connection) -> str:
    """A function that is open in both windows, in the first one first."""
    name = create_function(connection, HANDLER).function_name
    for each in (desk, other):
        each.connect()
        each.open(name)
        _wait_for_text(each, HANDLER)
    return name


def _wait_for_text(desk: Desk, expected: str) -> None:
    desk.until(lambda: text(desk.code.files).toPlainText() == expected)


def _workspace(desk: Desk) -> Workspace:
    workspace = desk.code.workspace
    assert workspace is not None
    return workspace


def _can_edit(desk: Desk) -> Callable[[], bool]:
    return lambda: desk.code.workspace is not None and not desk.code.workspace.read_only


def test_the_second_window_follows_and_deploys_nothing(
    desk: Desk, other: Desk, connection: Connection, name: str
) -> None:
    assert not _workspace(desk).read_only
    assert text(other.code.files).isReadOnly()
    assert other.window.page.findChild(QObject, "codeTakeOver").isVisible()  # type: ignore[union-attr]

    type_in_editor(desk)
    desk.context.services.actions["file.save"].trigger()

    other.until(lambda: text(other.code.files).toPlainText() == TYPED + HANDLER)
    other.context.services.actions["function.deploy"].trigger()
    other.until(lambda: other.banner(f"The code of {name} cannot be changed here."))
    other.idle()
    assert deployed_text(connection, name) == HANDLER


def test_a_window_that_takes_over_has_what_was_typed_in_the_other(
    desk: Desk, other: Desk, connection: Connection, name: str
) -> None:
    type_in_editor(desk)
    other.context.services.actions["code.take_over"].trigger()

    other.until(_can_edit(other))

    other.until(lambda: text(other.code.files).toPlainText() == TYPED + HANDLER)
    assert other.banner(f"You can edit the code of {name} here now.")
    desk.until(lambda: desk.banner(f"Another window has taken over the code of {name}."))
    desk.until(lambda: desk.code.workspace is not None and text(desk.code.files).isReadOnly())
    other.context.services.actions["function.deploy"].trigger()
    other.until(lambda: other.banner(f"Deployed {name}"))
    assert deployed_text(connection, name) == TYPED + HANDLER

    desk.context.services.actions["code.take_over"].trigger()  # and back
    desk.until(_can_edit(desk))


def test_once_the_first_window_opens_other_code_the_second_can_edit(
    desk: Desk, other: Desk, connection: Connection, name: str
) -> None:
    another = create_function(connection, HANDLER).function_name
    desk.window.functions.refresh()
    desk.until(lambda: another in desk.names())
    desk.open(another)
    other.until(_can_edit(other))
    other.until(lambda: not text(other.code.files).isReadOnly())


def test_once_the_second_window_is_closed_the_first_can_edit(
    desk: Desk, other: Desk, qtbot: QtBot, name: str
) -> None:
    desk.context.close_function()
    other.until(_can_edit(other))
    desk.open(name)
    desk.until(lambda: desk.code.workspace is not None and desk.code.workspace.read_only)

    _close(other, qtbot)

    desk.until(_can_edit(desk))


def test_what_is_deployed_is_what_the_editor_shows(
    desk: Desk, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = create_function(connection, HANDLER).function_name
    desk.connect()
    desk.open(name)
    type_in_editor(desk)
    watch = desk.code.changed_on_disk
    assert watch is not None
    workspace = _workspace(desk)
    saved = workspace.save

    def save_and_be_overwritten(path: str, content: str) -> None:
        saved(path, content)
        (workspace.root / path).write_text("FROM_B = 1\n" + HANDLER)  # by what knows no lock

    monkeypatch.setattr(workspace, "save", save_and_be_overwritten)
    desk.context.services.actions["function.deploy"].trigger()

    desk.until(lambda: desk.banner("app.py changed on disk after you chose Deploy"))
    assert desk.banner(f"{name} was not deployed.")
    assert deployed_text(connection, name) == HANDLER
    monkeypatch.undo()
    desk.until(lambda: text(desk.code.files).toPlainText() == "FROM_B = 1\n" + HANDLER)
    desk.context.services.actions["function.deploy"].trigger()
    desk.until(lambda: desk.banner(f"Deployed {name}"))
    assert deployed_text(connection, name) == "FROM_B = 1\n" + HANDLER


def test_what_is_not_open_any_more_is_let_go(desk: Desk, name: str, other: Desk) -> None:
    (sharing,) = desk.window.findChildren(SharedCode)
    lock = desk.code.locks
    assert not other.code.ownership.take(lock)
    desk.context.close_function()
    desk.idle()
    sharing.look()
    assert other.code.ownership.take(lock)
