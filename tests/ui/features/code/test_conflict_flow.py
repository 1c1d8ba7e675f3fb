"""Somebody else deployed: Deploy says so and stops, and the person chooses whose code it shall be."""

import errno
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.fault_proxy import Proxy
from tests.sandbox_functions import create_function, deploy_elsewhere, deployed_text
from tests.ui.code_files import Disk, text
from tests.ui.editor.conftest import without_web_engine
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace
from workbench.core.jobs import JobContext, JobState
from workbench.core.messages import _
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.ui.editor import Editor
from workbench.ui.features.code.conflict import UNDO, ConflictFlow
from workbench.ui.features.deploy.flow import DeployFlow
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.banners import BannerStack, ErrorBanner
from workbench.ui.shell.function_page import FunctionBanners, FunctionPage
from workbench.ui.shell.getting_started_card import GettingStarted
from workbench.ui.shell.services import OpenFunction, Services

OLD = "def handler(event, context):\n    return 'old'\n"
THEIRS = OLD.replace("old", "theirs")
TYPED, MORE = "# mine\n", "# more\n"
MINE = TYPED + OLD
ACTION = "deploy.resolve_conflict"
WAIT_MS = 20_000


@dataclass
class Room:
    """The Code tab, messages above it, and a colleague who reaches the same function."""

    window: QWidget
    code: CodePage
    deploy: DeployFlow
    flow: ConflictFlow
    banners: BannerStack
    services: Services
    function: OpenFunction
    colleague: Connection
    qtbot: QtBot

    @property
    def name(self) -> str:
        return self.function.detail.function_name

    @property
    def workspace(self) -> Workspace:
        assert self.code.workspace is not None
        return self.code.workspace

    @property
    def detail(self) -> FunctionDetail:
        """The function as it is in the Sandbox now."""
        return get_function(self.colleague, self.name, "", JobContext())

    @property
    def deployed(self) -> str:
        return deployed_text(self.colleague, self.name)

    def offered(self) -> bool:
        return self.services.actions[ACTION].isEnabled()

    @property
    def said(self) -> list[str]:
        return [f"{banner.error.what} {banner.error.why}" for banner in self.banners.banners]

    def until(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)

    def open(self) -> None:
        self.code.show_function(self.function)
        self.code.activate()
        self.until(lambda: self.code.files.current_path() == "app.py")
        self.until(text(self.code.files).isVisible)

    def close(self) -> None:
        self.code.clear()

    def open_another(self) -> Workspace:
        """Opens another function at once; its code."""
        detail = create_function(self.colleague, OLD)
        self.close()
        self.function = OpenFunction(self.function.connection, detail)
        self.open()
        return self.workspace

    def type(self, what: str = TYPED) -> None:
        QTest.keyClicks(text(self.code.files), what.rstrip())
        QTest.keyClick(text(self.code.files), Qt.Key.Key_Return)

    def press_deploy(self) -> None:
        self.code.ready_to_deploy(self.deploy.start)

    def conflict(self) -> ErrorBanner:
        """Types, then deploys what a colleague was quicker with; the message that comes of it."""
        self.open()
        self.type()
        deploy_elsewhere(self.colleague, self.name, THEIRS)
        self.press_deploy()
        self.until(lambda: self.banners.banners)
        return self.banners.banners[0]

    def choice(self) -> QMessageBox:
        """Asks for the choice by the action."""
        assert self.offered()
        self.services.actions[ACTION].trigger()
        self.until(lambda: box() is not None)
        found = box()
        assert found is not None
        return found

    def press(self, title: str) -> None:
        (button,) = [each for each in self.choice().buttons() if each.text().replace("&", "") == title]
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def box() -> QMessageBox | None:
    found = QApplication.activeModalWidget()
    return found if isinstance(found, QMessageBox) and found.objectName() == "deployConflict" else None


def remedy(banner: ErrorBanner) -> QPushButton:
    button = banner.findChild(QPushButton, "bannerAction")
    assert button is not None
    return button


@pytest.fixture
def room(qtbot: QtBot, services: Services, connection: Connection, access: Access, proxy: Proxy) -> Room:
    detail = create_function(connection, OLD)
    mine = Connection.open(replace(access, endpoint_url=proxy.url))
    window = QWidget()
    banners = BannerStack(services.actions, services.icons)
    code = CodePage(services, Editor(without_web_engine))
    layout = QVBoxLayout(window)
    layout.addWidget(banners)
    layout.addWidget(code)
    deploy = DeployFlow(services, window)
    page = FunctionPage(lambda: GettingStarted(services.actions, services.icons, is_sandbox=True))
    page.setParent(window)
    flow = ConflictFlow(services, FunctionBanners(banners, page), code, deploy.start)
    deploy.deployed.connect(flow.note_deployed)
    deploy.conflicted.connect(flow.note_conflict)
    for spec, handler in (
        (ActionSpec(ACTION, "Resolve Conflict…", when="conflict"), flow.resolve),
        (ActionSpec(UNDO, "Undo Merge", when="merged"), flow.merge.undo),
    ):
        services.actions.add(spec, handler, after=_("&Code"))
    flow.known.connect(lambda there: services.actions.set_situation(["conflict"] if there else []))
    for failed in (flow.failed, deploy.failed, code.failed):
        failed.connect(banners.show_error)
    code.notice.connect(banners.show_notice)
    deploy.notice.connect(lambda what, why, tone: banners.show_notice(what, why, tone, key="deploy"))
    deploy.deployed.connect(code.deployed)
    qtbot.addWidget(window)
    window.resize(900, 700)
    with qtbot.waitExposed(window):
        window.show()
    with qtbot.waitSignal(code.files.editor.ready):
        code.files.editor.prewarm()
    banners.clear()  # the notice that the plain editor is in use
    return Room(window, code, deploy, flow, banners, services, OpenFunction(mine, detail), connection, qtbot)


def test_a_deploy_that_meets_other_code_ends_with_a_message_that_offers_the_choice(room: Room) -> None:
    banner = room.conflict()

    assert box() is None
    assert banner.error.what == f"{room.name} was not deployed."
    assert room.detail.code_sha256 in banner.error.why
    assert "kept in a folder" in banner.error.remedy
    assert room.deployed == THEIRS
    assert room.workspace.read("app.py").text == MINE
    room.until(remedy(banner).isVisible)
    assert remedy(banner).text() == "Resolve Conflict…"
    QTest.mouseClick(remedy(banner), Qt.MouseButton.LeftButton)
    room.until(lambda: box() is not None)
    room.window.findChildren(QMessageBox)[0].reject()


def test_there_is_nothing_to_resolve_without_a_conflict(room: Room) -> None:
    assert not room.offered()
    room.open()
    assert not room.offered()
    room.type()
    room.press_deploy()
    room.until(lambda: room.said)
    assert "Deployed" in room.said[0]
    assert not room.offered()


def test_the_choice_says_what_is_deployed_now_and_what_ones_own_was_made_from(room: Room) -> None:
    room.conflict()
    mine = room.workspace.base.code_sha256
    deploy_elsewhere(room.colleague, room.name, THEIRS + "# corrected\n")  # after the message

    said = room.choice()

    now = room.detail
    assert now.last_modified is not None
    assert room.name in said.text()
    assert now.code_sha256 in said.informativeText()
    assert now.revision_id in said.informativeText()
    assert f"{now.last_modified:%Y-%m-%d %H:%M:%S} UTC" in said.informativeText()
    assert mine in said.informativeText()
    QTest.keyClick(said, Qt.Key.Key_Escape)


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_cancel_changes_nothing_and_the_choice_can_be_had_again(room: Room, key: Qt.Key) -> None:
    room.conflict()
    room.type(MORE)
    QTest.keyClick(room.choice(), key)
    room.until(lambda: box() is None)

    assert room.deployed == THEIRS
    assert room.workspace.read("app.py").text == MINE
    assert text(room.code.files).toPlainText() == TYPED + MORE + OLD
    assert room.offered()
    QTest.keyClick(room.choice(), Qt.Key.Key_Escape)


def test_overwriting_deploys_ones_own_code_with_what_was_typed_since(room: Room) -> None:
    room.conflict()
    room.type(MORE)
    room.press("Overwrite Theirs")

    room.until(lambda: "Deployed" in room.said[0])
    assert room.deployed == TYPED + MORE + OLD
    assert not room.workspace.stale
    assert not room.offered()
    assert len(room.said) == 1  # the message about the conflict has gone


def test_only_the_code_that_was_seen_is_overwritten(room: Room) -> None:
    room.conflict()
    said = room.choice()
    deploy_elsewhere(room.colleague, room.name, THEIRS + "# second\n")
    (button,) = [each for each in said.buttons() if each.text().replace("&", "") == "Overwrite Theirs"]
    room.banners.clear()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    room.until(lambda: room.said)
    assert "was not deployed" in room.said[0]
    assert room.deployed == THEIRS + "# second\n"
    assert room.offered()


def test_taking_theirs_opens_their_code_and_sets_ones_own_aside(room: Room) -> None:
    room.conflict()
    room.type(MORE)  # not saved by anybody
    folder = room.workspace.folder
    room.press("Use Theirs")

    room.until(lambda: room.code.workspace and text(room.code.files).toPlainText() == THEIRS)
    assert room.workspace.is_clean(JobContext())
    assert not room.offered()
    kept = folder.with_name(f"{folder.name}.mine-1") / "files"
    assert any(str(kept) in said for said in room.said)
    assert (kept / "app.py").read_text() == TYPED + MORE + OLD
    assert room.deployed == THEIRS
    room.type("# on theirs\n")
    room.press_deploy()
    room.until(lambda: any("Deployed" in said for said in room.said))
    assert room.deployed == "# on theirs\n" + THEIRS


def test_theirs_that_cannot_be_read_leaves_ones_own_open(room: Room, proxy: Proxy) -> None:
    room.conflict()
    said = room.choice()
    folder = room.workspace.folder
    room.banners.clear()
    denied = {"code": "AccessDeniedException", "status": 403}
    for_once = {"error": denied, "times": 1}
    proxy.inject(
        {"operation": "GetFunction", **for_once}, {"operation": "GetFunctionConfiguration", **for_once}
    )
    (button,) = [each for each in said.buttons() if each.text().replace("&", "") == "Use Theirs"]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    room.until(lambda: room.said)
    room.until(lambda: room.code.workspace and room.code.files.current_path() == "app.py")
    assert text(room.code.files).toPlainText() == MINE
    assert room.offered()
    assert any(banner.error.aws_code == "AccessDeniedException" for banner in room.banners.banners)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_theirs_is_not_taken_while_ones_own_cannot_be_saved(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.conflict()
    disk = Disk(room.workspace.folder / "scratch", monkeypatch)
    disk.refuse(errno.ENOSPC)
    room.type(MORE)
    before = room.workspace
    room.press("Use Theirs")

    room.until(lambda: "is full" in room.said[0])
    room.until(text(room.code.files).isVisible)
    assert room.workspace is before
    assert text(room.code.files).toPlainText() == TYPED + MORE + OLD
    disk.mend()
    room.press("Use Theirs")
    room.until(lambda: room.code.workspace and text(room.code.files).toPlainText() == THEIRS)
    kept = before.folder.with_name(f"{before.folder.name}.mine-1") / "files" / "app.py"
    assert kept.read_text() == TYPED + MORE + OLD


def test_a_conflict_that_has_gone_is_told_and_not_asked_about(room: Room) -> None:
    room.conflict()
    package = room.workspace.base_package.read_bytes()
    room.colleague.call("lambda", "update_function_code", FunctionName=room.name, ZipFile=package)
    room.services.actions[ACTION].trigger()

    room.until(lambda: "The conflict is resolved." in room.said[0])
    assert box() is None
    assert not room.offered()
    room.press_deploy()
    room.until(lambda: "Deployed" in room.said[0])
    assert room.deployed == MINE
    assert len(room.said) == 1


def test_the_choice_is_about_what_a_change_that_is_under_way_leads_to(room: Room) -> None:
    """The function is read after it, in its lane."""
    room.conflict()
    lane, done = f"write:{room.function.detail.function_arn}", threading.Event()
    room.services.jobs.start("Changing it", lambda _ctx: done.wait(WAIT_MS / 1000), lane=lane)
    room.services.actions[ACTION].trigger()
    deploy_elsewhere(room.colleague, room.name, THEIRS + "# second\n")
    second = room.detail.code_sha256
    states = {each.job.title: each.state for each in room.services.jobs.active()}
    done.set()
    assert states[_("Checking the code deployed to {name}").format(name=room.name)] is JobState.WAITING
    room.until(lambda: box() is not None)
    shown = box()
    assert shown is not None
    assert second in shown.informativeText()
    QTest.keyClick(shown, Qt.Key.Key_Escape)


def test_what_is_deployed_must_be_known_to_ask(room: Room, proxy: Proxy) -> None:
    room.conflict()
    denied = {"code": "AccessDeniedException", "status": 403}
    for_once = {"error": denied, "times": 1}
    proxy.inject(
        {"operation": "GetFunction", **for_once}, {"operation": "GetFunctionConfiguration", **for_once}
    )
    room.services.actions[ACTION].trigger()

    room.until(lambda: room.banners.banners[0].error.aws_code == "AccessDeniedException")
    assert box() is None
    assert room.offered()


def test_opening_code_that_is_in_conflict_offers_the_choice(room: Room) -> None:
    room.conflict()
    room.close()
    assert not room.offered()
    assert room.said == []
    room.open()

    assert "The deployed code changed" in room.said[0]
    assert room.offered()
    room.until(remedy(room.banners.banners[0]).isVisible)
    room.press("Overwrite Theirs")
    room.until(lambda: "Deployed" in room.said[0])
    assert room.deployed == MINE


def test_a_message_about_another_function_does_not_offer_to_resolve_this_one(room: Room) -> None:
    room.conflict()
    first, workspace = room.function, room.workspace
    room.close()
    detail = create_function(room.colleague, OLD)
    room.function = OpenFunction(first.connection, detail)
    room.conflict()
    room.banners.clear()
    room.deploy.start(first, workspace)

    room.until(lambda: room.said)
    assert first.detail.function_name in room.said[0]
    assert room.offered()  # about the one that is open
    assert remedy(room.banners.banners[0]).isHidden()
    room.function = first
    room.open()
    assert "The deployed code changed" in room.said[0]
    room.until(remedy(room.banners.banners[0]).isVisible)


def test_the_choice_is_not_asked_for_once_another_function_is_open(room: Room) -> None:
    room.conflict()
    room.services.actions[ACTION].trigger()
    other = room.open_another()

    room.until(lambda: not room.services.jobs.active())
    assert box() is None
    assert room.workspace is other
    assert not other.stale
    assert not room.offered()


@pytest.mark.parametrize("title", ["Overwrite Theirs", "Use Theirs", "Merge…"])
def test_an_answer_about_one_function_does_nothing_to_another(room: Room, title: str) -> None:
    room.conflict()
    first, said = room.function, room.choice()
    (button,) = [each for each in said.buttons() if each.text().replace("&", "") == title]
    other = room.open_another()
    room.type(MORE)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    room.until(lambda: not room.services.jobs.active())
    assert room.said == []
    assert room.workspace is other
    assert text(room.code.files).toPlainText() == MORE + OLD
    assert room.deployed == OLD
    assert deployed_text(room.colleague, first.detail.function_name) == THEIRS
