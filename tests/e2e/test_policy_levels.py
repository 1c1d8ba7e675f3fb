"""What can be done with the policies of a level and no more, and that nothing is half done with less."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLineEdit

from tests.denying import limit, named, policies_of, read
from tests.e2e.desk import PROFILE, Desk, write_profile
from tests.sandbox_functions import create_function, deployed_text
from tests.triggers.kinds.wired import policy
from tests.triggers.wiring import wiring_plan
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.model import SourceKind
from workbench.ui.features.configuration.dialogs import ChangesDialog
from workbench.ui.features.deleting.dialog import DeleteDialog

Sit = Callable[[str], Desk]
FOLLOWS = "Reading the logs"
OLD = "def handler(event, context):\n    return 'old'\n"
NEW = "def handler(event, context): return 'new'"
TABS = ("code", "configuration", "triggers", "test", "logs", "metrics", "versions", "deploys")


class Person:
    """Someone before a function of the window."""

    def __init__(self, desk: Desk, connection: Connection, name: str) -> None:
        self.desk, self.connection, self.name = desk, connection, name

    def dialog[D: QDialog](self, kind: type[D]) -> D:
        def shown() -> list[D]:
            return [each for each in self.desk.window.findChildren(kind) if each.isVisible()]

        self.desk.until(shown)
        return shown()[0]

    def deploy(self) -> None:
        self.desk.act("view.code")
        self.desk.until(lambda: self.desk.files.current_path())
        self.desk.type_over(NEW)
        self.desk.act("function.deploy")

    def configure(self) -> None:
        self.desk.act("view.configuration")
        self.desk.until(lambda: self.field() is not None)
        self.desk.rest()
        line = self.field()
        assert line is not None
        line.selectAll()
        QTest.keyClicks(line, "new words")
        self.desk.act("configuration.apply")
        self.dialog(ChangesDialog).apply.click()

    def field(self) -> QLineEdit | None:
        return self.desk.window.findChild(QLineEdit, "setting.description")

    def invoke(self) -> None:
        self.desk.write_event("{}")
        self.desk.act("function.invoke")

    def delete(self) -> None:
        self.desk.act("function.delete")
        dialog = self.dialog(DeleteDialog)
        self.desk.until(dialog.yes.isEnabled)
        dialog.yes.click()

    def until_named(self, action: str) -> None:
        """Until the window names an action and the policy line that gives it."""
        self.desk.until(lambda: named(action) in read(self.desk.window))
        self.desk.rest()

    def state(self) -> Any:
        """The function as AWS has it, with what runs it."""
        detail = get_function(self.connection, self.name)
        asked = self.connection.call("lambda", "list_event_source_mappings", FunctionName=self.name)
        mappings = [each["State"] for each in asked["EventSourceMappings"]]
        text = deployed_text(self.connection, self.name)
        return text, detail.description, mappings, policy(self.connection, detail)


@pytest.fixture
def person(sit: Sit, access: Access, connection: Connection) -> Person:
    """The function has a queue that runs it, and a statement."""
    function = create_function(connection, OLD)
    name = function.function_name
    url = connection.call("sqs", "create_queue", QueueName=f"{name}-jobs")["QueueUrl"]
    asked = connection.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    arn = asked["Attributes"]["QueueArn"]
    connection.call("lambda", "create_event_source_mapping", FunctionName=name, EventSourceArn=arn)
    connection.call(
        "lambda",
        "add_permission",
        FunctionName=name,
        StatementId="bucket",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::photos",
    )
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(name)
    desk.rest()
    return Person(desk, connection, name)


WRITES = {
    "lambda:InvokeFunction": Person.invoke,
    "lambda:UpdateFunctionCode": Person.deploy,
    "lambda:UpdateFunctionConfiguration": Person.configure,
}


@pytest.mark.parametrize("action", WRITES)
@pytest.mark.parametrize("is_viewer", [True, False], ids=["view.json", "all but this"])
def test_a_denied_change_names_the_policy_line_and_leaves_everything_as_it_was(
    person: Person, access: Access, action: str, *, is_viewer: bool
) -> None:
    before = person.state()
    limit(access, policies=policies_of("view") if is_viewer else None, denied=[action])
    WRITES[action](person)
    person.until_named(action)
    limit(access)
    assert person.state() == before


@pytest.mark.parametrize("level", ["view", "deploy"])
def test_less_than_everything_json_deletes_nothing_that_a_source_runs(
    person: Person, access: Access, level: str
) -> None:
    before = person.state()
    limit(access, policies=policies_of(level))
    person.delete()
    person.until_named("lambda:DeleteEventSourceMapping")
    limit(access)
    assert person.state() == before


def test_a_deletion_that_stops_half_way_says_what_is_gone_and_which_line_is_missing(
    person: Person, access: Access
) -> None:
    limit(access, denied=["lambda:DeleteFunction"])
    person.delete()
    person.until_named("lambda:DeleteFunction")
    person.desk.wait_for_message("Use Delete Function to continue.")
    limit(access)
    assert person.state()[0] == OLD
    person.delete()
    person.desk.until(lambda: person.name not in person.desk.names())


def test_who_may_view_sees_every_tab_whole(person: Person, access: Access) -> None:
    limit(access, policies=policies_of("view"))
    for tab in TABS:
        person.desk.act(f"view.{tab}")
        person.desk.rest(FOLLOWS)
        text = read(person.desk.window)
        assert "Ask for the permission" not in text, tab
        assert "not permitted" not in text, tab


def deploy_configure_and_invoke(person: Person) -> None:
    """Does the main job, and waits for each outcome."""
    person.deploy()
    person.desk.wait_for_message("Deployed")
    person.configure()
    person.desk.until(lambda: person.state()[1] == "new words")
    person.invoke()
    person.desk.until(lambda: "new" in person.desk.result())


def test_who_may_deploy_deploys_configures_and_invokes_and_makes_no_trigger(
    person: Person, access: Access, tmp_path: Path
) -> None:
    limit(access, policies=policies_of("deploy"))
    deploy_configure_and_invoke(person)
    person.desk.rest()
    text, _, *wired = person.state()
    assert text == NEW
    detail = get_function(person.connection, person.name)
    plan = wiring_plan(person.connection, detail, SourceKind("events"))
    with pytest.raises(WorkbenchError) as caught:
        execute(person.connection, plan, TriggerJournal(tmp_path), JobContext())
    assert "everything-" in caught.value.remedy
    limit(access)
    assert list(person.state()[2:]) == wired


def test_who_may_do_everything_does_the_main_job_and_deletes_the_function(
    person: Person, access: Access
) -> None:
    limit(access, policies=policies_of("everything"))
    deploy_configure_and_invoke(person)
    for tab in TABS:
        person.desk.act(f"view.{tab}")
        person.desk.rest(FOLLOWS)
        assert "Ask for the permission" not in read(person.desk.window), tab
    person.delete()
    person.desk.until(lambda: person.name not in person.desk.names())
