"""A deploy that a crash stopped half-way: the next start asks, and does what the person says."""

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.sandbox_functions import create_function, deployed_text
from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace, open_workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.operations import Facts, JournalFile
from workbench.deploy.execute import execute
from workbench.deploy.journal import Journal
from workbench.deploy.options import AliasMove, DeployOptions
from workbench.deploy.run import code_source, prepare
from workbench.functions.versions import list_aliases
from workbench.ui.deploy_flow import DeployFlow
from workbench.ui.interrupted_deploys import InterruptedDeployDialog
from workbench.ui.services import OpenFunction, Services

OLD = "def handler(event, context):\n    return 'old'\n"
NEW = "def handler(event, context):\n    return 'new'\n"
CTX = JobContext()
WAIT_MS = 10_000


class Killed(BaseException):
    """Stands for the end of the process: nothing of the program catches it."""


class Desk:
    """A deploy that ended after its code was sent, and the flow of the next start."""

    def __init__(self, services: Services, connection: Connection, qtbot: QtBot) -> None:
        detail = create_function(connection, OLD)
        self.name = detail.function_name
        self.connection = connection
        self.workspace = open_workspace(
            code_source(detail, connection), services.paths.data_dir / "workspaces", CTX
        )
        self.journal = Journal(services.paths.data_dir / "deploys")
        self._qtbot = qtbot
        self._stop_half_way()
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.window.show()
        self.flow = DeployFlow(services, self.window)
        self.notices: list[tuple[str, str, str]] = []
        self.deployed: list[OpenFunction] = []
        self.failed: list[WorkbenchError] = []
        self.flow.notice.connect(lambda *notice: self.notices.append(notice))
        self.flow.deployed.connect(self.deployed.append)
        self.flow.failed.connect(self.failed.append)

    def _stop_half_way(self) -> None:
        self.workspace.save("app.py", NEW)
        options = DeployOptions(undo_on_failure=True, publish=True, alias=AliasMove("prod"))
        plan = prepare(self.connection, self.workspace, CTX, options=options)
        after = JournalFile.after

        def die(entry: JournalFile, step: str, facts: Facts) -> None:
            after(entry, step, facts)
            raise Killed

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(JournalFile, "after", die)
            with pytest.raises(Killed):
                execute(self.connection, plan, self.workspace, self.journal, CTX)

    def start(self) -> InterruptedDeployDialog:
        with self._qtbot.waitSignal(self.flow.interrupted, timeout=WAIT_MS) as told:
            self.flow.recover(self.connection)
        assert told.args is not None
        ((interruption,),) = told.args
        assert interruption.error.what == f"Deploying {self.name} was interrupted."
        interruption.decide()
        dialog = self.dialog()
        assert dialog is not None
        return dialog

    def dialog(self) -> InterruptedDeployDialog | None:
        found = self.window.findChildren(InterruptedDeployDialog)
        return next((dialog for dialog in found if dialog.isVisible()), None)

    def press(self, dialog: InterruptedDeployDialog, button: str) -> None:
        found = dialog.findChild(QPushButton, button)
        assert found is not None
        found.click()
        self._qtbot.waitUntil(lambda: self.dialog() is None, timeout=WAIT_MS)

    def until_settled(self) -> tuple[str, str, str]:
        self._qtbot.waitUntil(lambda: bool(self.deployed or self.failed), timeout=WAIT_MS)
        assert self.failed == []
        return self.notices[-1]


@pytest.fixture
def desk(services: Services, connection: Connection, qtbot: QtBot) -> Desk:
    return Desk(services, connection, qtbot)


def test_it_is_finished(desk: Desk) -> None:
    dialog = desk.start()
    said = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert f"The deployment of {desk.name} was interrupted" in said
    assert "Done: upload. Not done: wait, publish, alias, keep." in said

    desk.press(dialog, "interruptedDeployFinish")

    _, text, tone = desk.until_settled()
    assert text == "The function has the new code. Version 1 is published. prod points to it."
    assert tone == "good"
    assert deployed_text(desk.connection, desk.name) == NEW
    assert [alias.version for alias in list_aliases(desk.connection, desk.name, CTX)] == ["1"]
    assert not desk.journal.unfinished(desk.connection.account_id, desk.connection.region)
    assert Workspace.load(desk.workspace.folder).is_clean(CTX)


def test_it_is_taken_back(desk: Desk) -> None:
    desk.press(desk.start(), "interruptedDeployUndo")

    _, text, _ = desk.until_settled()
    assert text == "The previous code was restored."
    assert deployed_text(desk.connection, desk.name) == OLD
    assert not desk.journal.unfinished(desk.connection.account_id, desk.connection.region)
    assert Workspace.load(desk.workspace.folder).read("app.py").text == NEW


def test_later_asks_again_at_the_next_start(desk: Desk) -> None:
    desk.press(desk.start(), "interruptedDeployLater")
    assert len(desk.journal.unfinished(desk.connection.account_id, desk.connection.region)) == 1
    assert desk.deployed == []
    desk.press(desk.start(), "interruptedDeployUndo")
    desk.until_settled()


def test_production_is_asked_about_first(desk: Desk) -> None:
    asked: list[OpenFunction] = []
    desk.flow.before_start = lambda function, _then: asked.append(function)
    desk.press(desk.start(), "interruptedDeployFinish")
    desk._qtbot.waitUntil(lambda: bool(asked), timeout=WAIT_MS)
    assert asked[0].detail.function_name == desk.name
    assert len(desk.journal.unfinished(desk.connection.account_id, desk.connection.region)) == 1
