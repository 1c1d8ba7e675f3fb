"""Operations that a crash interrupted, in the whole window: listed, finished, undone, discarded."""

import json
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLineEdit

from tests.functions.creations import begun
from tests.sandbox_functions import create_function, deployed_text
from tests.ui.recovery_panel import Panel
from tests.ui.sign_in.conftest import press
from tests.ui.test_routes import HANDLER
from tests.ui.window_desk import Desk, Opener
from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace, open_workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.operations import Facts, JournalFile
from workbench.deploy.execute import execute
from workbench.deploy.journal import DeployOutcome, Journal
from workbench.deploy.options import AliasMove, DeployOptions
from workbench.deploy.run import code_source, propose
from workbench.functions import create
from workbench.functions.bulk_plan import Configure, Target, plan_step, read_target
from workbench.functions.bulk_run import BulkJournal
from workbench.functions.configure import Wanted
from workbench.functions.create import CreationJournal, NewFunction, StepKind
from workbench.functions.deletion import DeletionJournal, plan_deletion
from workbench.functions.detail import find, get_function
from workbench.functions.versions import list_aliases
from workbench.metrics.power_tuning import Temporary, TuningJournal
from workbench.profiles.safety import Safety, Tier
from workbench.ui.features.deploy import flow
from workbench.ui.features.deploy.flow import DeployFlow

CTX = JobContext()
NEW = "def handler(event, context):\n    return 'new'\n"
HOSTILE = "<img src=x>../../../<b>name</b>"


class Killed(BaseException):
    """Stands for the end of the process: nothing of the program catches it."""


@pytest.fixture
def data_dir(desk: Desk) -> Path:
    return desk.context.services.paths.data_dir


def interrupt_deploy(connection: Connection, data_dir: Path, name: str) -> Workspace:
    """Leaves a deploy as a crash does once its code was sent."""
    detail = create_function(connection, HANDLER, name=name)
    workspace = open_workspace(code_source(detail, connection), data_dir / "workspaces", CTX)
    workspace.save("app.py", NEW)
    options = DeployOptions(undo_on_failure=True, publish=True, alias=AliasMove("prod"))
    plan = propose(connection, workspace, CTX, options=options)[1]
    after = JournalFile.after

    def die(entry: JournalFile, step: str, facts: Facts) -> None:
        after(entry, step, facts)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JournalFile, "after", die)
        with pytest.raises(Killed):
            execute(connection, plan, workspace, Journal(data_dir / "deploys"), CTX)
    return workspace


def interrupt_creation(connection: Connection, data_dir: Path, name: str, region: str = "") -> None:
    """Leaves a creation of which nothing was made."""
    wanted = NewFunction(name, "python3.13", "app.handler", "x86_64", role_name=f"{name}-role", policy="{}")
    journal = CreationJournal(data_dir / "creations")
    begun(journal, wanted, b"", connection.account_id, region or connection.region, StepKind.ROLE)


def interrupt_tuning(connection: Connection, data_dir: Path, name: str) -> None:
    temporary = Temporary.of(get_function(connection, name), (256, 512))
    with TuningJournal(data_dir / "tuning").begin(name, temporary, "") as file:
        file.before("256")


def interrupt_bulk(connection: Connection, data_dir: Path, *names: str) -> None:
    change, steps = Configure(Wanted(memory_mb=512)), []
    for name in names:
        target = Target.of(get_function(connection, name), "alice")
        steps.append(plan_step(target, read_target(connection, target, change, CTX), change))
    BulkJournal(data_dir / "bulk-changes").begin_change(change, steps).close()


def interrupt_deletion(connection: Connection, data_dir: Path, name: str) -> None:
    detail = create_function(connection, HANDLER, name=name)
    journal = DeletionJournal(data_dir / "deletions")
    journal.begin_deletion(detail, plan_deletion(detail, ()), "copy").close()


def test_operations_of_all_kinds_are_one_message_and_one_list(
    desk: Desk, connection: Connection, data_dir: Path
) -> None:
    interrupt_deploy(connection, data_dir, "one")
    interrupt_deletion(connection, data_dir, "two")
    interrupt_creation(connection, data_dir, "three")
    interrupt_tuning(connection, data_dir, "two")
    interrupt_bulk(connection, data_dir, "one", "two")

    desk.connect()
    panel = Panel(desk, "5 operations were interrupted.")

    assert panel.titles() == [
        "Deploy of one",
        "Deletion of two",
        "Creation of three",
        "Power tuning of two",
        "Change of 2 functions",
    ]
    said = panel.text("Deploy of one")
    assert f"in {connection.region}, account {connection.account_id}." in said
    assert "Steps done: 1 of 5." in said
    assert "Done: upload. Not done: wait, publish, alias, keep." in said
    assert "It cannot be finished: Undo it, then" in panel.text("Power tuning of two")
    assert not panel.button("Power tuning of two", "Finish").isEnabled()
    assert panel.button("Power tuning of two", "Undo").isEnabled()
    assert panel.dialog.focusWidget() is panel.button("Deploy of one", "Finish")
    assert not desk.banner("interrupted")  # the panel shows them
    QTest.keyClick(panel.dialog, Qt.Key.Key_Escape)
    desk.until(lambda: desk.window.findChild(QDialog, "interruptions") is None)
    assert desk.banner("5 operations were interrupted.")
    assert desk.context.services.actions["operations.interrupted"].isEnabled()


def test_a_deploy_is_finished(desk: Desk, connection: Connection, data_dir: Path) -> None:
    workspace = interrupt_deploy(connection, data_dir, "one")
    desk.connect()
    panel = Panel(desk, "Deploy of one was interrupted.")

    panel.press("Deploy of one", "Finish")

    panel.until_said("Deploy of one", "The function has the new code. Version 1 is published.")
    assert deployed_text(connection, "one") == NEW
    assert [alias.version for alias in list_aliases(connection, "one", CTX)] == ["1"]
    assert Workspace.load(workspace.folder).is_clean(CTX)
    desk.idle()
    assert panel.titles() == ["Deploy of one"]  # with its outcome, until the panel is closed
    assert not panel.button("Deploy of one", "Finish").isVisible()
    assert not desk.banner("interrupted")
    panel.dialog.reject()
    assert not desk.context.services.actions["operations.interrupted"].isEnabled()


def test_two_at_once_are_undone_and_discarded_each_by_itself(
    desk: Desk, connection: Connection, data_dir: Path
) -> None:
    workspace = interrupt_deploy(connection, data_dir, "one")
    interrupt_deploy(connection, data_dir, "two")
    desk.connect()
    panel = Panel(desk, "2 operations were interrupted.")

    panel.press("Deploy of one", "Undo")
    panel.discard("Deploy of two")

    panel.until_said("Deploy of one", "The previous code was restored.")
    panel.until_said("Deploy of two", "Discarded.")
    desk.idle()
    assert (deployed_text(connection, "one"), deployed_text(connection, "two")) == (HANDLER, NEW)
    assert Workspace.load(workspace.folder).read("app.py").text == NEW
    records = {each.function_name: each for each in Journal(data_dir / "deploys").records()}
    assert records["one"].outcome is DeployOutcome.UNDONE
    assert records["two"].outcome is None
    assert records["two"].finished
    panel.dialog.reject()


def test_production_is_asked_about_first(desk: Desk, connection: Connection, data_dir: Path) -> None:
    interrupt_deploy(connection, data_dir, "one")
    desk.connect()
    panel = Panel(desk)
    Safety(desk.context.services.settings).set_tier("alice", Tier.PRODUCTION)

    panel.press("Deploy of one", "Undo")
    question = panel.dialog.findChild(QDialog, "confirmByName")
    assert isinstance(question, QDialog)
    assert deployed_text(connection, "one") == NEW
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    field.setText("one")
    press(question, "confirmByNameYes")

    panel.until_said("Deploy of one", "The previous code was restored.")
    panel.dialog.reject()
    desk.idle()


def test_a_yes_after_the_profile_was_switched_says_that_nothing_was_done(
    desk: Desk, connection: Connection, data_dir: Path
) -> None:
    interrupt_deploy(connection, data_dir, "one")
    desk.connect()
    panel = Panel(desk)
    Safety(desk.context.services.settings).set_tier("alice", Tier.PRODUCTION)
    panel.press("Deploy of one", "Undo")
    question = panel.dialog.findChild(QDialog, "confirmByName")
    assert isinstance(question, QDialog)
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    desk.choose("bob")
    field.setText("one")
    press(question, "confirmByNameYes")

    banner = desk.banner("Deploy of one was left as it is: the profile or region was switched")
    assert banner is not None
    assert f"Choose alice in {connection.region}" in str(banner.error)
    desk.idle()
    assert deployed_text(connection, "one") == NEW
    panel.dialog.reject()


def test_what_belongs_to_another_account_or_region_says_so(
    desk: Desk, opener: Opener, connection: Connection, data_dir: Path
) -> None:
    other = opener.ready["bob"]
    assert isinstance(other, Connection)
    interrupt_creation(other, data_dir, "theirs")
    interrupt_creation(connection, data_dir, "elsewhere", region="eu-west-1")
    desk.connect()
    desk.idle()
    assert not desk.banner("interrupted")  # nothing can be decided here
    interrupt_creation(connection, data_dir, "mine")
    desk.window.operations_changed.emit()
    panel = Panel(desk, "Creation of mine was interrupted.")

    assert panel.titles() == ["Creation of mine", "Creation of theirs", "Creation of elsewhere"]
    assert f"Choose a profile of account {other.account_id} in us-east-1." in panel.text("Creation of theirs")
    assert "in eu-west-1." in panel.text("Creation of elsewhere")
    assert not panel.button("Creation of theirs", "Undo").isEnabled()
    panel.discard("Creation of elsewhere")
    panel.until_said("Creation of elsewhere", "Discarded.")
    panel.dialog.reject()

    desk.choose("bob")
    panel = Panel(desk, "Creation of theirs was interrupted.")
    panel.press("Creation of theirs", "Undo")
    panel.until_said("Creation of theirs", "Everything created for theirs was deleted.")
    panel.dialog.reject()
    desk.idle()


def test_a_journal_that_cannot_be_read_is_listed_and_discarded_after_a_question(
    desk: Desk, connection: Connection, data_dir: Path
) -> None:
    interrupt_creation(connection, data_dir, "damaged")
    (path,) = (data_dir / "creations").glob("*.jsonl")
    path.write_bytes(path.read_bytes()[30:])
    desk.connect()
    panel = Panel(desk, "Creation was interrupted.")
    title = "Creation: its journal cannot be read"

    assert panel.titles() == [title]
    assert "The beginning of its journal is damaged." in panel.text(title)
    assert not panel.button(title, "Finish").isEnabled()
    panel.press(title, "Discard")
    question = panel.dialog.findChild(QDialog, "discardInterrupted")
    assert isinstance(question, QDialog)
    press(question, "discardInterruptedNo")
    assert path.exists()
    panel.discard(title)
    panel.until_said(title, "Discarded.")
    assert not list((data_dir / "creations").iterdir())
    panel.dialog.reject()
    desk.idle()


def test_a_hostile_name_is_plain_text_and_no_path(
    desk: Desk, connection: Connection, data_dir: Path, tmp_path: Path
) -> None:
    interrupt_creation(connection, data_dir, "name")
    (path,) = (data_dir / "creations").glob("*.jsonl")
    begin, *others = path.read_text("utf-8").strip().splitlines()
    event = json.loads(begin)
    event["wanted"]["function_name"] = HOSTILE
    path.write_text("\n".join((json.dumps(event), *others)), "utf-8")
    before = set(tmp_path.rglob("*"))
    desk.connect()
    title = f"Creation of {HOSTILE}"
    panel = Panel(desk, f"{title} was interrupted.")

    assert panel.titles() == [title]
    panel.press(title, "Undo")
    desk.until(lambda: not panel.button(title, "Cancel").isVisible())
    desk.idle()
    assert not [each for each in set(tmp_path.rglob("*")) - before if "name" in each.name]
    panel.dialog.reject()


def test_work_is_cancelled_and_its_failure_is_said_in_place(
    desk: Desk, connection: Connection, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_creation(connection, data_dir, "slow")
    begun_, go_on = threading.Event(), threading.Event()

    def hold(_connection: object, _record: object, _journal: object, ctx: JobContext, _up: object) -> None:
        ctx.progress(1, 2, "Half of it")
        begun_.set()
        while not go_on.wait(0.01):
            ctx.check()

    monkeypatch.setattr(create, "finish", hold)
    desk.connect()
    panel = Panel(desk)
    title = "Creation of slow"

    panel.press(title, "Finish")
    desk.until(begun_.is_set)
    panel.until_said(title, "Half of it")
    assert not desk.banner("interrupted")
    panel.press(title, "Cancel")
    panel.until_said(title, "Cancelled.")
    desk.until(panel.button(title, "Finish").isVisible)
    go_on.set()
    monkeypatch.undo()
    panel.press(title, "Finish")
    panel.until_said(title, "All resources that were created for it were deleted.")
    desk.idle()
    assert not panel.button(title, "Finish").isVisible()  # undone: there is nothing left to decide
    assert "May have been created" not in panel.text(title)
    panel.dialog.reject()
    desk.idle()


def test_a_deletion_is_finished(desk: Desk, connection: Connection, data_dir: Path) -> None:
    interrupt_deletion(connection, data_dir, "going")
    desk.connect()
    panel = Panel(desk, "Deletion of going was interrupted.")
    panel.press("Deletion of going", "Finish")
    panel.until_said("Deletion of going", "going was deleted.")
    assert not find(connection, "get_function", "Could not look.", FunctionName="going")
    panel.dialog.reject()
    desk.idle()


def test_a_deploy_is_undone_though_the_function_cannot_be_read_afterwards(
    desk: Desk, connection: Connection, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise WorkbenchError("Could not read one.", aws_code="ThrottlingException")

    interrupt_deploy(connection, data_dir, "one")
    desk.connect()
    panel = Panel(desk)
    monkeypatch.setattr(flow, "get_function", refuse)
    panel.press("Deploy of one", "Undo")
    panel.until_said("Deploy of one", "The previous code was restored.")
    assert deployed_text(connection, "one") == HANDLER
    panel.dialog.reject()
    desk.idle()


def test_of_many_a_page_is_shown_at_once(desk: Desk, connection: Connection, data_dir: Path) -> None:
    for number in range(23):
        interrupt_creation(connection, data_dir, f"f{number}")
    desk.connect()
    panel = Panel(desk, "23 operations were interrupted.")
    assert panel.titles() == [f"Creation of f{number}" for number in range(10)]
    assert panel.page() == "1–10 of 23"
    assert not panel.turn_button("Previous").isEnabled()
    panel.turn("Next")
    panel.turn("Next")
    assert panel.titles() == [f"Creation of f{number}" for number in (20, 21, 22)]
    assert panel.page() == "21–23 of 23"
    assert not panel.turn_button("Next").isEnabled()

    panel.discard("Creation of f21")
    panel.until_said("Creation of f21", "Discarded.")
    desk.idle()
    assert panel.page() == "21–23 of 23"  # with its outcome, until the panel is closed
    panel.turn("Previous")
    assert panel.titles() == [f"Creation of f{number}" for number in range(10, 20)]
    journal = CreationJournal(data_dir / "creations")
    for record in journal.unfinished(connection.account_id, connection.region)[8:]:
        journal.discard(record.file, "")
    desk.window.operations_changed.emit()
    desk.until(lambda: len(panel.titles()) == 9)  # the page that was shown is gone
    assert not panel.turn_button("Next").isVisible()
    panel.dialog.reject()
    desk.idle()


def test_what_failed_can_still_be_discarded_while_another_profile_connects(
    desk: Desk, opener: Opener, connection: Connection, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise WorkbenchError("It was not undone.")

    interrupt_creation(connection, data_dir, "mine")
    desk.connect()
    panel, title = Panel(desk), "Creation of mine"
    monkeypatch.setattr(create, "undo", fail)
    panel.press(title, "Undo")
    panel.until_said(title, "It was not undone.")
    desk.idle()
    opener.held["bob"] = threading.Event()
    desk.choose("bob")
    assert panel.button(title, "Discard").isVisible()
    assert not panel.button(title, "Undo").isEnabled()
    opener.held["bob"].set()
    desk.wait_for_list()
    desk.idle()
    panel.discard(title)
    panel.until_said(title, "Discarded.")
    panel.dialog.reject()
    desk.idle()


def test_the_question_outlives_a_change_of_the_profile_and_the_panel(
    desk: Desk, connection: Connection, data_dir: Path
) -> None:
    interrupt_creation(connection, data_dir, "mine")
    desk.connect()
    panel = Panel(desk)
    panel.press("Creation of mine", "Discard")
    question = panel.dialog.findChild(QDialog, "discardInterrupted")
    assert isinstance(question, QDialog)
    desk.choose("bob")
    desk.wait_for_list()
    desk.idle()
    press(question, "discardInterruptedYes")
    panel.dialog.reject()
    desk.until(lambda: desk.banner("Creation of mine"))
    desk.idle()
    assert not desk.context.services.actions["operations.interrupted"].isEnabled()


def test_one_that_another_window_ends_meanwhile_is_listed_no_more(
    desk: Desk, connection: Connection, data_dir: Path
) -> None:
    interrupt_creation(connection, data_dir, "mine")
    interrupt_creation(connection, data_dir, "other")
    desk.connect()
    panel = Panel(desk, "2 operations were interrupted.")
    journal = CreationJournal(data_dir / "creations")
    _mine, other = journal.unfinished(connection.account_id, connection.region)
    journal.discard(other.file, "")

    panel.press("Creation of other", "Undo")
    panel.until_said("Creation of other", "It was finished or undone in the meantime.")
    desk.idle()
    assert not panel.button("Creation of other", "Undo").isVisible()
    panel.dialog.reject()
    assert desk.banner("Creation of mine was interrupted.")


def test_one_that_another_window_works_on_can_be_tried_again(
    desk: Desk, connection: Connection, data_dir: Path
) -> None:
    interrupt_creation(connection, data_dir, "mine")
    desk.connect()
    panel, title = Panel(desk), "Creation of mine"
    desk.idle()
    journal = CreationJournal(data_dir / "creations")
    (record,) = journal.unfinished(connection.account_id, connection.region)
    with journal.reopen(record.file, ""):
        panel.press(title, "Undo")
        panel.until_said(title, "Another window is working on it.")
        desk.idle()
        assert panel.button(title, "Undo").isVisible()
        panel.discard(title)
        panel.until_said(title, "was not discarded. Another window is working on it.")
        desk.idle()
    panel.press(title, "Undo")  # the other window could not end it
    panel.until_said(title, "Everything created for mine was deleted.")
    panel.dialog.reject()
    desk.idle()


def test_one_that_another_window_ended_before_the_panel_is_opened_is_not_listed(
    desk: Desk, connection: Connection, data_dir: Path
) -> None:
    interrupt_creation(connection, data_dir, "mine")
    interrupt_creation(connection, data_dir, "other")
    desk.connect()
    desk.until(lambda: desk.banner("2 operations were interrupted."))
    journal = CreationJournal(data_dir / "creations")
    _mine, other = journal.unfinished(connection.account_id, connection.region)
    journal.discard(other.file, "")
    panel = Panel(desk)
    desk.until(lambda: panel.titles() == ["Creation of mine"])
    panel.dialog.reject()
    desk.idle()


def test_what_a_failed_deploy_could_not_undo_is_offered_at_once(
    desk: Desk, connection: Connection, data_dir: Path
) -> None:
    desk.connect()
    desk.idle()
    interrupt_deploy(connection, data_dir, "one")  # as one does whose undo fails, too
    deploys = desk.window.findChild(DeployFlow)
    assert isinstance(deploys, DeployFlow)
    deploys.failed.emit(WorkbenchError("one was not deployed.", "The undo failed."))
    Panel(desk, "Deploy of one was interrupted.").dialog.reject()
    desk.idle()
