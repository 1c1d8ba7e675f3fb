"""Who hears whom, in the whole window: functions open, accounts stay apart, errors reach the banner."""

import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.aws.model_check import model_checked_sessions
from tests.bell import RING, Bell
from tests.sandbox_functions import create_function
from tests.sandbox_keys import keys_of
from tests.ui.editor.conftest import without_web_engine
from tests.ui.window_desk import Desk, Opener, Ready, choose
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobHandle, JobRunner
from workbench.functions import detail as detail_module
from workbench.functions.detail import get_function
from workbench.functions.index import FunctionIndex
from workbench.functions.model import FunctionDetail
from workbench.profiles.identities import Identities
from workbench.profiles.model import Profile, ProfileKind
from workbench.sandbox.supervisor import Sandbox
from workbench.ui import assembly
from workbench.ui.assembly import Assembler
from workbench.ui.editor import SurfaceFactory
from workbench.ui.features.sandbox.feature import SandboxControl
from workbench.ui.shell.services import OpenFunction, Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.window import MainWindow

REGION = "us-east-1"
ALICE = Profile("alice", ProfileKind.STATIC, REGION)
BOB = Profile("bob", ProfileKind.STATIC, REGION)
HANDLER = """
import time
def handler(event, context):
    time.sleep(event.get("seconds", 0))
    return "answer"
"""

RINGS = f"""{RING}
def handler(event, context):
    ring(event)
    return "answer"
"""


@pytest.fixture
def opener(access: Access, connection: Connection) -> Iterator[Opener]:
    """Alice has the account of `connection`; Bob has another one."""
    assert access.keys is not None
    keys = keys_of(str(int(access.keys.access_key_id) + 100_000_000_000))
    other = replace(access, keys=keys)
    ready = Ready(
        {"alice": connection}, {"bob": lambda: Connection.open(other, sessions=model_checked_sessions())}
    )
    opener = Opener(ready)
    yield opener
    for event in opener.held.values():
        event.set()


@pytest.fixture
def desk(
    services: Services,
    opener: Opener,
    request: pytest.FixtureRequest,
    jobs: JobRunner,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    own_sample_buckets: None,  # a window that connects to the Sandbox begins to create the samples
) -> Iterator[Desk]:
    # The plain editor will do, unless a test wants another one.
    surface: SurfaceFactory = getattr(request, "param", without_web_engine)
    monkeypatch.setattr(assembly, "monaco", lambda _page_dir: surface)
    session = Session(services, opener, ALICE)
    window = MainWindow(services, session, FunctionIndex(tmp_path / "functions.sqlite"))
    sandbox = Sandbox(tmp_path / "never-started")
    identities = Identities(services.settings, services.paths, services.clock, os.environ)
    assembler = Assembler(services, session, sandbox, identities, window, [ALICE, BOB])
    steps = 0
    while assembler.step():
        steps += 1
    desk = Desk(assembler.finish(), session, qtbot)
    desk.steps = steps
    with qtbot.waitExposed(window):
        window.show()
    yield desk
    for event in opener.held.values():
        event.set()
    with qtbot.waitSignal(window.closed):
        window.close()
    assert jobs.shutdown(20)
    shiboken6.delete(window)
    shiboken6.delete(session)  # its signals keep what listens, and with it the whole window


@pytest.fixture
def function(connection: Connection) -> FunctionDetail:
    """A function of Alice's."""
    return create_function(connection, HANDLER)


def test_the_window_is_put_together_one_feature_at_a_time(desk: Desk) -> None:
    assert desk.steps > len(assembly.FEATURES)


@pytest.fixture
def others(opener: Opener) -> FunctionDetail:
    """A function of Bob's."""
    connection = opener.ready["bob"]
    assert isinstance(connection, Connection)
    return create_function(connection, HANDLER)


def test_choosing_a_function_opens_it_on_every_page(desk: Desk, function: FunctionDetail) -> None:
    invoke = desk.context.services.actions["function.invoke"]
    desk.connect()
    assert not invoke.isEnabled()
    desk.open(function.function_name)
    assert desk.header("functionTitle") == function.function_name
    assert desk.header("functionState") == "Active"
    assert desk.window.windowTitle() == f"{function.function_name} – Workbench"
    assert desk.window.functions.view.currentIndex().data() == function.function_name
    assert invoke.isEnabled()
    shown = {page.objectName(): page.function for page in desk.window.page.pages}
    assert set(shown.values()) == {desk.window.page.function}
    assert [page.objectName() for page in desk.window.page.pages if page.active] == ["codePage"]
    desk.until(lambda: desk.code.files.current_path() == "app.py")


def test_a_long_name_cuts_off_no_tab(desk: Desk, connection: Connection) -> None:
    name = f"{secrets.token_hex(4)}-payments-production-eu-central-1-invoice-reconciliation"[:64]
    create_function(connection, HANDLER, name=name)
    desk.window.resize(1280, 800)
    desk.connect()
    desk.open(name)
    bar, page = desk.window.page.tabs.tabBar(), desk.window.page
    assert desk.header("functionTitle") != name
    desk.until(lambda: bar.width() >= bar.sizeHint().width())
    assert bar.geometry().right() < page.width()


def test_a_function_clicked_before_the_connection_stands_opens_once_it_does(
    desk: Desk, opener: Opener, function: FunctionDetail
) -> None:
    opener.held["alice"] = threading.Event()
    desk.session.connect_now()
    desk.context.open_function(function.function_name)
    assert desk.banner("Not connected yet.")
    opener.held["alice"].set()
    desk.until(lambda: desk.opened() == function.function_name)
    assert desk.banner("Not connected yet.") is None


def test_an_update_that_aws_still_makes_is_followed_to_its_end(
    desk: Desk, connection: Connection, function: FunctionDetail, as_slow_as_aws: None
) -> None:
    other = create_function(connection, HANDLER)
    desk.connect()
    states: list[str] = []

    def look() -> bool:
        states.append(desk.header("functionState"))
        return states[-1] == "Active"

    name, call = function.function_name, "update_function_configuration"
    while not any("update InProgress" in state for state in states):  # it may be over before we look
        assert len(states) < 1000
        desk.open(other.function_name)
        connection.call("lambda", call, FunctionName=name, MemorySize=256)
        desk.open(name)
        desk.until(look)
    assert "256 MB" in desk.header("functionFacts")


def test_the_header_shows_each_state_while_aws_works_on_the_function(
    desk: Desk, function: FunctionDetail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deploy that begins once the function is active ends much later: the header does not stay Pending."""
    deployed = threading.Event()
    on_its_way = iter((("Pending", ""), ("Active", "InProgress")))

    def answer(*_args: object, **_more: object) -> FunctionDetail:
        states = next(on_its_way, None)
        if states is None:
            deployed.wait(30)
            states = ("Active", "Successful")
        return replace(function, state=states[0], last_update_status=states[1])

    desk.connect()
    desk.open(function.function_name)
    monkeypatch.setattr(detail_module, "get_function", answer)
    pending = replace(function, state="Pending")
    opened = desk.window.page.function
    assert opened is not None
    desk.opener.show(OpenFunction(opened.connection, pending))
    assert desk.header("functionState") == "Pending"
    desk.until(lambda: desk.header("functionState") == "Active · update InProgress")
    deployed.set()
    desk.until(lambda: desk.header("functionState") == "Active")
    desk.idle()


def test_the_regions_are_listed_with_the_one_in_use_chosen(desk: Desk) -> None:
    desk.connect()
    desk.until(lambda: desk.window.top_bar.region.findText("ap-northeast-1") >= 0)
    assert desk.window.top_bar.region.currentText() == REGION
    assert desk.window.top_bar.account.text() == desk.session.account_id


def test_show_in_logs_gives_the_keyboard_to_the_logs(desk: Desk, function: FunctionDetail) -> None:
    """And not to the profile picker, where a key chooses another account."""
    desk.connect()
    desk.open(function.function_name)
    desk.invoke()
    desk.until(lambda: desk.window.result.answer.toPlainText() == '"answer"')
    desk.window.activateWindow()
    button = desk.window.findChild(QPushButton, "resultOpenLogs")
    assert button is not None
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert desk.window.page.tabs.currentWidget() is desk.logs
    assert desk.logs.isAncestorOf(desk.window.focusWidget())
    desk.until(lambda: desk.window.focusWidget() is desk.logs.view.table)
    for key in (Qt.Key.Key_B, Qt.Key.Key_Down, Qt.Key.Key_End):
        QTest.keyClick(desk.window.focusWidget(), key)
    assert desk.session.profile == ALICE
    desk.context.navigate("logs.window", datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC))
    desk.until(lambda: desk.window.focusWidget() is desk.logs.view.lines)


def test_the_message_of_the_history_goes_once_it_can_be_written_again(
    desk: Desk, function: FunctionDetail
) -> None:
    desk.connect()
    desk.open(function.function_name)
    desk.context.invoker.not_kept.emit(WorkbenchError("The invocation history could not be used."))
    assert desk.banner("The invocation history could not be used.")
    desk.invoke()
    desk.until(lambda: desk.banner("The invocation history could not be used.") is None)


def test_a_restart_is_no_restart_once_the_user_has_stayed(desk: Desk) -> None:
    window = desk.window
    asked: list[Callable[[], None]] = []
    before, window.before_close = window.before_close, asked.append
    window.restart()
    desk.until(lambda: len(asked) == 1 and window.restarts)
    window.stay_open()  # the user is asked, and cancels
    window.close()
    desk.until(lambda: len(asked) == 2)
    assert not window.restarts
    window.before_close = before


# ---- accounts stay apart ---------------------------------------------------------------------------------


def test_another_profile_empties_all_that_belonged_to_the_first(
    desk: Desk, opener: Opener, function: FunctionDetail, others: FunctionDetail
) -> None:
    desk.connect()
    desk.open(function.function_name)
    desk.invoke()
    desk.until(lambda: desk.window.result.answer.toPlainText() == '"answer"')
    desk.opener.report(WorkbenchError("Something of Alice's."))
    opener.held["bob"] = threading.Event()

    desk.choose("bob")

    assert desk.opened() == ""
    assert desk.names() == []
    assert desk.window.windowTitle() == "Workbench"
    assert desk.window.result.answer.toPlainText() == desk.window.result.log.toPlainText() == ""
    assert desk.window.banners.banners == []
    assert desk.window.top_bar.account.text() == "not connected"
    assert not any(page.function for page in desk.window.page.pages)
    assert desk.code.workspace is None
    assert not desk.context.services.actions["function.invoke"].isEnabled()
    alice = opener.ready["alice"]
    assert isinstance(alice, Connection)
    assert alice.account_id not in desk.window.where.text()

    opener.held["bob"].set()
    desk.wait_for_list()
    assert desk.names() == [others.function_name]
    assert desk.window.top_bar.profile.currentText() == "bob"
    desk.open(others.function_name)


def test_another_region_is_another_place(desk: Desk, function: FunctionDetail) -> None:
    desk.connect()
    desk.open(function.function_name)
    desk.until(lambda: desk.window.top_bar.region.findText("eu-west-1") >= 0)
    choose(desk.window.top_bar.region, "eu-west-1")
    assert desk.opened() == ""
    desk.wait_for_list()
    assert desk.session.region == "eu-west-1"
    assert desk.names() == []


def test_what_is_on_its_way_when_the_profile_changes_never_arrives(
    desk: Desk, opener: Opener, function: FunctionDetail, others: FunctionDetail
) -> None:
    desk.connect()
    seen: set[str] = set()
    desk.window.functions.model.modelReset.connect(lambda: seen.update(desk.names()))
    desk.window.functions.model.rowsInserted.connect(lambda: seen.update(desk.names()))
    desk.window.functions.refresh()
    desk.context.open_function(function.function_name)
    desk.choose("bob")
    seen.clear()
    desk.wait_for_list()
    desk.idle()
    assert seen <= {others.function_name}
    assert desk.names() == [others.function_name]
    assert desk.opened() == ""


def test_going_to_and_fro_ends_where_one_went_last(
    desk: Desk, opener: Opener, function: FunctionDetail, others: FunctionDetail
) -> None:
    desk.connect()
    opener.held["bob"] = threading.Event()
    seen: list[tuple[str, str]] = []
    desk.session.connected.connect(lambda: seen.append((desk.session.profile.name, desk.session.account_id)))
    desk.choose("bob")
    desk.choose("alice")
    desk.wait_for_list()
    opener.held["bob"].set()  # Bob's connection stands only now
    desk.idle()
    alice = opener.ready["alice"]
    assert isinstance(alice, Connection)
    assert set(seen) == {("alice", alice.account_id)}
    assert desk.window.top_bar.profile.currentText() == "alice"
    assert desk.window.top_bar.account.text() == alice.account_id
    assert desk.names() == [function.function_name]


def test_an_answer_of_the_account_that_was_left_is_not_shown(desk: Desk, connection: Connection) -> None:
    function = create_function(connection, RINGS, timeout_s=60)
    desk.connect()
    desk.open(function.function_name)
    with Bell(holds=True) as bell:
        desk.invoke(json.dumps(bell.address))
        desk.until(lambda: bell.rings)
        desk.choose("bob")
        desk.wait_for_list()
        bell.release()
        desk.idle()
    assert desk.window.result.status.text() == "Running…"  # out of sight
    assert not desk.window.result.status.isVisible()
    assert desk.window.result.answer.toPlainText() == ""


# ---- answers belong to their function --------------------------------------------------------------------


def test_an_answer_goes_when_another_function_opens(
    desk: Desk, connection: Connection, function: FunctionDetail
) -> None:
    second = create_function(connection, HANDLER)
    desk.connect()
    desk.open(function.function_name)
    desk.invoke()
    desk.until(lambda: desk.window.result.answer.toPlainText() == '"answer"')
    desk.context.reload_function()
    desk.idle()
    assert desk.window.result.answer.toPlainText() == '"answer"'  # the same function, read again
    desk.open(second.function_name)
    assert desk.window.result.answer.toPlainText() == ""


def test_an_answer_that_was_not_waited_for_leads_to_its_log_once_its_function_opens_again(
    desk: Desk, connection: Connection
) -> None:
    function, second = (create_function(connection, source, timeout_s=60) for source in (RINGS, HANDLER))
    desk.connect()
    desk.open(function.function_name)
    with Bell(holds=True) as bell:
        desk.invoke(json.dumps(bell.address))
        desk.open(second.function_name)
        bell.release()
        desk.idle()
    desk.open(function.function_name)
    result = desk.window.result
    desk.until(lambda: result.answer.toPlainText() == '"answer"')
    assert result.figures.text().startswith(f"{function.function_name}  ·  ")
    button = result.findChild(QPushButton, "resultOpenLogs")
    assert button is not None
    button.click()
    assert desk.logs.active
    desk.until(lambda: "REPORT" in desk.logs.view.lines.visible_text())


def test_a_deploy_that_ends_changes_its_own_function_only(
    desk: Desk, connection: Connection, function: FunctionDetail
) -> None:
    desk.connect()
    desk.open(function.function_name)
    other = create_function(connection, HANDLER)
    desk.context.deployed.emit(OpenFunction(connection, other))
    assert desk.opened() == function.function_name
    newer = OpenFunction(connection, replace(function, memory_mb=512))
    desk.context.deployed.emit(newer)
    assert desk.window.page.function is newer
    desk.until(lambda: other.function_name in desk.names())  # the list was read again


# ---- errors ----------------------------------------------------------------------------------------------


def test_a_connection_that_fails_is_said_and_its_remedy_connects(
    desk: Desk, opener: Opener, function: FunctionDetail
) -> None:
    works, code = opener.ready["alice"], "InvalidClientTokenId"
    opener.ready["alice"] = WorkbenchError(
        "Could not connect.", "The key is wrong.", "Correct it.", code, "", "connection.retry"
    )
    desk.session.connect_now()
    desk.until(lambda: desk.banner(code))
    banner = desk.banner(code)
    assert banner is not None
    assert desk.window.functions.empty.accessibleName() == "Not connected"  # why is said once, in the message
    assert desk.window.top_bar.account.text() == "not connected"
    opener.ready["alice"] = works
    button = banner.findChild(QPushButton, "bannerAction")
    assert button is not None
    button.click()
    desk.wait_for_list()
    assert desk.banner(code) is None
    assert desk.names() == [function.function_name]


def test_a_function_that_has_gone_is_said_with_awss_code_and_leaves_the_list(
    desk: Desk, connection: Connection, function: FunctionDetail
) -> None:
    desk.connect()
    connection.call("lambda", "delete_function", FunctionName=function.function_name)
    desk.click(function.function_name)
    desk.until(lambda: desk.banner("ResourceNotFoundException"))
    desk.until(lambda: desk.names() == [])
    assert desk.opened() == ""


def test_what_fails_anywhere_reaches_the_banner_with_its_remedy(desk: Desk) -> None:
    sandbox = desk.window.findChild(SandboxControl)
    assert sandbox is not None
    failures = [page.failed for page in desk.window.page.pages]
    failures += [desk.deploy.failed, sandbox.failed, desk.window.functions.failed]
    for number, failed in enumerate(failures):
        what = f"Failure {number}."
        failed.emit(WorkbenchError(what, "Because.", "Do this.", "Throttling", "", "list.refresh"))
        banner = desk.window.banners.banners[0]
        assert banner.error.what == what
        button = banner.findChild(QPushButton, "bannerAction")
        assert button is not None
        assert button.text() == "Refresh Function List"
    desk.context.sandbox_notice.emit(WorkbenchError("A notice."))
    assert desk.window.banners.banners[0].property("tone") == "warning"


def test_an_endpoint_that_is_not_awss_is_told(desk: Desk, access: Access) -> None:
    desk.connect()
    banner = desk.banner("This profile does not connect to AWS.")
    assert banner is not None
    assert access.endpoint_url in banner.error.why
    assert banner.property("tone") == "warning"


def test_the_sandboxs_state_is_told_to_those_who_use_it(desk: Desk) -> None:
    sandbox = desk.window.findChild(SandboxControl)
    assert sandbox is not None
    sandbox.state_changed.emit("Sandbox is starting…")
    assert "Sandbox" not in desk.window.where.text()
    desk.session.profile = Profile("alice", ProfileKind.SANDBOX, REGION)
    sandbox.state_changed.emit("Sandbox is not running")
    assert desk.window.where.text() == "Sandbox is not running"


def test_a_reset_sandbox_leaves_nothing_of_what_ran_in_it(desk: Desk, function: FunctionDetail) -> None:
    desk.connect()
    desk.open(function.function_name)
    desk.idle()
    desk.invoke('{"seconds": 3}')
    sandbox = desk.window.findChild(SandboxControl)
    assert sandbox is not None
    sandbox.was_reset.emit()
    assert desk.opened() == ""
    desk.open(function.function_name)
    assert desk.window.result.is_empty
    desk.until(lambda: not desk.context.services.jobs.active())


def test_a_typed_event_is_kept_though_the_editor_hangs_at_the_end(
    desk: Desk, function: FunctionDetail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window waits for a second; what is quick is asked before the code."""
    desk.connect()
    desk.open(function.function_name)
    desk.window.page.show_tab("testPage")
    desk.until(desk.test.text.toPlainText)
    desk.idle()
    desk.test.text.setPlainText('{"typed": 1}')
    monkeypatch.setattr(desk.code.files.editor, "flush", lambda _then: None)
    ended = list[bool]()
    desk.window.before_close(lambda: ended.append(True))  # what closing the window calls
    store = desk.test.store
    assert store is not None
    desk.until(lambda: (kept := store.last_used()) is not None and kept.text == '{"typed": 1}')
    assert not ended
    desk.idle()


def test_interrupted_deploys_are_looked_for_before_a_function_is_opened_again(
    desk: Desk, function: FunctionDetail, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.connect()
    desk.open(function.function_name)
    desk.idle()
    titles = list[str]()
    submit = desk.context.services.jobs.submit

    def note(job: Job[object]) -> JobHandle:
        titles.append(job.title)
        return submit(job)

    monkeypatch.setattr(desk.context.services.jobs, "submit", note)
    desk.session.connect_now()
    desk.until(lambda: any(title.startswith("Opening") for title in titles))
    recovery = next(number for number, title in enumerate(titles) if "interrupted" in title.lower())
    assert recovery < next(number for number, title in enumerate(titles) if title.startswith("Opening"))
    desk.idle()


def test_a_problem_leads_to_its_place_in_the_code(desk: Desk, function: FunctionDetail) -> None:
    desk.connect()
    desk.open(function.function_name)
    desk.until(lambda: desk.code.files.current_path() == "app.py")
    desk.window.page.show_tab("testPage")
    places: list[tuple[int, int]] = []
    desk.code.files.editor.cursor_moved.connect(lambda line, column: places.append((line, column)))
    desk.window.problems.opened.emit("app.py", 4, 5)
    desk.until(lambda: (4, 5) in places)
    assert desk.code.active


def test_another_handler_is_set_and_shown_at_once(
    desk: Desk, connection: Connection, function: FunctionDetail
) -> None:
    desk.connect()
    desk.open(function.function_name)
    desk.until(lambda: desk.code.files.current_path() == "app.py")
    desk.window.problems.handler_wanted.emit("app.other")
    desk.until(lambda: desk.banner(f"The handler of {function.function_name} is now app.other."))
    assert desk.window.page.function is not None
    assert desk.window.page.function.detail.handler == "app.other"
    assert get_function(connection, function.function_name).handler == "app.other"
    problems = desk.window.problems.list
    desk.until(lambda: problems.findItems("app.py does not define other", Qt.MatchFlag.MatchContains))
