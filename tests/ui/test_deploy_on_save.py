"""Deploy on Save: what a save sends, what it never sends, and what is said of it."""

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QPushButton

from tests.sandbox_functions import create_function, deploy_elsewhere, deployed_text
from tests.ui.test_routes import desk, opener  # noqa: F401 - fixtures
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.deploy.journal import Journal
from workbench.functions.detail import wait_until_updated
from workbench.profiles.safety import Tier
from workbench.ui.features.deploy.feature import ACTION, DeployOnSave

OLD = "def handler(event, context):\n    return 'old'\n"
NEW = "def handler(event, context):\n    return 'new'\n"
NEWER = "def handler(event, context):\n    return 'newer'\n"


class Saver:
    """Somebody who saves `app.py` of the open function."""

    def __init__(self, desk: Desk, connection: Connection, name: str) -> None:  # noqa: F811
        self.desk, self.connection, self.name = desk, connection, name

    def toggle(self) -> None:
        self.desk.context.services.actions[ACTION].trigger()

    def is_on(self) -> bool:
        return self.desk.context.services.actions[ACTION].isChecked()

    def save(self, text: str) -> None:
        editor = self.desk.code.files.editor
        editor.changed.emit(self.uri, text)
        self.desk.context.services.actions["file.save"].trigger()

    def is_waiting(self) -> bool:
        """Whether something that was saved is about to go out."""
        return self.pause.isActive()

    @property
    def pause(self) -> QTimer:
        """Between a save and its deployment."""
        flow = self.desk.window.findChild(DeployOnSave)
        assert isinstance(flow, DeployOnSave)
        pause = flow.findChild(QTimer)
        assert isinstance(pause, QTimer)
        return pause

    @property
    def uri(self) -> str:
        workspace = self.desk.code.workspace
        assert workspace is not None
        return (workspace.root / "app.py").as_uri()

    def said(self) -> str:
        label = self.desk.window.findChild(QLabel, "deployOnSaveText")
        assert label is not None
        return label.accessibleName() if label.isVisible() else ""

    def until_said(self, words: str) -> None:
        self.desk.until(lambda: words in self.said())

    def deployed(self) -> str:
        return deployed_text(self.connection, self.name)


@pytest.fixture
def saver(desk: Desk, connection: Connection) -> Saver:  # noqa: F811
    name = create_function(connection, OLD).function_name
    desk.connect()
    desk.open(name)
    desk.until(lambda: desk.code.files.current_path() == "app.py")
    desk.until(lambda: desk.test.text.toPlainText())
    return Saver(desk, connection, name)


def test_a_save_is_deployed_and_the_last_event_is_answered_by_it(saver: Saver) -> None:
    result = saver.desk.window.result
    saver.save(NEW)
    saver.desk.idle()
    assert saver.said() == ""
    assert saver.deployed() == OLD  # only once it is switched on

    saver.toggle()
    assert saver.is_on()
    saver.until_said("Deployed at")  # what was saved before goes out too
    saver.desk.until(lambda: "new" in result.answer.toPlainText())
    assert saver.deployed() == NEW

    saver.save(NEWER)
    saver.desk.until(lambda: "newer" in result.answer.toPlainText())
    assert saver.deployed() == NEWER
    assert saver.desk.code.workspace is not None
    assert saver.desk.code.workspace.base.code_sha256 != ""

    saver.toggle()
    assert not saver.is_on()
    assert saver.said() == ""
    saver.save(NEW)
    saver.desk.idle()
    assert not saver.is_waiting()
    assert saver.deployed() == NEWER


def test_a_locked_window_answers_what_another_program_saves_all_the_same(saver: Saver) -> None:
    """The lock says that running tasks continue."""
    saver.toggle()
    saver.desk.idle()
    saver.desk.context.services.actions["app.lock"].trigger()
    assert not saver.desk.context.services.actions["function.invoke"].isEnabled()
    workspace = saver.desk.code.workspace
    assert workspace is not None
    (workspace.root / "app.py").write_text(NEW, "utf-8")
    saver.desk.until(lambda: "new" in saver.desk.window.result.answer.toPlainText())
    saver.desk.idle()
    saver.desk.context.services.actions["app.unlock"].trigger()


def test_what_is_saved_in_one_go_or_by_another_program_goes_out_once(saver: Saver) -> None:
    saver.toggle()
    saver.desk.idle()
    for number in range(4):
        saver.save(f"def handler(event, context):\n    return {number}\n")
    workspace = saver.desk.code.workspace
    assert workspace is not None
    (workspace.root / "other.py").write_text("x = 1\n", "utf-8")
    saver.until_said("Deployed at")
    saver.desk.idle()
    assert "return 3" in saver.deployed()
    journal = Journal(saver.desk.context.services.paths.data_dir / "deploys")
    saver.desk.until(lambda: not saver.is_waiting())
    saver.desk.idle()
    before = len(journal.records())
    assert before <= 2  # the other program's file may be noticed after the pause
    (workspace.root / "other.py").write_text("x = 2\n", "utf-8")
    saver.desk.until(lambda: len(journal.records()) == before + 1)
    saver.desk.until(lambda: not saver.is_waiting())
    saver.desk.idle()


def test_what_will_not_run_is_not_sent_and_that_is_said(saver: Saver) -> None:
    saver.toggle()
    saver.save("def handler(event, context)\n    return 1\n")
    saver.until_said("Not deployed")
    assert "app.py:1" in saver.said()
    saver.desk.idle()
    assert saver.deployed() == OLD
    assert saver.is_on()
    saver.save(NEW)
    saver.until_said("Deployed at")
    assert saver.deployed() == NEW
    saver.desk.idle()


def test_it_stops_where_somebody_else_deployed_and_replaces_nothing(saver: Saver) -> None:
    saver.toggle()
    saver.desk.idle()
    deploy_elsewhere(saver.connection, saver.name, "theirs = 1\n")
    saver.save(NEW)
    saver.until_said("Stopped: the deployed code changed. Nothing was overwritten.")
    assert not saver.is_on()
    saver.desk.until(lambda: saver.desk.banner("The deployed code changed"))  # which offers to resolve it
    saver.save(NEWER)
    saver.desk.idle()
    assert saver.deployed() == "theirs = 1\n"
    close = saver.desk.window.findChild(QPushButton, "deployOnSaveOff")
    assert close is not None
    close.click()
    assert saver.said() == ""


def test_it_stops_where_somebody_else_changed_the_configuration(saver: Saver) -> None:
    saver.toggle()
    saver.desk.idle()
    saver.connection.call(
        "lambda", "update_function_configuration", FunctionName=saver.name, MemorySize=512, Timeout=7
    )
    wait_until_updated(saver.connection, saver.name, JobContext())
    saver.save(NEW)
    saver.until_said("Its configuration was changed in AWS")
    assert "Memory" in saver.said()
    assert not saver.is_on()
    saver.desk.idle()
    assert saver.deployed() == OLD

    saver.toggle()  # now that the window shows what it is
    saver.until_said("Deployed at")
    saver.desk.idle()
    assert saver.deployed() == NEW


def test_a_careful_profile_refuses_it_with_words(saver: Saver) -> None:
    for tier, words in (("production", "in production"), ("read-only", "is read-only")):
        saver.desk.protection._safety.set_tier("alice", Tier(tier))
        saver.desk.protection.show_tier()
        saver.toggle()
        assert not saver.is_on()
        banner = saver.desk.banner(words)
        assert banner is not None
        assert banner.error.what == "Deploy on Save was not turned on."


def test_a_profile_that_becomes_production_meanwhile_stops_it(saver: Saver) -> None:
    saver.toggle()
    saver.desk.idle()
    saver.desk.protection._safety.set_tier("alice", Tier.PRODUCTION)
    saver.desk.protection.show_tier()
    saver.save(NEW)
    saver.until_said("Stopped")
    assert not saver.is_on()
    saver.desk.idle()
    assert saver.deployed() == OLD


def test_another_account_begins_without_it(saver: Saver) -> None:
    saver.toggle()
    saver.desk.idle()
    saver.desk.choose("bob")
    saver.desk.wait_for_list()
    saver.desk.choose("alice")
    saver.desk.wait_for_list()
    saver.desk.open(saver.name)
    assert not saver.is_on()


def test_what_was_saved_and_not_sent_does_not_outlive_the_account(saver: Saver) -> None:
    saver.toggle()
    saver.desk.idle()
    saver.pause.setInterval(60_000)  # it ends when this test says so
    saver.save(NEW)
    saver.desk.until(saver.is_waiting)
    saver.desk.choose("bob")
    saver.desk.wait_for_list()
    saver.pause.timeout.emit()
    saver.desk.idle()
    assert saver.deployed() == OLD
