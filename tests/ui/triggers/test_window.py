"""Triggers in the whole window: added, edited, paused, tried out and removed, on a real Sandbox."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLineEdit

from tests.sandbox_functions import create_function
from tests.ui.sign_in.conftest import press
from tests.ui.test_routes import desk, opener
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.profiles.safety import Safety, Tier
from workbench.triggers.model import SourceKind
from workbench.ui.pages.triggers import TriggersPage
from workbench.ui.safety.confirm import Question
from workbench.ui.services import Services
from workbench.ui.triggers.add_dialog import AddTriggerDialog
from workbench.ui.triggers.event_dialog import EventDialog
from workbench.ui.triggers.plan_form import RemoveDialog
from workbench.ui.triggers.wiring_dialog import EditTriggerDialog, WiringDialog

__all__ = ["desk", "opener"]  # fixtures

PRINTS = "def handler(event, context):\n    print(event)\n    return 'done'\n"


class Wirer:
    """Someone who wires a function."""

    def __init__(self, desk: Desk, connection: Connection) -> None:
        self.desk, self.connection = desk, connection
        self.detail = create_function(connection, PRINTS)
        desk.connect()
        desk.open(self.detail.function_name)
        desk.window.page.show_tab("triggersPage")
        (self.page,) = desk.window.page.findChildren(TriggersPage)
        desk.until(lambda: self.page.shown)

    def act(self, action: str) -> None:
        self.desk.parts.services.actions[action].trigger()

    def dialog[D: QDialog](self, kind: type[D]) -> D:
        def shown() -> list[D]:
            return [each for each in self.desk.window.findChildren(kind) if each.isVisible()]

        self.desk.until(shown)
        return shown()[0]

    def add(self, kind: SourceKind, source_arn: str = "") -> AddTriggerDialog:
        """Opens Add Trigger… and goes to the settings of a kind."""
        self.act("triggers.add")
        dialog = self.dialog(AddTriggerDialog)
        dialog.kinds.choose(kind)
        press(dialog, "addTriggerNext")
        if source_arn:
            self.desk.until(lambda: source_arn in self.listed(dialog))
            dialog.sources.choose(source_arn)
            press(dialog, "addTriggerNext")
        return dialog

    def listed(self, dialog: AddTriggerDialog) -> set[str]:
        return set(dialog.sources._seen)

    def agree(self, dialog: WiringDialog) -> None:
        """To the plan, and yes."""
        self.desk.until(lambda: dialog.prepared is not None and dialog.next.isEnabled())
        press(dialog, dialog.next.objectName())
        assert dialog.shows_plan
        press(dialog, "planYes")

    def rows(self) -> list[tuple[str, str, str]]:
        triggers = self.page.table.rows.triggers
        return [(each.kind.value, each.name, each.link.value) for each in triggers]

    def policy(self) -> list[Any]:
        try:
            answer = self.connection.call("lambda", "get_policy", FunctionName=self.detail.function_name)
        except Exception:  # noqa: BLE001 - none is none
            return []
        return list(json.loads(answer["Policy"])["Statement"])

    def remove(self) -> None:
        self.page.panel.remove.click()
        press(self.dialog(RemoveDialog), "planYes")


@pytest.fixture
def wirer(desk: Desk, connection: Connection) -> Iterator[Wirer]:
    wirer = Wirer(desk, connection)
    yield wirer
    desk.idle()


@pytest.fixture
def bucket(connection: Connection) -> str:
    name = f"pictures-{secrets.token_hex(5)}"
    connection.call("s3", "create_bucket", Bucket=name)
    return name


def notifications(connection: Connection, bucket: str) -> object:
    answer = connection.call("s3", "get_bucket_notification_configuration", Bucket=bucket)
    answer.pop("ResponseMetadata", None)
    return answer


def test_a_bucket_is_wired_changed_tried_and_removed_without_a_trace(
    wirer: Wirer, connection: Connection, bucket: str
) -> None:
    before, arn = notifications(connection, bucket), f"arn:aws:s3:::{bucket}"
    dialog = wirer.add(SourceKind.S3, arn)
    dialog.wiring.form.set_value("Events", ("s3:ObjectCreated:*",))
    dialog.wiring.form.set_value("Prefix", "in/")
    wirer.agree(dialog)
    wirer.desk.until(lambda: wirer.rows() == [("s3", bucket, "linked")])
    assert wirer.desk.banner(f"Amazon S3 runs {wirer.detail.function_name} from now on.")
    assert wirer.page.chosen() is not None
    assert len(wirer.policy()) == 1

    wirer.page.panel.edit.click()
    edit = wirer.dialog(EditTriggerDialog)
    assert not edit.next.isEnabled()  # nothing is changed yet
    edit.wiring.form.set_value("Prefix", "other/")
    wirer.agree(edit)
    wirer.desk.until(lambda: "other/" in wirer.page.panel.texts())

    wirer.page.panel.test.click()
    event = wirer.dialog(EventDialog)
    press(event, "testEventSend")
    wirer.desk.until(lambda: "It ran: invocation" in event.state.text())
    assert "workbench-test-" in event.log.toPlainText()
    press(event, "testEventLogs")
    wirer.desk.until(lambda: wirer.desk.parts.logs.isVisible())
    wirer.desk.window.page.show_tab("triggersPage")
    assert not connection.call("s3", "list_objects_v2", Bucket=bucket).get("Contents")

    wirer.desk.until(lambda: wirer.page.panel.remove.isVisible())
    wirer.remove()
    wirer.desk.until(lambda: wirer.rows() == [])
    assert notifications(connection, bucket) == before
    assert wirer.policy() == []


def test_a_public_url_wants_a_typed_word_and_gets_two_statements(wirer: Wirer) -> None:
    dialog = wirer.add(SourceKind.URL)
    dialog.wiring.form.set_value("AuthType", "NONE")
    wirer.agree(dialog)
    question = wirer.dialog(Question)
    assert wirer.policy() == []
    assert not question.yes.isEnabled()
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    QTest.keyClicks(field, wirer.detail.function_name)
    assert question.yes.isEnabled()
    QTest.keyClick(field, Qt.Key.Key_Return)
    wirer.desk.until(lambda: [row[0] for row in wirer.rows()] == ["url"])
    assert len(wirer.policy()) == 2
    wirer.remove()
    wirer.desk.until(lambda: wirer.rows() == [])
    assert wirer.policy() == []


def test_what_blocks_is_said_and_nothing_can_be_planned(wirer: Wirer) -> None:
    dialog = wirer.add(SourceKind.URL)
    wirer.desk.until(lambda: dialog.next.isEnabled())
    dialog.wiring.qualifier.addItem("alias gone", "gone")
    dialog.wiring.qualifier.setCurrentIndex(dialog.wiring.qualifier.findData("gone"))
    dialog.wiring.qualifier.activated.emit(0)
    wirer.desk.until(lambda: "FN-QUALIFIER" in {each.check_id for each in dialog.wiring.findings.findings})
    assert not dialog.next.isEnabled()
    assert "does not work yet" in dialog.wiring.checking.text()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)


def test_a_resource_of_another_region_is_greyed_with_ways_out(wirer: Wirer, connection: Connection) -> None:
    there = connection.in_region("eu-west-1")
    name = f"far-{secrets.token_hex(5)}"
    place = {"LocationConstraint": "eu-west-1"}
    there.call("s3", "create_bucket", Bucket=name, CreateBucketConfiguration=place)
    wirer.act("triggers.add")
    dialog = wirer.dialog(AddTriggerDialog)
    dialog.kinds.choose(SourceKind.S3)
    press(dialog, "addTriggerNext")
    arn = f"arn:aws:s3:::{name}"
    wirer.desk.until(lambda: arn in wirer.listed(dialog))
    dialog.sources.choose(arn)
    assert not dialog.next.isEnabled()
    (finding,) = dialog.why_not.findings
    assert finding.check_id == "GEN-REGION"
    assert "eu-west-1" in finding.what
    assert "us-east-1" in finding.what
    titles = [fix.title for fix in finding.fixes]
    assert "Go to eu-west-1" in titles
    assert "Copy the function to eu-west-1" in titles
    dialog.why_not.fix_wanted.emit(finding.fixes[0])
    wirer.desk.until(lambda: wirer.desk.session.region == "eu-west-1")


def test_in_production_the_functions_name_is_asked_for(wirer: Wirer, services: Services) -> None:
    Safety(services.settings).set_tier("alice", Tier.PRODUCTION)
    wirer.desk.identity.protection.show_tier()
    dialog = wirer.add(SourceKind.URL)
    wirer.desk.until(lambda: dialog.prepared)
    assert "FN-LATEST" in {each.check_id for each in dialog.wiring.findings.findings}
    wirer.agree(dialog)
    question = wirer.dialog(Question)
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    QTest.keyClicks(field, wirer.detail.function_name)
    press(question, "confirmByNameYes")
    wirer.desk.until(lambda: [row[0] for row in wirer.rows()] == ["url"])
